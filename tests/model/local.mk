# SPDX-License-Identifier: BSD-3-Clause
# The scavenge indexes through all interleavings of small cases. They are compiled
# anew here, with a call in place of each atomic operation.
model_headers = tests/model/explore.h tests/model/hook.h tests/model/subjects.h
check_PROGRAMS += tests/model/index
TESTS += tests/model/index
tests_model_index_SOURCES = tests/model/index.c tests/model/explore.c tests/model/runtime.c tests/model/subjects.c \
	src/scavenge/go/index_bits.c src/scavenge/go/index_density.c $(model_headers)
tests_model_index_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/model -include $(top_srcdir)/tests/model/hook.h
tests_model_index_LDADD = $(core)
