# SPDX-License-Identifier: BSD-3-Clause
# The JSON Schemas: what each command writes as JSON is what its schema says, and has no member that it does not name.
. "$top_srcdir/tests/lib.sh"

run "$HEAPREPLAY" help --schema
is "$status" 0 'help --schema lists the schemas'
names=$(awk '{ print $1 }' <<<"$out")
listed=$out

# Each command that takes --json has one.
for command in $("$HEAPREPLAY" help --roff commands | sed -n 's/^\.It Cm //p'); do
	"$HEAPREPLAY" help --all "$command" 2>/dev/null | grep -Eq '^ +--jsonl? ' || continue
	like "$listed" "heapreplay $command .*--jsonl?" "a schema for $command"
done
run "$HEAPREPLAY" help --schema nonsense
is "$status" 2 'a schema that is not there is a misuse'
like "$err" "no schema 'nonsense'" 'and named'
is "$("$HEAPREPLAY" help --schema replay | jq -r '.["$defs"].summary.properties.worst_stall_ns.description')" \
	'longest time that the program waited for a release' 'metrics are described as in their table'

mkdir schemas documents
for name in $names; do
	"$HEAPREPLAY" help --schema "$name" >"schemas/$name.json"
done
python3 -c 'from jsonschema import Draft202012Validator' 2>/dev/null || {
	skip 'documents are what their schemas say' 'no python3-jsonschema, or one before 4.0'
	done_testing
}

go=$top_srcdir/traces/phases-1p-go125.trace.zst json=$top_srcdir/traces/bench-json-go123.trace.zst
pages=$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst malloc=$top_srcdir/traces/gnuplot.heaptrack.zst
log=$top_srcdir/traces/compile-texttemplate-1p-go121.gclog planted=$top_srcdir/tests/cli/planted

# document NAME COMMAND ARG...: what it writes, into documents/NAME.
document() {
	local to=documents/$1

	shift
	"$HEAPREPLAY" "$@" >"$to" || note "status $? of: $*"
}

document replay.go.json replay -q --json --layers "$go"
document replay.model.json replay -q --json --no-series --gc model --gogc 50 --memory-limit 20MiB "$json"
document replay.malloc.json replay -q --json --no-series --rss "$malloc"
document replay.real.json replay -q --json --no-series --real-scale 16 --until 100ms "$json"
document summary-line.replay.jsonl replay -q --summary "$json"
document compare.one.json compare -q --json --layers -p go1.19 -p eager "$json"
document compare.two.json compare -q --json --no-series --baseline go1.19 -p go1.19 -p none "$json" "$pages"
document compare.model.json compare -q --json --no-series -p go1.22 --gc model --gogc 100 "$malloc"
document summary-line.compare.jsonl compare -q --summary -p go1.19 -p none "$json"
document differences.json compare -q --json documents/compare.one.json documents/compare.two.json
document against.two.json compare -q --json "$planted/without.trace.zst" --against "$planted/with.trace.zst"
document against.three.json compare -q --json "$planted/without.trace.zst" --against "$planted/with.trace.zst" \
	--again "$planted/again.trace.zst"
document info.go.json info -q --json "$go"
document info.malloc.json info -q --json "$malloc"
document info.pages.json info -q --json --gc-log "$log" "$pages"
document info-by.type.json info -q --json --by type "$json"
document info-by.class.json info -q --json --by class "$malloc"
document explain.chunk.json explain -q --json --by chunk "$json"
document explain.pages.json explain -q --json "$pages"
document advise.json advise -q --json "$json"
document advise.memory.json advise -q --json --memory 64MiB "$json"
document validate.json validate -q --json "$pages"
document validate.log.json validate -q --json --gc-log "$log" --log "$log" "$pages"
document heatmap.index.json heatmap -q --json -p go1.22 "$json"
document heatmap.two.json heatmap -q --json -p go1.19 -p eager "$json"
document policies.json policies --json
document version.json --version --json
"$HEAPREPLAY" sweep -q --db sweep.db -p go1.19 --gogc 50,off "$json" >/dev/null
document sweep-row.jsonl sweep -q --db sweep.db --jsonl

# A document that lacks something, one with a nonsense value, one with a member too many.
jq 'del(.summary.release_calls)' documents/replay.go.json >documents/bad-replay.lacks.json
jq '.trace.events = -1' documents/info.go.json >documents/bad-info.negative.json
jq '.policies[0].more = 1' documents/policies.json >documents/bad-policies.more.json

python3 "$top_srcdir/tests/cli/schema.py" schemas documents >results 2>errors || note "$(<errors)"
for file in documents/*; do
	file=${file#documents/}
	result=$(sed -n "s/^$file //p" results)
	case $file in
	bad-*) [ -n "$result" ] && [ "$result" != fine ]
		ok $? "$file is refused: $result" ;;
	*) is "$result" fine "$file" ;;
	esac
done
for name in $names; do
	[ -n "$(find documents -name "$name.*")" ]
	ok $? "the schema $name was used"
done
done_testing
