/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/event.h"

static const char *const names[] = {
#define HR_EVENT_NAME(id, name) name,
    HR_EVENT_KINDS(HR_EVENT_NAME)
#undef HR_EVENT_NAME
};

const char *hr_event_kind_name(unsigned kind)
{
	return kind < HR_EVENT_KIND_COUNT ? names[kind] : "?";
}
