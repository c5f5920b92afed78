/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "cmd/video.h"

#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_OPTIONS 8

/*
 * Frames have few colours, and large areas of one. GIF takes a picture's palette as it is. MP4 in a form that any player
 * knows, with the index in front, so that it can be played while it is fetched.
 */
static const struct form {
	const char *ending, *options[MAX_OPTIONS];
} forms[] = {
    {"mp4", {"-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart"}},
    {"gif", {"-c:v", "gif"}},
    {"webp", {"-c:v", "libwebp", "-lossless", "1", "-loop", "0"}},
};

static const struct form *form_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(dot + 1, forms[i].ending) == 0)
			return &forms[i];
	return NULL;
}

bool cli_video_can(const char *path)
{
	return form_of(path) != NULL;
}

/* It writes its standard output by name, since it goes back in the file. 0, or an errno. */
static int spawn(const struct form *form, unsigned fps, const int fds[3], pid_t *child)
{
	char rate[16];
	const char *argv[16 + MAX_OPTIONS] = {"ffmpeg", "-v",  "error",	     "-y", "-f", "image2pipe",
					      "-c:v",	"png", "-framerate", rate, "-i", "pipe:0"};
	size_t n = 12;

	snprintf(rate, sizeof(rate), "%u", fps);
	for (size_t i = 0; i < MAX_OPTIONS && form->options[i] != NULL; i++)
		argv[n++] = form->options[i];
	argv[n++] = "-f";
	argv[n++] = form->ending;
	argv[n++] = "/dev/fd/1";
	return hr_spawn((char *const *)argv, fds, child);
}

enum hr_status cli_video_start(struct cli_video *v, const char *path, unsigned fps, struct hr_error *err)
{
	int ends[2], why;

	HR_TRY(hr_output_open(&v->output, path, err));
	if (pipe(ends) != 0)
		return hr_error_set(err, HR_EIO, "cannot make a pipe: %s", strerror(errno));
	/* ffmpeg sees the end only when nobody else can write. */
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	why = spawn(form_of(path), fps, (const int[]){ends[0], fileno(v->output.file), STDERR_FILENO}, &v->child);
	close(ends[0]);
	v->pictures = why == 0 ? fdopen(ends[1], "w") : NULL;
	if (v->pictures != NULL)
		return HR_OK;
	close(ends[1]);
	if (why == ENOENT)
		return hr_error_set(err, HR_EIO,
				    "--video needs ffmpeg, which is not on PATH; install it, or write frames with -o "
				    "DIRECTORY instead");
	return hr_error_set(err, HR_EIO, "cannot start ffmpeg: %s", strerror(why != 0 ? why : errno));
}

enum hr_status cli_video_end(struct cli_video *v, struct hr_error *err)
{
	int how = 0, why;

	fclose(v->pictures); /* what it could not write ffmpeg did not want */
	v->pictures = NULL;
	why = hr_spawn_wait(v->child, &how);
	if (why != 0)
		return hr_error_set(err, HR_EIO, "cannot wait for ffmpeg: %s", strerror(why));
	if (WIFSIGNALED(how))
		return hr_error_set(err, HR_EIO, "ffmpeg was killed by signal %d (%s)", WTERMSIG(how),
				    strsignal(WTERMSIG(how)));
	if (WEXITSTATUS(how) != 0)
		return hr_error_set(err, HR_EIO, "ffmpeg failed (status %d)", WEXITSTATUS(how));
	return hr_output_commit(&v->output, err);
}

void cli_video_abandon(struct cli_video *v)
{
	int how;

	if (v->pictures != NULL) {
		kill(v->child, SIGTERM);
		fclose(v->pictures);
		hr_spawn_wait(v->child, &how);
		v->pictures = NULL;
	}
	hr_output_abandon(&v->output);
}
