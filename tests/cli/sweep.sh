# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2054,SC2016 # commas belong to values, dollars to jq and the shells of --fetch
# sweep: rows are what single replays say, and the same however the sweep was cut into pieces.
. "$top_srcdir/tests/lib.sh"

have jq sqlite3 || skip_all 'jq or sqlite3 is not installed'
traces=$top_srcdir/traces
cp "$traces/bench-json-go123.trace.zst" bench.trace
cp "$traces/gnuplot.heaptrack.zst" gnuplot.trace
axes=(--gogc 50,off --memory-limit 90%,24MiB -p go1.22,share=1%:4%)

# rows DB: all runs, in an order of their own.
rows() {
	sqlite3 "$1" 'SELECT * FROM runs ORDER BY path, settings_hash, heapreplay'
}

# sql DB QUERY
sql() {
	sqlite3 "$1" "$2"
}

# --- a row is a replay ---

run "$HEAPREPLAY" sweep -q "${axes[@]}" --jsonl bench.trace
is "$status" 0 'status 0'
is "$(wc -l <.out)" 9 'two values of GOGC by two limits by two policies, and the own setting'
cp .out bench.jsonl
is "$(sql sweep.db 'SELECT count(*), count(DISTINCT settings_hash), sum(own) FROM runs WHERE status = '"'ok'")" \
	'9|9|1' 'rows of sweep.db'

# same_as FILTER ARG...: the row that the filter selects has the metrics and bounds of that replay.
same_as() {
	local filter=$1

	shift
	"$HEAPREPLAY" replay -q --gc model --json --no-series "$@" bench.trace >alone.json
	is "$(jq -c --slurpfile alone alone.json "select($filter) | . as \$row | \$alone[0] |
		[.summary | to_entries[] | select(.value != null and \$row[.key] != .value) | .key],
		[.bounds | to_entries[] | select([\$row[.key + \"_low\"], \$row[.key + \"_high\"]] != .value) | .key],
		(.bounds | length > 20), .trace.xxh3 == \$row.trace_id" bench.jsonl | tr '\n' ' ')" \
		'[] [] true true ' "the row is that of replay $*"
}
same_as '.own == 1'
same_as '.gogc == "off" and .memory_limit == "24MiB" and .policy == "go1.22,share=4%"' --gogc off \
	--memory-limit 24MiB -p go1.22,share=4%
same_as '.gogc == 50 and .memory_limit == "90%" and .policy == "go1.22,share=1%"' --gogc 50 --memory-limit 90% \
	-p go1.22,share=1%
peak=$("$HEAPREPLAY" replay -q -p none --json bench.trace | jq .summary.in_use_peak_bytes)
is "$(jq -s 'map(select(.memory_limit == "90%").memory_limit_bytes) | unique[]' bench.jsonl)" "$((peak * 90 / 100))" \
	'90 % of the peak in use of the recording'
run "$HEAPREPLAY" sweep -q --db cgroup.db --memory-limit 50% --cgroup 64MiB -p none --no-own --jsonl gnuplot.trace
is "$(jq -c '[.memory_limit, .memory_limit_bytes]' .out)" "[\"50%\",$((32 << 20))]" 'percentages of --cgroup'

# --- threads, batches, copies ---

# Error bars are slow, and nothing of the sweep's.
axes+=(--no-bounds)
rm sweep.db
"$HEAPREPLAY" sweep -q "${axes[@]}" bench.trace >/dev/null

"$HEAPREPLAY" sweep -q "${axes[@]}" bench.trace gnuplot.trace >all.txt
rows sweep.db >all.rows
is "$(wc -l <all.rows)" 18 'a second trace: the rows of both'
like "$(<all.txt)" '^2 traces, 9 runs made, 9 there already, 0 failed; in sweep.db$' 'what is there is not run again'
for how in '-j 1 --batch 1' '-j 3 --batch 5' '-j 3'; do
	rm -f other.db
	# shellcheck disable=SC2086 # a list of words
	"$HEAPREPLAY" sweep -q "${axes[@]}" --db other.db $how gnuplot.trace bench.trace >/dev/null
	rows other.db >other.rows
	same all.rows other.rows "the same rows with $how"
done
cp bench.trace a-copy.trace
run "$HEAPREPLAY" sweep -q "${axes[@]}" a-copy.trace
like "$out" '^1 traces, 0 runs made, 9 there already' 'a copy of a trace is the same trace'
is "$(sql sweep.db "SELECT DISTINCT path FROM runs ORDER BY path" | tr '\n' ' ')" 'a-copy.trace gnuplot.trace ' \
	'which has the first of its names'
run "$HEAPREPLAY" sweep -q --no-bounds --db other.db --gogc 50,100,off --memory-limit 24MiB -p go1.22,share=4% bench.trace
like "$out" '^1 traces, 1 runs made, 3 there already' 'a wider axis: only what is missing'

# --- output ---

run "$HEAPREPLAY" sweep --csv --db other.db
is "$(wc -l <.out)" 20 'without traces --csv prints all runs, under a line of names'
is "$(head -n 1 .out | tr ',' '\n' | sort | uniq -d)" '' 'each column once'
run "$HEAPREPLAY" sweep --csv --db other.db bench.trace --no-bounds --gogc 100 --memory-limit 24MiB -p go1.22,share=4% --no-own
is "$(wc -l <.out)" 2 'with traces those that were asked for'
names=$("$HEAPREPLAY" help --roff metrics | sed -n 's/^\.It Cm //p' | head -n 500)
is "$(for name in $names; do
	head -n 1 .out | tr ',' '\n' | grep -qxF "$name" || echo "$name"
done)" '' 'every metric is a column'
run "$HEAPREPLAY" sweep --db other.db --jsonl -o lines.jsonl
is "$(wc -l <lines.jsonl)" 19 '-o writes a file'

# --- failures ---

echo 'no trace' >bad.trace
cp "$traces/compile-texttemplate-1p-go121.pagetrace.zst" pages.trace
run "$HEAPREPLAY" sweep -q --db bad.db --gogc 50,100 bad.trace pages.trace gnuplot.trace missing.trace
is "$status" 1 'a trace that fails: status 1'
like "$err" '^heapreplay: bad.trace: ' 'a line that names it'
like "$err" '^heapreplay: pages.trace: .*needs objects' 'a trace without objects'
is "$(cut -d: -f2 <<<"$err" | sort | uniq -c | tr '\n' ' ' | tr -s ' ' | sed 's/ $//')" \
	' 1 bad.trace 1 missing.trace 1 pages.trace' 'a line a trace'
is "$(sql bad.db 'SELECT path, status, count(*), count(message) FROM runs GROUP BY 1, 2' | tr '\n' ' ')" \
	'bad.trace|failed|3|3 gnuplot.trace|ok|3|0 missing.trace|failed|3|3 pages.trace|failed|3|3 ' 'each failed run is a row'
cp gnuplot.trace missing.trace
run "$HEAPREPLAY" sweep -q --db bad.db --gogc 50,100 gnuplot.trace missing.trace
is "$status" 0 'what could not be read is tried again'
is "$(sql bad.db "SELECT count(*) FROM runs WHERE path = 'missing.trace'")" 0 \
	'and is another copy of a trace, so that its failures are gone'
run "$HEAPREPLAY" sweep -q --db bad.db --gogc 50,100 pages.trace
like "$out" ' 0 runs made, 3 there already' 'what was read and failed is not tried again'
run "$HEAPREPLAY" sweep -q --db bad.db --gogc 50,100 --retry pages.trace
like "$out" ' 3 runs made, 0 there already, 3 failed' 'unless --retry says so'
run "$HEAPREPLAY" sweep -q --db one.db -p recorded -p go1.18 gnuplot.trace
is "$(sql one.db 'SELECT policy, status FROM runs ORDER BY 1' | tr '\n' ' ')" 'decay|ok go1.18|ok recorded|failed ' \
	'a policy that does not fit fails alone'

cp one.db one
for to in '-o one' '-o /dev/fd/3 3>>one' '>>one'; do
	run sh -c "\"\$0\" sweep -q --db one --csv -p none gnuplot.trace $to" "$HEAPREPLAY"
	is "$status" 2 "the output does not go over the database: $to"
	like "$err" 'two outputs are to become the file one' 'which is said'
done
is "$(rows one)" "$(rows one.db)" 'and it is as it was'

# --- fetched traces; one that kills the sweep ---

mkdir store
cp bench.trace store/bench
cp gnuplot.trace store/gnuplot
fetch='f={}; cat "store/${f#store://}"'
"$HEAPREPLAY" sweep -q --db fetched.db "${axes[@]}" --fetch "$fetch" store://bench store://gnuplot >/dev/null
is "$(sql fetched.db "SELECT count(*) FROM runs WHERE status = 'ok'")" 18 'fetched traces'
is "$(rows fetched.db | cut -d'|' -f1,3- | sort)" "$(rows sweep.db | cut -d'|' -f1,3- | sort)" \
	'their rows are those of files, but for the path'
run "$HEAPREPLAY" sweep -q --db fetched.db "${axes[@]}" --fetch false store://bench store://gnuplot
like "$out" ' 0 runs made, 18 there already' 'what is there is not fetched'
run "$HEAPREPLAY" sweep -q --db half.db --gogc 50 --fetch 'head -c 5000 store/gnuplot; exit 3; echo' store://x
like "$err" '^heapreplay: store://x: the command of --fetch failed with status 3$' 'a fetch that fails'
for command in 'cat store/bench; : {}' 'cat store/bench; : "{}"' "cat store/bench; : '{}'"; do
	"$HEAPREPLAY" sweep -q --db evil.db --gogc 50 --fetch "$command" "x://'\$(touch evil)\`touch evil\`'; touch evil #" >/dev/null
done
[ ! -e evil ]
ok $? 'a URL is no part of the command, in whatever quotes'
run "$HEAPREPLAY" sweep -q --db evil.db --fetch cat --traces-from - <<<'-K://x'
like "$err" '^heapreplay: -K://x: .*No such file' 'nor is what begins like an option a URL'
run "$HEAPREPLAY" sweep -q store://x
is "$status" 2 'a URL without --fetch is a usage error'

# In the middle of the second trace, and of the sweep.
killer='f={}; case $f in *bench) head -c 300000 store/bench; kill -9 $PPID;; *) cat "store/${f#store://}";; esac'
run "$HEAPREPLAY" sweep -q --db killed.db "${axes[@]}" --fetch "$killer" store://gnuplot store://bench
ok "$((status == 0))" 'a sweep that is killed'
is "$(sql killed.db 'SELECT count(*) FROM runs')" 9 'leaves the rows of what was done'
run "$HEAPREPLAY" sweep -q --db killed.db "${axes[@]}" --fetch "$fetch" store://gnuplot store://bench
like "$out" ' 9 runs made, 9 there already' 'goes on where it was'
rows fetched.db >fetched.rows
rows killed.db >killed.rows
same fetched.rows killed.rows 'and ends in the same rows'

# --- shards ---

for i in 1 2 3; do
	"$HEAPREPLAY" sweep -q "${axes[@]}" --shard "$i/3" --db "part$i.db" --traces-from - <<<$'bench.trace\ngnuplot.trace' >/dev/null
done
"$HEAPREPLAY" sweep --merge merged.db part1.db part2.db part3.db
rows merged.db >merged.rows
same all.rows merged.rows 'shards, merged'
"$HEAPREPLAY" sweep --merge merged.db part3.db part1.db
rows merged.db | cmp -s - all.rows
ok $? 'merging again changes nothing'
is "$(for i in 3 5 7; do
	SLURM_ARRAY_TASK_ID=$i SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_STEP=2 \
		"$HEAPREPLAY" sweep -q "${axes[@]}" --shard auto --db "part$(((i - 1) / 2)).db" bench.trace gnuplot.trace
done | grep -c ' 0 runs made')" 3 'the same shards by the variables of Slurm'
is "$(for i in 0 1 2; do
	JOB_COMPLETION_INDEX=$i "$HEAPREPLAY" sweep -q "${axes[@]}" --shard auto/3 --db "part$((i + 1)).db" bench.trace gnuplot.trace
done | grep -c ' 0 runs made')" 3 'and by that of Kubernetes'
ln -s "$HEAPREPLAY" heapreplay
PATH=$PWD:$PATH
"$HEAPREPLAY" sweep "${axes[@]}" --plan 2 --db 'a plan.db' -q bench.trace gnuplot.trace >plan
is "$(wc -l <plan)" 2 '--plan: a line a shard'
sh -e ./plan >/dev/null
"$HEAPREPLAY" sweep --merge planned.db 'a plan.1-of-2.db' 'a plan.2-of-2.db'
rows planned.db >planned.rows
same all.rows planned.rows 'the lines of a plan, run by sh'
"$HEAPREPLAY" sweep --merge worse.db bad.db
sql worse.db "UPDATE runs SET status = 'failed', message = 'x' WHERE path = 'gnuplot.trace'"
"$HEAPREPLAY" sweep --merge worse.db bad.db
is "$(rows worse.db | cksum)" "$(rows bad.db | cksum)" 'what went well takes the place of what failed'

# --- views ---

is "$(sql sweep.db 'SELECT count(*) FROM frontier AS f WHERE EXISTS (SELECT 1 FROM points AS p WHERE
	p.trace_id = f.trace_id AND p.memory_bytes <= f.memory_bytes AND p.cpu_ns <= f.cpu_ns AND
	(p.memory_bytes < f.memory_bytes OR p.cpu_ns < f.cpu_ns))')" 0 'nothing beats a point of the frontier'
is "$(sql sweep.db 'SELECT count(*) FROM points AS p WHERE NOT EXISTS (SELECT 1 FROM frontier AS f WHERE
	p.trace_id = f.trace_id AND f.memory_bytes <= p.memory_bytes AND f.cpu_ns <= p.cpu_ns)')" 0 \
	'whatever is not on it is beaten, or equalled'
is "$(sql sweep.db 'SELECT count(*), sum(settings_hash IN (SELECT settings_hash FROM frontier)) FROM knee')" '2|2' \
	'a knee for each trace, on its frontier'
is "$(sql sweep.db 'SELECT count(*) FROM best_limit AS b JOIN runs USING (trace_id, settings_hash) WHERE
	runs.gc_cpu_ratio > 0.05 OR EXISTS (SELECT 1 FROM runs AS o WHERE o.trace_id = b.trace_id AND o.gogc = b.gogc AND
	o.policy = b.policy AND o.gc_cpu_ratio <= 0.05 AND o.memory_limit_bytes < b.memory_limit_bytes)')" 0 \
	'the best limit is the lowest one that costs at most 5 %'
is "$(sql sweep.db 'SELECT path, runs, failed, own_policy FROM by_trace ORDER BY 1' | tr '\n' ' ')" \
	'a-copy.trace|9|0|go1.22 gnuplot.trace|9|0|decay ' 'a row a trace'

# --- what is wrong with a command line, or a database ---

while IFS='|' read -r args says; do
	# shellcheck disable=SC2086 # a list of words
	run "$HEAPREPLAY" sweep $args bench.trace
	is "$status" 2 "sweep $args: status 2"
	like "$err" "$says" "sweep $args: says why"
done <<'END'
--gogc 50,x|--gogc takes whole numbers.*not 'x'
--memory-limit 100%..50%:10%|--memory-limit takes sizes.*not '100%\.\.50%:10%'
--memory-limit 1MiB..2GiB:1B|--memory-limit has more than 10000 values
--memory-limit 80%..|--memory-limit takes sizes
-p go1.22,share=1%:x|share
-p go9|there is no policy 'go9'
--shard 4/3|--shard takes I/N
--shard 0/3|--shard takes I/N
--shard auto|SLURM_ARRAY_TASK_ID
--shard auto/3|JOB_COMPLETION_INDEX
--jsonl --csv|two forms of one output
END
run "$HEAPREPLAY" sweep
like "$err" '^heapreplay sweep: missing TRACE' 'it needs a trace'
sql foreign.db 'CREATE TABLE t (x)'
run "$HEAPREPLAY" sweep --db foreign.db bench.trace
is "$status" 1 "another program's database: status 1"
like "$err" "^heapreplay: foreign.db: it is another program's database" 'is not touched'
run "$HEAPREPLAY" sweep --db bench.trace bench.trace
like "$err" '^heapreplay: bench.trace: the database: file is not a database' 'nor is what is no database'

# A database from elsewhere: nothing that it holds but rows is run, and no row brings anything down.
hostile() {
	cp sweep.db hostile.db
	sqlite3 hostile.db "$1"
}
endless='WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT'
rows sweep.db >sweep.rows
hostile "UPDATE runs SET memory_limit = printf('%.*c', 100000, 'A')"
run "$HEAPREPLAY" sweep -q --gogc 50 --db hostile.db bench.trace
is "$status" 0 'a limit as long as a book'
hostile "DROP VIEW by_trace; CREATE VIEW by_trace AS $endless x AS path, x AS runs FROM c;
	CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM runs; END"
run "$HEAPREPLAY" sweep -q "${axes[@]}" --db hostile.db bench.trace gnuplot.trace
like "$out" '^gnuplot.trace: 9 runs' 'its views are not asked'
"$HEAPREPLAY" sweep --merge hostile.db sweep.db
rows hostile.db >hostile.rows
same sweep.rows hostile.rows 'its triggers are off'
hostile "ALTER TABLE runs RENAME TO r; CREATE VIEW runs AS $endless r.* FROM r, c"
run "$HEAPREPLAY" sweep --merge new.db hostile.db
like "$status $err" '^1 heapreplay: hostile.db: its tables are not those of heapreplay sweep$' 'a view is no table'
hostile "ALTER TABLE runs ADD COLUMN computed AS (zeroblob(1000000000))"
run "$HEAPREPLAY" sweep --merge new.db hostile.db
like "$err" 'its tables are not those' 'nor is one whose columns are computed'
hostile ''
sqlite3 hostile.db .dump | sed 's/ NOT NULL//' >dump.sql
rm hostile.db
sqlite3 hostile.db <dump.sql
sqlite3 hostile.db "PRAGMA application_id = $((0x68727377)); PRAGMA user_version = 1;
	UPDATE runs SET path = NULL, status = NULL, heapreplay = heapreplay"
run "$HEAPREPLAY" sweep -q --retry "${axes[@]}" --db hostile.db bench.trace
is "$status" 0 'rows that lack everything'
hostile "UPDATE runs SET path = '=1+1', program = char(27) || '[31m'; ALTER TABLE runs ADD COLUMN \"$(printf '\033')[31m,x\""
"$HEAPREPLAY" sweep --csv --db hostile.db >hostile.csv
is "$(grep -c "$(printf '\033')" hostile.csv)/$(head -n 1 hostile.csv | grep -o ',"[^"]*"$')/$(tail -n 1 hostile.csv | cut -d, -f2)" \
	"0/,\"\\x1b[31m,x\"/'=1+1" 'CSV: no controls, not in names of columns either, no formulas, all of it quoted'
# A page in the middle, of an index: the rows can be read, and are not all there is to it.
page=$(sql sweep.db "SELECT rootpage FROM sqlite_master WHERE name = 'run_path'")
hostile ''
printf '\377\377\377\377\377\377\377\377' | dd of=hostile.db bs=1 seek=$(((page - 1) * 4096)) conv=notrunc 2>/dev/null
run "$HEAPREPLAY" sweep --merge new.db hostile.db
like "$status $err" '^1 heapreplay: hostile.db: it is damaged: ' 'a damaged database is not merged'
is "$(sql new.db 'SELECT count(*) FROM runs')" 0 'not in part either'
run "$HEAPREPLAY" sweep --db bad.db --memory-limit 50% --jsonl - <bench.trace
like "$err" "a pipe can't be read twice" 'percentages of the peak of a pipe'
for c in replay compare; do
	run "$HEAPREPLAY" "$c" --gc model --gogc 50 --gogc 100 bench.trace
	like "$err" 'heapreplay sweep' "$c: two values of GOGC are a matter for sweep"
done
done_testing
