/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads small files that users write: scripts. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES ((size_t)1 << 20)

enum hr_status cli_read_text(const char *path, const char *what, char **text, size_t *n, struct hr_error *err)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	int error = errno;

	*n = 0;
	if (f == NULL)
		return hr_error_set(err, HR_EIO, "cannot open the %s: %s", what, strerror(error));
	*text = hr_calloc(MOST_BYTES + 1, 1);
	if (*text != NULL)
		*n = fread(*text, 1, MOST_BYTES + 1, f);
	error = ferror(f) ? EIO : 0;
	if (f != stdin)
		fclose(f);
	if (*text == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	if (error == 0 && *n <= MOST_BYTES && memchr(*text, '\0', *n) == NULL)
		return HR_OK;
	free(*text);
	*text = NULL;
	return error != 0 ? hr_error_set(err, HR_EIO, "cannot read the %s", what)
			  : hr_error_set(err, HR_EINPUT, "this is no %s: it is binary, or longer than 1 MiB", what);
}
