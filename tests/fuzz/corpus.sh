# Every fuzz target takes every file of its corpus without a crash.
. "$top_srcdir/tests/lib.sh"

for program in ${FUZZ_PROGRAMS:-}; do
	name=${program##*/}
	inputs=("$top_srcdir/tests/fuzz/corpus/$name"/*)
	[ -e "${inputs[0]}" ] || inputs=()
	run "$top_builddir/$program" "${inputs[@]}" </dev/null
	is "$status" 0 "$name: ${#inputs[@]} inputs" || note "$err"
done
[ "$tests_run" -gt 0 ] || skip_all 'no fuzz targets'
done_testing
