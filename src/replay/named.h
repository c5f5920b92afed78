/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings of a replay by the names that the command line gives them, for programs that use the library. */
#ifndef HR_REPLAY_NAMED_H
#define HR_REPLAY_NAMED_H

#include "replay/replay.h"

/*
 * "NAME=VALUE", or "NAME" of what has no value: a long option of `heapreplay
 * replay` without its dashes. Values are read as there; the table in named.c
 * has the names. HR_EUSAGE: there is no such setting, or it takes no such
 * value; HR_EIO: cgroup's file can't be read.
 */
enum hr_status hr_replay_set(struct hr_replay_options *o, const char *setting, struct hr_error *err);

#endif
