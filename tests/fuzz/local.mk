# SPDX-License-Identifier: BSD-3-Clause
# Fuzz targets: each file defines LLVMFuzzerTestOneInput. With --enable-fuzzers
# they are libFuzzer programs; without, standalone.c replays the files it is
# given, and `make check` replays the corpus either way. A new one is
#     fuzz_programs += tests/fuzz/foo
#     tests_fuzz_foo_SOURCES = tests/fuzz/foo.c $(fuzz_main)
#     tests_fuzz_foo_LDADD = $(fuzz_ldadd)
#     fuzz_corpus += tests/fuzz/corpus/foo    (a folder of inputs)
fuzz_programs =
fuzz_corpus =
fuzz_ldadd = $(core) $(FUZZ_LIBS)
if FUZZERS
fuzz_main =
else
fuzz_main = tests/fuzz/standalone.c
endif

fuzz_programs += tests/fuzz/fuzz_android
tests_fuzz_fuzz_android_SOURCES = tests/fuzz/fuzz_android.c $(fuzz_main)
tests_fuzz_fuzz_android_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_android

fuzz_programs += tests/fuzz/fuzz_calls
tests_fuzz_fuzz_calls_SOURCES = tests/fuzz/fuzz_calls.c $(fuzz_main)
tests_fuzz_fuzz_calls_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_calls

fuzz_programs += tests/fuzz/fuzz_input
tests_fuzz_fuzz_input_SOURCES = tests/fuzz/fuzz_input.c $(fuzz_main)
tests_fuzz_fuzz_input_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_input

fuzz_programs += tests/fuzz/fuzz_layers
tests_fuzz_fuzz_layers_SOURCES = tests/fuzz/fuzz_layers.c $(fuzz_main)
tests_fuzz_fuzz_layers_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_layers

fuzz_programs += tests/fuzz/fuzz_mtrace
tests_fuzz_fuzz_mtrace_SOURCES = tests/fuzz/fuzz_mtrace.c $(fuzz_main)
tests_fuzz_fuzz_mtrace_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_mtrace

fuzz_programs += tests/fuzz/fuzz_script
tests_fuzz_fuzz_script_SOURCES = tests/fuzz/fuzz_script.c $(fuzz_main)
tests_fuzz_fuzz_script_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_script

fuzz_programs += tests/fuzz/fuzz_gate
tests_fuzz_fuzz_gate_SOURCES = tests/fuzz/fuzz_gate.c $(fuzz_main)
tests_fuzz_fuzz_gate_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_gate

fuzz_programs += tests/fuzz/fuzz_gotrace
tests_fuzz_fuzz_gotrace_SOURCES = tests/fuzz/fuzz_gotrace.c $(fuzz_main)
tests_fuzz_fuzz_gotrace_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_gotrace

fuzz_programs += tests/fuzz/fuzz_heaptrack
tests_fuzz_fuzz_heaptrack_SOURCES = tests/fuzz/fuzz_heaptrack.c $(fuzz_main)
tests_fuzz_fuzz_heaptrack_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_heaptrack

fuzz_programs += tests/fuzz/fuzz_pagetrace
tests_fuzz_fuzz_pagetrace_SOURCES = tests/fuzz/fuzz_pagetrace.c $(fuzz_main)
tests_fuzz_fuzz_pagetrace_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_pagetrace

fuzz_programs += tests/fuzz/fuzz_plot
tests_fuzz_fuzz_plot_SOURCES = tests/fuzz/fuzz_plot.c $(fuzz_main)
tests_fuzz_fuzz_plot_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_plot

fuzz_programs += tests/fuzz/fuzz_saved
tests_fuzz_fuzz_saved_SOURCES = tests/fuzz/fuzz_saved.c $(fuzz_main)
tests_fuzz_fuzz_saved_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_saved

fuzz_programs += tests/fuzz/fuzz_text
tests_fuzz_fuzz_text_SOURCES = tests/fuzz/fuzz_text.c $(fuzz_main)
tests_fuzz_fuzz_text_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_text

fuzz_programs += tests/fuzz/fuzz_gclog
tests_fuzz_fuzz_gclog_SOURCES = tests/fuzz/fuzz_gclog.c $(fuzz_main)
tests_fuzz_fuzz_gclog_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_gclog

fuzz_programs += tests/fuzz/fuzz_native
tests_fuzz_fuzz_native_SOURCES = tests/fuzz/fuzz_native.c $(fuzz_main)
tests_fuzz_fuzz_native_LDADD = $(fuzz_ldadd) $(XXHASH_LIBS)
fuzz_corpus += tests/fuzz/corpus/fuzz_native

fuzz_programs += tests/fuzz/fuzz_window
tests_fuzz_fuzz_window_SOURCES = tests/fuzz/fuzz_window.c $(fuzz_main)
tests_fuzz_fuzz_window_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_window

fuzz_programs += tests/fuzz/fuzz_allocfreetrace
tests_fuzz_fuzz_allocfreetrace_SOURCES = tests/fuzz/fuzz_allocfreetrace.c $(fuzz_main)
tests_fuzz_fuzz_allocfreetrace_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_allocfreetrace

fuzz_programs += tests/fuzz/fuzz_logalloc
tests_fuzz_fuzz_logalloc_SOURCES = tests/fuzz/fuzz_logalloc.c $(fuzz_main)
tests_fuzz_fuzz_logalloc_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_logalloc

fuzz_programs += tests/fuzz/fuzz_lttng
tests_fuzz_fuzz_lttng_SOURCES = tests/fuzz/fuzz_lttng.c $(fuzz_main)
tests_fuzz_fuzz_lttng_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_lttng

fuzz_programs += tests/fuzz/fuzz_rep
tests_fuzz_fuzz_rep_SOURCES = tests/fuzz/fuzz_rep.c $(fuzz_main)
tests_fuzz_fuzz_rep_LDADD = $(fuzz_ldadd)
fuzz_corpus += tests/fuzz/corpus/fuzz_rep

fuzz_programs += tests/fuzz/fuzz_command
tests_fuzz_fuzz_command_SOURCES = tests/fuzz/fuzz_command.c $(fuzz_main)
tests_fuzz_fuzz_command_LDADD = libcmd.a libmachine.a $(fuzz_ldadd) $(NCURSES_LIBS)
fuzz_corpus += tests/fuzz/corpus/fuzz_command

check_PROGRAMS += $(fuzz_programs)
TESTS += tests/fuzz/corpus.sh
test_environment += FUZZ_PROGRAMS='$(fuzz_programs)'
EXTRA_DIST += tests/fuzz/corpus.sh tests/fuzz/standalone.c tests/fuzz/recording.h tests/fuzz/mutate.h tests/fuzz/fuzz.sh $(fuzz_corpus)

# All fuzz targets, not their tests; and their runs, FUZZ_SECONDS in all.
fuzzers: $(fuzz_programs)
fuzz: fuzzers
	$(AM_V_at)$(test_environment) $(BASH) $(top_srcdir)/tests/fuzz/fuzz.sh
.PHONY: fuzzers fuzz
