/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one form that every trace format is decoded into. Events come in time
 * order as far as the recorder knew it; readers report what they reordered.
 */
#ifndef HR_TRACE_EVENT_H
#define HR_TRACE_EVENT_H

#include <assert.h>
#include <stdint.h>

/*
 * Kinds, with the name that texts, counts and JSON give them, and what addr,
 * size and arg hold. One table; enum, names and the manual's list come from it.
 *
 *   addr: bytes. size: bytes. arg: see the last column; 0 where it says "-".
 *
 * Where a trace has no addresses (meta.has_addresses), addr is a number instead:
 * for objects one as trace/ledger.h gives them, from 0 on and used again, so that
 * it can be the index of an array. Native traces store the numbers of kinds: new
 * kinds come last.
 */
/* clang-format off */
#define HR_EVENT_KINDS(X)                                                                                              \
	X(SPAN_EXISTS, "span-exists")	/* addr, size; arg: kind as recorded (1 manual, else span class << 1) */        \
	X(SPAN_ALLOC, "span-alloc")	/* the same */                                                                 \
	X(SPAN_FREE, "span-free")	/* addr */                                                                     \
	X(OBJ_EXISTS, "obj-exists")	/* addr, size (0 where has_addresses: unknown); arg: type */                   \
	X(OBJ_ALLOC, "obj-alloc")	/* the same */                                                                 \
	X(OBJ_FREE, "obj-free")		/* addr; size as allocated, where it is known */                               \
	X(STACK_EXISTS, "stack-exists") /* addr, size */                                                               \
	X(STACK_ALLOC, "stack-alloc")	/* addr, size */                                                               \
	X(STACK_FREE, "stack-free")	/* addr */                                                                     \
	X(GC_BEGIN, "gc-begin")		/* mark phase starts; flags: HR_EVF_FREE_OS_MEMORY, HR_EVF_FORCED_GC */        \
	X(GC_ACTIVE, "gc-active")	/* a mark phase is going on where the trace (or a generation) begins */        \
	X(GC_END, "gc-end")		/* mark done, the world still stopped */                                       \
	X(SWEEP_BEGIN, "sweep-begin")                                                                                  \
	X(SWEEP_END, "sweep-end")	/* size: bytes swept; arg: bytes reclaimed */                                  \
	X(SWEEP_DONE, "sweep-done")	/* all is swept, where a trace says so or shows it */                          \
	X(ASSIST_BEGIN, "assist-begin")                                                                                \
	X(ASSIST_END, "assist-end")                                                                                    \
	X(STW_BEGIN, "stw-begin")	/* the world stops */                                                          \
	X(STW_END, "stw-end")                                                                                          \
	X(HEAP_LIVE, "heap-live")	/* size: bytes */                                                              \
	X(HEAP_GOAL, "heap-goal")	/* size: bytes */                                                              \
	X(GOMAXPROCS, "gomaxprocs")	/* arg: Ps from now on */                                                      \
	X(PROC_START, "proc-start")	/* p runs from now on */                                                       \
	X(PROC_STOP, "proc-stop")	/* p is idle from now on */                                                    \
	X(MEMORY_LIMIT, "memory-limit") /* size: bytes, UINT64_MAX off: a setting changed */                           \
	X(FREE_OS_MEMORY, "free-os-memory") /* a request to release everything, where a trace says so */              \
	X(LOG, "log")			/* a message of the program */                                                 \
	X(PAGE_ALLOC, "page-alloc")	/* addr, size: a run of pages of a page trace, which tells no kinds */         \
	X(PAGE_FREE, "page-free")	/* addr, size */                                                               \
	X(PAGE_SCAV, "page-scav")	/* addr, size: the recorded scavenger released these pages */                 \
	X(SCAV_RUNS, "scav-runs")	/* the recorded background scavenger, which was woken before, gets a P */
/* clang-format on */

enum hr_event_kind {
#define HR_EVENT_ENUM(id, name) HR_EV_##id,
	HR_EVENT_KINDS(HR_EVENT_ENUM)
#undef HR_EVENT_ENUM
	    HR_EVENT_KIND_COUNT
};

/* The kind's name ("span-alloc"); "?" for a number out of range. */
const char *hr_event_kind_name(unsigned kind);

enum hr_event_flags {
	HR_EVF_FREE_OS_MEMORY = 1 << 0, /* GC_BEGIN: debug.FreeOSMemory asked for the cycle */
	HR_EVF_FORCED_GC = 1 << 1,	/* GC_BEGIN: runtime.GC asked for it */
};

#define HR_NO_P (-1)

/* SPAN_*: arg as the Go tracer writes it. */
#define HR_SPAN_MANUAL 1u

struct hr_event {
	uint64_t time_ns; /* since the first event of the trace; never falls */
	uint64_t addr;
	uint64_t size;
	uint32_t arg;
	int16_t p; /* P, or thread of a malloc trace; HR_NO_P */
	uint8_t kind;
	uint8_t flags;
};

static_assert(sizeof(struct hr_event) == 32, "events are passed in batches; keep them half a cache line");

#endif
