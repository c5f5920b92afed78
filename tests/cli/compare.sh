# SPDX-License-Identifier: BSD-3-Clause
# compare: tables, saved runs, gates, and what each of them says where something is wrong.
. "$top_srcdir/tests/lib.sh"

have jq zstd || skip_all 'jq or zstd is not installed'
bench=$top_srcdir/traces/bench-json-go123.trace.zst
pages=$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst

# --- JSON: an object a trace; a policy's figures and series are those that it has alone ---

run "$HEAPREPLAY" compare -q --json -o all.json "$bench" "$pages"
is "$status" 0 'two traces: status 0'
is "$(jq -c '[.schema, (.comparisons | length), [.comparisons[].trace.name]]' all.json)" \
	'[3,2,["bench-json-go123.trace.zst","compile-texttemplate-1p-go121.pagetrace.zst"]]' 'an object a trace'
is "$(jq -c '[.comparisons[].policies | map(.policy.text) | map(select(. == "recorded" or . == "none"))]' all.json)" \
	'[["none"],["none","recorded"]]' 'the recorded policy follows the trace that tells what was released'
run "$HEAPREPLAY" replay -q -p go1.21 --json -o one.json "$bench"
is "$(jq -c '.comparisons[0].policies[] | select(.policy.text == "go1.21") | [.summary, .series]' all.json | cksum)" \
	"$(jq -c '[.summary, .series]' one.json | cksum)" 'figures and series are those of a replay of that policy alone'
is "$(jq '.series.time_ns | length > 100' one.json)" true 'and there are some'
for j in 1 3; do
	run "$HEAPREPLAY" compare -q -j "$j" --json -o "$j.json" "$bench" "$pages"
	same all.json "$j.json" "the same with $j threads"
done
run bash -c "'$HEAPREPLAY' compare -q --json '$bench' | jq -e '.comparisons[0] | all(.policies[].summary;
	.total_cpu_ns == .background_cpu_ns + .synchronous_cpu_ns + .refault_cpu_ns and
	((.pages_per_call_ratio // 0) * .release_calls * 8192 - .returned_bytes | fabs) <= .release_calls * 4.1)'"
is "$out" true 'derived metrics are what they say'

# --- the optimum: who releases nothing is at its first point ---

is "$(jq '.comparisons[0].optimum.points[0].retained_mean_bytes' all.json)" \
	"$(jq '.comparisons[0].policies[] | select(.policy.text == "none") | .summary.retained_mean_bytes' all.json)" \
	'the envelope begins where nothing is released'
regret() { jq -c --arg p "$1" '.comparisons[0].policies[] | select(.policy.text == $p) | .regret' all.json; }
is "$(regret none)" '{"equal_cpu_bytes":0,"equal_memory_ns":0}' 'which there is no reason to regret'
is "$(regret eager | jq '.equal_cpu_bytes == 0 and .equal_memory_ns > 0')" true \
	'eager retains as little as can be, for more CPU time than that takes, since calls cost'
is "$(jq '.comparisons[0].optimum.lower_bound' all.json)" true 'a lower bound'
is "$("$HEAPREPLAY" compare -q --cost call=0ns --json "$bench" | jq '.comparisons[0].optimum.lower_bound')" false \
	'exact where calls are free'
run "$HEAPREPLAY" replay -q -p optimal,break-even=0ns --json -o optimal.json "$bench"
is "$(jq '.summary.retained_mean_bytes' optimal.json)" \
	"$(jq '.comparisons[0].policies[] | select(.policy.text == "eager") | .summary.retained_mean_bytes' all.json)" \
	'optimal releases everything at a break-even time of 0'
run "$HEAPREPLAY" compare -q --columns retained,equal_cpu_bytes,cpu\ regret --sort mem\ regret "$bench"
is "$(sed -n '3p' .out | tr -s ' ')" 'policy retained mem regret cpu regret' 'regret in the table'
like "$out" '^eager +[0-9.]+ MiB\* +0 B\*? ' 'by the figures of the JSON'
like "$out" '^optimal +[0-9.]+ MiB  *[0-9.]+ [KM]iB ' 'who knows the future has no marks'

# --- which policies ---

run "$HEAPREPLAY" compare -q -p @go "$bench"
is "$(cut -d' ' -f1 .out | grep -E '^(go|none|eager|policy)' | tr '\n' ' ')" \
	'policy go1.18 go1.19 go1.21 go1.22 ' '@go: the Go generations'
run "$HEAPREPLAY" compare -q -p none -p @all -p none "$bench"
is "$(grep -c '^none ' .out)" 1 'one that is there twice is taken once'
is "$(grep -c '^recorded ' .out)" 0 'of a group those that fit'
run "$HEAPREPLAY" compare -q -p recorded "$bench"
is "$status" 2 'one that is named and does not fit: status 2'
run "$HEAPREPLAY" compare -p @best "$bench"
is "$status" 2 'an unknown group: status 2'
like "$err" "no group '@best' of policies; there are: @all, @go" 'and the groups there are'
run "$HEAPREPLAY" compare -q -p none --baseline go1.19 "$bench"
like "$out" '^go1.19 +[0-9.]+ MiB' 'the baseline takes part, whether or not it was named'

# --- the table ---

run "$HEAPREPLAY" compare -q --columns retained,index_lookups,release_calls --sort -calls "$bench"
is "$(sed -n '3p' .out | tr -s ' ')" 'policy retained index_lookups calls' "columns by heading and by metric" ||
	note "$out"
calls=$(sed -n '4,9s/.* \([0-9,]*\)[*!]\{0,1\}$/\1/p' .out | tr -d ,)
is "$calls" "$(sort -rn <<<"$calls")" 'sorted the other way round'
like "$out" '^none +[0-9.]+ MiB! +0.? +0\*$' 'none keeps most and calls least'
like "$out" '^\* best and ! worst' 'and what the marks mean'
run "$HEAPREPLAY" compare -q --baseline none --sort retained --columns retained,thrash "$bench"
like "$out" '^none +[0-9.]+ MiB! +0 B\* *$' 'the baseline has values'
like "$out" '^eager +-[0-9.]+ %\* +[0-9.]+ MiB! *$' 'others how much less; and values, where it has 0'
is "$(sed -n 4p .out | cut -d' ' -f1)" eager 'the best first'

widest() { awk '{ if (length($0) > w) w = length($0) } END { print w + 0 }' "$1"; }
for width in 20 40 80 200; do
	COLUMNS=$width run "$HEAPREPLAY" compare -q --baseline go1.18 "$bench"
	[ "$(widest .out)" -le "$width" ]
	ok $? "$width columns: no line is longer" || note "$out"
	like "$out" '^policy .*retained' "$width columns: the most important column is there"
	if [ "$width" -lt 200 ]; then
		like "$(tr -s '\n ' ' ' <.out)" 'not shown: .*\(choose with --columns\)' "$width columns: what is not is named"
	else
		unlike "$out" 'no room' "$width columns: all are there"
	fi
done
run "$HEAPREPLAY" compare -q "$bench"
unlike "$out" 'no room|'$'\e' 'in a file: all columns, no colours'
if have script && script -qec true typescript >/dev/null 2>&1; then
	# on_terminal COLUMNS COMMAND: $out is what the terminal got.
	on_terminal() {
		printf 'stty cols %s\n%s\n' "$1" "$2" >command.sh
		run script -qec 'bash command.sh' typescript </dev/null
		out=$(sed '/^Script /d' typescript | tr -d '\r')
	}
	export TERM=xterm LC_ALL=C
	on_terminal 40 "'$HEAPREPLAY' compare -q '$bench'"
	like "$out" $'^eager +\e\\[1;36m *[0-9.]+ MiB\\*\e\\[0m' 'on a terminal the best is coloured, and still marked'
	printf '%s\n' "$out" | sed $'s/\e\\[[0-9;]*m//g' >plain
	[ "$(widest plain)" -le 40 ]
	ok $? 'and no line is longer than that is wide'
	NO_COLOR=1 on_terminal 40 "'$HEAPREPLAY' compare -q '$bench'"
	unlike "$out" $'\e' 'NO_COLOR: no colours'
	TERM=dumb on_terminal 40 "'$HEAPREPLAY' compare -q '$bench'"
	unlike "$out" $'\e' 'TERM=dumb: none either'
else
	skip 'on a terminal' 'script is not installed, or has no terminal to give'
fi

# --- Markdown, CSV ---

run "$HEAPREPLAY" compare -q --markdown --baseline go1.18 --columns retained,calls "$bench" "$pages"
is "$status" 0 '--markdown'
is "$(grep -c '^### ' .out)" 3 'a heading a trace, and one for all'
like "$out" '^\| eager \| \*\*[0-9.]+ MiB \(-[0-9.]+ %\)\*\* \|' 'values, changes behind them, the best in bold'
is "$(grep '^|' .out | awk -F'|' '{ print NF }' | sort -u)" 5 'every row has every column'
run "$HEAPREPLAY" compare -q --csv "$bench" "$pages"
is "$status" 0 '--csv'
is "$(sed 's/"[^"]*"//g' .out | awk -F, '{ print NF }' | sort -u | wc -l)" 1 'every row has every column'
is "$(wc -l <.out)" $((1 + $(jq '[.comparisons[].policies | length] | add' all.json))) 'a row a policy of a trace'
is "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "retained_mean_bytes") c = i } $2 == "go1.21" { print $c }' .out)" \
	"$(jq '.comparisons[].policies[] | select(.policy.text == "go1.21") | .summary.retained_mean_bytes' all.json)" \
	'with the figures of the JSON'
# Error bars of a GC model are columns; of a trace without them, they are empty.
"$HEAPREPLAY" compare -q --gc model -p go1.18 -p go1.22 --json -o model.json "$bench"
run "$HEAPREPLAY" compare --csv model.json
is "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } $2 == "go1.22" {
	print "[" $at["gc_cycles_low"] "," $at["gc_cycles_high"] "]" }' <(sed 's/"[^"]*"//g' .out))" \
	"$(jq -c '.comparisons[0].policies[] | select(.policy.text == "go1.22") | .bounds.gc_cycles' model.json)" \
	'error bars are columns NAME_low and NAME_high'
is "$(sed 's/"[^"]*"//g' .out | awk -F, '{ print NF }' | sort -u | wc -l)" 1 'in every row'
run "$HEAPREPLAY" compare -q --csv --markdown "$bench"
is "$status" 2 'two forms at once: status 2'

# --- several traces, and their means ---

run "$HEAPREPLAY" compare -q -p @go -p none --baseline go1.18 --json -o means.json "$bench" "$bench"
is "$(jq -c '[.means.baseline, [.means.policies[].text]]' means.json)" \
	'["go1.18",["go1.18","go1.19","go1.21","go1.22","none"]]' 'means of all policies'
# Twice the same trace: the mean is the ratio.
is "$(jq -c '[.comparisons[0].policies[].to_baseline.retained_mean_bytes * 1e6 | round]' means.json)" \
	"$(jq -c '[.means.policies[].to_baseline.retained_mean_bytes * 1e6 | round]' means.json)" 'which are geometric'
is "$(jq '.means.policies[4].to_baseline | has("release_calls")' means.json)" false 'none where there is a 0'
run "$HEAPREPLAY" compare -q "$bench" "$pages"
like "$out" '^all 2 traces: sums; means weighted by time' 'without a baseline all traces are combined'
like "$out" "^each trace's own " 'with a row of each under its own Go version'
like "$out" '^wins and losses: in how many of the 2 traces' 'and wins and losses'
"$HEAPREPLAY" compare -q --json --no-series -o two.json "$bench" "$pages"
is "$(jq '[.wins[].best.retained_mean_bytes // 0] | add <= 2' two.json)" true 'at most one is the best of each trace'
is "$(jq '(.total[] | select(.text == "each trace'"'"'s own") | .summary.release_calls) ==
	([.comparisons[].policies[] | select(.policy.own) | .summary.release_calls] | add)' two.json)" true \
	'calls of each under its own are the sum'
printf 'nonsense' >bad
for order in "$bench bad" "bad $bench"; do
	# shellcheck disable=SC2086
	run "$HEAPREPLAY" compare -q -o table $order
	is "$status" 1 "one bad trace ($order): status 1"
	like "$err" '^heapreplay: bad: ' 'which is named'
	[ ! -e table ]
	ok $? 'and nothing is written'
done
# shellcheck disable=SC2016
run bash -c 'set -o pipefail; "$0" compare -q "$1" | true' "$HEAPREPLAY" "$bench"
like "$err" '^(heapreplay: cannot write standard output.*|)$' 'a reader that goes away: at most one line'
run bash -c "'$HEAPREPLAY' compare -q '$bench' >/dev/full"
is "$status" 1 'a full disk: status 1'

# --- saved runs ---

run "$HEAPREPLAY" compare -q -p go1.19 -p none --json -o old.json "$bench"
run "$HEAPREPLAY" compare -q -p go1.19 -p none --cost page=300ns --json -o new.json "$bench"
run "$HEAPREPLAY" compare -q -p go1.19 -p none "$bench"
tail -n +2 .out >made
run "$HEAPREPLAY" compare old.json
tail -n +2 .out >again
same made again 'one saved run: the table that it had'
run "$HEAPREPLAY" compare --sort cpu --baseline none --markdown old.json
like "$out" '^\| none \|' 'in any form'
run "$HEAPREPLAY" compare --baseline go1.22 old.json
is "$status" 2 'a baseline that is not in it: status 2'
run "$HEAPREPLAY" compare old.json new.json
is "$status" 0 'two: status 0'
like "$out" '^  cost.page: 550ns -> 300ns$' 'a setting that differs is named'
is "$(grep -c '^  ' .out)" 1 'and no other'
like "$out" '^background_cpu_ns +[0-9.]+ ms +[0-9.]+ ms -[0-9.]+ %\*$' 'a metric that got better'
like "$out" '^release_calls +[0-9]+ +[0-9]+ \+[0-9.]+ %!$' 'and one that got worse'
like "$out" '^none: no difference$' 'a policy that is the same'
unlike "$out" '^in_use' 'what is the same is not shown'
run "$HEAPREPLAY" compare --columns in_use_mean_bytes old.json new.json
like "$out" '^in_use_mean_bytes .* = *$' 'unless it is asked for'
run "$HEAPREPLAY" compare --csv old.json new.json
is "$(awk -F, '$2 == "go1.19" && $3 == "background_cpu_ns" { print $4 "," $5 }' .out)" \
	"$(jq -s -r '[.[].comparisons[0].policies[0].summary.background_cpu_ns] | join(",")' old.json new.json)" 'CSV'
run "$HEAPREPLAY" compare --json old.json new.json
is "$(jq -c '.differences[0] | [.settings, [.policies[].text], .policies[0].figures.background_cpu_ns]' .out)" \
	"$(jq -s -c '[[{name: "cost.page", values: ["550ns", "300ns"]}], ["go1.19", "none"],
		[.[].comparisons[0].policies[0].summary.background_cpu_ns]]' old.json new.json)" 'JSON'
run "$HEAPREPLAY" compare --markdown old.json new.json
like "$out" '^\| background\\_cpu\\_ns \|' 'Markdown'
for width in 20 80; do
	COLUMNS=$width run "$HEAPREPLAY" compare old.json new.json
	[ "$(widest .out)" -le "$width" ]
	ok $? "$width columns: no line is longer" || note "$out"
	like "$out" '%[*!]$' "$width columns: the changes are there"
done
run "$HEAPREPLAY" compare old.json new.json old.json
like "$out" '^run 3: old.json, of heapreplay ' 'three runs'
like "$out" '^metric +run 1 +run 2 +change +run 3 +change *$' 'each beside the first'
zstd -q new.json
run bash -c "cat old.json | '$HEAPREPLAY' compare - new.json.zst"
is "$status" 0 'compressed, and from a pipe'
like "$out" '^old: -, of' 'which is the old one here'
run "$HEAPREPLAY" replay -q -p go1.18 --json -o replay.json "$bench"
run "$HEAPREPLAY" compare replay.json one.json
like "$out" '^go1.18 -> go1.21$' 'two replays: their policies are a pair'
run "$HEAPREPLAY" replay -q -p go1.18,fix=flush --json -o fixed.json "$bench"
run "$HEAPREPLAY" compare replay.json fixed.json
like "$out" '^  fix: none -> flush$' 'with the parameters that differ'
run "$HEAPREPLAY" compare old.json "$bench"
is "$status" 2 'a saved run and a trace: status 2'
like "$err" "'old.json' is a saved run and '.*' a trace" 'and which is which'
run "$HEAPREPLAY" compare -p none old.json new.json
is "$status" 2 'policies for saved runs: status 2'
run "$HEAPREPLAY" compare --sort cpu old.json new.json
is "$status" 2 'an order for several: status 2'
while IFS='|' read -r content says; do
	printf '%s' "$content" >broken.json
	run "$HEAPREPLAY" compare -o out old.json broken.json
	is "$status" 1 "$content: status 1"
	like "$err" "^heapreplay: broken.json: (line [0-9]+: )?$says" "$content: $says"
	is "$(printf '%s\n' "$err" | wc -l)" 1 'in one line'
	[ ! -e out ]
	ok $? 'and nothing is written'
done <<'TABLE'
{"schema":2|the JSON is damaged
{}|no saved run: 'heapreplay replay --json' and
{"schema":4,"heapreplay":"9"}|its schema is 4; this heapreplay reads those up to 3
{"schema":2,"heapreplay":"1","comparisons":[{}]}|comparison 1 has no trace
TABLE
run "$HEAPREPLAY" compare old.json nowhere.json
is "$status" 1 'one that is not there: status 1'
like "$err" '^heapreplay: nowhere.json: ' 'is named'

# --- gates ---

# gate STATUS LINES ARG...: the exit status, and how many lines there are on standard error.
gate() {
	local wanted=$1 lines=$2

	shift 2
	run "$HEAPREPLAY" compare -q "$@"
	is "$status" "$wanted" "status $wanted: ${*//$top_srcdir/}" || note "$err"
	is "$(grep -c . <<<"$err")" "$lines" "lines: $lines"
}
gate 0 0 --fail-if 'background_cpu_ns>+5%' old.json new.json.zst
gate 3 1 --fail-if 'background_cpu_ns < -5 %' old.json new.json.zst
like "$err" "^heapreplay: bench-json-go123.trace.zst: go1.19: background_cpu_ns is [0-9.]+ ms, which is below [0-9.]+ ms \\(--fail-if 'background_cpu_ns < -5 %', old.json has [0-9.]+ ms\\)$" \
	'trace, policy, value, bound'
like "$out" '^background_cpu_ns' 'the output is there all the same'
gate 3 2 --fail-if 'retained_mean_bytes>1MiB' -o table old.json
[ -s table ]
ok $? 'also in a file'
gate 3 1 --fail-if 'none:retained_mean_bytes>1MiB' old.json
gate 0 0 --fail-if 'retained_mean_bytes>1GiB' --fail-if 'release_calls>1000000' "$bench"
gate 3 1 -p none -p go1.18 --baseline go1.18 --fail-if 'retained_mean_bytes>+5%' "$bench"
like "$err" '^heapreplay: .*bench-json-go123.trace.zst: none: retained_mean_bytes is' 'the baseline is not judged by itself'
gate 3 1 --fail-if 'go1.17:release_calls>1' old.json
like "$err" "cannot be evaluated" 'a gate that can judge nothing is not met'
# What only one of the runs has is not judged; what both have is.
jq '.comparisons[0].policies |= map(select(.policy.text == "none"))' old.json >part.json
gate 0 1 --fail-if 'release_calls>+5%' part.json old.json
like "$err" '^heapreplay: .*: warning: go1.19: release_calls has no baseline value; skipped' 'with a warning'
gate 3 2 --fail-if 'go1.19:release_calls>+5%' part.json old.json
while IFS='|' read -r expression says; do
	run "$HEAPREPLAY" compare --fail-if "$expression" old.json
	is "$status" 2 "'$expression': status 2"
	like "$err" "^heapreplay compare: .*$says.*; see 'heapreplay compare --help'$" "'$expression': $says"
done <<'TABLE'
retained_mean_bytes|is no METRIC > VALUE, such as 'retained_mean_bytes>\+5%'
rss>1MiB|there is no metric 'rss'
retained_mean_bytes>10ms|takes a size such as 64MiB
retained_mean_bytes>5%|percent take a sign
retained_mean_bytes>+5%|relative to a baseline; name it with --baseline
TABLE

done_testing
