/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Policies from shared objects that define a struct hr_policy_def (heapreplay-
 * policy.h). The functions that they call are found in the program or in
 * libheapreplay, whichever loaded them.
 */
#ifndef HR_SCAVENGE_PLUGIN_H
#define HR_SCAVENGE_PLUGIN_H

#include "base/error.h"
#include "heapreplay-policy.h"

#include <stdbool.h>

/* Does a policy of this name come from a file: one with a slash, or that ends in ".so"? */
bool hr_plugin_is_path(const char *name);

/*
 * Loads the shared object at path and checks what it says of itself; the policy
 * lives until hr_plugin_release. HR_EIO: there is no such file, or it can't be
 * read; HR_EINPUT: it is no shared object, or has no policy that fits in it;
 * HR_ENOMEM.
 */
enum hr_status hr_plugin_load(const char *path, void **object, const struct hr_policy_def **def, struct hr_error *err);
/* object may be NULL. */
void hr_plugin_release(void *object);

#endif
