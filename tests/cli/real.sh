# SPDX-License-Identifier: BSD-3-Clause
# calibrate, --cost @FILE and replay --real: what is counted is the model's; how long it takes is asserted nowhere.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/bench-json-go123.trace.zst

# summary OPTION...: what a replay measures, on a line.
summary() {
	"$HEAPREPLAY" replay -q --summary "$@" "$trace"
}
printf '# costs\ncall=318ns # a call\n\n  \npage=249ns,fault=2us\n' >machine.cost
is "$(summary --cost @machine.cost)" "$(summary --cost call=318ns,page=249ns,fault=2us)" 'a file of costs is what stands in it'
printf 'call=318ns\nspeed=1\n' >bad.cost
run "$HEAPREPLAY" replay -q --cost @bad.cost "$trace"
is "$status" 2 'a cost that there is not: status 2'
like "$err" "has no parameter 'speed'" 'and which'
run "$HEAPREPLAY" replay -q --cost @none.cost "$trace"
like "$err" 'cannot open the file of costs' 'no such file'

run "$HEAPREPLAY" calibrate -o measured.cost
[[ $err != *'Linux only'* ]] || { skip 'real memory' 'not on this system' && done_testing; }
is "$status" 0 'calibrate'
like "$(<measured.cost)" '^call=[0-9]+ns # ' 'measures a call'
like "$(<measured.cost)" '^fault=[0-9]+ns # ' 'and a fault'
summary --cost @measured.cost >measured.json
is "$(jq -r '.["settings.cost"]' measured.json | tr , '\n' | grep '^fault=')" "$(sed -n 's/^\(fault=[0-9]*ns\).*/\1/p' measured.cost)" \
	'and is understood'

# real OPTION...: the measured and the modelled part of a run in real memory, into real.json.
real() {
	run "$HEAPREPLAY" replay -q --json --no-series "$@" "$trace"
	printf '%s\n' "$out" | jq .real >real.json
}
for policy in go1.22 eager decay; do
	real --real -p $policy
	is "$(jq -c '[.measured, .modelled | .returned_bytes, .release_calls, .refaulted_bytes, .fresh_bytes]' real.json | sort -u | wc -l)" 1 \
		"$policy: pages touched, returned and touched again are the model's"
	is "$(jq '.measured.rss_mean_bytes == .modelled.rss_mean_bytes and .measured.rss_peak_bytes == .modelled.rss_peak_bytes' real.json)" \
		true "$policy: and so are resident pages, as the kernel tells them"
	is "$(jq '.measured.refaults >= .modelled.refaults' real.json)" true "$policy: a refault of 4 KiB is a page fault"
done
real --real -p none
is "$(jq -c '[.measured.returned_bytes, .measured.refaults]' real.json)" '[0,0]' 'none: nothing'
real --real --madvise free -p eager
is "$(jq '.measured.rss_mean_bytes >= .modelled.rss_mean_bytes' real.json)" true 'MADV_FREE: what is returned may stay'
# Several releases a call: the same pages, fewer calls. A call may have less, where a page is used again before it is complete.
real --real --madvise process --cost batch=16 -p eager
if [[ $err == *'process_madvise does not release memory'* ]]; then
	skip 'process_madvise' 'not on this kernel'
else
	is "$(jq -c '[.measured, .modelled | .returned_bytes, .refaulted_bytes, .fresh_bytes, .rss_mean_bytes]' real.json | sort -u | wc -l)" 1 \
		'process_madvise: what is returned is the same'
	is "$(jq '.measured.release_calls >= .modelled.release_calls and .measured.release_calls * 2 < (.measured.returned_bytes / 8192)' real.json)" \
		true 'in fewer calls'
fi
real --real --collapse -p eager
if [[ $err == *'does not collapse huge pages'* ]]; then
	skip 'MADV_COLLAPSE' 'not on this kernel'
else
	is "$(jq '.measured | .collapsed_bytes % (4 * 1048576) == 0 and .brought_back_bytes <= .collapsed_bytes' real.json)" true \
		'--collapse makes huge pages of chunks'
	is "$(jq '.measured.rss_mean_bytes >= .modelled.rss_mean_bytes and .modelled.collapsed_bytes == null' real.json)" true \
		'which can only bring pages back'
fi
run "$HEAPREPLAY" replay -q --collapse "$trace"
is "$status" 2 '--collapse alone is misuse'
run "$HEAPREPLAY" replay -q --madvise process "$trace"
is "$status" 2 'and so is process'
real --real-scale 4
is "$status $(jq .scale real.json)" '0 4' '--real-scale'
is "$(jq '.measured.fresh_bytes % (4 * 8192)' real.json)" 0 'what is measured is multiplied'
run "$HEAPREPLAY" replay -q --real "$trace"
like "$out" '^real memory$' 'the text'
like "$out" '^ +measured +modelled$' 'has both'
is "$("$HEAPREPLAY" replay -q --json --no-series --real "$trace" | jq -S 'del(.real)')" \
	"$("$HEAPREPLAY" replay -q --json --no-series "$trace" | jq -S .)" 'all else is as without'
run "$HEAPREPLAY" replay -q --real -p optimal "$trace"
[ "$status" != 0 ]
ok $? 'a policy that knows the future has no present to carry out'
done_testing
