# SPDX-License-Identifier: BSD-3-Clause
# generate: the list, the same bytes each time, pipes, and that each adversary
# hurts whom it is against.
. "$top_srcdir/tests/lib.sh"

run "$HEAPREPLAY" generate
is "$status" 0 'without a kind: status 0'
for kind in steady ramp sawtooth bursty fragment phases against-background against-density against-walk \
	against-eager against-delay against-first-fit; do
	like "$out" "^$kind: [a-z]" "the list has $kind"
	like "$out" "heapreplay generate $kind,[a-z]+=[^ ]* -o" "with an example of $kind"
done
while IFS= read -r example; do
	run bash -c "${example/heapreplay/"$HEAPREPLAY"},seconds=1 -o out.hrt"
	is "$status" 0 "$example"
done < <(printf '%s\n' "$out" | sed -n 's/^  \(heapreplay generate [^ ]*\) -o.*/\1/p')

run "$HEAPREPLAY" generate steadfast
is "$status" 2 'an unknown kind: status 2'
like "$err" "there is no workload 'steadfast'; there are: steady, ramp, sawtooth" 'and the kinds are named'
run "$HEAPREPLAY" generate steady,live=lots
is "$status" 2 'a wrong value: status 2'
like "$err" 'live=lots is not valid; it takes a size such as 64KiB' 'and what it takes'
run "$HEAPREPLAY" generate steady --seed x
like "$err" "--seed takes a whole number, not 'x'" 'a wrong seed'

"$HEAPREPLAY" generate sawtooth,events=20000 -o a.txt
"$HEAPREPLAY" generate sawtooth,events=20000 --seed 1 --text -o - >b.txt
"$HEAPREPLAY" generate sawtooth,events=20000 --seed 2 -o c.txt
same a.txt b.txt 'the same seed, the same bytes, to a file and to a pipe'
cmp -s a.txt c.txt
is $? 1 'another seed, another trace'
is "$(head -n 1 a.txt)" '# heapreplay-trace 1' 'a name in .txt is text, and --text'
for kind in sawtooth,events=20000 steady,events=20000 against-walk,seconds=40; do
	"$HEAPREPLAY" generate "$kind" -o a.hrt
	"$HEAPREPLAY" generate "$kind" >b.hrt
	same a.hrt b.hrt "$kind: the native form, to a file and to a pipe"
	"$HEAPREPLAY" generate "$kind" --text -o a.txt
	"$HEAPREPLAY" export a.hrt -o b.txt
	same a.txt b.txt "$kind: native and text say the same"
	"$HEAPREPLAY" replay --json a.hrt | grep -Ev '"(name|path|xxh3|bytes|format|version)":' >a.json
	"$HEAPREPLAY" replay --json a.txt | grep -Ev '"(name|path|xxh3|bytes|format|version)":' >b.json
	same a.json b.json "$kind: and so do their replays"
done
run "$HEAPREPLAY" info --json a.txt
like "$out" '"span-alloc": [1-9]' 'info reads it'
run "$HEAPREPLAY" generate steady,events=1000 -o no/such/folder.txt
is "$status" 1 'where it cannot write: status 1'
run bash -c "'$HEAPREPLAY' generate sawtooth,events=20000 -o - >/dev/full"
is "$status" 1 'a full disk: status 1'

# Scripts.
"$HEAPREPLAY" generate --script "$top_srcdir/examples/night.workload" day=1s,seconds=20 -o a.txt
"$HEAPREPLAY" generate --script - day=1s,seconds=20 --text -o b.txt <"$top_srcdir/examples/night.workload"
is "$(grep -v '^! program' a.txt)" "$(grep -v '^! program' b.txt)" 'a script from a file and from a pipe'
like "$(<a.txt)" '^! program heapreplay generate --seed 1 night.workload,day=1s,seconds=20$' 'the trace says what made it'
printf 'wait 1s\nfill a bytes lots pages 1 over 1s\n' >bad.workload
run "$HEAPREPLAY" generate --script bad.workload -o bad.hrt
is "$status" 1 'a script with a fault: status 1'
like "$err" "^heapreplay: bad.workload: .*line 2: neither a number nor a parameter: 'lots'" 'which names the line'
is "$(ls bad.hrt 2>/dev/null)" '' 'and leaves nothing behind'
# Nothing is cut off without a word.
long=$(printf '%200s' '')
while IFS='|' read -r script says; do
	printf '%b' "$script" >bad.workload
	run "$HEAPREPLAY" generate --script bad.workload -o bad.hrt
	like "$status $err" "^1 heapreplay: .*workload bad.workload: .*$says" "'${script:0:40}': $says"
	is "$(ls bad.hrt 2>/dev/null)" '' 'and no trace'
done <<END
wait 1s\n$long$long${long}fill a bytes 1MiB pages 1 over 1s\n|line 2: it is longer than 511 characters
wait 1s$(printf ' x%.0s' {1..70})\n|line 1: it has more than 64 words
let abcdefghijabcdefghijabcdefghija 1\nwait abcdefghijabcdefghijabcdefghijab\n|line 2: a name or number is longer than 31
wait 00000000000000000000000000000001000\n|line 1: a name or number is longer than 31
repeat 1e9\nrepeat 1e9\nwait 0\nend\nend\nfill a bytes 1MiB pages 1 over 1s\n|10 million steps without an event
repeat 1e9\nfill a bytes 32GiB pages 1 over 0\nfree a\nend\n|more than 20000000 events; give it events=N
END
printf 'repeat 1e9\nfill a bytes 1MiB pages 1 over 0\nfree a\nend\n' >more.workload
"$HEAPREPLAY" generate --text --script more.workload events=5000 >more.txt
is "$? $(grep -c '^[0-9]' more.txt)" '0 5000' 'as many events as are asked for'
printf '# %s\nrepeat 20000000 # %s\nwait 1ms\nend\n' "$long$long$long" "$long$long$long" >idle.workload
"$HEAPREPLAY" generate --script idle.workload -o idle.hrt
ok $? 'remarks may be long, and a script that waits until the end is one'
run "$HEAPREPLAY" generate --script no-such.workload
is "$status" 1 'a script that is not there: status 1'

# metric POLICY NAME: from the last comparison.
metric() {
	awk -v policy="\"name\": \"$1\"" -v name="\"$2\":" \
		'index($0, policy) { on = 1 } on && index($0, name) { gsub(/[^0-9]/, "", $NF); print $NF; exit }' compare.json
}

# hurts KIND: runs the comparison.
hurts() {
	"$HEAPREPLAY" generate "$1" -o - | "$HEAPREPLAY" compare --json -o compare.json -
}

# more DESCRIPTION A FACTOR B: A is at least FACTOR times B.
more() {
	[ -n "$2" ] && [ -n "$4" ] && [ "$2" -ge $(($3 * $4)) ]
	ok $? "$1" || note "$2 is not $3 times $4"
}

mib=1048576
hurts against-background,seconds=30
for p in go1.18 go1.19 go1.21 go1.22; do
	more "against-background: $p refaults most of each round" "$(metric $p refaulted_bytes)" 5 $((200 * mib))
done
hurts against-density,seconds=100
more 'against-density: go1.21 retains several times what go1.19 does' \
	"$(metric go1.21 retained_mean_bytes)" 5 "$(metric go1.19 retained_mean_bytes)"
hurts against-density,pages=495,seconds=100
is "$(metric go1.21 retained_mean_bytes)" "$(metric go1.19 retained_mean_bytes)" 'one page less and it retains the same'
hurts against-walk,seconds=65
more 'against-walk: go1.18 retains more than half as much again as go1.19' \
	"$(($(metric go1.18 retained_mean_bytes) * 2))" 3 "$(metric go1.19 retained_mean_bytes)"
hurts against-eager,seconds=5
more 'against-eager: eager refaults 16 MiB 24 times a second' "$(metric eager refaulted_bytes)" 110 $((16 * mib))
is "$(metric go1.19 refaulted_bytes)" 0 'and go1.19 nothing'
hurts against-delay,delay=2s,seconds=20
more 'against-delay: eager refaults all of it each time' "$(metric eager refaulted_bytes)" 5 $((128 * mib))
# By a thread decay has kept it, and refaults all of it in each of three rounds; by activity nothing is gained at all.
"$HEAPREPLAY" generate against-delay,seconds=40 -o - |
	"$HEAPREPLAY" compare --json -o compare.json -p none -p decay,by=thread -p delay -
# of TEXT NAME: as metric, by the policy as it was written.
of() {
	awk -v policy="\"text\": \"$1\"" -v name="\"$2\":" \
		'index($0, policy) { on = 1 } on && index($0, name) { gsub(/[^0-9]/, "", $NF); print $NF; exit }' compare.json
}
more 'against-delay: decay by a thread refaults all of it each time' "$(of decay,by=thread refaulted_bytes)" 3 $((128 * mib))
more 'against-delay: delay by activity retains what none does' \
	"$(($(of delay retained_mean_bytes) * 100))" 99 "$(of none retained_mean_bytes)"
more 'and refaults more than half of it each time' "$(of delay refaulted_bytes)" 3 $((64 * mib))
"$HEAPREPLAY" generate against-background,idle=25s,seconds=55 -o - |
	"$HEAPREPLAY" compare --json -o compare.json -p decay,by=thread -p rate -
more 'against-background: a rate refaults most of each round' "$(of rate refaulted_bytes)" 2 $((230 * mib))
more 'and decay by a thread all of it' "$(of decay,by=thread refaulted_bytes)" 2 $((250 * mib))
hurts against-first-fit,seconds=40
more 'against-first-fit: the heap grows to four times what is in use' \
	"$(metric none retained_peak_bytes)" 4 $((127 * mib))
done_testing
