/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Put before everything else (-include) where a source file is compiled for
 * the explorer: its atomic operations become calls, and the memory that they
 * work on the explorer's own.
 */
#ifndef HR_TESTS_MODEL_HOOK_H
#define HR_TESTS_MODEL_HOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

uint64_t model_load(const volatile void *at, int order);
void model_store(volatile void *at, uint64_t value, int order);
/* What was found there; it was replaced if that was what was expected. */
uint64_t model_exchange(volatile void *at, uint64_t expected, uint64_t desired, int order);

/* Of what no other thread knows yet: no step. What the explorer has begins as 0, and nothing else can be given. */
void model_init(uint64_t value);

#undef atomic_init
#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_compare_exchange_weak_explicit
#undef atomic_compare_exchange_strong_explicit

/* The value's own type, without qualifiers. */
#define MODEL_TYPE(at) __typeof__((void)0, *(at))
#define atomic_init(at, value) ((void)(at), model_init(value))
#define atomic_load_explicit(at, order) ((MODEL_TYPE(at))model_load((at), (int)(order)))
#define atomic_store_explicit(at, value, order) model_store((at), (uint64_t)(MODEL_TYPE(at))(value), (int)(order))
#define atomic_compare_exchange_strong_explicit(at, expected, desired, success, failure)                               \
	__extension__({                                                                                                \
		__auto_type expected_ = (expected);                                                                    \
		MODEL_TYPE(at)                                                                                         \
		was_ = (MODEL_TYPE(at))model_exchange((at), (uint64_t)*expected_, (uint64_t)(MODEL_TYPE(at))(desired), \
						      (int)(success));                                                 \
		bool done_ = was_ == *expected_;                                                                       \
		(void)(failure);                                                                                       \
		*expected_ = was_;                                                                                     \
		done_;                                                                                                 \
	})
/* One that fails for no reason is tried again, and has changed nothing. */
#define atomic_compare_exchange_weak_explicit(at, expected, desired, success, failure)                                 \
	atomic_compare_exchange_strong_explicit(at, expected, desired, success, failure)

#endif
