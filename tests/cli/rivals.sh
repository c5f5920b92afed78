# SPDX-License-Identifier: BSD-3-Clause
# decay, rate and delay on a program that falls idle: by a thread its memory goes, by activity it stays.
. "$top_srcdir/tests/lib.sh"

mib=1048576

# 128 MiB in 64 spans of 256 pages; every second one is freed at 10 s; then nothing until 70 s.
{
	echo '# heapreplay-trace 1'
	echo '0 gomaxprocs n=1'
	for i in $(seq 1 64); do
		echo "0 span-alloc id=$i npages=256 class=0"
	done
	for i in $(seq 1 2 64); do
		echo "10s span-free id=$i"
	done
	echo '70s log'
} >idle
# One span more is used after it.
sed 's/^70s log/70s span-alloc id=65 npages=1 class=0\n71s log/' idle >wakes

# metric TRACE POLICY NAME
metric() {
	"$HEAPREPLAY" replay -q -p "$2" --json "$1" | sed -n 's/^ *"'"$3"'": \([0-9]*\),\{0,1\}$/\1/p' | tail -n 1
}

# about DESCRIPTION A B: A is B to one part in fifty.
about() {
	[ -n "$2" ] && [ $(($2 * 50)) -ge $(($3 * 49)) ] && [ $(($2 * 50)) -le $(($3 * 51)) ]
	ok $? "$1" || note "$2 is not about $3"
}

is "$(metric idle none free_mean_bytes)" $((64 * mib * 60 / 70)) 'none: 64 MiB are free for 60 s of 70'
is "$(metric idle decay returned_bytes)" 0 'decay, by activity: nothing goes while nothing happens'
is "$(metric idle decay free_mean_bytes)" $((64 * mib * 60 / 70)) 'and all of it is retained'
is "$(metric idle decay,by=thread returned_background_bytes)" $((64 * mib)) 'decay,by=thread: all of it goes'
is "$(metric idle decay,by=thread synchronous_cpu_ns)" 0 'nobody waits for it'
# Runs of 2 MiB go whole: what is left is the curve, rounded up or down to that.
about 'it is kept for half of 10 s on average, as the integral of the curve is 1/2' \
	"$(metric idle decay,by=thread free_mean_bytes)" $((64 * mib * 5 / 70))
is "$(metric idle decay,by=thread,time=20s returned_bytes)" $((64 * mib)) 'in 20 s, too'
about 'and is kept for twice as long' "$(metric idle decay,by=thread,time=20s free_mean_bytes)" $((64 * mib * 10 / 70))

is "$(metric idle delay returned_bytes)" 0 'delay, by activity: nothing goes'
is "$(metric idle delay,by=thread returned_background_bytes)" $((64 * mib)) 'delay,by=thread: all of it goes'
# Four segments of 32 MiB, eight frees in each: the deadline of 10 ms is put off seven times by 1 ms.
about 'after 17 ms' "$(metric idle delay,by=thread free_mean_bytes)" $((64 * mib * 17 / 70000))
# It takes a page in the first segment, whose deadline that puts off.
is "$(metric wakes delay returned_on_free_bytes)" $((48 * mib)) 'delay, by activity: three segments go when the program wakes'
is "$(metric wakes delay stalls)" 3 'and it waits for each'

is "$(metric idle rate returned_background_bytes)" $((64 * mib)) 'rate: all of it goes'
# 10 MiB at 11 s, 12 s, ... and what is left of 64 at 17 s: 64 + 54 + 44 + 34 + 24 + 14 + 4 MiB for a second each.
is "$(metric idle rate free_mean_bytes)" $((238 * mib / 70)) 'at 10 MiB a second'
is "$(metric idle rate,by=activity returned_bytes)" $((2 * mib)) 'rate,by=activity: the first free gives its own run back, and no more'

# Times may go on to the end of 64 bits, where deadlines end.
cat >far <<'TEXT'
# heapreplay-trace 1
0 gomaxprocs n=1
0 span-alloc id=1 npages=512 class=0
18446744073709551000 span-free id=1
18446744073709551600 log
TEXT
for p in decay,ticks=1 decay,by=thread decay,by=thread,time=1000000h rate rate,by=activity delay delay,by=thread; do
	run timeout 60 "$HEAPREPLAY" replay -q -p "$p" --json far
	is "$status" 0 "$p: time ends"
done

run "$HEAPREPLAY" compare -q idle
for p in decay rate delay; do
	like "$out" "^$p +[0-9]" "compare has $p"
done
done_testing
