# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2054,SC2016 # commas belong to values, dollars to awk, jq and gnuplot
# What belongs to sweeps: the queries of docs/sweep-sql.md, the plot of the frontier, GNU parallel, the example of a
# Kubernetes Job.
. "$top_srcdir/tests/lib.sh"

have jq sqlite3 || skip_all 'jq or sqlite3 is not installed'
cp "$top_srcdir/traces/bench-json-go123.trace.zst" bench.trace
cp "$top_srcdir/traces/gnuplot.heaptrack.zst" gnuplot.trace
axes=(--gogc 50,100,off --memory-limit off,24MiB -p 'go1.22,share=1%:4%')
"$HEAPREPLAY" sweep -q "${axes[@]}" bench.trace gnuplot.trace >/dev/null

sql() {
	sqlite3 -bail "$1" "$2"
}

# --- the knee, found in another way than by the view ---

knee() {
	sql sweep.db "SELECT memory_bytes, cpu_ns, settings_hash FROM frontier WHERE path = '$1'" | awk -F'|' '
		{ m[NR] = $1; c[NR] = $2; id[NR] = $3
		  if (NR == 1 || $1 < mlow) mlow = $1; if ($1 > mhigh) mhigh = $1
		  if (NR == 1 || $2 < clow) clow = $2; if ($2 > chigh) chigh = $2 }
		END { for (i = 1; i <= NR; i++) {
			# The distance from the line between the ends, (0, 1) and (1, 0).
			d = 1 - (m[i] - mlow) / (mhigh - mlow) - (c[i] - clow) / (chigh - clow)
			if (i == 1 || d > best) { best = d; at = i } }
		  print id[at] }'
}
for path in bench.trace gnuplot.trace; do
	is "$(sql sweep.db "SELECT settings_hash FROM knee WHERE path = '$path'")" "$(knee "$path")" "the knee of $path"
done

# --- the page of SQL ---

sed -n '/^```sql/,/^```/{/^```sql/d;p}' "$top_srcdir/docs/sweep-sql.md" | awk -v RS='```\n' '{ f = sprintf("query%02d.sql", NR); printf "%s", $0 > f; close(f) }'
n=$(find . -name 'query*.sql' -size +0 | wc -l)
ok "$((n < 10))" "the page has queries ($n)"
for q in query*.sql; do
	run sqlite3 -bail sweep.db ".read $q"
	is "$status,$err" '0,' "query: $(head -c 60 "$q" | tr '\n' ' ')"
done
# Those that must find something here.
rows=$(for q in query*.sql; do
	grep -qE 'FROM (knee|by_trace|frontier|best_limit)|GROUP BY settings_hash|json_extract' "$q" || continue
	sqlite3 sweep.db ".read $q" | grep -q . || echo "$q"
done)
is "$rows" '' 'and those of the views find something'

# --- the plot ---

if have gnuplot; then
	for form in png svg pdf; do
		run "$HEAPREPLAY" plot frontier sweep.db --trace bench.trace -o "f.$form"
		is "$status" 0 "plot frontier: $form"
	done
	run "$HEAPREPLAY" plot frontier sweep.db --trace bench.trace -o f.svg --keep
	is "$(sed -n '/^\$knee/,/^end/p' f.svg.gp | grep -c '^[0-9]')" 1 'one knee'
	is "$(sed -n '/^\$own/,/^end/p' f.svg.gp | grep -c '^[0-9]')" 1 "and today's setting"
	is "$(sed -n '/^\$frontier/,/^end/p' f.svg.gp | grep -c '^[0-9]')" \
		"$(sql sweep.db "SELECT count(*) FROM frontier WHERE path = 'bench.trace'")" 'the frontier is that of the view'
	is "$(grep -o 'knee: [^<]*' f.svg | head -n 1)" \
		"knee: $(sql sweep.db "SELECT 'GOGC ' || gogc || CASE memory_limit WHEN 'off' THEN '' ELSE ', limit ' ||
			memory_limit END || ', ' || policy FROM knee WHERE path = 'bench.trace'")" 'with a name'
	run "$HEAPREPLAY" plot frontier sweep.db -o fleet.svg --keep
	like "$(<fleet.svg)" '2 traces, sums' 'the fleet'
	is "$(sed -n '/^\$\(beaten\|frontier\)/,/^end/p' fleet.svg.gp | grep -c '^[0-9]')" 13 \
		'of which each setting is a point: twelve, and the own ones'
	run "$HEAPREPLAY" plot frontier sweep.db --trace nobody -o f.png
	is "$status" 1 'a trace that is not there: status 1'
	like "$err" '^heapreplay: sweep.db: it has no runs of that trace' 'says so'
	run "$HEAPREPLAY" plot frontier bench.trace -o f.png
	like "$err" '^heapreplay: bench.trace: the database: file is not a database' 'a trace is no database'
	run "$HEAPREPLAY" plot timeline bench.trace --trace x -o f.png
	is "$status" 2 '--trace is for frontier'
else
	skip 'plot frontier' 'gnuplot is not installed'
fi

# --- GNU parallel: a worker is killed in the middle, and resumed by the log of jobs ---

if have parallel; then
	mkdir store
	cp bench.trace store/bench
	cp gnuplot.trace store/gnuplot
	for i in 1 2; do cp gnuplot.trace "store/copy$i"; done
	ln -s "$HEAPREPLAY" heapreplay
	PATH=$PWD:$PATH
	export PARALLEL_HOME=$PWD
	# The first who fetches this one is killed, having fetched a part.
	cat >fetch <<-'END'
		f=${1#store://}
		[ "$f" != bench ] || [ -e was-killed ] || { touch was-killed; head -c 300000 store/bench; kill -9 $PPID; exit 1; }
		cat "store/$f"
	END
	urls=(store://bench store://gnuplot store://copy1 store://copy2)
	common=(-q -j 1 --no-bounds --gogc 50,off -p 'go1.22,share=1%:4%' --fetch 'exec sh ./fetch {}')
	"$HEAPREPLAY" sweep "${common[@]}" --plan 3 --db part.db "${urls[@]}" >plan
	run parallel --will-cite --joblog log -j 2 <plan
	ok "$((status == 0))" 'a worker under GNU parallel is killed'
	is "$(awk 'NR > 1 && ($7 != 0 || $8 != 0)' log | wc -l)" 1 'its log tells of one'
	run parallel --will-cite --joblog log --resume-failed -j 2 <plan
	is "$status" 0 'parallel --resume-failed runs it again'
	"$HEAPREPLAY" sweep --merge merged.db part.*-of-3.db
	"$HEAPREPLAY" sweep "${common[@]}" --db alone.db "${urls[@]}" >/dev/null
	for db in merged alone; do sql "$db.db" 'SELECT * FROM runs ORDER BY trace_id, settings_hash' >"$db.rows"; done
	is "$(wc -l <alone.rows)" 10 'two traces, and copies of one'
	same alone.rows merged.rows 'and the rows are those of one sweep'
else
	skip 'GNU parallel' 'parallel is not installed'
fi

# --- the example of a Kubernetes Job ---

if python3 -c 'import yaml' 2>/dev/null; then
	python3 -c 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))' \
		"$top_srcdir/examples/sweep-job.yaml" >job.json
	is "$(jq -r '.[] | select(.kind == "Job") | .spec | [.completionMode, (.completions | tostring)] | join(" ")' job.json)" \
		'Indexed 100' 'the example of a Job is YAML, and indexed'
	like "$(jq -r '.[] | select(.kind == "Job") | .spec.template.spec.containers[0].args[0]' job.json)" \
		'--shard auto/100 ' 'with as many shards as completions'
	for option in $(jq -r '.. | strings' job.json | grep -oE -- '--[a-z-]+' | grep -v quiet | sort -u); do
		"$HEAPREPLAY" sweep --help --all | grep -qE -- "$option\b"
		ok $? "of an option that there is: $option"
	done
else
	skip 'the example of a Kubernetes Job' "python3's yaml is not installed"
fi
done_testing
