# SPDX-License-Identifier: BSD-3-Clause
# Failing allocations and system calls. `make check` tries a sample, `make check-faults` all.
EXTRA_DIST += tests/faults/faults.sh tests/faults/inject.c
TESTS += tests/faults/faults.sh

check-faults: heapreplay$(EXEEXT)
	$(AM_V_at)$(test_environment) FAULTS_WHOLE=1 $(BASH) $(top_srcdir)/tests/faults/faults.sh
.PHONY: check-faults
