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
	rm -f out
	env LD_PRELOAD="$PWD/inject.so" FAULT="$kind" FAULT_AT="$at" ${on:+FAULT_ON=1} ${short:+FAULT_SHORT=1} \
		"$HEAPREPLAY" "$@" -o out >stdout.txt 2>stderr.txt
	status=$?
	if [ "$status" -eq 0 ] && cmp -s out want; then
		way=full
	elif [ "$status" -eq 1 ] && [ ! -e out ] && [ "$(wc -l <stderr.txt)" -eq 1 ]; then
		way=clean
	else
		way="exit $status, $([ -e out ] && echo 'an output' || echo 'no output'), $(head -c 200 stderr.txt)"
	fi
}

# faults KINDS COMMAND...
faults() {
	local kinds=$1 kind on short total step k full=0 clean=0 bad=

	shift
	rm -f want
	"$HEAPREPLAY" "$@" -o want || exit 99
	for kind in $kinds; do
		rm -f out
		env LD_PRELOAD="$PWD/inject.so" FAULT="${kind%-*}" FAULT_COUNT=count.txt "$HEAPREPLAY" "$@" -o out
		total=$(cat count.txt)
		step=$((total / 12 + 1))
		[ -z "${FAULTS_WHOLE-}" ] || step=1
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

kinds='alloc alloc-on open read read-short flush close fsync rename link ftruncate thread'
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
done_testing
