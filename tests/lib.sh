# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034 # the caller uses status, out, err
#
# TAP for shell tests (bash). Source it first:
#
#     . "$top_srcdir/tests/lib.sh"
#     run "$HEAPREPLAY" info "$top_srcdir/traces/x.zst"     sets status, out, err
#     is "$status" 0 'info succeeds'
#     like "$out" '^events +[0-9]+' 'counts events'
#     golden info.out 'the whole text'                      $out against a file
#     done_testing
#
# The test runs in an empty directory of its own, $scratch, which goes away.
# Environment (from make check): HEAPREPLAY, top_srcdir, top_builddir.
# UPDATE_GOLDEN=1 rewrites golden files from what the program prints now.

set -u
: "${top_srcdir:?run it through make check, or set top_srcdir, top_builddir and HEAPREPLAY}"
: "${top_builddir:?}" "${HEAPREPLAY:?}"

tests_run=0
tests_failed=0
status=0
out=
err=
test_name=${0##*/}
test_name=${test_name%.sh}
test_folder=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$top_builddir/tests/scratch"
scratch=$(mktemp -d "$top_builddir/tests/scratch/$test_name.XXXXXX") || exit 99
trap 'cd /; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 99
# Whoever runs the tests may have a configuration file.
export XDG_CONFIG_HOME=$scratch/no-config

# ok CONDITION-STATUS DESCRIPTION: `[ a = b ]; ok $? 'a is b'`
ok() {
	tests_run=$((tests_run + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests_run - $2"
	else
		tests_failed=$((tests_failed + 1))
		echo "not ok $tests_run - $2"
	fi
	return "$1"
}

# note TEXT: a line, or lines, for the log.
note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

# is GOT WANTED DESCRIPTION: the same text.
is() {
	[ "$1" = "$2" ]
	ok $? "$3" || note "got:    $1"$'\n'"wanted: $2"
}

# a_line_matches TEXT REGEX: by the shell, since thousands of processes would take longer than all that is tested.
a_line_matches() {
	local line

	if [ ${#1} -gt 8000 ]; then
		grep -Eq -e "$2" <<<"$1"
		return
	fi
	while IFS= read -r line; do
		[[ $line =~ $2 ]]
		case $? in
		0) return 0 ;;
		2) return 2 ;; # no regex
		esac
	done <<<"$1"
	return 1
}

# like TEXT REGEX DESCRIPTION: a line of TEXT matches the extended REGEX.
like() {
	a_line_matches "$1" "$2"
	ok $? "$3" || note "no line matches: $2"$'\n'"$1"
}

# unlike TEXT REGEX DESCRIPTION: no line of TEXT matches.
unlike() {
	a_line_matches "$1" "$2"
	[ $? -eq 1 ]
	ok $? "$3" || note "a line matches: $2"$'\n'"$1"
}

# same FILE FILE DESCRIPTION: the same bytes.
same() {
	cmp -s "$1" "$2"
	ok $? "$3" || note "$(diff -u "$1" "$2" 2>&1 | head -n 40)"
}

# run COMMAND ARG...: sets status, out and err (without final newlines); the
# exact bytes are in $scratch/.out and $scratch/.err.
run() {
	status=0
	"$@" >"$scratch/.out" 2>"$scratch/.err" || status=$?
	out=$(<"$scratch/.out")
	err=$(<"$scratch/.err")
}

# golden NAME DESCRIPTION: the standard output of the last run against the file
# NAME beside the test.
golden() {
	local file=$test_folder/$1

	[ -z "${UPDATE_GOLDEN:-}" ] || cp "$scratch/.out" "$file"
	same "$file" "$scratch/.out" "$2"
}

# skip DESCRIPTION REASON: a test that cannot be run here.
skip() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1 # SKIP $2"
}

# skip_all REASON: before any test.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# have COMMAND...: all of them are installed.
have() {
	local c

	for c in "$@"; do
		command -v "$c" >/dev/null 2>&1 || return 1
	done
}

# is_sanitized: the program was built with a sanitizer, whose library gcc links and clang builds in.
is_sanitized() {
	grep -qaE '__(asan|tsan)_init|__ubsan_handle' "$HEAPREPLAY"
}

# Last line of a test: the plan, and an exit status.
done_testing() {
	echo "1..$tests_run"
	[ "$tests_failed" -eq 0 ]
	exit
}
