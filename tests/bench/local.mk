# SPDX-License-Identifier: BSD-3-Clause
# `make bench`: programs and scripts that print figures. A new one is
#     bench_programs += tests/bench/foo
#     tests_bench_foo_SOURCES = tests/bench/foo.c
#     tests_bench_foo_LDADD = $(core)
# or
#     bench_scripts += tests/bench/foo.sh
# A program that a script runs is one of bench_tools.
bench_programs =
bench_tools =
bench_scripts =

bench_programs += tests/bench/decode
tests_bench_decode_SOURCES = tests/bench/decode.c
tests_bench_decode_LDADD = $(core)

bench_programs += tests/bench/generate
tests_bench_generate_SOURCES = tests/bench/generate.c
tests_bench_generate_LDADD = $(core)

EXTRA_PROGRAMS += $(bench_programs) $(bench_tools)
EXTRA_DIST += $(bench_scripts)
CLEANFILES += $(bench_programs) $(bench_tools)

bench: heapreplay$(EXEEXT) $(bench_programs) $(bench_tools)
	@export $(test_environment); \
	for b in $(bench_programs); do echo "== $$b"; ./$$b || exit 1; done; \
	for b in $(bench_scripts); do echo "== $$b"; $(BASH) $(top_srcdir)/$$b || exit 1; done

# The real Go 1.19 runtime's figures; a command for other scripts.
EXTRA_DIST += tests/bench/runtime/main.go tests/bench/runtime/run.sh

bench_tools += tests/bench/index
tests_bench_index_SOURCES = tests/bench/index.c
tests_bench_index_LDADD = $(core)

bench_tools += tests/bench/index_work
tests_bench_index_work_SOURCES = tests/bench/index_work.c
tests_bench_index_work_LDADD = $(core)

bench_programs += tests/bench/madvise
tests_bench_madvise_SOURCES = tests/bench/madvise.c
tests_bench_madvise_LDADD = $(PTHREAD_LIBS)

bench_tools += tests/bench/alloc
tests_bench_alloc_SOURCES = tests/bench/alloc.c
tests_bench_alloc_LDADD = $(core) $(ZLIB_LIBS)
bench_scripts += tests/bench/runtime.sh

bench_tools += tests/bench/replay
tests_bench_replay_SOURCES = tests/bench/replay.c
tests_bench_replay_LDADD = $(core)
bench_scripts += tests/bench/replay.sh

bench_scripts += tests/bench/heaptrack.sh

bench_tools += tests/bench/cost
tests_bench_cost_SOURCES = tests/bench/cost.c
bench_scripts += tests/bench/commands.sh
CLEANFILES += tests/bench-commands.txt
# Beside what the last make bench kept.
bench-compare: heapreplay$(EXEEXT) tests/bench/cost
	@export $(test_environment); $(BASH) $(top_srcdir)/tests/bench/commands.sh --compare
.PHONY: bench-compare

bench_tools += tests/bench/seek
tests_bench_seek_SOURCES = tests/bench/seek.c
tests_bench_seek_LDADD = $(core)
bench_scripts += tests/bench/watch.sh

# The studies in docs/: the figures that they quote and the pictures, made anew
# in study/; STUDY_TRACES are the traces of the second, in place of the shipped ones.
EXTRA_DIST += tests/bench/batching.sh
study: heapreplay$(EXEEXT) tests/bench/index_work
	@$(MKDIR_P) study
	tests/bench/index_work >study/index-work.csv
	gnuplot -e "csv='study/index-work.csv'; out='study/index-work.png'" $(top_srcdir)/plots/index-work.gp
	@export $(test_environment); $(BASH) $(top_srcdir)/tests/bench/batching.sh >study/batching.csv
	gnuplot -e "csv='study/batching.csv'; out='study/batching.png'" $(top_srcdir)/plots/batching.gp
.PHONY: study
