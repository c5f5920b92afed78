# Unit tests: cmocka programs, one group each (one TAP plan). A new one is
#     unit_tests += tests/unit/foo
#     tests_unit_foo_SOURCES = tests/unit/foo.c
# It links libcore.la and cmocka. For a test of src/cmd, add the files it needs.
unit_tests =
unit_headers =


if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
else
TESTS += tests/unit/no-cmocka.sh
endif
EXTRA_DIST += tests/unit/no-cmocka.sh $(unit_headers)
