# SPDX-License-Identifier: BSD-3-Clause
# Every command on a small input, with each allocation and each call of the system failing in turn: the full
# output with exit 0, or no output, one line and exit 1. A sample: at most FAULTS_MOST of each kind and command;
# make check-faults tries all. FAULTS_ONLY="sweep record": these commands alone.
. "$top_srcdir/tests/lib.sh"

# shellcheck disable=SC2086 # words
if ! $HR_CC -shared -fPIC -O1 -w -o inject.so "$top_srcdir/tests/faults/inject.c" -ldl 2>cc.log ||
	! LD_PRELOAD=$PWD/inject.so "$HEAPREPLAY" --version >version.txt 2>&1 ||
	is_sanitized || ldd "$HEAPREPLAY" 2>&1 | grep -q statically; then
	echo '1..0 # SKIP calls can not be made to fail here'
	exit 0
fi

{
	printf '# heapreplay-trace 1\n! addresses on\n! spans on\n'
	for i in {0..99}; do
		printf '%d p0 span-alloc addr=%#x npages=4\n' $((i * 1000)) $((0xc000000000 + i * 8192 * 4))
	done
	for i in {0..98..2}; do
		printf '%d p0 span-free addr=%#x\n' $(((i + 300) * 1000)) $((0xc000000000 + i * 8192 * 4))
	done
} >small.txt
"$HEAPREPLAY" import -q small.txt -o small.hrt || exit 99
"$HEAPREPLAY" compare -q --json -p go1.19 -p none small.txt -o saved.json || exit 99

# of_recording FILE: times differ; the events, the notes and the mean of what was sampled do not.
of_recording() {
	"$HEAPREPLAY" replay -q --fail-on-damage --summary "$1" | sed -E 's/"(trace|path|xxh3)":"[^"]*",//g'
	"$HEAPREPLAY" info --json "$1" | jq -c '[.trace.program, .origin.notes, .memory_samples.rss_mean_bytes]'
}

# is_full: $file is what an undisturbed run has written to want$file.
is_full() {
	case $check in
	recording) [ "$(of_recording "$file")" = "$(of_recording "want$file")" ] ;;
	costs) # measured anew: as many, which --cost takes
		[ "$(wc -l <"$file")" = "$(wc -l <"want$file")" ] &&
			"$HEAPREPLAY" replay -q --summary --cost "@$file" small.txt >/dev/null 2>&1
		;;
	*) cmp -s "$file" "want$file" ;;
	esac
}

# is_clean COMMAND...: nothing was written, or a sweep says in each row that the trace could not be read; it goes on.
is_clean() {
	if [ "$check" = sweep ]; then
		{ [ ! -e "$file" ] || ! grep -q ',ok,' "$file"; } && "$HEAPREPLAY" "$@" -o again && cmp -s again "want$file"
	else
		[ ! -e "$file" ]
	fi
}

# try KIND K ON SHORT COMMAND...: one run; sets `way` to full, clean, or what went wrong.
try() {
	local kind=$1 at=$2 on=$3 short=$4 status lines i

	shift 4
	[ ! -e "$file" ] || rm -f "$file"
	[ "$check" != sweep ] || rm -f sweep.db*
	# In a shell that becomes the program: thousands of these are run.
	(
		export LD_PRELOAD=$PWD/inject.so FAULT=$kind FAULT_AT=$at
		[ -z "$on" ] || export FAULT_ON=1
		[ -z "$short" ] || export FAULT_SHORT=1
		exec "$HEAPREPLAY" "$@" -o "$file" >stdout.txt 2>stderr.txt
	)
	status=$?
	mapfile -t lines <stderr.txt
	# What gnuplot said when it failed stands beside our line.
	for i in "${!lines[@]}"; do
		[[ ${lines[i]} != 'gnuplot: '* ]] || unset "lines[i]"
	done
	if [ "$status" -eq 0 ] && is_full; then
		way=full
	elif [ "$status" -eq 1 ] && [ ${#lines[@]} -eq 1 ] && is_clean "$@"; then
		way=clean
	else
		way="exit $status, $([ -e "$file" ] && echo 'an output' || echo 'no output'), $(head -c 200 stderr.txt)"
	fi
}

most=${FAULTS_MOST:-8}

# faults KINDS COMMAND...
faults() {
	local kinds=$1 kind on short total step k full=0 clean=0 bad='' allocs=0 calls=0

	shift
	case " ${FAULTS_ONLY:-$1} " in
	*" $1 "*) ;;
	*) return ;;
	esac
	rm -f "want$file" sweep.db*
	"$HEAPREPLAY" "$@" -o "want$file" || exit 99
	for kind in $kinds; do
		rm -f "$file" sweep.db*
		env LD_PRELOAD="$PWD/inject.so" FAULT="${kind%-*}" FAULT_COUNT="$PWD/count.txt" "$HEAPREPLAY" "$@" -o "$file"
		total=$(<count.txt)
		case $kind in
		alloc) allocs=$total ;;
		*-*) ;;
		*) calls=$((calls + total)) ;;
		esac
		step=$((total / most + 1))
		case $kind in *-on) on=1 ;; *) on= ;; esac
		case $kind in *-short) short=1 ;; *) short= ;; esac
		for ((k = 1; k <= total; k += step)); do
			try "${kind%-*}" "$k" "$on" "$short" "$@"
			case $way in
			full) full=$((full + 1)) ;;
			clean) clean=$((clean + 1)) ;;
			*) bad+="$kind $k: $way"$'\n' ;;
			esac
		done
	done
	is "$bad" '' "$*: $allocs allocations, $calls calls; $((full + clean)) faults, $full full outputs, $clean clean errors"
	[ -z "$(find . -name '*heapreplay-tmp*')" ]
	ok $? "$*: and nothing is left"
}

file=out
check=bytes
kinds='alloc alloc-on mmap mmap-on open read read-short write write-short flush close fsync rename link ftruncate thread spawn'
faults "$kinds" replay -q --json small.txt
faults "$kinds" compare -q --csv -p go1.19 -p none small.txt
faults "$kinds" compare -q saved.json
faults "$kinds" info -q --json small.txt
faults "$kinds" import -q small.txt
faults "$kinds" export -q small.hrt
faults "$kinds" cut -q --from 10us small.hrt
faults "$kinds" validate -q --json small.txt
faults "$kinds" heatmap -q --json small.txt
faults "$kinds" generate steady
faults "$kinds" policies --json
faults "$kinds" explain -q --json --at 10us small.txt
faults 'alloc alloc-on' explain -q --json --by chunk small.txt
# What takes longer: fewer in the sample.
[ "$most" -gt 8 ] || most=2
cp "$top_srcdir/tests/cli/planted/without.trace.zst" go.trace.zst
faults "$kinds" advise -q --json go.trace.zst
check=sweep
faults "$kinds" sweep -q -p none -p decay --csv small.txt
if have python3 zstd jq && [[ $("$HEAPREPLAY" record -q http://127.0.0.1:1 -o none 2>&1) != *'without libcurl'* ]]; then
	zstd -dqc go.trace.zst >go.trace
	python3 "$top_srcdir/tests/cli/record_server.py" go.trace >port &
	server=$!
	trap 'kill $server; cd /; rm -rf "$scratch"' EXIT
	until [ -s port ]; do sleep 0.05; done
	check=recording
	faults "$kinds" record -q -s 1 "127.0.0.1:$(<port)"
else
	skip record 'python3, zstd, jq or libcurl is missing'
fi
check=bytes
if have gnuplot; then
	file=out.svg
	faults "$kinds" plot timeline -q small.txt
	file=out
else
	skip 'plot' 'gnuplot is missing'
fi
if have gnuplot; then
	faults "$kinds" report -q small.txt
else
	skip 'report' 'gnuplot is missing'
fi
check=costs
faults "$kinds" calibrate
done_testing
