# SPDX-License-Identifier: BSD-3-Clause
# Sample traces, each with a note of where it came from.
tracesdir = $(pkgdatadir)/traces
dist_traces_DATA = \
	traces/README \
	traces/bench-json-go123.trace.zst \
	traces/compile-texttemplate-1p-go121.gclog \
	traces/compile-texttemplate-1p-go121.pagetrace.zst \
	traces/gnuplot.heaptrack.zst \
	traces/phases-1p-go125.trace.zst \
	traces/victoria-metrics-go127.trace.zst
