# SPDX-License-Identifier: BSD-3-Clause
# Differential tests against the real runtime. The driver takes op scripts and
# answers as the runtime did; the shell tests compare.
#     check_PROGRAMS += tests/oracle/driver
#     tests_oracle_driver_SOURCES = tests/oracle/driver.c
#     tests_oracle_driver_LDADD = $(core)
#     oracle_tests += tests/oracle/foo.sh
#     oracle_data += tests/oracle/foo.ops     (folders are allowed)
oracle_tests =
oracle_data =

TESTS += $(oracle_tests)
EXTRA_DIST += $(oracle_tests) $(oracle_data)

# Random scripts against the real Go 1.19 runtime, where that is installed.
check_PROGRAMS += tests/oracle/live/generate
tests_oracle_live_generate_SOURCES = tests/oracle/live/generate.c
tests_oracle_live_generate_LDADD =
oracle_tests += tests/oracle/live.sh
oracle_data += tests/oracle/live/build-go.sh tests/oracle/live/main.go tests/oracle/live/runtime/heapreplay.go

# Op scripts with the answers of real runtimes, recorded.
check_PROGRAMS += tests/oracle/driver
tests_oracle_driver_SOURCES = tests/oracle/driver.c
tests_oracle_driver_LDADD = $(core)
oracle_tests += tests/oracle/vectors.sh
oracle_data += tests/oracle/README.md tests/oracle/common tests/oracle/pre tests/oracle/go1.19 tests/oracle/go1.21 \
	tests/oracle/go1.26 tests/oracle/32bit
