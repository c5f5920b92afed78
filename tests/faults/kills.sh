# SPDX-License-Identifier: BSD-3-Clause
# Commands that write, killed (SIGKILL) at random moments: the old file is there whole, or the new one, or there was
# none and is none. A sample; KILLS=1000 (make check-faults) makes so many over all commands, and tells how
# many of each ended how and how many temporaries were left, all of which the next run has taken away or used.
. "$top_srcdir/tests/lib.sh"

kills=${KILLS:-30}
RANDOM=${SEED:-11}

{
	printf '# heapreplay-trace 1\n! addresses on\n! spans on\n'
	for i in {0..1999}; do
		printf '%d p0 span-alloc addr=%#x npages=%d\n' $((i * 1000)) $((0xc000000000 + i * 8192 * 64)) $((i % 63 + 1))
		((i < 300)) || printf '%d p0 span-free addr=%#x\n' $((i * 1000 + 1)) $((0xc000000000 + (i - 300) * 8192 * 64))
	done
} >in.txt
"$HEAPREPLAY" import -q in.txt -o in.hrt || exit 99

# A command is a name, what it takes, and how it is seen that what it wrote is whole.
commands=()
declare -A argv whole
add() {
	commands+=("$1")
	whole[$1]=$2
	shift 2
	argv[${commands[-1]}]="$*"
}

# as_always NAME: the same bytes as an undisturbed run, which is in want-NAME.
as_always() {
	cmp -s "$file" "want-$1"
}

# a_trace: the native form is read to its end, its digest is right.
a_trace() {
	"$HEAPREPLAY" info -q --fail-on-damage "$file" >/dev/null 2>&1
}

# frames NAME: each of those that are there; it is new with all of them.
frames() {
	local frame

	for frame in "$file"/*; do
		[ ! -e "$frame" ] || cmp -s "$frame" "want-$1/${frame##*/}" || return 1
	done
}

# a_cost: what was measured differs each time; it is taken.
a_cost() {
	"$HEAPREPLAY" replay -q --summary --cost @"$file" in.hrt >/dev/null 2>&1
}

add import as_always import -q in.txt -o out
add export as_always export -q in.hrt -o out
add cut as_always cut -q --from 500us in.hrt -o out
add generate as_always generate steady,seconds=1 -o out
add replay as_always replay -q --json in.hrt -o out
add compare as_always compare -q --json in.hrt -o out
add heatmap as_always heatmap -q --format png in.hrt -o out
add animation frames heatmap -q --every 200us --json in.hrt -o out
add calibrate a_cost calibrate -o out
if have gnuplot; then
	add plot as_always plot timeline -q in.txt -o out.svg
	add report as_always report -q in.hrt -o out
fi
if have sqlite3; then
	add sweep as_always sweep -q --gogc 50,100,200 --gc model --json in.hrt --db out.db -o out
fi
server=
if have python3 && have zstd && [[ $("$HEAPREPLAY" record -q http://127.0.0.1:1 -o none 2>&1) != *'without libcurl'* ]]; then
	zstd -dqc "$top_srcdir/traces/victoria-metrics-go127.trace.zst" >app.trace
	python3 "$top_srcdir/tests/cli/record_server.py" app.trace >port &
	server=$!
	trap 'kill $server; cd /; rm -rf "$scratch"' EXIT
	until [ -s port ]; do sleep 0.05; done
	add record a_trace record -q -s 1 "127.0.0.1:$(<port)" -o out
fi

# run_now NAME: in the background; sets pid.
run_now() {
	# shellcheck disable=SC2086 # words
	"$HEAPREPLAY" ${argv[$1]} >stdout.txt 2>stderr.txt </dev/null &
	pid=$!
}

temporaries() {
	find . -name '*heapreplay-tmp*' | wc -l
}

# kill_once NAME MICROSECONDS: at a moment within that time; counts how it ended.
kill_once() {
	local had=$((RANDOM % 2)) at=$(((RANDOM * 32768 + RANDOM) % $2)) left

	[ "${whole[$1]}" != frames ] || had=0
	rm -rf "$file"
	[ $had = 0 ] || echo 'the old file' >"$file"
	left=$(temporaries)
	run_now "$1"
	sleep "$((at / 1000000)).$(printf %06d $((at % 1000000)))"
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	[ "$(temporaries)" -le "$left" ] || temporary=$((temporary + 1))
	if [ ! -e "$file" ] && [ $had = 0 ]; then
		old=$((old + 1))
	elif [ -e "$file" ] && [ $had = 1 ] && [ "$(head -c 12 "$file" | tr -d '\0')" = 'the old file' ]; then
		old=$((old + 1))
	elif [ "${whole[$1]}" = frames ] && frames "$1" && ! diff -rq "$file" "want-$1" >/dev/null; then
		old=$((old + 1))
	elif [ -e "$file" ] && "${whole[$1]}" "$1"; then
		new=$((new + 1))
	else
		bad+="after $at us of $2: $(wc -c <"$file" 2>&1) bytes"$'\n'
	fi
	if [ -e out.db ] && [ "$(sqlite3 out.db 'PRAGMA integrity_check')" != ok ]; then
		bad+="after $at us of $2: the database"$'\n'
	fi
}

each=$(((kills + ${#commands[@]} - 1) / ${#commands[@]}))
for name in "${commands[@]}"; do
	file=out
	[ "$name" != plot ] || file=out.svg
	old=0 new=0 temporary=0 bad=
	rm -rf "$file" out.db
	begin=${EPOCHREALTIME/./}
	run_now "$name"
	wait $pid || note "$(<stderr.txt)"
	took=$((${EPOCHREALTIME/./} - begin))
	[ -e "$file" ] || exit 99
	mv "$file" "want-$name"
	rm -f out.db
	for ((n = 0; n < each; n++)); do
		kill_once "$name" $((took + took / 4))
	done
	is "$bad" '' "$name: $each kills, $old times the old state, $new times the new file, $temporary temporaries left"
	# What the killed runs left, the database too, is gone on with; a temporary only where a file is replaced.
	rm -rf "$file"
	[ "${whole[$name]}" = frames ] || echo 'the old file' >"$file"
	run_now "$name"
	wait $pid
	is "$?" 0 "$name: runs again" || note "$(<stderr.txt)"
	"${whole[$name]}" "$name"
	ok $? "$name: and writes the same"
	is "$(temporaries)" 0 "$name: no temporary is left by that"
done
done_testing
