/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/rss_samples.h"

#include "base/json.h"

#include <stdbool.h>

/* The mean or the peak of one field, of the samples that know it. */
static uint64_t over(const struct hr_sides *s, size_t offset, bool peak)
{
	unsigned __int128 sum = 0;
	uint64_t most = 0;
	size_t n = 0;

	for (size_t i = 0; i < s->nrss; i++) {
		const uint64_t x = *(const uint64_t *)((const char *)&s->rss[i] + offset);

		if (x == HR_NOT_KNOWN)
			continue;
		n++;
		sum += x;
		most = x > most ? x : most;
	}
	return n == 0 ? HR_NOT_KNOWN : peak ? most : (uint64_t)(sum / n);
}

struct hr_rss_summary hr_rss_summary_of(const struct hr_sides *s)
{
#define FIELD(name) offsetof(struct hr_rss_sample, name)
	return (struct hr_rss_summary){
	    .n = s->nrss,
	    .rss_mean = over(s, FIELD(rss_bytes), false),
	    .rss_peak = over(s, FIELD(rss_bytes), true),
	    .anon_mean = over(s, FIELD(rss_anon_bytes), false),
	    .file_mean = over(s, FIELD(rss_file_bytes), false),
	    .huge_mean = over(s, FIELD(anon_huge_bytes), false),
	    .cgroup_peak = over(s, FIELD(cgroup_bytes), true),
	};
#undef FIELD
}

json_t *hr_rss_summary_json(const struct hr_rss_summary *s)
{
	json_t *o = json_object();

	hr_json_put(&o, "samples", hr_json_count(s->n));
	hr_json_put(&o, "rss_mean_bytes", hr_json_count(s->rss_mean));
	hr_json_put(&o, "rss_peak_bytes", hr_json_count(s->rss_peak));
	hr_json_put(&o, "rss_anon_mean_bytes", hr_json_count(s->anon_mean));
	hr_json_put(&o, "rss_file_mean_bytes", hr_json_count(s->file_mean));
	hr_json_put(&o, "anon_huge_mean_bytes", hr_json_count(s->huge_mean));
	hr_json_put(&o, "cgroup_peak_bytes", hr_json_count(s->cgroup_peak));
	return o;
}
