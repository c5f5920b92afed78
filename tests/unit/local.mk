# SPDX-License-Identifier: BSD-3-Clause
# Unit tests: files of cmocka tests, one group each (one TAP plan), in one
# program. A new one is a line of unit_tests; it begins what would be main with
# HR_TEST_MAIN(name). `make check-unit T=name` builds and runs it alone.
unit_tests = \
	tests/unit/absurd_values.c \
	tests/unit/addresses.c \
	tests/unit/alike.c \
	tests/unit/allocfreetrace.c \
	tests/unit/android.c \
	tests/unit/arenas.c \
	tests/unit/aside.c \
	tests/unit/bars.c \
	tests/unit/bitmap.c \
	tests/unit/bounds.c \
	tests/unit/calls.c \
	tests/unit/cells.c \
	tests/unit/clone.c \
	tests/unit/cycles.c \
	tests/unit/deaths.c \
	tests/unit/decay.c \
	tests/unit/delay.c \
	tests/unit/demand.c \
	tests/unit/differences.c \
	tests/unit/digits.c \
	tests/unit/dirty.c \
	tests/unit/fidelity.c \
	tests/unit/follower.c \
	tests/unit/frame.c \
	tests/unit/gate.c \
	tests/unit/gauge.c \
	tests/unit/gclog.c \
	tests/unit/gcmark.c \
	tests/unit/gcpacer.c \
	tests/unit/gcphase.c \
	tests/unit/gctrace.c \
	tests/unit/generate.c \
	tests/unit/gnuplot.c \
	tests/unit/gotrace.c \
	tests/unit/heap.c \
	tests/unit/heaptrack.c \
	tests/unit/holders.c \
	tests/unit/html_report.c \
	tests/unit/huge_ranks.c \
	tests/unit/index_bits.c \
	tests/unit/index_density.c \
	tests/unit/input.c \
	tests/unit/insights.c \
	tests/unit/intervals.c \
	tests/unit/json.c \
	tests/unit/labels.c \
	tests/unit/lag.c \
	tests/unit/layers.c \
	tests/unit/ledger.c \
	tests/unit/limit.c \
	tests/unit/lines.c \
	tests/unit/logalloc.c \
	tests/unit/lru.c \
	tests/unit/lttng.c \
	tests/unit/machine.c \
	tests/unit/mallocs.c \
	tests/unit/map64.c \
	tests/unit/marks.c \
	tests/unit/metrics.c \
	tests/unit/mtrace.c \
	tests/unit/native.c \
	tests/unit/objects.c \
	tests/unit/objheap.c \
	tests/unit/optimal.c \
	tests/unit/optimum.c \
	tests/unit/output.c \
	tests/unit/pacing.c \
	tests/unit/page_runs.c \
	tests/unit/pagealloc.c \
	tests/unit/pagemap.c \
	tests/unit/pagetrace.c \
	tests/unit/palette.c \
	tests/unit/params.c \
	tests/unit/pieces.c \
	tests/unit/placer.c \
	tests/unit/plane.c \
	tests/unit/player.c \
	tests/unit/plot.c \
	tests/unit/pool.c \
	tests/unit/pools.c \
	tests/unit/print.c \
	tests/unit/random.c \
	tests/unit/ranges.c \
	tests/unit/rate.c \
	tests/unit/reasons.c \
	tests/unit/recorded.c \
	tests/unit/releases.c \
	tests/unit/rep.c \
	tests/unit/replay_beside.c \
	tests/unit/replay_threads.c \
	tests/unit/saved.c \
	tests/unit/scavtrace.c \
	tests/unit/script.c \
	tests/unit/search_addr.c \
	tests/unit/search_work.c \
	tests/unit/series.c \
	tests/unit/sides.c \
	tests/unit/sizeclasses.c \
	tests/unit/spans.c \
	tests/unit/spill.c \
	tests/unit/stamps.c \
	tests/unit/standings.c \
	tests/unit/stepper.c \
	tests/unit/stranger.c \
	tests/unit/summary.c \
	tests/unit/team.c \
	tests/unit/survey.c \
	tests/unit/survival.c \
	tests/unit/table.c \
	tests/unit/text.c \
	tests/unit/units.c \
	tests/unit/unnamed.c \
	tests/unit/walk.c \
	tests/unit/window.c
unit_headers = \
	tests/unit/go_bytes.h \
	tests/unit/naive_heap.h \
	tests/unit/naive_lru.h \
	tests/unit/place_check.h \
	tests/unit/recording.h \
	tests/unit/saved_run.h \
	tests/unit/search_heap.h \
	tests/unit/layers_program.h tests/unit/small_heap.h \
	tests/unit/testing.h

# Those that have copies of what they test, with hooks in them, are programs of their own.
unit_programs = tests/unit/index_threads
unit_headers += tests/model/delay.h
tests_unit_index_threads_SOURCES = tests/unit/index_threads.c src/scavenge/go/index_bits.c src/scavenge/go/index_density.c
tests_unit_index_threads_CPPFLAGS = $(AM_CPPFLAGS) -include $(top_srcdir)/tests/model/delay.h

tests_unit_unit_SOURCES = tests/unit/unit.c $(unit_tests)
nodist_tests_unit_unit_SOURCES = tests/unit/tests.inc
tests_unit_unit_CPPFLAGS = $(AM_CPPFLAGS) -I$(builddir)/tests/unit
tests_unit_unit_LDADD = libmachine.a $(LDADD)

# What unit.c calls: a line for each of unit_tests.
tests/unit/tests.inc: tests/unit/local.mk
	$(AM_V_GEN)$(MKDIR_P) tests/unit && for t in $(unit_tests); do \
		t=$${t##*/}; echo "DECLARE($${t%.c})"; done >$@.tmp && mv $@.tmp $@
tests/unit/unit-unit.$(OBJEXT): tests/unit/tests.inc
CLEANFILES += tests/unit/tests.inc

# A test is its file, which the program is told to run.
TEST_EXTENSIONS += .c
C_LOG_DRIVER = $(tap_driver)
C_LOG_COMPILER = tests/unit/unit
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/unit $(unit_programs)
TESTS += $(unit_tests) $(unit_programs)
else
TESTS += tests/unit/no-cmocka.sh
endif
EXTRA_DIST += tests/unit/no-cmocka.sh $(unit_headers)

# One test, as soon as what it needs is built: make check-unit T=index_bits
check-unit: $(BUILT_SOURCES) heapreplay$(EXEEXT) tests/unit/unit
	@$(test_environment) tests/unit/unit $(T)
.PHONY: check-unit
