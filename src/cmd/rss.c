/* SPDX-License-Identifier: BSD-3-Clause */
/* RSS beside what the policy retains: what replay --rss, report and validate have in common. */
#include "config.h"

#include "cmd/rss.h"

#include "base/print.h"
#include "base/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* As record noted it. */
static uint64_t binary_bytes(const struct hr_trace_meta *meta)
{
	uint64_t bytes;

	for (unsigned i = 0; i < meta->nnotes; i++)
		if (strcmp(meta->notes[i].key, "binary-bytes") == 0 && hr_parse_u64(meta->notes[i].value, &bytes))
			return bytes;
	return HR_NOT_KNOWN;
}

void cli_rss_start(struct cli_rss *r, const struct hr_replay *replay, size_t follower,
		   const struct hr_rss_options *given)
{
	struct hr_rss_options options = *given;

	if (options.binary_bytes == HR_NOT_KNOWN)
		options.binary_bytes = binary_bytes(hr_reader_meta(replay->reader));
	hr_sides_init(&r->read);
	hr_rss_start(&r->rss, &options, replay->followers[follower]);
	r->started = true;
}

enum hr_status cli_rss_read(struct cli_rss *r, const struct hr_replay *replay, const char *path, struct hr_error *err)
{
	const struct hr_trace_meta *meta = hr_reader_meta(replay->reader);

	return hr_rss_read_csv(&r->read, path, meta->has_clock_origin, meta->clock_origin_ns, err);
}

enum hr_status cli_rss_end(struct cli_rss *r, const struct hr_replay *replay, struct hr_error *err)
{
	const struct hr_sides *s = r->read.nrss > 0 ? &r->read : hr_reader_sides(replay->reader);

	return hr_rss_bridge_of(&r->rss, s->rss, s->nrss, &r->bridge, err);
}

void cli_rss_release(struct cli_rss *r)
{
	if (!r->started)
		return;
	hr_rss_release(&r->rss);
	hr_sides_release(&r->read);
}

/* A size that may be below 0. */
static const char *signed_bytes(char buf[HR_UNIT_BUF + 1], double bytes)
{
	char size[HR_UNIT_BUF];

	hr_format_bytes(size, (uint64_t)llround(fabs(bytes)));
	snprintf(buf, HR_UNIT_BUF + 1, "%s%s", llround(bytes) < 0 ? "-" : "", size);
	return buf;
}

static void print_error(FILE *out, const char *what, const struct hr_rss_error *e)
{
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF], d[HR_UNIT_BUF];

	hr_print(out, "  %s: RSS %s; off by %s (%.1f %%) on average, %s in 95 %%, %s at worst\n", what,
		 hr_format_bytes(a, (uint64_t)e->rss_mean_bytes), hr_format_bytes(b, (uint64_t)e->mean_bytes),
		 100 * e->mean_ratio, hr_format_bytes(c, (uint64_t)e->p95_bytes),
		 hr_format_bytes(d, (uint64_t)e->worst_bytes));
}

void cli_print_rss(FILE *out, const struct hr_rss_bridge *b)
{
	char buf[HR_UNIT_BUF + 1];

	fputs("RSS, on average\n", out);
	for (unsigned t = 0; t < HR_RSS_TERMS; t++) {
		const bool unknown = (t == HR_RSS_FILE && !b->file_known) || (t == HR_RSS_OTHER && b->fitted.n == 0);

		if ((t == HR_RSS_LAZY || t == HR_RSS_HUGE) && b->mean[t] <= 0)
			continue;
		hr_print(out, "  %-38s %12s\n", hr_rss_term_text(t), unknown ? "-" : signed_bytes(buf, b->mean[t]));
	}
	hr_print(out, "  %-38s %12s\n", "sum", signed_bytes(buf, b->sum_mean));
	hr_print(out, "  %-38s %12s\n", "peak", signed_bytes(buf, b->sum_peak));
	if (b->huge_known)
		hr_print(out, "  %-38s %12s (%.1f %%)\n", "of it in huge pages, at most",
			 signed_bytes(buf, b->huge_mean), b->sum_mean > 0 ? 100 * b->huge_mean / b->sum_mean : 0);
	if (b->huge_sampled)
		hr_print(out, "  %-38s %12s\n", "in huge pages, by the samples",
			 signed_bytes(buf, b->huge_sampled_mean));
	if (b->fitted.n == 0) {
		fputs("  no samples to learn the rest from (--rss-samples, or a trace of heapreplay record)\n", out);
		return;
	}
	print_error(out, "beside all samples, by the rules alone", &b->plain);
	print_error(out, "fitted on the first half, beside the second", &b->fitted);
}
