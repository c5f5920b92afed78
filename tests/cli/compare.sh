# compare: what its outputs hold, whatever the number of traces, policies and columns.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/bench-json-go123.trace.zst

# The JSON: an object a trace; a policy's figures and series are those that it has alone.
run "$HEAPREPLAY" compare -q -p none -p go1.21 --json -o two.json "$trace"
is "$status" 0 'compare --json'
is "$(grep -c '"comparisons"' two.json)" 1 'has comparisons'
like "$(cat two.json)" '"text": "go1.21"' 'a policy as it was chosen'
run "$HEAPREPLAY" replay -q -p go1.21 --json -o one.json "$trace"
from_policy() { awk '/"text": "go1.21"/ { on = 1 } on' "$1" | sed -n '/"summary"/,/^ *\]$/p' | tr -d ' ,'; }
from_policy one.json >one
from_policy two.json >two
[ "$(wc -l <one)" -gt 1000 ]
ok $? 'with its figures and its series'
same one two 'which are those of replay'

# The optimum: who releases nothing is at its first point; the figures are the same whatever the number of threads.
run "$HEAPREPLAY" compare -q -j 1 --json -o alone.json "$trace"
run "$HEAPREPLAY" compare -q -j 3 --json -o shared.json "$trace"
same alone.json shared.json 'the same optimum with any number of threads'
member() { # MEMBER POLICY: a number of the policy's object
	awk -v policy="\"text\": \"$2\"" 'index($0, policy) { on = 1 } on' alone.json |
		sed -n "s/^ *\"$1\": \([0-9-]*\),*$/\1/p" | head -1
}
is "$(sed -n '/"points"/,/}/s/.*"retained_mean_bytes": \([0-9]*\).*/\1/p' alone.json)" \
	"$(member retained_mean_bytes none)" 'the envelope begins where nothing is released'
is "$(member equal_cpu_bytes none)$(member equal_memory_ns none)" 00 'which there is no reason to regret'
is "$(member equal_cpu_bytes eager)" 0 'eager retains as little as can be'
[ "$(member equal_memory_ns eager)" -gt 0 ]
ok $? 'for more CPU time than that takes, since calls cost'
like "$(cat alone.json)" '"lower_bound": true' 'a lower bound'
run "$HEAPREPLAY" compare -q --cost call=0ns --json "$trace"
like "$out" '"lower_bound": false' 'exact where calls are free'
run "$HEAPREPLAY" replay -q -p optimal,break-even=0ns --json -o optimal.json "$trace"
is "$(sed -n 's/^ *"retained_mean_bytes": \([0-9]*\),$/\1/p' optimal.json)" "$(member retained_mean_bytes eager)" \
	'optimal releases everything at a break-even time of 0'
done_testing
