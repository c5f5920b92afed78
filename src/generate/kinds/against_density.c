/* SPDX-License-Identifier: BSD-3-Clause */
/* Against the density of Go 1.21's index: chunks that are dense when a cycle ends, and then empty. */
#include "config.h"

#include "base/bits.h"
#include "generate/pages.h"

struct config {
	struct hr_workload common;
	uint64_t live, size, pages, idle_ns;
};

struct state {
	const struct config *config;
	struct hr_pages pages;
	struct hr_span_list live, garbage, stacks;
};

static const struct hr_param params[] = {
    {"live", HR_PARAM_BYTES, offsetof(struct config, live), "16MiB", NULL, "bytes in use that stay"},
    {"size", HR_PARAM_BYTES, offsetof(struct config, size), "256MiB", NULL, "bytes that come and go"},
    {"pages", HR_PARAM_COUNT, offsetof(struct config, pages), "496", NULL,
     "pages in use, of the 512 of a chunk, when marking ends: 496 is dense, 495 is not"},
    {"idle", HR_PARAM_NS, offsetof(struct config, idle_ns), "20s", NULL, "time that they are gone"},
    HR_WORKLOAD_PARAMS("120", "1"),
};

enum { CHUNK_PAGES = 512, CACHED_PAGES = 16 };

static enum hr_status check(const void *config, struct hr_error *err)
{
	const struct config *c = config;

	HR_TRY(hr_workload_bytes_within("live", c->live, UINT64_C(4) << 20, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_bytes_within("size", c->size, UINT64_C(4) << 20, HR_WORKLOAD_MAX_BYTES, err));
	HR_TRY(hr_workload_ns_within("idle", c->idle_ns, 0, HR_WORKLOAD_MAX_NS, err));
	if (c->pages < CACHED_PAGES || c->pages > CHUNK_PAGES - CACHED_PAGES)
		return hr_error_set(err, HR_EUSAGE,
				    "pages can be 16 to 496: spans of fewer than 16 pages come from page caches");
	return HR_OK;
}

static void *create(const void *config, uint64_t seed)
{
	struct state *s = hr_calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->config = config;
	hr_pages_init(&s->pages, seed);
	return s;
}

/*
 * Each chunk gets a span of objects and one of stacks that fills it up, so that
 * first fit puts the next span into the next chunk; then the stacks go, which
 * takes no collection.
 */
static void take_chunks(struct state *s, struct hr_events *out)
{
	const struct config *c = s->config;
	struct hr_pages *p = &s->pages;

	for (uint64_t n = c->size / (CHUNK_PAGES * HR_SPAN_PAGE_BYTES); n > 0; n--) {
		hr_pages_fill(p, out, &s->garbage, c->pages * HR_SPAN_PAGE_BYTES, c->pages, UINT64_C(1000000), NULL);
		hr_pages_alloc(p, out, &s->stacks, CHUNK_PAGES - c->pages, true);
	}
	hr_pages_open(p, out, &s->stacks);
}

static enum hr_status fill(void *state, struct hr_events *out)
{
	struct state *s = state;
	const struct config *c = s->config;
	struct hr_pages *p = &s->pages;

	if (s->live.n == 0)
		hr_pages_fill(p, out, &s->live, hr_align_down(c->live, CHUNK_PAGES * HR_SPAN_PAGE_BYTES), CHUNK_PAGES,
			      UINT64_C(10000000), NULL);
	take_chunks(s, out);
	hr_pages_collect(p, out, UINT64_C(5000000), 2 * c->live);
	hr_pages_sweep(p, out, &s->garbage, UINT64_C(5000000));
	hr_pages_swept(p, out);
	p->now_ns += c->idle_ns;
	return hr_pages_status(p);
}

static void destroy(void *state)
{
	struct state *s = state;

	free(s->live.at);
	free(s->garbage.at);
	free(s->stacks.at);
	hr_pages_release(&s->pages);
	free(s);
}

const struct hr_workload_def hr_workload_against_density = {
    .name = "against-density",
    .summary = "chunks that are just dense when marking ends, and empty right after",
    .text = "From Go 1.21 on, a chunk with 496 of its 512 pages in use when a cycle ends is left alone until the\n"
	    "next. Here that is when the sweep frees it, and the next cycle comes when all is needed again, so that\n"
	    "nothing is ever given back. With pages=495 everything is, and has to be faulted in again.\n",
    .example = "against-density,pages=495\tjust not dense",
    .spans = true,
    .params = params,
    .config_bytes = sizeof(struct config),
    .check = check,
    .create = create,
    .fill = fill,
    .destroy = destroy,
};
