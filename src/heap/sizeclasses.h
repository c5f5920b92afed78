/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Size classes of small objects, as the Go runtime has them since 1.15: the same
 * in every version that we model. Class 0 is a large object, which has a span of
 * its own. A span class is a size class and whether its objects hold pointers:
 * size class << 1, and 1 where they don't.
 *
 * Source: sizeclasses.go, msize.go, mheap.go (makeSpanClass); from 1.22 on
 * mbitmap.go and malloc.go (heapBitsInSpan, mallocHeaderSize), in 1.26
 * mgcmark_greenteagc.go (spanInlineMarkBits).
 */
#ifndef HR_HEAP_SIZECLASSES_H
#define HR_HEAP_SIZECLASSES_H

#include <stdbool.h>
#include <stdint.h>

enum {
	HR_SIZE_CLASSES = 68,
	HR_SPAN_CLASSES = 2 * HR_SIZE_CLASSES,
	HR_MAX_SMALL_BYTES = 32768,
	HR_MAX_OBJECTS_A_SPAN = 1024,
	HR_TINY_SPAN_CLASS = 2 << 1 | 1, /* where the tiny allocator packs objects together */
};

struct hr_size_class {
	uint32_t object_bytes, span_bytes; /* 0, 0: class 0 */
};

extern const struct hr_size_class hr_size_classes[HR_SIZE_CLASSES];

static inline unsigned hr_size_class_of_span_class(unsigned span_class)
{
	return span_class >> 1;
}

static inline bool hr_is_noscan(unsigned span_class)
{
	return span_class & 1;
}

/*
 * The span class of an object of size bytes; of size class 0 for a large one.
 * go_minor: the runtime is Go 1.N; from 1.22 on objects with pointers of more
 * than 512 bytes carry 8 bytes more. No bytes are taken for one, as a recorder
 * of malloc means it. At most HR_MAX_SMALL_BYTES need a look at the table, and
 * a binary one; those in a hurry keep the answers.
 */
unsigned hr_span_class_of(uint64_t size, bool noscan, unsigned go_minor);

/* How many objects a span of that class, not of size class 0, has room for in Go 1.N. */
unsigned hr_objects_a_span(unsigned span_class, unsigned go_minor);

#endif
