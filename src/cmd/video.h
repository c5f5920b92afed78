/* SPDX-License-Identifier: BSD-3-Clause */
/* Films: pictures are handed to ffmpeg, which makes a file of them. */
#ifndef HR_CMD_VIDEO_H
#define HR_CMD_VIDEO_H

#include "base/error.h"
#include "report/output.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct cli_video {
	struct hr_output output;
	FILE *pictures; /* PNG after PNG, all as large; NULL: nothing has been started */
	pid_t child;
};

/* Does the name end in that of a form of films? */
bool cli_video_can(const char *path);
/* Starts ffmpeg; so many pictures are a second. HR_EIO: there is none, or no such output. */
enum hr_status cli_video_start(struct cli_video *v, const char *path, unsigned fps, struct hr_error *err);
/*
 * There are no more pictures: waits for ffmpeg, and the file appears. To be called after a picture could not be
 * written, too: then the error is ffmpeg's.
 */
enum hr_status cli_video_end(struct cli_video *v, struct hr_error *err);
/* Of a film that has not ended nothing is left. Harmless on zeroes, and after the end. */
void cli_video_abandon(struct cli_video *v);

#endif
