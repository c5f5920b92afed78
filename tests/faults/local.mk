# SPDX-License-Identifier: BSD-3-Clause
# Failing allocations and system calls, and kills. `make check` tries a sample, `make check-faults` all.
EXTRA_DIST += tests/faults/faults.sh tests/faults/inject.c tests/faults/kills.sh
TESTS += tests/faults/faults.sh tests/faults/kills.sh

check-faults: heapreplay$(EXEEXT)
	$(AM_V_at)$(test_environment) FAULTS_MOST=1000000 $(BASH) $(top_srcdir)/tests/faults/faults.sh
	$(AM_V_at)$(test_environment) KILLS=1000 $(BASH) $(top_srcdir)/tests/faults/kills.sh
.PHONY: check-faults
