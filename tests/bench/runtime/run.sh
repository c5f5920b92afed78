#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The real Go 1.19 runtime's speed, as lines "NAME BEST MEDIAN UNIT":
#
#     run.sh [OPS-FILE...]
#
# for op scripts (plain or .gz, of the form that main.go says) and for drains of
# the scavenge index. Exits with 77, and says why on standard error, where the
# runtime can't be built.

set -u
here=$(cd "$(dirname "$0")" && pwd)
folder=${top_builddir:-$here/../../..}/tests/scratch/go-1.19

"$BASH" "$here/../../oracle/live/build-go.sh" "$folder" "$here/main.go" bench >&2 || exit
scratch=$(mktemp -d "$folder/ops.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
files=()
for path; do
	case $path in
	*.gz)
		name=$scratch/${path##*/}
		gzip -dc "$path" >"${name%.gz}" || exit 1
		files+=("${name%.gz}")
		;;
	*) files+=("$path") ;;
	esac
done
"$folder/bench" ${files[@]+"${files[@]}"}
