#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Small traces of enormous heaps: spans of TiB, pages far apart, pages out of the middle of spans of TiB. What they
# cost depends on how many there are, not on how large they are: every command gets 6 GB of address space (or as much as
# $memory says, KiB) and 60 s of CPU time, several times of what they take.
. "$top_srcdir/tests/lib.sh"

# The allocator's memory of the sanitizers is address space of TiB.
is_sanitized && skip_all 'built with a sanitizer'

header='# heapreplay-trace 1\n! addresses on\n! spans on\n'
{
	printf '%b' "$header"
	for i in {0..5}; do
		printf '%d p0 span-alloc addr=0xc000000000 npages=268435455\n' $((i * 20000000))
		printf '%d p0 span-free addr=0xc000000000\n' $((i * 20000000 + 10000000))
	done
} >spans.txt
{
	printf '%b' "$header"
	for i in {0..99}; do
		printf '%d p0 span-alloc addr=%#x npages=1\n' $((i * 1000000)) $((0xc000000000 + i * 17179877376))
	done
	for i in {0..99..3}; do
		printf '%d p0 span-free addr=%#x\n' $(((i + 100) * 1000000)) $((0xc000000000 + i * 17179877376))
	done
} >apart.txt
{
	printf '%b' "$header"
	for i in {0..5}; do
		printf '%d p0 span-alloc addr=0xc000000000 npages=134217728\n' $((i * 40000000))
		printf '%d p0 span-free addr=0xc000000000\n' $((i * 40000000 + 10000000))
		printf '%d p0 span-alloc addr=%#x npages=1\n' $((i * 40000000 + 20000000)) $((0xc000000000 + i * 20000006144))
		printf '%d p0 span-free addr=%#x\n' $((i * 40000000 + 30000000)) $((0xc000000000 + i * 20000006144))
	done
} >holes.txt
# A TiB that comes and goes, a page in the middle of it meanwhile, and cycles that force all of it out: by pages or
# chunks, each round would be a million steps and more. One that begins and ends a page off any border.
{
	printf '%b' "$header"
	for i in {0..299}; do
		t=$((i * 5000000)) addr=$((0xc000000000 + i * 1234567 % 134217728 * 8192)) end=$((i * 5000000 + 4000000))
		printf '%d span-alloc addr=0xc000000000 npages=134217728\n' $t
		printf '%d span-free addr=0xc000000000\n' $((t + 1000000))
		printf '%d span-alloc addr=%#x npages=1\n' $((t + 2000000)) $addr
		printf '%d span-free addr=%#x\n' $((t + 3000000)) $addr
		printf '%d gc-begin\n%d gc-end\n%d heap-goal bytes=4194304\n%d sweep-done\n' $end $end $end $end
		((i % 2)) || printf '%d free-os-memory\n' $end
	done
} >turns.txt
sed -e 's/0xc000000000/0xc000002000/; s/134217728/134217727/' turns.txt >odd.txt
# Most of 2 GiB, again and again above the last, with cycles: no block of the map but every second one is of one state.
{
	printf '%b' "$header"
	for i in {0..1499}; do
		t=$((i * 2000000))
		printf '%d span-alloc addr=%#x npages=262143\n' $t $((0xc000000000 + (i << 31)))
		printf '%d span-free addr=%#x\n' $((t + 1000000)) $((0xc000000000 + (i << 31)))
		t=$((t + 1000000))
		((i % 4)) || printf '%d gc-begin\n%d gc-end\n%d heap-goal bytes=4194304\n%d sweep-done\n' $t $t $t $t
	done
} >most.txt
# Small spans all over, for hours: what wakes by the second goes through what has changed.
{
	printf '%b' "$header"
	for i in {0..5999}; do
		printf '%d span-alloc addr=%#x npages=1\n' $((i * 2000000000)) $((0xc000000000 + i * 12591104))
		((i < 100)) || printf '%d span-free addr=%#x\n' $((i * 2000000000 + 1000000000)) \
			$((0xc000000000 + (i - 100) * 12591104))
	done
} >slow.txt
# Spans of 31 GiB less a page, which end off any border, with cycles: millions of chunks whose reasons are asked for again
# and again.
{
	printf '%b' "$header"
	for i in {0..1023}; do
		t=$((i * 10))
		printf '%ds span-alloc addr=%#x npages=4063231\n' $t $((0xc000002000 + i % 900 * 33285996544))
		t=$((t + 5))
		((i < 1)) || printf '%ds span-free addr=%#x\n' $t $((0xc000002000 + (i - 1) % 900 * 33285996544))
		((i % 4)) || printf '%ds gc-begin\n%ds gc-end\n%ds heap-goal bytes=4194304\n%ds sweep-done\n' $t $t $t $t
	done
} >large.txt
# Of 2 GiB less a page, by the hour: each is released bit by bit.
{
	printf '%b' "$header"
	for i in {0..1999}; do
		printf '%dh span-alloc addr=%#x npages=262143\n' "$i" $((0xc000002000 + (i << 31)))
		((i < 1)) || printf '%dh span-free addr=%#x\n' "$i" $((0xc000002000 + ((i - 1) << 31)))
		((i % 4)) || printf '%dh gc-begin\n%dh gc-end\n%dh heap-goal bytes=4194304\n%dh sweep-done\n' \
			"$i" "$i" "$i" "$i"
	done
} >hours.txt
{
	printf '# heapreplay-trace 1\n! addresses off\n! spans off\n'
	for i in {0..9}; do
		printf '%d obj-alloc id=%d size=1099511627776\n' $((2 * i)) "$i"
		printf '%d obj-free id=%d\n' $((2 * i + 1)) "$i"
	done
} >objects.txt

# bounded WANT COMMAND...
bounded() {
	local want=$1

	shift
	status=$(
		ulimit -v "${memory:-6000000}"
		ulimit -t 60
		"$HEAPREPLAY" "$@" >out.txt 2>err.txt
		echo $?
	)
	is "$status $(head -c 300 err.txt)" "$want " "$*"
}

for trace in spans apart holes objects; do
	bounded 0 info -q $trace.txt
	bounded 0 import -q $trace.txt -o $trace.hrt
	bounded 0 replay -q --json $trace.hrt
	bounded 0 compare -q -j1 $trace.txt
	bounded 0 validate -q --json $trace.txt
	bounded 0 heatmap -q --json --at 15ns --cells 80x24 $trace.txt
done
for policy in go1.18 go1.19 go1.22 decay delay; do
	bounded 0 replay -q --summary -p $policy turns.txt
done
bounded 0 replay -q --summary -p go1.22 odd.txt
for policy in go1.18 delay; do
	bounded 0 replay -q --summary -p $policy most.txt
done
bounded 0 replay -q --summary -p rate slow.txt
memory=1500000 bounded 0 replay -q --summary -p go1.22 hours.txt
bounded 0 compare -q -j1 -p go1.19 -p rate large.txt
bounded 0 replay -q --phys-page 64KiB spans.txt
bounded 0 explain -q --at 30ms spans.txt

# Hundreds of years after a TiB was freed: neither the timers of a policy that gives it back bit by bit, nor what looks
# at all of the heap now and then, go through all of it each time.
{
	printf '%b' "$header"
	printf '%s\n' '0 span-alloc addr=0xc000000000 npages=134217728' '1000 span-free addr=0xc000000000' \
		'9000000000000000000 span-alloc addr=0xc000000000 npages=1'
} >years.txt
bounded 0 replay -q --summary -p rate years.txt
bounded 0 compare -q -j1 years.txt
have gnuplot && bounded 0 plot heatmap -q -o years.svg years.txt

# A bound of one's own.
run "$HEAPREPLAY" replay -q --max-memory 1MiB spans.txt
is "$status/$out/$err" "2//heapreplay replay: --max-memory: at least 16.0 MiB are needed; see 'heapreplay replay --help'" \
	'--max-memory: not less than the program itself needs'
run "$HEAPREPLAY" replay -q --json --max-memory 16MiB -o bound.json apart.txt
is "$status$out" 1 'what needs more ends with an error'
like "$err" '^heapreplay: apart.txt: out of memory[^;]*; --max-memory \(or ulimit -d\) allows 16.0 MiB$' 'that says so'
ok "$([ -e bound.json ] && echo 1 || echo 0)" 'and writes nothing'
is "$("$HEAPREPLAY" replay -q --json --max-memory 1GiB spans.txt)" "$("$HEAPREPLAY" replay -q --json spans.txt)" \
	'what does not need it is the same'

# Less than all policies need at once, and enough for the greediest alone: where that is depends on the machine.
head -n 23 spans.txt | sed 's/npages=268435455/npages=4/' >small.txt
"$HEAPREPLAY" compare -q -j1 --json small.txt >compare.all
"$HEAPREPLAY" sweep -q -j1 --gogc 50,100,200 --csv small.txt --db all.db >sweep.all
run "$HEAPREPLAY" sweep -q -j1 --max-memory 16MiB --gogc 50,100,200 --csv -o bound.csv small.txt --db bound.db
like "$status/$err" '^1/heapreplay: small.txt: out of memory.*; 4 of 4 runs were not made, and nothing but the database is written; --max-memory \(or ulimit -d\) allows 16.0 MiB$' \
	'sweep: that memory lacks for every setting is told in one line'
[ ! -e bound.csv ]
ok $? 'and nothing is written'
is "$("$HEAPREPLAY" sweep -q -j1 --gogc 50,100,200 --csv small.txt --db bound.db)" "$(<sweep.all)" \
	'the same database, with more memory, gets the rows of any other'
for command in 'compare --json' 'sweep --gogc 50,100,200 --csv --db part.db'; do
	found=none
	for mib in {20..160..10}; do
		rm -f part.db
		# shellcheck disable=SC2086 # words
		run "$HEAPREPLAY" $command -j1 --max-memory "${mib}MiB" small.txt
		[[ $err == *'not enough memory for '*'takes longer' ]] && cmp -s .out "${command%% *}.all" && found=$mib && break
	done
	[ "$found" != none ]
	ok $? "${command%% *}: with less memory fewer at a time, which is said, with the same results"
done
done_testing
