# SPDX-License-Identifier: BSD-3-Clause
# Tests of the program from outside.
#     cli_tests += tests/cli/foo.sh
#     cli_data += tests/cli/foo.golden        (directories are allowed)
cli_tests = \
	tests/cli/action.sh \
	tests/cli/advise.sh \
	tests/cli/against.sh \
	tests/cli/bad-input.sh \
	tests/cli/cases.sh \
	tests/cli/compare.sh \
	tests/cli/completion.sh \
	tests/cli/config.sh \
	tests/cli/damage.sh \
	tests/cli/docs.sh \
	tests/cli/endings.sh \
	tests/cli/examples.sh \
	tests/cli/explain.sh \
	tests/cli/export.sh \
	tests/cli/fleet.sh \
	tests/cli/generate.sh \
	tests/cli/goals.sh \
	tests/cli/heaptrack.sh \
	tests/cli/heatmap.sh \
	tests/cli/hostile-text.sh \
	tests/cli/info.sh \
	tests/cli/insights.sh \
	tests/cli/layers.sh \
	tests/cli/library.sh \
	tests/cli/live.sh \
	tests/cli/manners.sh \
	tests/cli/monsters.sh \
	tests/cli/objects.sh \
	tests/cli/pagetrace.sh \
	tests/cli/plugins.sh \
	tests/cli/native-form.sh \
	tests/cli/native.sh \
	tests/cli/plot.sh \
	tests/cli/plot-sizes.sh \
	tests/cli/record.sh \
	tests/cli/real.sh \
	tests/cli/recordings.sh \
	tests/cli/replay.sh tests/cli/server.sh \
	tests/cli/site.sh \
	tests/cli/report.sh \
	tests/cli/results.sh \
	tests/cli/schema.sh \
	tests/cli/rivals.sh tests/cli/rss.sh \
	tests/cli/types.sh \
	tests/cli/sweep.sh \
	tests/cli/usage.sh \
	tests/cli/version.sh \
	tests/cli/windows.sh
cli_data = tests/cli/small tests/cli/planted tests/cli/malloc-samples tests/cli/native_form.py tests/cli/objects_by_type.py tests/cli/go_windows.py tests/cli/record_server.py \
	tests/cli/schema.py tests/cli/overlaps.py tests/cli/site_links.py

TESTS += $(cli_tests)
EXTRA_DIST += $(cli_tests) $(cli_data)
