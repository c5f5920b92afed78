# SPDX-License-Identifier: BSD-3-Clause
# --layers: what the heap is made of adds up to what is mapped, is the same from a file and a pipe, and marked objects are
# what the runtime's own log says.
. "$top_srcdir/tests/lib.sh"

real=$top_srcdir/traces/phases-1p-go125.trace.zst

# What the columns of a point add up to is its mapped_bytes: those of all layers, not what is a part of one.
# shellcheck disable=SC2016
adds_up='del(.time_ns, .dead_bytes, .dead_low_bytes, .dead_high_bytes, .rounding_bytes) | .mapped_bytes as $mapped |
	del(.mapped_bytes) | (map(values) | add) == $mapped'

run "$HEAPREPLAY" replay -q --layers --series series.csv --json -o r.json "$real"
is "$status" 0 'replay --layers'
is "$(jq "[.layers.mean, .layers.peak, .layers.end | $adds_up] | all" r.json)" true 'mean, peak and end add up'
is "$(jq "[.layers.series | . as \$s | range(\$s.time_ns | length) as \$i | (\$s | map_values(.[\$i])) | $adds_up] | all" r.json)" \
	true 'so does every moment of the series'
is "$(jq '.layers.series.time_ns == .series.time_ns' r.json)" true 'its moments are those of the other series'
is "$(jq '[.layers.series | .dying_bytes, .dead_low_bytes, .dead_bytes, .dead_high_bytes] | transpose |
	map(select(.[0] != null)) | length > 100 and all(.[1] <= .[2] and .[2] <= .[3] and .[3] <= .[0])' r.json)" true \
	'what is dead already is between its bounds, and a part of what dies'

# The CSV: the columns of the plain one, and as many more as add up.
run "$HEAPREPLAY" replay -q --series plain.csv --json -o plain.json "$real"
is "$(cut -d, -f1-8 series.csv | cmp - plain.csv && echo same)" same 'the CSV begins as the one without layers'
is "$(jq -S 'del(.layers)' r.json | cmp - <(jq -S . plain.json) && echo same)" same 'and nothing else of the JSON changes'
is "$(awk -F, 'NR == 1 { for (i = 8; i <= NF; i++) { if ($i ~ /^(dead|rounding|mapped)/) skip[i] = 1; if ($i ~ /^mapped/) m = i } next }
	{ s = $4; for (i = 8; i <= NF; i++) if (!(i in skip)) s += $i; if (s != $m) bad++ } END { print bad + 0, (NR > 900) }' series.csv)" \
	'0 1' 'every row of the CSV adds up'

# From a pipe the same: what is known a cycle late is known by the end.
# shellcheck disable=SC2016
run bash -c '"$0" replay -q --layers --json - <"$1" | jq -S .layers' "$HEAPREPLAY" "$real"
is "$out" "$(jq -S .layers r.json)" 'a pipe tells the same'

# All policies have the same objects; free and released memory is each one's own.
run "$HEAPREPLAY" compare -q --layers -p go1.19 -p go1.22 -p optimal --json -o c.json "$real"
is "$(jq '[.comparisons[0].policies[].layers.mean | [.live_bytes, .dying_bytes, .empty_slots_bytes]] | unique | length' c.json)" 1 \
	'compare: the same objects for all policies'
is "$(jq "[.comparisons[0].policies[].layers | .mean, .peak, .end | $adds_up] | all" c.json)" true 'and all add up'
run "$HEAPREPLAY" compare -q --layers -p go1.19 -p go1.22 "$real"
like "$out" '^layers \(means\) +go1\.19 +go1\.22$' 'as a table'
run "$HEAPREPLAY" replay -q --layers "$real"
like "$out" '^layers +mean +at peak +at end$' 'replay has mean, peak and end'
like "$out" 'dead already \(estimate\)' 'and says what is an estimate'

# explain: at a moment; one cycle further is read.
run "$HEAPREPLAY" explain -q --at 24s --json "$real"
is "$(jq ".layers | $adds_up" <<<"$out")" true 'explain: the layers of a moment'
is "$(jq '.layers.live_bytes > 0 and .layers.undecided_bytes == 0 and .layers.mapped_bytes == .mapped_bytes' <<<"$out")" true \
	'the cycle after it decides'
is "$(jq '([.layers | to_entries[] | select(.key | startswith("free_")) | .value] | add) == .free_bytes' <<<"$out")" true \
	'its free memory is that of the reasons'

# The runtime sets the goal of a cycle to twice what the last one marked (GOGC=100), and a little for stacks and globals:
# what is left when a mark ends, live and dying, is half of the goal that comes then.
run "$HEAPREPLAY" replay -q --layers --series goals.csv --every 1ms --json -o goals.json "$real"
is "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
	$c["heap_goal_bytes"] != goal && $c["heap_goal_bytes"] > 64 * 2 ^ 20 && $c["live_bytes"] != "" {
		n++; marked = $c["heap_goal_bytes"] / 2; d = ($c["live_bytes"] + $c["dying_bytes"] - marked) / marked
		if (d > 0.01 || d < -0.01) bad++ }
	{ goal = $c["heap_goal_bytes"] } END { print (n >= 15), bad + 0 }' goals.csv)" '1 0' \
	'after a mark, live and dying are half of the new goal, within 1 %'

# Where there is nothing to tell it is an error that says what to do.
# Of a recording of malloc the layout is ours, and all of it is told; so it is where cycles are modelled.
malloc=$top_srcdir/traces/gnuplot.heaptrack.zst
for how in "$malloc" "--gc model $malloc" "--gc model --gogc 50 --no-bounds $real" "--until 200ms $malloc" \
	"--gc model --until 200ms $malloc"; do
	# shellcheck disable=SC2086
	run "$HEAPREPLAY" replay -q --layers --json $how
	is "$(jq "[.layers.mean, .layers.peak, .layers.end, (.layers.series | . as \$s | range(\$s.time_ns | length) as \$i |
		(\$s | map_values(.[\$i]))) | $adds_up] | all" <<<"$out")" true "$how: the layers add up"
	is "$(jq '.layers.series | (.untold_bytes + .undecided_bytes | max == 0) and (.live_bytes | max > 0)' <<<"$out")" true \
		'all in use is told'
	is "$(jq -c '[.layers.series.time_ns, .layers.end.mapped_bytes] == [.series.time_ns, .series.in_use_mean_bytes[-1] * 0 +
		.layers.series.mapped_bytes[-1]]' <<<"$out")" true 'at the moments of the other series'
done
is "$(jq '.layers.series.dying_bytes | max > 0' <<<"$out")" true 'modelled cycles leave garbage'
run "$HEAPREPLAY" replay -q --layers "$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst"
is "$status" 2 'a page trace has no layers'
like "$err" 'traceallocfree=1, or a trace of objects$' 'and it says what has'
run "$HEAPREPLAY" replay -q --layers --placement model "$real"
is "$status" 2 'nor has modelled placement'
done_testing
