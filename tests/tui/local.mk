# SPDX-License-Identifier: BSD-3-Clause
# Tests of the terminal view, in tmux.
tui_tests = tests/tui/watch.sh
TESTS += $(tui_tests)
EXTRA_DIST += $(tui_tests) tests/tui/tui.sh
