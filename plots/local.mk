# SPDX-License-Identifier: BSD-3-Clause
# gnuplot scripts, for users to read and to copy.
plotsdir = $(pkgdatadir)/plots

# Those of `heapreplay plot`. The program holds their texts, so that it never draws with
# those of another version.
embedded_plots = \
	plots/common.gp \
	plots/compare.gp \
	plots/frontier.gp \
	plots/heatmap.gp \
	plots/index.gp \
	plots/intervals.gp \
	plots/timeline.gp \
	plots/tradeoff.gp
dist_plots_DATA = $(embedded_plots) plots/batching.gp plots/index-work.gp

# The style and the script of the report's page.
page_files = plots/report.css plots/report.js

BUILT_SOURCES += src/plot/scripts.inc src/plot/page_files.inc
CLEANFILES += src/plot/scripts.inc src/plot/page_files.inc
EXTRA_DIST += plots/embed.sh $(page_files)
src/plot/scripts.inc: plots/embed.sh $(embedded_plots)
	$(AM_V_GEN)$(MKDIR_P) src/plot && cd $(top_srcdir) && $(SHELL) plots/embed.sh $(embedded_plots) \
		> '$(abs_top_builddir)/$@.tmp' && mv '$(abs_top_builddir)/$@.tmp' '$(abs_top_builddir)/$@'
src/plot/page_files.inc: plots/embed.sh $(page_files)
	$(AM_V_GEN)$(MKDIR_P) src/plot && cd $(top_srcdir) && $(SHELL) plots/embed.sh $(page_files) \
		> '$(abs_top_builddir)/$@.tmp' && mv '$(abs_top_builddir)/$@.tmp' '$(abs_top_builddir)/$@'
# Without make's dependencies yet, in a fresh tree.
src/plot/plot.$(OBJEXT): src/plot/scripts.inc
src/plot/html.$(OBJEXT): src/plot/page_files.inc
