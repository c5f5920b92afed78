/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/anonymous.h"

#include <stdio.h>
#include <string.h>

#define ADDRESSES (UINT64_C(1) << 48)

static void set_base(struct hr_anonymizer *a, uint64_t addr)
{
	a->shift = addr / HR_ANONYMOUS_STEP * HR_ANONYMOUS_STEP - HR_ANONYMOUS_BASE;
	a->based = true;
}

void hr_anonymizer_init(struct hr_anonymizer *a, const struct hr_trace_meta *meta)
{
	*a = (struct hr_anonymizer){.addresses = meta->has_addresses};
	hr_map64_init(&a->types);
	if (meta->has_addresses && meta->min_addr != 0)
		set_base(a, meta->min_addr);
}

void hr_anonymizer_release(struct hr_anonymizer *a)
{
	hr_map64_release(&a->types);
}

static uint64_t moved(const struct hr_anonymizer *a, uint64_t addr)
{
	return (addr - a->shift) % ADDRESSES;
}

void hr_anonymize_meta(const struct hr_anonymizer *a, struct hr_trace_meta *meta)
{
	meta->program[0] = '\0';
	meta->has_clock_origin = false;
	meta->clock_origin_ns = 0;
	meta->nnotes = 0;
	/* This text is free: it can contain anything. */
	if (!hr_is_format_name(meta->source))
		meta->source[0] = '\0';
	if (meta->min_addr != 0 && a->based)
		meta->min_addr = moved(a, meta->min_addr);
}

static bool has_address(unsigned kind)
{
	return kind <= HR_EV_STACK_FREE || (kind >= HR_EV_PAGE_ALLOC && kind <= HR_EV_PAGE_SCAV);
}

static bool number_type(struct hr_anonymizer *a, struct hr_event *ev)
{
	const uint64_t *known = hr_map64_get(&a->types, ev->arg);

	if (known != NULL) {
		ev->arg = (uint32_t)*known;
		return true;
	}
	if (!hr_map64_put(&a->types, ev->arg, a->types.count + 1))
		return false;
	ev->arg = (uint32_t)a->types.count;
	return true;
}

bool hr_anonymize_event(struct hr_anonymizer *a, struct hr_event *ev)
{
	if (a->addresses && has_address(ev->kind)) {
		if (!a->based)
			set_base(a, ev->addr);
		ev->addr = moved(a, ev->addr);
	}
	if ((ev->kind == HR_EV_OBJ_EXISTS || ev->kind == HR_EV_OBJ_ALLOC) && ev->arg != 0)
		return number_type(a, ev);
	return true;
}

void hr_anonymize_stats(struct hr_trace_stats *stats)
{
	stats->nassumed = 0;
	if (stats->cut)
		snprintf(stats->cut_what, sizeof(stats->cut_what), "the recording ends there");
}

/* The last part of a path; *n: how long it is. */
static const char *name_of(const char *command, size_t *n)
{
	size_t end = strcspn(command, " \t"), begin = end;

	while (begin > 0 && command[begin - 1] != '/')
		begin--;
	*n = end - begin;
	return command + begin;
}

/* Those of a synthetic trace are all that it is. */
static bool is_synthetic(const struct hr_trace_meta *meta)
{
	return strcmp(meta->source, "generated") == 0;
}

void hr_forget_arguments(struct hr_trace_meta *meta)
{
	size_t n;
	const char *name = name_of(meta->program, &n);

	if (is_synthetic(meta))
		return;
	memmove(meta->program, name, n);
	meta->program[n] = '\0';
}

bool hr_tells_arguments(const struct hr_trace_meta *meta)
{
	size_t n;

	name_of(meta->program, &n);
	return !is_synthetic(meta) && n < strlen(meta->program);
}
