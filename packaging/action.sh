#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What action.yml runs, with its inputs as HR_TRACES, HR_FAIL_IF, HR_BASELINE, HR_POLICIES
# and HR_SAVE. Exit status: that of heapreplay compare (3: a condition was true).
set -uo pipefail
: "${HR_TRACES:?}" "${HR_FAIL_IF:?}" "${HR_SAVE:?}"
program=$(command -v heapreplay || echo "$(dirname "$0")/../heapreplay")
[[ $program != ./* ]] || program=$PWD/${program#./}

# lines TEXT: those that are not blank, without blanks around them, into the array `list`.
lines() {
	local line

	list=()
	while IFS= read -r line; do
		line=${line#"${line%%[![:space:]]*}"}
		line=${line%"${line##*[![:space:]]}"}
		[ -z "$line" ] || list+=("$line")
	done <<<"$1"
}
# output NAME VALUE
output() {
	printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:-/dev/null}"
}

traces=() policies=() gates=()
lines "$HR_TRACES"
for pattern in "${list[@]}"; do
	mapfile -t files < <(compgen -G "$pattern")
	[ ${#files[@]} -gt 0 ] || {
		echo "::error::no trace is named $pattern"
		exit 1
	}
	traces+=("${files[@]}")
done
lines "${HR_POLICIES:-}"
for line in "${list[@]}"; do policies+=(-p "$line"); done
lines "$HR_FAIL_IF"
for line in "${list[@]}"; do gates+=(--fail-if "$line"); done

"$program" compare -q --no-series --json -o "$HR_SAVE" "${policies[@]}" -- "${traces[@]}" || exit
output results "$HR_SAVE"
[ -z "${HR_BASELINE:-}" ] || [ -e "$HR_BASELINE" ] || {
	echo "::error::there is no baseline $HR_BASELINE"
	exit 1
}
"$program" compare --markdown "${gates[@]}" -- ${HR_BASELINE:+"$HR_BASELINE"} "$HR_SAVE" | tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}"
status=${PIPESTATUS[0]}
case $status in
0) output passed true ;;
3)
	output passed false
	echo '::error::a condition of heapreplay was true; the summary of the job has the figures'
	;;
esac
exit "$status"
