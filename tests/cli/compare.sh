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
done_testing
