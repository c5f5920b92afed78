# SPDX-License-Identifier: BSD-3-Clause
# Help, usage errors and exit statuses of every command.
. "$top_srcdir/tests/lib.sh"

run "$HEAPREPLAY"
is "$status" 2 'no command: status 2'
like "$err" 'Commands:' 'no command: the list goes to standard error'
is "$out" '' 'no command: nothing on standard output'
run "$HEAPREPLAY" --help
is "$status" 0 '--help: status 0'
commands=$(printf '%s\n' "$out" | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
is "$(tr '\n' ' ' <<<"$commands")" 'replay compare sweep heatmap watch advise explain plot report info record calibrate policies validate export import cut generate completion help ' '--help lists the commands'
run "$HEAPREPLAY" --version
like "$out" '^heapreplay [0-9]+\.[0-9]+\.[0-9]+$' '--version'
is "$("$HEAPREPLAY" -V)" "$out" '-V is the same'
is "$("$HEAPREPLAY" --version --json | jq -r '"heapreplay " + .heapreplay')" "$out" 'and so is --version --json,'
is "$("$HEAPREPLAY" --version --json | jq '.schema')" "$("$HEAPREPLAY" policies --json | jq .schema)" \
	'which also gives the schema of the JSON'
run "$HEAPREPLAY" --version --text
is "$status" 2 '--version takes nothing else'
run "$HEAPREPLAY" help
is "$status" 0 'help alone: status 0'
topics=$(sed -n '/^Topics:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$out")
is "$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$out")" "$commands" 'help lists the commands'
like "$topics" 'metrics' 'and topics'
for topic in $topics; do
	run env COLUMNS=80 "$HEAPREPLAY" help "$topic"
	is "$status" 0 "help $topic"
	like "$out" '^More: heapreplay' "help $topic names the manual page"
	unlike "$out" '^ *\.[A-Z][a-z]|Ns ' "help $topic has no roff in it"
	is "$(awk 'length > 80 && NF > 1' <<<"$out")" '' "help $topic fits the width"
done
run "$HEAPREPLAY" help metrics
is "$(grep -cE '^  [a-z_0-9]+$' <<<"$out")" "$(for l in '' object- gc- regret-; do "$HEAPREPLAY" help --roff ${l}metrics; done | grep -c '^\.It')" \
	'help metrics has every metric of the manual'
run "$HEAPREPLAY" help cost
like "$out" '^  call=[0-9]+ns$' 'help cost: keys with their defaults'
run "$HEAPREPLAY" help nonsense
is "$status" 2 'an unknown topic'
run "$HEAPREPLAY" reply
is "$status" 2 'an unknown command: status 2'
like "$err" "^heapreplay: unknown command 'reply'; see 'heapreplay --help'$" 'an unknown command is named'

for c in $commands; do
	run "$HEAPREPLAY" "$c" --help
	is "$status" 0 "$c --help: status 0"
	like "$out" "^usage: heapreplay $c" "$c --help has a usage line"
	like "$out" '^Examples:' "$c --help has examples"
	is "$err" '' "$c --help: nothing on standard error"
	# Two screens of 24 lines and 80 columns; --help --all has every option of the manual, wrapped.
	run env COLUMNS=80 "$HEAPREPLAY" "$c" --help
	ok "$((${#out} == 0 || $(wc -l <<<"$out") > 48))" "$c --help fits two screens"
	is "$(awk 'length > 80' <<<"$out" | grep -v '^      \|^  \(heapreplay\|curl\)')" '' "$c --help fits the width"
	all=$(COLUMNS=80 "$HEAPREPLAY" "$c" --help --all)
	is "$("$HEAPREPLAY" help --roff "options-$c" | grep -oE 'Fl -[a-z-]+' | sed 's/Fl -//' | while read -r option; do
		grep -qE -- "^ .*--$option( |\$)" <<<"$all" || echo "$option"
	done)" '' "$c --help --all has all options"
	run "$HEAPREPLAY" help "$c"
	like "$out" "^usage: heapreplay $c" "help $c is the same"
	run "$HEAPREPLAY" "$c" --no-such-option
	is "$status" 2 "$c: an unknown option has status 2"
	like "$err" "^heapreplay $c: .*'--no-such-option'.*heapreplay $c --help" "$c: an unknown option is named"
	is "$(printf '%s\n' "$err" | wc -l)" 1 "$c: one line"
done

for c in replay compare heatmap report info validate export; do
	run "$HEAPREPLAY" "$c"
	is "$status" 2 "$c without a trace: status 2"
	like "$err" "^heapreplay $c: missing TRACE" "$c says that it needs one"
	[ "$c" != compare ] || continue
	run "$HEAPREPLAY" "$c" a b
	is "$status" 2 "$c with two traces: status 2"
	like "$err" "unexpected argument 'b'" "$c names the one too many"
done

# Values of options: option, value, what the message says.
while IFS='|' read -r command option value says; do
	run "$HEAPREPLAY" "$command" "$option" "$value" x.trace
	is "$status" 2 "$command $option '$value': status 2"
	like "$err" "$says" "$command $option '$value': says what it takes"
done <<'TABLE'
replay|--every|0|--every takes a time above 0
replay|--every|5|--every takes a time such as 100ms, not '5'
replay|--memory-limit|lots|--memory-limit takes a size such as 512MiB, a percentage such as 90%, or off, not 'lots'
replay|--memory-limit|-1|--memory-limit takes a size
replay|--memory-limit|0%|--memory-limit takes a size
replay|--gogc|fast|--gogc takes a whole number of percent up to 1000000, or off, not 'fast'
replay|--cgroup|/nowhere/memory.max|'/nowhere/memory.max': No such file
replay|--cgroup|512MiB|--cgroup is what a percentage is of; add --memory-limit 90%
replay|-p|go1.22,retain-extra=lots|retain-extra=lots is not valid; it takes a percentage such as 1%
replay|--phys-page|4kb|--phys-page takes a size such as 64KiB
replay|--address-bits|64|--address-bits takes 48 or 32, not '64'
replay|--placement|guessed|--placement takes recorded or modelled, not 'guessed'
replay|--procs|0|--procs takes a whole number from 1 to 32767
info|--identity|newest|--identity takes lifo, fifo or random, not 'newest'
replay|--rate|0|--rate takes a whole number from 1 to
export|--time-scale|-1|--time-scale takes a number from 0.000001 to 1000000
replay|--cost|call=cheap|call=cheap is not valid; it takes a time such as 10ms
replay|--cost|fault=2s|--cost: fault can be 1s at most
replay|--cost|speed=1|--cost has no parameter 'speed'; it has: call, page
replay|-p|go1.17|there is no policy 'go1.17'; there are: go1.18, go1.19
replay|-p|go1.19,fix=everything|fix=everything is not valid; it takes none, limit, flush, regrow, sticky
replay|-p|none,fix=flush|policy none has no parameter 'fix'; it has: none
replay|-p|decay,by=magic|by=magic is not valid; it takes thread, activity
replay|-p|decay,time=soon|time=soon is not valid; it takes a time such as 10ms, or off
replay|-p|delay,segment=3MiB|policy delay: segment must be a power of two from 4MiB to 32GiB
replay|-p|rate,interval=0|policy rate: interval can be 1ms to 10m
compare|-j|many|--jobs takes a whole number
compare|--sort|size|there is no column 'size'
compare|--columns|retained,rss|there is no column 'rss'
compare|--baseline|go1.17|there is no policy 'go1.17'
replay|-p|@all|only one policy is allowed; compare takes several
TABLE
run "$HEAPREPLAY" replay -p
is "$status" 2 'an option without its value: status 2'
like "$err" "^heapreplay replay: option '-p' needs a value" 'an option without its value is named'
run "$HEAPREPLAY" replay -qx y
is "$status" 2 'an unknown letter: status 2'
like "$err" "^heapreplay replay: unknown option '-x'" 'an unknown letter is named, also among others'
run "$HEAPREPLAY" replay --json=3 y
like "$err" "option '--json' takes no value" 'a flag with a value is refused'

# The options of the model are also keys of --model.
trace=$top_srcdir/traces/bench-json-go123.trace.zst
one=$("$HEAPREPLAY" replay -q --json --wake-delay 30ms --pointers "$trace")
is "$("$HEAPREPLAY" replay -q --json --model wake-delay=30ms,pointers "$trace")" "$one" \
	'--model sets what the options of its keys set'
like "$one" '"wake_delay_ns": 30000000' 'and they are set'
for bad in foo=1 wake-delay wake-delay=fast pointers=1 gogc=3; do
	run "$HEAPREPLAY" replay -q --model "$bad" "$trace"
	is "$status" 2 "--model $bad: status 2"
done
for c in replay compare; do
	like "$("$HEAPREPLAY" $c --help --all)" '^ +--wake-delay' "$c --help --all has the model's options"
done
run "$HEAPREPLAY" replay --from 2s --until 1s x.trace
is "$status" 2 '--from after --until: status 2'
like "$err" '--from is after --until' '--from after --until: says so'
run "$HEAPREPLAY" replay -p none -p eager x.trace
is "$status" 2 'replay with two policies: status 2'
like "$err" 'compare takes several' 'replay with two policies points to compare'
run "$HEAPREPLAY" validate - </dev/null
is "$status" 2 'validate of standard input: status 2'
like "$err" 'name a file' 'validate of standard input says why not'

run "$HEAPREPLAY" policies
is "$status" 0 'policies: status 0'
for p in go1.18 go1.19 go1.21 go1.22 none eager decay rate delay; do
	like "$out" "^$p +[a-z]" "policies lists $p"
done
run "$HEAPREPLAY" policies --json
like "$out" '"name": "go1.19"' 'policies --json names them'
done_testing
