/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lines of the text form that tell what stands beside the events: types,
 * CPU time of GC cycles, samples of memory, notes. heapreplay-trace(5) describes
 * them; what is written reads back as the same.
 *
 *     ! type 7 size=48 pointers=16 addr=0x5d1e20 name=map[string]main.Node
 *     ! gc-cpu 1500000 cycle=3 stw-ns=40000 procs=2 assist-ns=0
 *     ! rss 1000000000 rss=41943040 anon=33554432
 *     ! note GOGC 100
 */
#ifndef HR_TRACE_TEXT_SIDES_H
#define HR_TRACE_TEXT_SIDES_H

#include "trace/reader.h"
#include "trace/sides.h"

#include <stdio.h>

/* Writing types and records is in text.h. */
void hr_text_write_notes(FILE *f, const struct hr_trace_meta *meta);

/* Whether a line "! KEY words" is one of these, but no note. */
bool hr_text_is_side(const char *key);
/*
 * Such a line, from behind the key on; words is changed. HR_OK; HR_ENOMEM;
 * HR_EINPUT, and *wrong says what is (static).
 */
enum hr_status hr_text_parse_side(const char *key, char *words, struct hr_sides *sides, const char **wrong);
/* "GOGC 100". */
enum hr_status hr_text_parse_note(char *words, struct hr_trace_meta *meta, const char **wrong);

#endif
