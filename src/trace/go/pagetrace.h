/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Page traces of the Go runtime (GOEXPERIMENT=pagetrace, Go 1.20 to 1.22): every
 * run of pages that was taken from the page heap, returned to it, or released
 * by its scavenger. A format of reader.h; what it looks like, and how its words
 * are packed, for its tests.
 *
 * The file is a series of blocks without a header, words of 8 bytes in the
 * order of the machine (little-endian). A block begins with a word that names
 * its P, then come times and events:
 *
 *   P      bits 1..0 0, bit 2 1, bits 63..3 the P, signed: -1 without a P
 *   time   bits 2..0 0, bits 63..3 ticks of 128 ns of CLOCK_MONOTONIC
 *   event  bits 1..0 1 alloc, 2 free, 3 scavenge; bit 2 large; bits 12..3 pages;
 *          bits 47..13 those of the address; bits 63..48 ticks since the time
 *   large  the word behind an event that has bit 2: its pages
 *
 * Blocks of one P are in order, those of different Ps are not: a quiet P may
 * write its only one when the program exits. So the whole input is read before
 * the first event comes out; it is sorted by P on the way (spill.h), and the
 * streams are merged by time.
 *
 * Memory: 32 KiB for each P that has as much to say, 64 MiB of the streams
 * before a temporary file takes the rest; at most HR_PAGETRACE_MAX_STREAMS Ps.
 *
 * Source: pagetrace_on.go of Go 1.21.
 */
#ifndef HR_TRACE_PAGETRACE_H
#define HR_TRACE_PAGETRACE_H

#include <stdint.h>

#define HR_PAGETRACE_TICK_NS 128u
#define HR_PAGETRACE_MAX_STREAMS 4096u /* Ps, and that without one */

enum hr_pagetrace_type { HR_PAGETRACE_SYNC, HR_PAGETRACE_ALLOC, HR_PAGETRACE_FREE, HR_PAGETRACE_SCAV };

#define HR_PAGETRACE_BIT2 UINT64_C(4) /* a P word; a large event */

#endif
