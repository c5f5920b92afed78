/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scavenging policies: the built-in ones, those in shared objects, and choosing
 * one from what a user wrote. The installed header, heapreplay-policy.h,
 * defines what a policy is.
 */
#ifndef HR_SCAVENGE_POLICY_H
#define HR_SCAVENGE_POLICY_H

#include "base/error.h"
#include "base/params.h"
#include "heapreplay-policy.h"

/* The built-in ones, in the order in which they are listed; NULL ends. */
extern const struct hr_policy_def *const hr_policies[];
const struct hr_policy_def *hr_policy_find(const char *name);
/* Other names of policies with these parameters; NULL ends. */
struct hr_policy_alias {
	const char *name, *policy, *params; /* params: "" or "key=value,..." */
	const char *help;
};
extern const struct hr_policy_alias hr_policy_aliases[];
/*
 * Do two texts, as `-p` takes them, choose the same? But for the directory of a
 * shared object, and by aliases: "./old/p.so,a=1" and "p.so,a=1"; "go1.20" and
 * "go1.19,offset=on".
 */
bool hr_policy_same_text(const char *a, const char *b);
/* The policy's parameters; a table without rows when it has none. */
const struct hr_param *hr_policy_params(const struct hr_policy_def *def);

/* A policy and its parameters, as chosen by `-p NAME[,key=value...]`, or `-p FILE.so[,key=value...]`. */
struct hr_policy_choice {
	const struct hr_policy_def *def;
	void *config; /* owned */
	char *text;   /* as the user wrote it; owned */
	char *file;   /* the shared object that def is in; owned; NULL: it is built in */
	void *object; /* keeps that loaded */
	bool if_fits; /* one of a group: left out where it can't follow the trace */
};

/*
 * HR_EUSAGE: no such policy (the message lists those there are) or parameter;
 * HR_EIO, HR_EINPUT: of a shared object, see hr_plugin_load; HR_ENOMEM.
 * The choice outlives all followers of it, and their copies.
 */
enum hr_status hr_policy_choose(const char *text, struct hr_policy_choice *choice, struct hr_error *err);
void hr_policy_choice_release(struct hr_policy_choice *choice);

#endif
