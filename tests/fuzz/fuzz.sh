# SPDX-License-Identifier: BSD-3-Clause
# Runs the fuzz targets in turn (make fuzz, in a build with --enable-fuzzers):
# FUZZ_SECONDS in all (default: 3600), of which those with a mutator of their own and
# the commands get twelve shares each. What is found is kept in corpus/NAME of the build
# directory, what fails in crashes/NAME. Prints the executions of each target.
#   FUZZ_ONLY="fuzz_native fuzz_gotrace"   these alone
#   FUZZ_FIXED=1   the same executions every time, some minutes: from the tree's inputs and one seed
set -u
# Little memory waits to be used again, so that it stays in the cache; a failure is run once more to see all of its stacks.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=4:malloc_context_size=5:allocator_release_to_os_interval_ms=-1
seconds=${FUZZ_SECONDS:-3600}
fixed=${FUZZ_FIXED-}
failed=0 total=0 shares=0
declare -A share
programs=()

# fixed_runs NAME: about a minute for each target with a mutator of its own and the commands, some seconds for the others.
fixed_runs() {
	case $1 in
	fuzz_layers) echo 300 ;;
	fuzz_gate | fuzz_gclog) echo 100000 ;;
	fuzz_plot) echo 1000 ;;
	*) echo 4000 ;;
	esac
}

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
	mkdir -p "crashes/$name"
	kept=$top_srcdir/tests/fuzz/corpus/$name
	if [ -n "$fixed" ]; then
		# Directories are read in any order: a list has one. An executed input that takes long is no finding on a busy machine.
		printf '%s,' "$kept"/* | sed 's/,$//' >"crashes/$name.seeds"
		rm -rf "corpus-fixed/$name"
		mkdir -p "corpus-fixed/$name"
		args=(-seed=1 -runs="$(fixed_runs "$name")" -timeout=300 "-seed_inputs=@crashes/$name.seeds" "corpus-fixed/$name")
	else
		mkdir -p "corpus/$name"
		args=("-max_total_time=$((seconds * share[$program] / shares + 1))" -timeout=20 "corpus/$name")
		[ ! -d "$kept" ] || args+=("$kept")
	fi
	[ ! -e "$top_srcdir/tests/fuzz/$name.dict" ] || args+=("-dict=$top_srcdir/tests/fuzz/$name.dict")
	[ "$name" != fuzz_command ] || args+=(-close_fd_mask=3)
	"./$program" -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 "-artifact_prefix=crashes/$name/" "${args[@]}" \
		>"crashes/$name.log" 2>&1
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
