/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Go execution traces with heap events: the state that the parts of the reader
 * share, and their errors. The parts, each of which knows only those below it:
 *
 *   trace.c   bytes to generations: the header, batches, the clock
 *   merge.h   marks to hr_events, in time order, with the P
 *   scan.h    batches to marks: where the wanted events are and when
 *   tables.h  types, stacks and strings of a generation
 *   work.h    what goroutines do for the garbage collector
 *
 * A generation is held whole, because a thread's batch may be flushed long
 * after it was begun; nothing is held longer. Seen: about one a second, 0.05 to
 * 13 MB each, 6.8 bytes an event, 5 to 30 threads.
 */
#ifndef HR_TRACE_GO_STATE_H
#define HR_TRACE_GO_STATE_H

#include "base/fuzzed.h"
#include "base/map64.h"
#include "trace/format.h"

#define HR_GO_HOW_TO_RECORD                                                                                            \
	"record with GODEBUG=traceallocfree=1 in the environment and Go 1.23 or newer (go test -trace, "               \
	"runtime/trace, or /debug/pprof/trace?seconds=N)"

/* Event and batch types of the wire format (internal/trace/event in Go's source, from 1.26 internal/trace/tracev2). */
enum hr_go_type {
	HR_GO_BATCH = 1,
	HR_GO_STACKS = 2,
	HR_GO_STACK = 3,
	HR_GO_STRINGS = 4,
	HR_GO_STRING = 5,
	HR_GO_CPU_SAMPLES = 6,
	HR_GO_FREQUENCY = 8,
	HR_GO_PROCS_CHANGE = 9,
	HR_GO_PROC_START = 10,
	HR_GO_PROC_STOP = 11,
	HR_GO_PROC_STEAL = 12,
	HR_GO_PROC_STATUS = 13,
	HR_GO_GO_CREATE_SYSCALL = 15,
	HR_GO_GO_START = 16,
	HR_GO_GO_DESTROY = 17,
	HR_GO_GO_DESTROY_SYSCALL = 18,
	HR_GO_GO_STOP = 19,
	HR_GO_GO_BLOCK = 20,
	HR_GO_GO_STATUS = 25,
	HR_GO_STW_BEGIN = 26,
	HR_GO_STW_END = 27,
	HR_GO_GC_ACTIVE = 28,
	HR_GO_GC_BEGIN = 29,
	HR_GO_GC_END = 30,
	HR_GO_SWEEP_BEGIN = 32,
	HR_GO_SWEEP_END = 33,
	HR_GO_ASSIST_BEGIN = 35,
	HR_GO_ASSIST_END = 36,
	HR_GO_HEAP_ALLOC = 37,
	HR_GO_HEAP_GOAL = 38,
	HR_GO_GO_LABEL = 39,
	HR_GO_USER_LOG = 44,
	HR_GO_GO_SWITCH = 45,
	HR_GO_GO_SWITCH_DESTROY = 46,
	HR_GO_GO_STATUS_STACK = 48,
	HR_GO_EXPERIMENTAL_BATCH = 49,
	HR_GO_SYNC = 50,
	HR_GO_CLOCK_SNAPSHOT = 51,
	HR_GO_END_OF_GENERATION = 52,
	HR_GO_SPAN = 128,
	HR_GO_SPAN_ALLOC = 129,
	HR_GO_SPAN_FREE = 130,
	HR_GO_OBJECT = 131,
	HR_GO_OBJECT_ALLOC = 132,
	HR_GO_OBJECT_FREE = 133,
	HR_GO_STACK_EXISTS = 134,
	HR_GO_STACK_ALLOC = 135,
	HR_GO_STACK_FREE = 136,
};

#define HR_GO_MAX_ADDR (1ULL << 48)
/* No span is longer than 2 TiB, and no object larger. */
#define HR_GO_MAX_PAGES ((1ULL << 28) - 1)
/* 73 years: no clock of a machine shows more. */
#define HR_GO_MAX_TIME_NS (1ULL << 61)
/* Where the heap begins up to Go 1.25; from 1.26 on anywhere. */
#define HR_GO_CHUNK_BYTES (4ULL << 20)
#define HR_GO_LOW_ADDR (4ULL << 30)
#define HR_GO_USUAL_BASE 0xc000000000ULL
/* What one generation may take, marks included. */
#define HR_GO_MAX_HELD_BYTES (4ULL << 30)

enum {
	HR_GO_MAX_BATCH = 1 << 16,
#ifndef HR_FUZZED
	HR_GO_BLOCK_BYTES = 2 << 20, /* with everything: a huge page */
#else
	HR_GO_BLOCK_BYTES = 128 << 10, /* a batch and some more */
#endif
	HR_GO_BLOCK_ROOM = HR_GO_BLOCK_BYTES - 64,
	HR_GO_READ_BYTES = 256 << 10, /* at a time, so that what is read is still in the cache when it is looked at */
	HR_GO_PAGE_BYTES = 8192,
#ifndef HR_SMALL_BUFFERS
	HR_GO_SEEN = 4096, /* heads of batches that are remembered: several generations */
#else
	HR_GO_SEEN = 128,
#endif
	HR_GO_NONE = -1,
};

/*
 * Bytes of the trace as they were read; batches point into them. Behind them
 * there are enough others that eight may be loaded at any.
 */
struct hr_go_block {
	struct hr_go_block *next;
	size_t len;
	uint8_t data[HR_GO_BLOCK_ROOM];
	uint8_t behind[HR_GO_BLOCK_BYTES - HR_GO_BLOCK_ROOM - 16];
};

static_assert(sizeof(struct hr_go_block) == HR_GO_BLOCK_BYTES, "a block has no gaps");

/*
 * A mark is a wanted event: its time since the batch's base in ns, above the
 * place of its type byte in the batch. 48 bits of ns are 78 hours; a batch
 * lives for a second.
 */
enum { HR_GO_MARK_PLACE_BITS = 16 };

struct hr_go_batch {
	const uint8_t *at;
	uint32_t len;
	uint32_t thread;	    /* index */
	int32_t next;		    /* the thread's next batch in this generation, or HR_GO_NONE */
	uint32_t marks;		    /* how many, and */
	size_t mark0;		    /* the first one's index */
	uint64_t offset;	    /* of `at` in the trace */
	uint64_t ts;		    /* base, in units of the trace's clock; */
	uint64_t base_ns;	    /* in ns */
	uint64_t generation;	    /* of the batch; a late one's is less than that of what is held */
	uint64_t first_ns, last_ns; /* of its events, since base_ns */
};

/* What tells a thread's batch from all others. */
struct hr_go_seen {
	uint64_t generation, thread, ts, len, sum;
};

/* A batch that is no thread's events: stacks or strings, looked into when a GC's stack is wanted. */
struct hr_go_table {
	const uint8_t *at;
	uint32_t len;
	uint64_t offset;
};

/* What an id of a type stands for. */
struct hr_go_type_id {
	uint64_t bytes;	 /* of an element; 0: unknown */
	uint32_t number; /* in the whole trace (r->sides.types); 0: unknown */
};

/* What a thread's goroutine does for the garbage collector. */
enum hr_go_work {
	HR_GO_NO_WORK,
	HR_GO_DEDICATED, /* mark workers */
	HR_GO_FRACTIONAL,
	HR_GO_IDLE,
	HR_GO_ASSISTS,
	HR_GO_SWEEPS,  /* for what it allocates */
	HR_GO_SWEEPER, /* it is the background sweeper */
};

struct hr_go_thread {
	uint64_t goroutine; /* 0: none, or not known; only those that matter to what is wanted */
	uint64_t since_ns;  /* work is counted up to then */
	uint64_t batch_ts;  /* of the latest batch, in units of the trace's clock */
	int32_t cursor;	    /* of this generation, or HR_GO_NONE */
	int16_t p;	    /* HR_NO_P */
	uint8_t work;	    /* enum hr_go_work */
};

/* Strings of a generation: labels of mark workers, by enum hr_go_work, and why the background sweeper waits. */
enum {
	HR_GO_NAME_SWEEPER_WAITS = 0,
	HR_GO_NAME_SYSTEM_WAITS = HR_GO_IDLE + 1, /* why the background scavenger waits, and others do, */
	HR_GO_NAME_SLEEPS,
	HR_GO_NAME_PARK, /* and the functions in which it does */
	HR_GO_NAME_SLEEP,
	HR_GO_NAMES,
	HR_GO_MAX_EXTRA = 4
};

/* A GC cycle. */
struct hr_go_gc {
	struct hr_gc_cpu cpu;
	uint64_t stop_ns;   /* the world stopped */
	uint64_t marked_ns; /* marking has ended, as the runtime counts it */
	enum {
		HR_GO_STOP_OTHER,
		HR_GO_STOP_TO_MARK,
		HR_GO_STOP_MARKED
	} stop;	       /* what the next start of the world ends */
	bool known;    /* its start was seen, and all that matters since */
	bool told;     /* it is the last of the reader's sides */
	bool sweeping; /* marked, and not known to be swept */
};

/* A thread's place in the merge of one generation. */
struct hr_go_cursor {
	const uint64_t *mark, *mark_end;
	const uint8_t *at; /* of the batch */
	uint64_t base_ns;
	uint64_t offset;
	uint64_t key; /* ns: the largest time the thread has shown so far */
	uint32_t thread;
	int32_t first_batch, last_batch; /* in the order of the trace */
	int32_t batch;
};

struct hr_go_head {
	uint64_t key;
	uint32_t cursor; /* also the order at equal keys: whose first batch came first */
};

struct hr_go {
	struct hr_reader *r;
	unsigned version;

	/* bytes */
	struct hr_go_block *blocks, *block; /* of this generation; the last one, which is being filled */
	struct hr_go_block *spare;
	size_t pos;	 /* in *block */
	uint64_t offset; /* of pos in the trace */
	uint64_t held_bytes;
	bool eof;
	bool input_failed; /* the bytes could not be had; not damage of the trace */

	/* the generation that is held */
	uint64_t generation;	  /* its number */
	uint64_t last_generation; /* the one before; 0: none */
	uint64_t freq, last_freq; /* units a second; 0: not known yet. Of the generation before */
	double ns_per_unit;
	struct hr_go_batch *batches;
	size_t nbatches, cap_batches;
	struct hr_go_table *stacks, *strings;
	size_t nstacks, cap_stacks, nstrings, cap_strings;
	uint64_t *marks;
	size_t nmarks, cap_marks;
	uint64_t *lanes;	     /* scratch of the scan, */
	size_t lane_marks;	     /* so many to a lane */
	struct hr_go_type_id *types; /* by type id of this generation */
	size_t ntypes, cap_types;
	struct hr_map64 gc_stacks;	    /* stack id of a GCBegin: enum hr_event_flags */
	uint64_t max_ns;		    /* the latest event */
	bool any_late;			    /* of the batches */
	struct hr_go_seen seen[HR_GO_SEEN]; /* of all generations so far the last ones, */
	uint64_t nseen;			    /* and how many there were */

	/* threads; index 0 is "no thread" */
	struct hr_go_thread *threads;
	size_t nthreads, cap_threads;
	struct hr_map64 thread_index;

	/* goroutines */
	uint64_t names[HR_GO_NAMES]; /* ids in this generation; UINT64_MAX: none */
	uint64_t scavenger;	     /* the same */
	struct hr_map64
	    wait_stacks; /* of this generation: id of a stack in which a goroutine waits: is it the scavenger? */
	const uint8_t **scav_starts; /* where it is started, in the order of batches */
	size_t nscav_starts, cap_scav_starts;
	uint64_t sweeper;	/* goroutine; 0: not known yet */
	struct hr_map64 manual; /* pages where the last span that began there was manual */
	struct hr_map64 paused; /* goroutine that waits within an assist or a sweep: enum hr_go_work */
	struct hr_go_gc gc;
	struct hr_event extra[HR_GO_MAX_EXTRA]; /* to be given before all others */
	unsigned nextra;

	/* merge */
	struct hr_go_cursor *cursors;
	size_t ncursors, cap_cursors;
	struct hr_go_head *heap;
	size_t nheap, cap_heap;

	/* the trace as a whole */
	bool started; /* origin_ns is known */
	bool ended;
	uint64_t origin_ns; /* of the first event */
	uint64_t floor_ns;  /* nothing of this generation is shown earlier */
	bool has_info;
	bool wide_pointers; /* of 8 bytes, by a table of types */
	bool has_types;	    /* a table of types, which only a trace with heap events has */
	uint64_t min_addr, object_align, stack_unit;
	uint64_t procs;	    /* GOMAXPROCS as last seen; 0: not yet */
	uint8_t *p_running; /* per P: enum p_state of merge.c */
	size_t cap_p_running;
	bool any_span;
	uint8_t drained[4096]; /* what is read only to be passed over */
};

/* Whether the caller wants more than spans, objects and what belongs to them. */
static inline bool hr_go_wants_rest(const struct hr_go *g)
{
	return (g->r->options.want & HR_WANT_REST) != 0;
}

static inline bool hr_go_wants_gc_cpu(const struct hr_go *g)
{
	return (g->r->options.want & HR_WANT_GC_CPU) != 0;
}

/* HR_ENOMEM: malloc has failed, or the generation is larger than allowed. */
enum hr_status hr_go_no_memory(const struct hr_go *g, struct hr_error *err);
enum hr_status hr_go_too_large(const struct hr_go *g, struct hr_error *err);

#endif
