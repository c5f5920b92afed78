# SPDX-License-Identifier: BSD-3-Clause
# src/machine: the machine that heapreplay runs on: clock, network, processes, memory. Linked by the program
# and by the tests, and no part of the library.
noinst_LIBRARIES += libmachine.a
libmachine_a_SOURCES = \
	src/machine/clock.h \
	src/machine/curl.h \
	src/machine/fetch.h \
	src/machine/memory.c src/machine/memory.h \
	src/machine/metrics.c src/machine/metrics.h \
	src/machine/process.c src/machine/process.h
if HAVE_LIBCURL
# Only its headers: the library is loaded when it is needed.
libmachine_a_SOURCES += src/machine/curl.c src/machine/fetch.c
else
libmachine_a_SOURCES += src/machine/fetch_none.c
endif
EXTRA_DIST += src/machine/curl.c src/machine/fetch.c src/machine/fetch_none.c
