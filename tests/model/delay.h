/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Put before everything else (-include) where a source file is compiled to be
 * run by several threads: before each atomic operation there may be a delay, at
 * random, so that rare interleavings become frequent.
 */
#ifndef HR_TESTS_MODEL_DELAY_H
#define HR_TESTS_MODEL_DELAY_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

extern bool delays; /* changed while no other thread runs */

/* Of 1024 operations 6 wait for the other threads to run, 54 for a moment. */
static inline void delay(void)
{
	static _Thread_local uint64_t seed;
	unsigned what;

	if (!delays)
		return;
	if (seed == 0)
		seed = ((uint64_t)(uintptr_t)&seed * UINT64_C(0x9e3779b97f4a7c15)) | 1;
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	what = seed >> 40 & 1023;
	if (what < 6)
		sched_yield();
	for (volatile unsigned i = what < 60 ? seed >> 20 & 255 : 0; i > 0; i--)
		;
}

#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_compare_exchange_weak_explicit
#undef atomic_compare_exchange_strong_explicit

#ifdef __clang__
/* Its __atomic functions take no _Atomic types; these are what its header's names stand for. */
#define atomic_load_explicit(at, order) (delay(), __c11_atomic_load((at), (order)))
#define atomic_store_explicit(at, value, order) (delay(), __c11_atomic_store((at), (value), (order)))
#define atomic_compare_exchange_weak_explicit(at, expected, desired, success, failure)                                 \
	(delay(), __c11_atomic_compare_exchange_weak((at), (expected), (desired), (success), (failure)))
#define atomic_compare_exchange_strong_explicit(at, expected, desired, success, failure)                               \
	(delay(), __c11_atomic_compare_exchange_strong((at), (expected), (desired), (success), (failure)))
#else
#define atomic_load_explicit(at, order)                                                                                \
	__extension__({                                                                                                \
		__typeof__((void)0, *(at)) value_;                                                                     \
		delay();                                                                                               \
		__atomic_load((at), &value_, (order));                                                                 \
		value_;                                                                                                \
	})
#define atomic_store_explicit(at, new_value, order)                                                                    \
	__extension__({                                                                                                \
		__typeof__((void)0, *(at)) value_ = (new_value);                                                       \
		delay();                                                                                               \
		__atomic_store((at), &value_, (order));                                                                \
	})
#define DELAYED_EXCHANGE(at, expected, desired, success, failure, weak)                                                \
	__extension__({                                                                                                \
		__typeof__((void)0, *(at)) value_ = (desired);                                                         \
		delay();                                                                                               \
		__atomic_compare_exchange((at), (expected), &value_, (weak), (success), (failure));                    \
	})
#define atomic_compare_exchange_weak_explicit(at, expected, desired, success, failure)                                 \
	DELAYED_EXCHANGE(at, expected, desired, success, failure, 1)
#define atomic_compare_exchange_strong_explicit(at, expected, desired, success, failure)                               \
	DELAYED_EXCHANGE(at, expected, desired, success, failure, 0)
#endif

#endif
