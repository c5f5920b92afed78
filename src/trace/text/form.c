/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/text/form.h"

#include "trace/reader.h"

/* Kinds without a row have no keys. */
const struct hr_text_kind hr_text_kinds[HR_EVENT_KIND_COUNT] = {
#define PLACE                                                                                                          \
	{                                                                                                              \
		"addr", HR_TEXT_PLACE, false                                                                           \
	}
#define NPAGES                                                                                                         \
	{                                                                                                              \
		"npages", HR_TEXT_PAGES, false                                                                         \
	}
#define CLASS                                                                                                          \
	{                                                                                                              \
		"class", HR_TEXT_CLASS, true                                                                           \
	}
#define SIZE                                                                                                           \
	{                                                                                                              \
		"size", HR_TEXT_BYTES, false                                                                           \
	}
#define KNOWN_SIZE                                                                                                     \
	{                                                                                                              \
		"size", HR_TEXT_BYTES, true                                                                            \
	}
#define TYPE                                                                                                           \
	{                                                                                                              \
		"type", HR_TEXT_NUMBER, true                                                                           \
	}
    [HR_EV_SPAN_EXISTS] = {{PLACE, NPAGES, CLASS}},
    [HR_EV_SPAN_ALLOC] = {{PLACE, NPAGES, CLASS}},
    [HR_EV_SPAN_FREE] = {{PLACE}},
    [HR_EV_OBJ_EXISTS] = {{PLACE, KNOWN_SIZE, TYPE}, HR_TEXT_OBJECTS},
    [HR_EV_OBJ_ALLOC] = {{PLACE, KNOWN_SIZE, TYPE}, HR_TEXT_OBJECTS},
    [HR_EV_OBJ_FREE] = {{PLACE, KNOWN_SIZE}, HR_TEXT_OBJECTS},
    [HR_EV_STACK_EXISTS] = {{PLACE, SIZE}, HR_TEXT_OBJECTS},
    [HR_EV_STACK_ALLOC] = {{PLACE, SIZE}, HR_TEXT_OBJECTS},
    [HR_EV_STACK_FREE] = {{PLACE}, HR_TEXT_OBJECTS},
    [HR_EV_GC_BEGIN] = {{{"by", HR_TEXT_CAUSE, true}}},
    [HR_EV_SWEEP_BEGIN] = {.who = HR_TEXT_REST},
    [HR_EV_SWEEP_END] = {{{"swept", HR_TEXT_BYTES, false}, {"reclaimed", HR_TEXT_ARG_BYTES, false}}, HR_TEXT_REST},
    [HR_EV_ASSIST_BEGIN] = {.who = HR_TEXT_REST},
    [HR_EV_ASSIST_END] = {.who = HR_TEXT_REST},
    [HR_EV_HEAP_LIVE] = {{{"bytes", HR_TEXT_BYTES, false}}, HR_TEXT_REST},
    [HR_EV_HEAP_GOAL] = {{{"bytes", HR_TEXT_LIMIT, false}}},
    [HR_EV_GOMAXPROCS] = {{{"n", HR_TEXT_COUNT, false}}},
    [HR_EV_PROC_START] = {.needs_p = true},
    [HR_EV_PROC_STOP] = {.needs_p = true},
    [HR_EV_MEMORY_LIMIT] = {{{"bytes", HR_TEXT_LIMIT, false}}},
    [HR_EV_LOG] = {.who = HR_TEXT_REST},
    [HR_EV_PAGE_ALLOC] = {{PLACE, NPAGES}},
    [HR_EV_PAGE_FREE] = {{PLACE, NPAGES}},
    [HR_EV_PAGE_SCAV] = {{PLACE, NPAGES}},
#undef PLACE
#undef NPAGES
#undef CLASS
#undef SIZE
#undef KNOWN_SIZE
#undef TYPE
};

/* debug.FreeOSMemory collects by way of runtime.GC. */
const struct hr_text_cause hr_text_causes[] = {
    {"free-os-memory", HR_EVF_FREE_OS_MEMORY | HR_EVF_FORCED_GC, HR_EVF_FREE_OS_MEMORY},
    {"runtime-gc", HR_EVF_FORCED_GC, HR_EVF_FORCED_GC},
    {NULL, 0, 0},
};

#define AT(field) offsetof(struct hr_trace_meta, field)
#define ROOM(field) sizeof(((struct hr_trace_meta *)NULL)->field)

const struct hr_text_setting hr_text_settings[] = {
    {"source", HR_TEXT_SET_WORDS, AT(source), ROOM(source), HR_TEXT_IF_OFF},
    {"program", HR_TEXT_SET_WORDS, AT(program), ROOM(program), HR_TEXT_IF_OFF},
    {"go", HR_TEXT_SET_GO, AT(go_minor), 0, HR_TEXT_IF_OFF},
    {"page-bytes", HR_TEXT_SET_PAGE, AT(page_bytes), 0, HR_TEXT_IF_OFF},
    {"min-addr", HR_TEXT_SET_ADDRESS, AT(min_addr), 0, HR_TEXT_IF_OFF},
    {"clock-origin-ns", HR_TEXT_SET_ORIGIN, AT(clock_origin_ns), 0, HR_TEXT_IF_OFF},
    {"clock", HR_TEXT_SET_ON_OFF, AT(has_clock), 0, HR_TEXT_IF_ON},
    {"spans", HR_TEXT_SET_ON_OFF, AT(has_spans), 0, HR_TEXT_INFERRED},
    {"objects", HR_TEXT_SET_ON_OFF, AT(has_objects), 0, HR_TEXT_IF_SPANS},
    {"addresses", HR_TEXT_SET_ON_OFF, AT(has_addresses), 0, HR_TEXT_INFERRED},
    {"processors", HR_TEXT_SET_ON_OFF, AT(has_procs), 0, HR_TEXT_INFERRED},
    {"threads", HR_TEXT_SET_ON_OFF, AT(has_threads), 0, HR_TEXT_IF_OFF},
    {"collected", HR_TEXT_SET_ON_OFF, AT(collected), 0, HR_TEXT_IF_OFF},
    {"cycles", HR_TEXT_SET_ON_OFF, AT(has_cycles), 0, HR_TEXT_IF_SPANS},
    {"sweeps", HR_TEXT_SET_ON_OFF, AT(tells_sweeps), 0, HR_TEXT_IF_OFF},
    {"releases", HR_TEXT_SET_ON_OFF, AT(has_releases), 0, HR_TEXT_IF_OFF},
    {"padded", HR_TEXT_SET_ON_OFF, AT(padded), 0, HR_TEXT_IF_OFF},
    {"window", HR_TEXT_SET_ON_OFF, AT(window), 0, HR_TEXT_IF_OFF},
    {"strict", HR_TEXT_SET_ON_OFF, AT(strict), 0, HR_TEXT_IF_ON},
    {NULL, HR_TEXT_SET_ON_OFF, 0, 0, HR_TEXT_IF_OFF},
};
