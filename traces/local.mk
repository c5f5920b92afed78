# Sample traces, each with a note of where it came from.
tracesdir = $(pkgdatadir)/traces
dist_traces_DATA =
