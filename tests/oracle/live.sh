#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Random op scripts through our allocator, scavenger and pacing and through the
# real Go 1.19 runtime of the packages golang-1.19-go and golang-1.19-src; the
# answers must be the same, byte for byte.
#
#     live.sh [--scripts N] [--seconds N] [--seed S] [--ops N]
#
# A fixed number of scripts from a fixed seed by default; with --seconds (or
# LIVE_SECONDS in the environment), as many as fit, from a seed taken from the
# clock. A script on which the two differ
# is kept in tests/oracle/live-failures of the build folder.

here=$(cd "$(dirname "$0")" && pwd)
: "${top_srcdir:=$(cd "$here/../.." && pwd)}" "${top_builddir:=$top_srcdir}"
: "${HEAPREPLAY:=$top_builddir/heapreplay}"
. "$top_srcdir/tests/lib.sh"

scripts=250
[ -z "${HR_QUICK:-}" ] || scripts=50
seconds=${LIVE_SECONDS:-}
seed=
ops=5000
while [ $# -gt 0 ]; do
	case $1 in
	--scripts) scripts=${2:?} ;;
	--seconds) seconds=${2:?} ;;
	--seed) seed=${2:?} ;;
	--ops) ops=${2:?} ;;
	*)
		echo "usage: live.sh [--scripts N] [--seconds N] [--seed S] [--ops N]" >&2
		exit 2
		;;
	esac
	shift 2
done
if [ -z "$seed" ]; then
	seed=1
	[ -z "$seconds" ] || seed=$(date +%s)00000
fi

# Kept from run to run, as building takes some ten seconds.
go=$top_builddir/tests/scratch/go-1.19
failures=$top_builddir/tests/oracle/live-failures
generate=$top_builddir/tests/oracle/live/generate
driver=$top_builddir/tests/oracle/driver

why=$("$BASH" "$here/live/build-go.sh" "$go" "$here/live/main.go" harness) || skip_all "$why"
for program in "$generate" "$driver"; do
	[ -x "$program" ] || skip_all "$program is not built (make check does)"
done

real() {
	"$go/harness" <"$1" >"$2" 2>"$scratch/harness.err"
}

ours() {
	"$driver" go1.19 <"$1" >"$2" 2>"$scratch/driver.err"
}

# plain FILE: a recorded vector, compressed or not.
plain() {
	if [ -f "$1" ]; then cat "$1"; else gzip -dc "$1.gz"; fi
}

# The harness must answer as the recorded vectors say, or it proves nothing.
check_harness() {
	local path name count=0 wrong=

	for path in "$here"/common/*.ops* "$here"/go1.19/*.ops*; do
		name=${path%.gz}
		name=${name%.ops}
		[ -e "$path" ] || continue
		plain "$name.ops" >ops && plain "$name.expect" >expect
		real ops got && cmp -s got expect || wrong+=" ${name##*/}"
		count=$((count + 1))
	done
	[ "$count" -gt 0 ] || wrong=' no vectors'
	is "$wrong" '' "the real runtime reproduces $count recorded vectors"
}

# first_difference: sets at, the first line that differs between the results
# real and ours (or where the shorter one ends), and line, the script's line
# which that is the result of.
first_difference() {
	at=$(cmp real ours 2>&1 | sed -n 's/.* line //p')
	: "${at:=1}"
	line=$(sed -s -n "${at}p" real ours | cut -d ' ' -f 1 | sort -n | head -n 1)
	: "${line:=1}"
}

# keep: cuts the script on which the results differ out of the batch, and says
# where it is and what the first difference looks like.
keep() {
	local at line number one

	first_difference
	number=$(head -n "$line" stream | sed -n 's/^# script //p' | tail -n 1)
	mkdir -p "$failures"
	one=$failures/script-$number.ops
	"$generate" "$number" 1 "$ops" >"$one"
	note "script kept: $one"
	# Everything visible shows the op itself instead of a hash after it.
	grep -v '^quiet' "$one" >"${one%.ops}.visible.ops"
	for one in "${one%.ops}.visible.ops" "$one"; do
		real "$one" real
		ours "$one" ours
		cmp -s real ours && continue
		first_difference
		note "$one, line $line: $(sed -n "${line}p" "$one" | cut -c -200)"
		note "runtime: $(sed -n "${at}p" real | cut -c -400)"
		note "ours:    $(sed -n "${at}p" ours | cut -c -400)"
		return
	done
	note "alone it makes no difference: run it after script $seed, $((number - seed + 1)) in a row"
}

check_harness

note "seed $seed"
deadline=${seconds:+$((SECONDS + seconds))}
done_scripts=0
done_ops=0
differences=0
batch=50
while :; do
	if [ -n "$deadline" ]; then
		[ "$SECONDS" -lt "$deadline" ] || break
	else
		[ "$done_scripts" -lt "$scripts" ] || break
		[ $((scripts - done_scripts)) -ge "$batch" ] || batch=$((scripts - done_scripts))
	fi
	"$generate" $((seed + done_scripts)) "$batch" "$ops" >stream
	real stream real &
	status=0
	ours stream ours || status=$?
	if ! wait $!; then
		note "the runtime died of scripts $((seed + done_scripts)) and on: $(head -n 3 harness.err)"
		differences=$((differences + 1))
		break
	fi
	if [ "$status" -ne 0 ] || ! cmp -s real ours; then
		[ ! -s driver.err ] || note "driver (status $status): $(head -n 3 driver.err)"
		keep
		differences=$((differences + 1))
		break
	fi
	done_scripts=$((done_scripts + batch))
	done_ops=$((done_ops + $(wc -l <stream)))
done
is "$differences" 0 "the same as the real runtime: $done_scripts random scripts, $done_ops ops"

# That says something only if another generation answers differently. (The bare
# index has ops of its own in each.)
grep -v '^x' stream >heaps
real heaps real && "$driver" go1.21 <heaps >other && ! cmp -s real other
ok $? 'the scripts tell go1.19 from go1.21'
done_testing
