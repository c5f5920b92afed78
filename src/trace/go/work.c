/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the garbage collector costs and when a sweep ends, from the events of
 * goroutines, as they come out of the merge.
 *
 * GC CPU is counted as the runtime does for GODEBUG=gctrace=1 (gcMarkTermination
 * in mgc.go): both stops of the world times GOMAXPROCS, the run times of mark
 * workers by their mode, and the time that allocating goroutines assist. A GoLabel
 * behind a worker's GoStart tells the mode, and is written for nothing else. A
 * mark assist's events enclose the time that its goroutine waits for work or for
 * a P, which is left out, as the runtime does; a worker or an assist that finds
 * nothing left to mark ends the mark phase itself, and stops to count there.
 *
 * The sweep: the background sweeper frees spans of GC work buffers only when
 * all is swept, and then parks (bgsweep in mgcsweep.go). Which goroutine it is
 * shows by the reason it gives for that; it sweeps and yields until then, even
 * where allocation has swept the last span. So its first free of a manual span
 * tells the end (found by walking back through the batch, so that a replay of spans
 * need not decode the events of goroutines), at the latest its parking, or the start of
 * the next cycle, which sweeps what is left. What is found does not depend on what
 * the caller wants.
 */
#include "config.h"

#include "trace/go/work.h"

#include "base/alloc.h"
#include "trace/go/scan.h"
#include "trace/varint.h"

#include <string.h>

/* Of a goroutine, in GoStatus. */
enum { STATUS_RUNNING = 2, STATUS_SYSCALL = 3 };

/* The id of a stack that was not taken. */
#define NO_STACK 0

/* --- strings ------------------------------------------------------------------ */

void hr_go_find_names(struct hr_go *g)
{
#define NAME(text, name)                                                                                               \
	{                                                                                                              \
		text, sizeof(text) - 1, name                                                                           \
	}
	static const struct {
		const char *text;
		size_t len;
		unsigned name;
	} names[] = {
	    NAME("GC background sweeper wait", HR_GO_NAME_SWEEPER_WAITS),
	    NAME("GC (dedicated)", HR_GO_DEDICATED),
	    NAME("GC (fractional)", HR_GO_FRACTIONAL),
	    NAME("GC (idle)", HR_GO_IDLE),
	    NAME("system goroutine wait", HR_GO_NAME_SYSTEM_WAITS),
	    NAME("sleep", HR_GO_NAME_SLEEPS),
	    NAME("runtime.(*scavengerState).park", HR_GO_NAME_PARK),
	    NAME("runtime.(*scavengerState).sleep", HR_GO_NAME_SLEEP),
	};
#undef NAME

	for (size_t i = 0; i < HR_GO_NAMES; i++)
		g->names[i] = UINT64_MAX;
	for (size_t i = 0; i < g->nstrings; i++) {
		const uint8_t *at = g->strings[i].at, *end = at + g->strings[i].len;
		uint64_t id, len;

		/* The reader reports damage elsewhere. */
		while (at < end && *at++ == HR_GO_STRING && hr_varint(&at, end, &id) && hr_varint(&at, end, &len) &&
		       len <= (uint64_t)(end - at)) {
			for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
				if (len == names[n].len && memcmp(at, names[n].text, len) == 0)
					g->names[names[n].name] = id;
			at += len;
		}
	}
}

/* --- the sweeper ---------------------------------------------------------------- */

/* The last start or end of a goroutine in the events [at, end); NULL: there is none. */
static const uint8_t *last_switch(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *last = NULL;

	for (; at < end; at = hr_go_next_event(at))
		if (*at == HR_GO_GO_START || *at == HR_GO_GO_STOP || *at == HR_GO_GO_BLOCK || *at == HR_GO_GO_DESTROY)
			last = at;
	return last;
}

static const uint8_t *place_of(const struct hr_go_batch *b, const uint64_t *mark)
{
	return b->at + (*mark & (HR_GO_MAX_BATCH - 1));
}

/* The start of the goroutine that runs at a mark of a batch; NULL: there is none, or it is before the batch. */
static const uint8_t *start_before(const struct hr_go *g, const struct hr_go_batch *b, const uint64_t *mark)
{
	const uint64_t *first = g->marks + b->mark0;
	const uint8_t *end = place_of(b, mark), *last = NULL;

	/* Events can be walked forwards only, but each mark is where one begins: from near ones to far ones. */
	for (size_t back = 4; last == NULL && end > b->at; back *= 2) {
		const uint8_t *from = (size_t)(mark - first) > back ? place_of(b, mark - back) : b->at;

		last = last_switch(from, end);
		end = from;
	}
	return last != NULL && *last == HR_GO_GO_START ? last : NULL;
}

/* The n-th argument, from 0 on, of the event at p. */
static uint64_t argument(const uint8_t *p, unsigned n)
{
	for (p++; n > 0; n--)
		hr_varint_skip_known(&p);
	hr_varint_skip_known(&p);
	return hr_varint_known(&p);
}

static uint64_t goroutine_at(const struct hr_go *g, const struct hr_go_batch *b, const uint64_t *mark)
{
	const uint8_t *start = start_before(g, b, mark);

	return start != NULL ? argument(start, 0) : 0;
}

bool hr_go_sweeper_at(const struct hr_go *g, const struct hr_go_batch *b, const uint64_t *mark)
{
	return g->sweeper != 0 && goroutine_at(g, b, mark) == g->sweeper;
}

void hr_go_find_sweeper(struct hr_go *g)
{
	for (size_t i = 0; g->sweeper == 0 && i < g->nbatches; i++) {
		const struct hr_go_batch *b = &g->batches[i];

		/* By index: where no batch has a mark, there is no array. */
		for (size_t k = 0; k < b->marks; k++) {
			const uint64_t *m = &g->marks[b->mark0 + k];
			const uint8_t *at = place_of(b, m), *p = at + 1;

			if (*at != HR_GO_GO_BLOCK)
				continue;
			hr_varint_skip_known(&p);
			if (hr_varint_known(&p) == g->names[HR_GO_NAME_SWEEPER_WAITS])
				g->sweeper = goroutine_at(g, b, m);
		}
	}
}

/* --- the scavenger -------------------------------------------------------------- */

/* Whether that stack is one in which the scavenger waits. */
static bool is_scavengers(const struct hr_go *g, uint64_t stack)
{
	for (size_t i = 0; i < g->nstacks; i++) {
		const uint8_t *at = g->stacks[i].at, *end = at + g->stacks[i].len;
		uint64_t id, frames, pc, function, file, line;

		/* The reader reports damage elsewhere. */
		while (at < end && *at++ == HR_GO_STACK && hr_varint(&at, end, &id) && hr_varint(&at, end, &frames))
			for (; frames > 0 && hr_varint(&at, end, &pc) && hr_varint(&at, end, &function) &&
			       hr_varint(&at, end, &file) && hr_varint(&at, end, &line);
			     frames--)
				if (id == stack &&
				    (function == g->names[HR_GO_NAME_PARK] || function == g->names[HR_GO_NAME_SLEEP]))
					return true;
	}
	return false;
}

/* How long, in units of the clock, the events behind `start` take up to `end`; false: one is of the heap. */
static bool run_of(const uint8_t *start, const uint8_t *end, uint64_t *units)
{
	*units = 0;
	for (const uint8_t *at = hr_go_next_event(start);; at = hr_go_next_event(at)) {
		const uint8_t *p = at + 1;

		*units += hr_varint_known(&p);
		if (at >= end)
			return at == end;
		if (hr_go_is_of_spans(*at))
			return false;
	}
}

/*
 * Is it the scavenger that waits at the mark? *start: where it was started, before that in the batch. A stack in
 * which it waits is no other goroutine's, and the other way round, so that one look at each stack of a generation
 * is enough: walking back to who runs costs more than all else that a replay does with a wait.
 */
static enum hr_status is_scavenger_at(struct hr_go *g, const struct hr_go_batch *b, const uint64_t *mark,
				      const uint8_t **start, bool *yes, struct hr_error *err)
{
	const uint64_t stack = argument(place_of(b, mark), 1);
	const bool tells = stack != NO_STACK && stack != UINT64_MAX;
	const uint64_t *known = tells ? hr_map64_get(&g->wait_stacks, stack) : NULL;

	*yes = false;
	if (known != NULL && *known == 0)
		return HR_OK;
	*start = start_before(g, b, mark);
	if (*start == NULL)
		return HR_OK;
	if (g->scavenger == 0 && is_scavengers(g, stack))
		g->scavenger = argument(*start, 0);
	*yes = g->scavenger != 0 && argument(*start, 0) == g->scavenger;
	return !tells || hr_map64_put(&g->wait_stacks, stack, *yes) ? HR_OK : hr_go_no_memory(g, err);
}

/* The mark is of a wait such as the scavenger's: if it is that, its start is kept, and marked where that is not. */
static enum hr_status take_wait(struct hr_go *g, struct hr_go_batch *b, uint64_t *mark, struct hr_error *err)
{
	const uint8_t *block = place_of(b, mark), *start;
	uint64_t units, ns = *mark >> HR_GO_MARK_PLACE_BITS;
	bool its;

	HR_TRY(is_scavenger_at(g, b, mark, &start, &its, err));
	if (!its || !run_of(start, block, &units))
		return HR_OK;
	/* The scan has skipped an impossible time. */
	if ((double)units * g->ns_per_unit > (double)ns)
		return HR_OK;
	if (!hr_reserve(&g->scav_starts, &g->cap_scav_starts, g->nscav_starts + 1, sizeof(*g->scav_starts)))
		return hr_go_no_memory(g, err);
	g->scav_starts[g->nscav_starts++] = start;
	if (!hr_go_wants_gc_cpu(g) && (g->r->options.want & HR_WANT_OBJECTS) == 0)
		*mark = (ns - (uint64_t)((double)units * g->ns_per_unit)) << HR_GO_MARK_PLACE_BITS |
			(uint64_t)(start - b->at);
	return HR_OK;
}

enum hr_status hr_go_find_scavenger(struct hr_go *g, struct hr_error *err)
{
	g->nscav_starts = 0;
	hr_map64_release(&g->wait_stacks);
	for (size_t i = 0; i < g->nbatches; i++) {
		struct hr_go_batch *b = &g->batches[i];

		/* By number: without any mark there is no array to point into. */
		for (uint32_t k = 0; k < b->marks; k++) {
			uint64_t *m = &g->marks[b->mark0 + k];
			const uint8_t *at = place_of(b, m);

			if (*at != HR_GO_GO_BLOCK)
				continue;
			uint64_t why = argument(at, 0);
			if (why == g->names[HR_GO_NAME_SYSTEM_WAITS] || why == g->names[HR_GO_NAME_SLEEPS])
				HR_TRY(take_wait(g, b, m, err));
		}
	}
	return HR_OK;
}

/* Is the event with those arguments such a start? */
static bool is_scav_start(const struct hr_go *g, const uint8_t *args)
{
	for (size_t i = 0; i < g->nscav_starts; i++)
		if (args > g->scav_starts[i] && args - g->scav_starts[i] <= 1 + HR_VARINT_BYTES &&
		    hr_go_next_event(g->scav_starts[i]) > args)
			return true;
	return false;
}

/* --- time --------------------------------------------------------------------- */

/* Where the time of such work goes; NULL: nowhere. */
static uint64_t *counter(struct hr_gc_cpu *cpu, unsigned work)
{
	switch ((enum hr_go_work)work) {
	case HR_GO_DEDICATED:
		return &cpu->dedicated_ns;
	case HR_GO_FRACTIONAL:
		return &cpu->fractional_ns;
	case HR_GO_IDLE:
		return &cpu->idle_ns;
	case HR_GO_ASSISTS:
		return &cpu->assist_ns;
	case HR_GO_SWEEPS:
	case HR_GO_SWEEPER:
		return &cpu->sweep_ns;
	case HR_GO_NO_WORK:
		break;
	}
	return NULL;
}

static void work(struct hr_go *g, struct hr_go_thread *t, uint64_t now_ns, enum hr_go_work next)
{
	uint64_t *ns = counter(&g->gc.cpu, t->work);

	if (ns != NULL && now_ns > t->since_ns)
		*ns += now_ns - t->since_ns;
	t->work = (uint8_t)next;
	t->since_ns = now_ns;
}

/* All that is counted up to now; what goes on counts from now on. */
static void settle(struct hr_go *g, uint64_t now_ns)
{
	for (size_t i = 0; i < g->nthreads; i++)
		work(g, &g->threads[i], now_ns, g->threads[i].work);
}

/* --- goroutines ----------------------------------------------------------------- */

static enum hr_status pause_goroutine(struct hr_go *g, struct hr_go_thread *t, uint64_t now_ns, struct hr_error *err)
{
	bool later = t->work == HR_GO_ASSISTS || t->work == HR_GO_SWEEPS;

	if (later && t->goroutine != 0 && !hr_map64_put(&g->paused, t->goroutine, t->work))
		return hr_go_no_memory(g, err);
	work(g, t, now_ns, HR_GO_NO_WORK);
	t->goroutine = 0;
	return HR_OK;
}

static void start_goroutine(struct hr_go *g, struct hr_go_thread *t, uint64_t now_ns, uint64_t goroutine)
{
	uint64_t next = HR_GO_NO_WORK;

	t->goroutine = goroutine == UINT64_MAX ? 0 : goroutine;
	if (g->sweeper != 0 && t->goroutine == g->sweeper)
		next = HR_GO_SWEEPER;
	else if (g->paused.count > 0 && t->goroutine != 0)
		hr_map64_remove(&g->paused, t->goroutine, &next);
	work(g, t, now_ns, (enum hr_go_work)next);
}

/* Of the thread that it runs on, which need not be the one that writes it; the trace starts so. */
static void take_status(struct hr_go *g, uint64_t goroutine, uint64_t thread, uint64_t status)
{
	const uint64_t *index = thread != UINT64_MAX ? hr_map64_get(&g->thread_index, thread) : NULL;

	if (index != NULL && (status == STATUS_RUNNING || status == STATUS_SYSCALL) &&
	    g->threads[*index].goroutine == 0 && goroutine != UINT64_MAX)
		g->threads[*index].goroutine = goroutine;
}

static void label(struct hr_go *g, struct hr_go_thread *t, uint64_t now_ns, uint64_t string)
{
	for (unsigned mode = HR_GO_DEDICATED; mode <= HR_GO_IDLE; mode++)
		if (g->names[mode] == string) {
			work(g, t, now_ns, (enum hr_go_work)mode);
			return;
		}
	/* The strings of a generation that is cut off are missing. */
	g->gc.known = false;
}

enum hr_status hr_go_work_event(struct hr_go *g, struct hr_go_thread *t, unsigned type, const uint8_t *p,
				uint64_t now_ns, struct hr_error *err)
{
	uint64_t x;

	switch (type) {
	case HR_GO_GO_START:
	case HR_GO_GO_CREATE_SYSCALL:
		if (g->nscav_starts > 0 && is_scav_start(g, p))
			g->extra[g->nextra++] =
			    (struct hr_event){.time_ns = now_ns, .p = HR_NO_P, .kind = HR_EV_SCAV_RUNS};
		start_goroutine(g, t, now_ns, hr_varint_known(&p));
		break;
	case HR_GO_GO_BLOCK:
		x = hr_varint_known(&p);
		if (x == g->names[HR_GO_NAME_SWEEPER_WAITS])
			hr_go_work_swept(g, now_ns);
		return pause_goroutine(g, t, now_ns, err);
	case HR_GO_GO_STOP:
		return pause_goroutine(g, t, now_ns, err);
	case HR_GO_GO_DESTROY:
	case HR_GO_GO_DESTROY_SYSCALL:
		work(g, t, now_ns, HR_GO_NO_WORK);
		t->goroutine = 0;
		break;
	case HR_GO_GO_SWITCH:
	case HR_GO_GO_SWITCH_DESTROY:
		if (type == HR_GO_GO_SWITCH)
			HR_TRY(pause_goroutine(g, t, now_ns, err));
		start_goroutine(g, t, now_ns, hr_varint_known(&p));
		break;
	case HR_GO_GO_STATUS:
	case HR_GO_GO_STATUS_STACK:
		x = hr_varint_known(&p);
		uint64_t thread = hr_varint_known(&p);
		take_status(g, x, thread, hr_varint_known(&p));
		break;
	case HR_GO_GO_LABEL:
		label(g, t, now_ns, hr_varint_known(&p));
		break;
	case HR_GO_ASSIST_BEGIN:
		work(g, t, now_ns, HR_GO_ASSISTS);
		break;
	case HR_GO_SWEEP_BEGIN:
		if (t->work == HR_GO_NO_WORK)
			work(g, t, now_ns, HR_GO_SWEEPS);
		break;
	case HR_GO_ASSIST_END:
	case HR_GO_SWEEP_END:
		if (t->work == (type == HR_GO_ASSIST_END ? HR_GO_ASSISTS : HR_GO_SWEEPS))
			work(g, t, now_ns, HR_GO_NO_WORK);
		break;
	default:
		break;
	}
	return HR_OK;
}

/* --- cycles --------------------------------------------------------------------- */

void hr_go_work_swept(struct hr_go *g, uint64_t now_ns)
{
	struct hr_sides *sides = &g->r->sides;

	if (!g->gc.sweeping)
		return;
	g->gc.sweeping = false;
	g->extra[g->nextra++] = (struct hr_event){.time_ns = now_ns, .p = HR_NO_P, .kind = HR_EV_SWEEP_DONE};
	settle(g, now_ns);
	if (g->gc.told)
		sides->gc_cpu[sides->ngc_cpu - 1].sweep_ns = g->gc.cpu.sweep_ns;
	g->gc.told = false;
}

/* The world goes on behind mark done. */
static enum hr_status tell_cycle(struct hr_go *g, struct hr_error *err)
{
	struct hr_sides *sides = &g->r->sides;
	size_t had = sides->ngc_cpu;
	struct hr_gc_cpu cpu = g->gc.cpu;

	if (!g->gc.known || !hr_go_wants_gc_cpu(g))
		return HR_OK;
	g->gc.known = false;
	cpu.stw_ns += g->gc.marked_ns - g->gc.stop_ns;
	cpu.procs = g->procs;
	cpu.sweep_ns = HR_NOT_KNOWN; /* yet */
	if (!hr_sides_add_gc_cpu(sides, &cpu))
		return hr_go_no_memory(g, err);
	g->gc.told = sides->ngc_cpu > had;
	return HR_OK;
}

enum hr_status hr_go_work_phase(struct hr_go *g, struct hr_go_thread *t, unsigned type, uint64_t now_ns,
				struct hr_error *err)
{
	struct hr_go_gc *gc = &g->gc;

	switch (type) {
	case HR_GO_GC_BEGIN:
		hr_go_work_swept(g, now_ns);
		settle(g, now_ns);
		gc->cpu = (struct hr_gc_cpu){.cycle = HR_NOT_KNOWN};
		gc->stop = HR_GO_STOP_TO_MARK;
		gc->known = g->procs != 0;
		break;
	case HR_GO_STW_BEGIN:
		gc->stop_ns = now_ns;
		/* A mark worker that stops the world has reached the end of marking. */
		if (t->work != HR_GO_NO_WORK && t->work <= HR_GO_ASSISTS)
			work(g, t, now_ns, HR_GO_NO_WORK);
		break;
	case HR_GO_GC_END:
		settle(g, now_ns);
		gc->stop = HR_GO_STOP_MARKED;
		gc->cpu.time_ns = gc->marked_ns = now_ns;
		gc->cpu.sweep_ns = 0;
		gc->sweeping = true;
		break;
	case HR_GO_HEAP_GOAL:
		if (gc->stop == HR_GO_STOP_MARKED)
			gc->marked_ns = now_ns;
		break;
	case HR_GO_STW_END:
		if (gc->stop == HR_GO_STOP_TO_MARK)
			gc->cpu.stw_ns += now_ns - gc->stop_ns;
		if (gc->stop == HR_GO_STOP_MARKED)
			HR_TRY(tell_cycle(g, err));
		gc->stop = HR_GO_STOP_OTHER;
		break;
	default:
		break;
	}
	return HR_OK;
}
