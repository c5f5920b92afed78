# SPDX-License-Identifier: BSD-3-Clause
# man: pages with a part that comes from the program's own tables are made from a .in file (fill.sh).
filled_pages = \
	man/heapreplay.1 \
	man/heapreplay.3 \
	man/heapreplay-advise.1 \
	man/heapreplay-calibrate.1 \
	man/heapreplay-compare.1 \
	man/heapreplay-completion.1 \
	man/heapreplay-cut.1 \
	man/heapreplay-explain.1 \
	man/heapreplay-export.1 \
	man/heapreplay-generate.1 \
	man/heapreplay-heatmap.1 \
	man/heapreplay-import.1 \
	man/heapreplay-info.1 \
	man/heapreplay-metrics.5 \
	man/heapreplay-plot.1 \
	man/heapreplay-policies.1 \
	man/heapreplay-policy.7 \
	man/heapreplay-record.1 \
	man/heapreplay-replay.1 \
	man/heapreplay-report.1 \
	man/heapreplay-sweep.1 \
	man/heapreplay-validate.1 \
	man/heapreplay-watch.1
man_MANS = $(filled_pages)
CLEANFILES += $(filled_pages)
EXTRA_DIST += man/fill.sh $(filled_pages:=.in)

# What the program says of itself, for pages, completions and schemas: new only where it says something else.
man/tables: man/tables.stamp
	@:
man/tables.stamp: heapreplay$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) man && $(HR_RUN) help --roff > man/tables.tmp && \
	if cmp -s man/tables.tmp man/tables; then rm man/tables.tmp; else mv man/tables.tmp man/tables; fi && echo > $@
CLEANFILES += man/tables man/tables.stamp

$(filled_pages): man/fill.sh man/tables
	$(AM_V_GEN)$(SHELL) $(top_srcdir)/man/fill.sh man/tables < $(top_srcdir)/$@.in > $@.tmp && mv $@.tmp $@
man/heapreplay.1: $(top_srcdir)/man/heapreplay.1.in
man/heapreplay.3: $(top_srcdir)/man/heapreplay.3.in $(top_srcdir)/examples/compare.c
man/heapreplay-advise.1: $(top_srcdir)/man/heapreplay-advise.1.in
man/heapreplay-calibrate.1: $(top_srcdir)/man/heapreplay-calibrate.1.in
man/heapreplay-compare.1: $(top_srcdir)/man/heapreplay-compare.1.in
man/heapreplay-completion.1: $(top_srcdir)/man/heapreplay-completion.1.in
man/heapreplay-cut.1: $(top_srcdir)/man/heapreplay-cut.1.in
man/heapreplay-explain.1: $(top_srcdir)/man/heapreplay-explain.1.in
man/heapreplay-export.1: $(top_srcdir)/man/heapreplay-export.1.in
man/heapreplay-generate.1: $(top_srcdir)/man/heapreplay-generate.1.in
man/heapreplay-heatmap.1: $(top_srcdir)/man/heapreplay-heatmap.1.in
man/heapreplay-import.1: $(top_srcdir)/man/heapreplay-import.1.in
man/heapreplay-info.1: $(top_srcdir)/man/heapreplay-info.1.in
man/heapreplay-plot.1: $(top_srcdir)/man/heapreplay-plot.1.in
man/heapreplay-policies.1: $(top_srcdir)/man/heapreplay-policies.1.in
man/heapreplay-record.1: $(top_srcdir)/man/heapreplay-record.1.in
man/heapreplay-report.1: $(top_srcdir)/man/heapreplay-report.1.in
man/heapreplay-policy.7: $(top_srcdir)/man/heapreplay-policy.7.in $(top_srcdir)/examples/idle.c
man/heapreplay-replay.1: $(top_srcdir)/man/heapreplay-replay.1.in
man/heapreplay-sweep.1: $(top_srcdir)/man/heapreplay-sweep.1.in
man/heapreplay-validate.1: $(top_srcdir)/man/heapreplay-validate.1.in
man/heapreplay-watch.1: $(top_srcdir)/man/heapreplay-watch.1.in
man/heapreplay-metrics.5: $(top_srcdir)/man/heapreplay-metrics.5.in

# By hand.
dist_man_MANS += man/heapreplay-trace.5

# Completion, for the shells that look for it in these places.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
bashcompletion_DATA = man/completions/heapreplay
zshcompletion_DATA = man/completions/_heapreplay
fishcompletion_DATA = man/completions/heapreplay.fish
completions = $(bashcompletion_DATA) $(zshcompletion_DATA) $(fishcompletion_DATA)
CLEANFILES += $(completions)

$(completions): man/fill.sh man/tables
	$(AM_V_GEN)$(MKDIR_P) man/completions && case $@ in *.fish) shell=fish ;; */_*) shell=zsh ;; *) shell=bash ;; esac && \
	echo "@completion-$$shell@" | $(SHELL) $(top_srcdir)/man/fill.sh man/tables > $@.tmp && mv $@.tmp $@

# JSON Schemas of what is written as JSON.
schemadir = $(pkgdatadir)/schema
schema_DATA = \
	man/schema/against.json \
	man/schema/advise.json \
	man/schema/compare.json \
	man/schema/differences.json \
	man/schema/explain.json \
	man/schema/heatmap.json \
	man/schema/info-by.json \
	man/schema/info.json \
	man/schema/policies.json \
	man/schema/replay.json \
	man/schema/summary-line.json \
	man/schema/sweep-row.json \
	man/schema/validate.json \
	man/schema/version.json
CLEANFILES += $(schema_DATA)

$(schema_DATA): man/fill.sh man/tables
	$(AM_V_GEN)$(MKDIR_P) man/schema && echo "@schema-`basename $@ .json`@" | \
	$(SHELL) $(top_srcdir)/man/fill.sh man/tables > $@.tmp && mv $@.tmp $@
