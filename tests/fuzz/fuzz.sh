# SPDX-License-Identifier: BSD-3-Clause
# Runs the fuzz targets in turn (make fuzz, in a build with --enable-fuzzers):
# FUZZ_SECONDS in all (default: 3600), of which those with a mutator of their own and
# the commands get twelve shares each. What is found is kept in corpus/NAME of the build
# directory, what fails in crashes/NAME. Prints the executions of each target.
#   FUZZ_ONLY="fuzz_native fuzz_gotrace"   these alone
set -u
seconds=${FUZZ_SECONDS:-3600}
failed=0 total=0 shares=0
declare -A share
programs=()

for program in ${FUZZ_PROGRAMS:?run it by make fuzz}; do
	name=${program##*/}
	case " ${FUZZ_ONLY:-$name} " in
	*" $name "*) programs+=("$program") ;;
	esac
done
for program in "${programs[@]}"; do
	case ${program##*/} in
	fuzz_native | fuzz_gotrace | fuzz_command) share[$program]=12 ;;
	*) share[$program]=1 ;;
	esac
	shares=$((shares + share[$program]))
done
cd "${top_builddir:?}" || exit 99
for program in "${programs[@]}"; do
	name=${program##*/}
	mkdir -p "corpus/$name" "crashes/$name"
	args=("corpus/$name")
	[ ! -d "${top_srcdir:?}/tests/fuzz/corpus/$name" ] || args+=("$top_srcdir/tests/fuzz/corpus/$name")
	[ ! -e "$top_srcdir/tests/fuzz/$name.dict" ] || args+=("-dict=$top_srcdir/tests/fuzz/$name.dict")
	[ "$name" != fuzz_command ] || args+=(-close_fd_mask=3)
	"./$program" -max_total_time=$((seconds * share[$program] / shares + 1)) -timeout=20 -rss_limit_mb=2048 \
		-print_final_stats=1 -verbosity=0 "-artifact_prefix=crashes/$name/" "${args[@]}" >"crashes/$name.log" 2>&1
	status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "crashes/$name.log" | tail -n 1)
	total=$((total + ${runs:-0}))
	if [ $status = 0 ]; then
		printf 'ok %s: %d executions\n' "$name" "${runs:-0}"
	else
		failed=$((failed + 1))
		printf 'not ok %s: status %d, crashes/%s.log\n' "$name" "$status" "$name"
		tail -n 40 "crashes/$name.log" | sed 's/^/# /'
	fi
done
printf '%d executions, %d of %d targets failed\n' "$total" "$failed" "${#programs[@]}"
[ "$failed" = 0 ]
