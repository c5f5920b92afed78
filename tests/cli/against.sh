# SPDX-License-Identifier: BSD-3-Clause
# compare --against: two recordings of one program; what one of them plants is told, and a second run of a build is the noise.
. "$top_srcdir/tests/lib.sh"

planted=$top_srcdir/tests/cli/planted
a=$planted/without.trace.zst b=$planted/with.trace.zst again=$planted/again.trace.zst

run "$HEAPREPLAY" compare -q "$a" --against "$b" --again "$again" --json
is "$status" 0 'compare --against'
printf '%s\n' "$out" >ab.json
# 32 objects of 128 KiB each, which the other build does not have.
is "$(jq -c '[.against.types[] | select(.name | startswith("main.")) | [.name, .a, .b, .again, .beyond_noise]] | sort' ab.json)" \
	"[[\"main.First\",null,$((32 * 131072)),null,true],[\"main.Second\",null,$((32 * 131072)),null,true]]" \
	'the types that only one build has'
is "$(jq -c '.against.types[] | select(.name == "uint8 × n") | .beyond_noise' ab.json)" false \
	'the slices of both are within the noise'
is "$(jq '.against.metrics[] | select(.name == "in_use_peak_bytes") | .beyond_noise and .b - .a > 7 * 1048576' ab.json)" true \
	'more was in use'
is "$(jq '.against | [.layers, .classes] | map(length > 3) | all' ab.json)" true 'layers and size classes'

run "$HEAPREPLAY" compare -q "$a" --against "$a" --again "$a" --json
is "$(jq '[.against[][] | select(.beyond_noise or .a != .b)] | length' <<<"$out")" 0 'a recording does not differ from itself'

run "$HEAPREPLAY" compare -q "$a" --against "$b"
like "$out" '^types \(allocated\) +A +B +change$' 'as text'
like "$out" '^main\.First +- +4\.00 MiB +-$' 'with a dash for what there is not'
like "$out" 'shows the noise between two runs$' 'and a hint'
run "$HEAPREPLAY" compare -q "$a" --against "$b" --again "$again"
like "$out" 'change +noise$' 'with the noise beside it'

# A trace without objects has metrics alone.
run "$HEAPREPLAY" compare -q "$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst" \
	--against "$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst" --json
is "$(jq -c '.against | [(.metrics | length > 5), .layers, .types]' <<<"$out")" '[true,[],[]]' 'a page trace has no objects'

run "$HEAPREPLAY" compare -q "$a" --again "$b"
is "$status" 2 '--again needs --against'
run "$HEAPREPLAY" compare -q "$a" "$b" --against "$b"
is "$status" 2 'one trace against one'
run "$HEAPREPLAY" compare -q "$a" --against "$b" --csv
is "$status" 2 'not as CSV'
done_testing
