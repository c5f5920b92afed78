# SPDX-License-Identifier: BSD-3-Clause
# Results say what they are of, and numbers mean something: flat rows, the recorded program's own policy,
# policies that can do nothing, other names of policies, memory that large physical pages trap.
. "$top_srcdir/tests/lib.sh"

go="$top_srcdir/traces/bench-json-go123.trace.zst"
malloc="$top_srcdir/traces/gnuplot.heaptrack.zst"

# One flat object of at most 4 KiB, the figures those of the document.
run "$HEAPREPLAY" replay -q --summary -p go1.22 -o flat.json "$malloc"
is "$status" 0 'replay --summary'
is "$([ "$(wc -c <flat.json)" -le 4096 ] && wc -l <flat.json | tr -d ' ')" 1 'one line of at most 4 KiB'
is "$(jq -c '[.[] | type] | unique - ["boolean", "null", "number", "string"]' flat.json)" '[]' 'and flat'
run "$HEAPREPLAY" compare -q --json --no-series -p go1.22 -o plain.json "$malloc"
is "$(jq -c '[.comparisons[0].policies[] | has("series")]' plain.json)" '[false]' '--no-series leaves the series out'
is "$(jq -c '.comparisons[0].policies[0].summary' plain.json)" \
	"$(jq -c --slurpfile p plain.json '. as $f | $p[0].comparisons[0].policies[0].summary | with_entries(.value = $f[.key])' flat.json)" \
	'every metric is in the flat object'
is "$(jq -r '[.xxh3, .path, .heapreplay, .policy, .policy_name] | join(" ")' flat.json)" \
	"$(jq -r '[.comparisons[0].trace.xxh3, .comparisons[0].trace.path, .heapreplay, "go1.22", "go1.22"] | join(" ")' plain.json)" \
	'and what it is of'
is "$(jq -c '[."settings.phys_page_bytes", ."settings.procs", ."settings.memory_limit_bytes"]' flat.json)" '[4096,1,null]' \
	'settings too'
run "$HEAPREPLAY" compare -q --summary "$go" "$malloc"
is "$(jq -s 'map(.policy) | length' .out)" 20 'compare: a line for each policy and trace'
run "$HEAPREPLAY" compare -q --summary -o again.json plain.json
is "$(jq -c 'del(.equal_cpu_bytes, .equal_memory_ns)' again.json)" "$(jq -c 'del(.equal_cpu_bytes, .equal_memory_ns)' flat.json)" \
	'a saved run gives the same line'

run "$HEAPREPLAY" compare -q --csv -p go1.22,share=2% -p none --cost call=2us "$go" "$malloc"
is "$(head -n 1 .out | tr ',' '\n' | grep -cxE 'trace|policy|xxh3|path|heapreplay|policy_name|parameters|lost_blocks|cut|settings.cost|settings.gogc')" \
	11 'CSV: columns say what a row is of'
is "$(head -n 1 .out | tr ',' '\n' | sort | uniq -d)" '' 'each once'
like "$out" '"fix=none,share=2%' 'parameters'
like "$out" '"call=2000ns,' 'costs'

# What has no goal can do nothing: named so, and not ranked.
run "$HEAPREPLAY" compare -q --columns retained,cpu -p go1.19 -p eager -p decay "$malloc"
like "$out" '^go1.19 \(inactive\) +[0-9.]+ MiB +0$' 'without GC cycles a Go policy is inactive, neither best nor worst'
like "$out" '^eager +[0-9.]+ MiB\*' 'the others are ranked'
run "$HEAPREPLAY" compare -q --json -p go1.19 -p none --gc model "$malloc"
is "$(jq -c '[.comparisons[0].policies[].policy.inactive]' .out)" '[false,false]' 'with modelled cycles it is not; none never is'
run "$HEAPREPLAY" replay -q --summary "$malloc"
is "$(jq -r '[.policy, .inactive, .own, .returned_bytes > 0] | map(tostring) | join(" ")' .out)" 'decay false false true' \
	'the default for a recording of malloc acts'

# The program's own policy, and other names.
run "$HEAPREPLAY" compare -q --columns retained "$go"
like "$out" '^go1.22 \(own\) ' 'the recorded program'"'"'s own policy is marked'
is "$(grep -c '(own)' .out)" 2 'one row, and the legend'
run "$HEAPREPLAY" compare -q --json -p @go -p go1.23 -p go1.26 -p jemalloc -p decay -p go1.20 --baseline go1.27 "$go"
is "$(jq -c '[.comparisons[0].policies[].policy.text]' .out)" '["go1.18","go1.19","go1.21","go1.22","jemalloc","go1.20"]' \
	'each behaviour once, by the name that came first'
is "$(jq -c '[.comparisons[0].policies[] | select(.policy.text == "go1.22").to_baseline.retained_mean_bytes == 1]' .out)" '[true]' \
	'and it is found by its other names'
is "$(jq -c '.comparisons[0].policies[5].policy | [.name, .parameters.offset]' .out)" '["go1.19","on"]' 'go1.20 is go1.19 with offset=on'
run "$HEAPREPLAY" policies mimalloc3
is "$status" 0 'policies takes them'
run "$HEAPREPLAY" compare -q --json -p mimalloc3,extend=0 -p gperftools "$go"
is "$(jq -c '[.comparisons[0].policies[].policy.parameters | .delay, .extend, .by]' .out)" \
	'["1000000000ns","0ns","activity",null,null,"activity"]' 'with parameters of their own'
run "$HEAPREPLAY" compare -q -p jemalloc --fail-if 'decay:retained>1' "$go"
is "$status" 3 'a gate finds a policy by its other names'
run "$HEAPREPLAY" compare -q -p jemalloc --fail-if 'mem regret<0' "$go"
is "$status" 0 'and a metric by its heading'

# Of what is free in a heap of single pages of 8 KiB in large physical pages, only whole ones can go. eager
# releases at once whatever can be: all that stays free with it is trapped.
{
	printf '# heapreplay-trace 1\n! addresses on\n! spans on\n'
	for ((i = 0; i < 512; i++)); do printf '%dus span-alloc addr=0x%x npages=1\n' $i $((0xc000000000 + i * 8192)); done
	for ((i = 0; i < 512; i++)); do
		[ $((i * 7919 % 100)) -lt 5 ] || printf '%dus span-free addr=0x%x\n' $((1000 + i)) $((0xc000000000 + i * 8192))
	done
	printf '1s log\n'
} >holes
for page in 4KiB 8KiB 16KiB 64KiB; do
	run "$HEAPREPLAY" replay -q --summary -p eager --phys-page $page holes
	is "$status" 0 "$page"
	is "$(jq '.trapped_mean_bytes == .free_mean_bytes' .out)" true "$page: what eager leaves free is trapped"
	is "$(jq ".trapped_peak_bytes > 0" .out)" "$([ $page = 16KiB ] || [ $page = 64KiB ] && echo true || echo false)" \
		'with pages larger than 8 KiB there is some'
	run "$HEAPREPLAY" replay -q --summary -p none --phys-page $page holes
	jq .trapped_mean_bytes .out >>trapped
done
is "$(sort -n trapped | cmp - trapped && sort -u trapped | wc -l | tr -d ' ')" 3 'the larger the pages the more'

# A physical page costs more the larger it is, though less than its parts would: 550 ns and 4 ns a KiB above 4 to
# release, 1800 and 90 to use again, beside 1500 ns a call.
printf '# heapreplay-trace 1\n! addresses on\n! spans on\n0 span-alloc addr=0xc000000000 npages=8\n1s span-free addr=0xc000000000\n2s span-alloc addr=0xc000000000 npages=8\n3s log\n' >one
for sizes in '4KiB 10300 28800' '16KiB 3892 11520' '64KiB 2290 7200'; do
	read -r page release fault <<<"$sizes"
	run "$HEAPREPLAY" replay -q --summary -p eager --phys-page "$page" one
	is "$(jq -c '[.synchronous_cpu_ns, .refault_cpu_ns]' .out)" "[$release,$fault]" "$page: 64 KiB released and used again"
done
run "$HEAPREPLAY" replay -q --json --huge-page 512MiB one
is "$(jq -c '[.settings.huge_page_bytes, (.trace.assumed | length)]' .out)" '[0,1]' 'huge pages above 4 MiB are none, and that is told'

done_testing
