# SPDX-License-Identifier: BSD-3-Clause
# Tests in a web browser.
TESTS += tests/browser/report.sh
EXTRA_DIST += tests/browser/report.sh
