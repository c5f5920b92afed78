/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A shared object runs with all rights of the program: policies are not
 * sandboxed. What is checked here are mistakes, not malice.
 */
#include "config.h"

#include "scavenge/plugin.h"

#include "base/alloc.h"
#include "base/params.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SYMBOL "heapreplay_policy"
#define MAX_NAME 32
#define MAX_CONFIG_BYTES (1u << 20)

bool hr_plugin_is_path(const char *name)
{
	size_t n = strlen(name);

	return strchr(name, '/') != NULL || (n > 3 && strcmp(name + n - 3, ".so") == 0);
}

/* Opening what is no file could wait for ever. */
static enum hr_status check_file(const char *path, struct hr_error *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return hr_error_set(err, HR_EIO, "policy %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return hr_error_set(err, HR_EINPUT, "policy %s: not a file", path);
	return HR_OK;
}

/* What the linker says begins with the path as a rule, which the message has already. */
static const char *linker_says(const char *path)
{
	const char *text = dlerror();
	size_t n = strlen(path);

	if (text == NULL)
		return "it can't be loaded";
	return strncmp(text, path, n) == 0 && strncmp(text + n, ": ", 2) == 0 ? text + n + 2 : text;
}

static enum hr_status open_object(const char *path, void **object, struct hr_error *err)
{
	char *file;

	HR_TRY(check_file(path, err));
	/* dlopen searches the system's library directories for a name without a slash. */
	if (asprintf(&file, "%s%s", strchr(path, '/') == NULL ? "./" : "", path) < 0)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	*object = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (*object == NULL)
		hr_error_set(err, HR_EINPUT, "policy %s: %s", path, linker_says(file));
	free(file);
	return *object != NULL ? HR_OK : HR_EINPUT;
}

static bool is_name(const char *s)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	size_t n = s != NULL ? strlen(s) : 0;

	return n > 0 && n <= MAX_NAME && strspn(s, characters) == n;
}

/* What is missing in a definition; NULL: nothing. */
static const char *fault_of(const struct hr_policy_def *def)
{
	if (!is_name(def->name))
		return "it has no name of letters, digits, '.', '-' and '_'";
	if (def->summary == NULL || def->summary[0] == '\0')
		return "it has no summary";
	if (def->create == NULL || def->destroy == NULL)
		return "it needs create and destroy";
	if (def->ahead != NULL && !def->knows_future)
		return "it looks ahead and does not say that it knows the future";
	if (def->config_bytes > MAX_CONFIG_BYTES)
		return "its configuration is larger than 1MiB";
	return NULL;
}

static enum hr_status check_def(const char *path, const struct hr_policy_def *def, struct hr_error *err)
{
	struct hr_error of_params;
	const char *fault;
	enum hr_status status;

	if (def == NULL)
		return hr_error_set(err, HR_EINPUT, "policy %s: there is no %s in it", path, SYMBOL);
	if (def->abi != HR_POLICY_ABI)
		return hr_error_set(err, HR_EINPUT,
				    "policy %s: it was built for version %u of heapreplay-policy.h, and this is "
				    "version %u; see heapreplay-policy(7) and rebuild it",
				    path, def->abi, HR_POLICY_ABI);
	fault = fault_of(def);
	if (fault != NULL)
		return hr_error_set(err, HR_EINPUT, "policy %s: %s", path, fault);
	status = def->params != NULL ? hr_params_check(def->params, def->config_bytes, &of_params) : HR_OK;
	if (status != HR_OK)
		return hr_error_set(err, status, "policy %s: %s", path, of_params.text);
	return HR_OK;
}

enum hr_status hr_plugin_load(const char *path, void **object, const struct hr_policy_def **def, struct hr_error *err)
{
	enum hr_status status;

	*object = NULL;
	HR_TRY(open_object(path, object, err));
	*def = dlsym(*object, SYMBOL);
	status = check_def(path, *def, err);
	if (status != HR_OK) {
		hr_plugin_release(*object);
		*object = NULL;
	}
	return status;
}

/*
 * What policies built for version 1 call. Never called now; but without them the
 * linker would refuse such an object before we can say what is wrong with it.
 */
HR_API enum hr_status hr_follower_take(struct hr_follower *f, const struct hr_place *r);
HR_API void hr_follower_commit(struct hr_follower *f);

enum hr_status hr_follower_take(struct hr_follower *f, const struct hr_place *r)
{
	(void)f, (void)r;
	return HR_EPOLICY;
}

void hr_follower_commit(struct hr_follower *f)
{
	(void)f;
}

void hr_plugin_release(void *object)
{
	if (object != NULL)
		dlclose(object);
}
