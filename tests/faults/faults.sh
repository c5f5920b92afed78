# SPDX-License-Identifier: BSD-3-Clause
# Every command on a small input, with each allocation and each call of the system failing in turn: the full
# output with exit 0, or no output, one line and exit 1. A sample; FAULTS_WHOLE=1 (make check-faults) tries all.
. "$top_srcdir/tests/lib.sh"

# shellcheck disable=SC2086 # words
if ! $HR_CC -shared -fPIC -O1 -w -o inject.so "$top_srcdir/tests/faults/inject.c" -ldl 2>cc.log ||
	! LD_PRELOAD=$PWD/inject.so "$HEAPREPLAY" --version >version.txt 2>&1 ||
	ldd "$HEAPREPLAY" 2>&1 | grep -qE 'lib[at]san|statically'; then
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

# try KIND K ON SHORT COMMAND...: one run; sets `way` to full, clean, or what went wrong.
try() {
	local kind=$1 at=$2 on=$3 short=$4 status

	shift 4
	rm -f "$file"
	env LD_PRELOAD="$PWD/inject.so" FAULT="$kind" FAULT_AT="$at" ${on:+FAULT_ON=1} ${short:+FAULT_SHORT=1} \
		"$HEAPREPLAY" "$@" -o "$file" >stdout.txt 2>stderr.txt
	status=$?
	if [ "$status" -eq 0 ] && cmp -s "$file" "want$file"; then
		way=full
	elif [ "$status" -eq 1 ] && [ ! -e "$file" ] && [ "$(wc -l <stderr.txt)" -eq 1 ]; then
		way=clean
	else
		way="exit $status, $([ -e "$file" ] && echo 'an output' || echo 'no output'), $(head -c 200 stderr.txt)"
	fi
}

# So many of each kind and command: all of them, or a sample. What runs gnuplot takes long: a larger sample at most.
most=12
[ -z "${FAULTS_WHOLE-}" ] || most=1000000

# faults KINDS COMMAND...
faults() {
	local kinds=$1 kind on short total step k full=0 clean=0 bad=

	shift
	rm -f "want$file"
	"$HEAPREPLAY" "$@" -o "want$file" || exit 99
	for kind in $kinds; do
		rm -f "$file"
		env LD_PRELOAD="$PWD/inject.so" FAULT="${kind%-*}" FAULT_COUNT="$PWD/count.txt" "$HEAPREPLAY" "$@" -o "$file"
		total=$(cat count.txt)
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
	is "$bad" '' "$*: $((full + clean)) faults, $full with the full output, $clean with a clean error"
	[ -z "$(find . -name '*heapreplay-tmp*')" ]
	ok $? "$*: and nothing is left"
}

file=out
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
if have gnuplot; then
	most=$((most > 3 ? 3 : most))
	[ -z "${FAULTS_WHOLE-}" ] || most=60
	file=out.svg
	faults "$kinds" plot timeline -q small.txt
	file=out
	faults "$kinds" report -q small.txt
else
	skip 'plot and report' 'gnuplot is missing'
fi
done_testing
