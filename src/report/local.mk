# SPDX-License-Identifier: BSD-3-Clause
# src/report: every .c and .h of this directory; headers too, so that they are in the tarball.
libcore_a_SOURCES += \
	src/report/bounds.c src/report/bounds.h \
	src/report/bars.c src/report/bars.h \
	src/report/comparison.c src/report/comparison.h \
	src/report/damage.c src/report/damage.h \
	src/report/differences.c src/report/differences.h \
	src/report/document.c src/report/document.h \
	src/report/flat.c src/report/flat.h \
	src/report/gc_cpu.c src/report/gc_cpu.h \
	src/report/gate.c src/report/gate.h \
	src/report/marks.c src/report/marks.h \
	src/report/insights.c src/report/insights.h \
	src/report/kept.c src/report/kept.h \
	src/report/layers.c src/report/layers.h \
	src/report/metrics.c src/report/metrics.h \
	src/report/optimum.c src/report/optimum.h \
	src/report/output.c src/report/output.h \
	src/report/plane.c src/report/plane.h \
	src/report/reasons.c src/report/reasons.h \
	src/report/rss_samples.c src/report/rss_samples.h \
	src/report/saved.c src/report/saved.h \
	src/report/scavtrace.c src/report/scavtrace.h \
	src/report/series.c src/report/series.h \
	src/report/standings.c src/report/standings.h \
	src/report/table.c src/report/table.h
