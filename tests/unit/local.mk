# Unit tests: cmocka programs, one group each (one TAP plan). A new one is
#     unit_tests += tests/unit/foo
#     tests_unit_foo_SOURCES = tests/unit/foo.c
# It links libcore.la and cmocka. For a test of src/cmd, add the files it needs.
unit_tests =
unit_headers =

unit_headers += tests/unit/testing.h
unit_tests += tests/unit/units
tests_unit_units_SOURCES = tests/unit/units.c
unit_tests += tests/unit/output
tests_unit_output_SOURCES = tests/unit/output.c
unit_tests += tests/unit/params
tests_unit_params_SOURCES = tests/unit/params.c
unit_tests += tests/unit/random
tests_unit_random_SOURCES = tests/unit/random.c
unit_tests += tests/unit/generate
tests_unit_generate_SOURCES = tests/unit/generate.c
unit_tests += tests/unit/map64
tests_unit_map64_SOURCES = tests/unit/map64.c
unit_tests += tests/unit/follower
tests_unit_follower_SOURCES = tests/unit/follower.c
unit_tests += tests/unit/optimal
tests_unit_optimal_SOURCES = tests/unit/optimal.c
unit_tests += tests/unit/optimum
tests_unit_optimum_SOURCES = tests/unit/optimum.c
unit_tests += tests/unit/fidelity
tests_unit_fidelity_SOURCES = tests/unit/fidelity.c
unit_tests += tests/unit/gauge
tests_unit_gauge_SOURCES = tests/unit/gauge.c
unit_tests += tests/unit/replay_threads
tests_unit_replay_threads_SOURCES = tests/unit/replay_threads.c
unit_tests += tests/unit/scavtrace
tests_unit_scavtrace_SOURCES = tests/unit/scavtrace.c
unit_tests += tests/unit/series
tests_unit_series_SOURCES = tests/unit/series.c
unit_tests += tests/unit/input
tests_unit_input_SOURCES = tests/unit/input.c
unit_tests += tests/unit/gotrace
tests_unit_gotrace_SOURCES = tests/unit/gotrace.c
unit_tests += tests/unit/alike tests/unit/heaptrack
tests_unit_alike_SOURCES = tests/unit/alike.c
tests_unit_heaptrack_SOURCES = tests/unit/heaptrack.c
unit_tests += tests/unit/lines tests/unit/ledger tests/unit/mallocs
tests_unit_lines_SOURCES = tests/unit/lines.c
tests_unit_ledger_SOURCES = tests/unit/ledger.c
tests_unit_mallocs_SOURCES = tests/unit/mallocs.c
unit_headers += tests/unit/recording.h
unit_tests += tests/unit/android tests/unit/mtrace tests/unit/calls
tests_unit_android_SOURCES = tests/unit/android.c
tests_unit_mtrace_SOURCES = tests/unit/mtrace.c
tests_unit_calls_SOURCES = tests/unit/calls.c
unit_tests += tests/unit/native
tests_unit_native_SOURCES = tests/unit/native.c
unit_tests += tests/unit/window
tests_unit_window_SOURCES = tests/unit/window.c
unit_tests += tests/unit/text
tests_unit_text_SOURCES = tests/unit/text.c
unit_tests += tests/unit/pagetrace
tests_unit_pagetrace_SOURCES = tests/unit/pagetrace.c
unit_tests += tests/unit/spill
tests_unit_spill_SOURCES = tests/unit/spill.c
unit_tests += tests/unit/releases
tests_unit_releases_SOURCES = tests/unit/releases.c
unit_tests += tests/unit/gclog
tests_unit_gclog_SOURCES = tests/unit/gclog.c
unit_tests += tests/unit/survey tests/unit/bars
tests_unit_survey_SOURCES = tests/unit/survey.c
tests_unit_bars_SOURCES = tests/unit/bars.c
unit_headers += tests/unit/saved_run.h
unit_tests += tests/unit/table tests/unit/gate tests/unit/saved
tests_unit_table_SOURCES = tests/unit/table.c
tests_unit_gate_SOURCES = tests/unit/gate.c
tests_unit_saved_SOURCES = tests/unit/saved.c
unit_tests += tests/unit/standings tests/unit/differences
tests_unit_standings_SOURCES = tests/unit/standings.c
tests_unit_differences_SOURCES = tests/unit/differences.c
unit_headers += tests/unit/place_check.h
unit_tests += tests/unit/spans
tests_unit_spans_SOURCES = tests/unit/spans.c
unit_tests += tests/unit/arenas
tests_unit_arenas_SOURCES = tests/unit/arenas.c
unit_tests += tests/unit/heap
tests_unit_heap_SOURCES = tests/unit/heap.c
unit_tests += tests/unit/sizeclasses tests/unit/objheap tests/unit/gcpacer
tests_unit_sizeclasses_SOURCES = tests/unit/sizeclasses.c
tests_unit_objheap_SOURCES = tests/unit/objheap.c
tests_unit_gcpacer_SOURCES = tests/unit/gcpacer.c
unit_tests += tests/unit/recorded tests/unit/deaths tests/unit/objects
tests_unit_recorded_SOURCES = tests/unit/recorded.c
tests_unit_deaths_SOURCES = tests/unit/deaths.c
tests_unit_objects_SOURCES = tests/unit/objects.c
unit_tests += tests/unit/placer
tests_unit_placer_SOURCES = tests/unit/placer.c
unit_tests += tests/unit/addresses
tests_unit_addresses_SOURCES = tests/unit/addresses.c

# The page allocator: its bits, its summaries, its ranges, and all of it beside a model.
unit_tests += tests/unit/bitmap tests/unit/summary tests/unit/ranges tests/unit/pagealloc
tests_unit_bitmap_SOURCES = tests/unit/bitmap.c
tests_unit_summary_SOURCES = tests/unit/summary.c
tests_unit_ranges_SOURCES = tests/unit/ranges.c
tests_unit_pagealloc_SOURCES = tests/unit/pagealloc.c

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
else
TESTS += tests/unit/no-cmocka.sh
endif
EXTRA_DIST += tests/unit/no-cmocka.sh $(unit_headers)

# The scavenger: its map, its four searches, its pacing.
unit_headers += tests/unit/search_heap.h
unit_tests += tests/unit/search_addr tests/unit/pagemap tests/unit/pacing tests/unit/walk tests/unit/index_bits \
	tests/unit/index_density tests/unit/index_threads tests/unit/search_work
tests_unit_search_addr_SOURCES = tests/unit/search_addr.c
tests_unit_pagemap_SOURCES = tests/unit/pagemap.c
tests_unit_pacing_SOURCES = tests/unit/pacing.c
tests_unit_walk_SOURCES = tests/unit/walk.c
tests_unit_index_bits_SOURCES = tests/unit/index_bits.c
tests_unit_index_density_SOURCES = tests/unit/index_density.c
tests_unit_index_threads_SOURCES = tests/unit/index_threads.c
tests_unit_search_work_SOURCES = tests/unit/search_work.c
