# SPDX-License-Identifier: BSD-3-Clause
# docs: pages to read, installed as they stand here, so that their links hold there as well.
dist_doc_DATA = README.md ARCHITECTURE.md CONTRIBUTING.md NEWS LICENSE
docsdir = $(docdir)/docs
dist_docs_DATA = \
	docs/README.md \
	docs/batching.md \
	docs/batching.png \
	docs/ci.md \
	docs/comparison.md \
	docs/design.md \
	docs/fidelity.md \
	docs/fleet.md \
	docs/frame.png \
	docs/heaptrack.md \
	docs/heatmap.png \
	docs/idle.png \
	docs/index-cost.md \
	docs/index-work.png \
	docs/mallocs.md \
	docs/native.md \
	docs/objects.md \
	docs/optimum.md \
	docs/page-size.md \
	docs/real-memory.md \
	docs/recording.md \
	docs/recording-crash.md \
	docs/sweep-sql.md \
	docs/layers.png \
	docs/rss.md \
	docs/timeline.png \
	docs/tradeoff-http.png \
	docs/tradeoff-jsoncache.png \
	docs/tradeoff-phases.png \
	docs/tradeoff-redis.png \
	docs/tradeoff.png \
	docs/watch.png \
	docs/whatif.md \
	docs/workloads.md

# A bpftrace script that records a program's calls of malloc.
dist_pkgdata_DATA = docs/malloc.bt
nodist_pkgdata_DATA = docs/malloc-pid.bt
CLEANFILES += docs/malloc-pid.bt

docs/malloc-pid.bt: docs/malloc.bt
	$(AM_V_GEN)$(MKDIR_P) docs && sed 's/pid == cpid/pid == $$1/' $(top_srcdir)/docs/malloc.bt >$@

# The documents and manual pages as a static site, in the build directory.
EXTRA_DIST += docs/site.sh docs/site.css
site: $(filled_pages)
	@export $(test_environment); $(BASH) $(top_srcdir)/docs/site.sh site
.PHONY: site

# The pictures, drawn anew into the source directory; RECORDINGS are directories with those that do not ship.
EXTRA_DIST += docs/pictures.sh
pictures: heapreplay$(EXEEXT)
	@export $(test_environment) RECORDINGS="$(RECORDINGS)"; $(BASH) $(top_srcdir)/docs/pictures.sh
.PHONY: pictures
