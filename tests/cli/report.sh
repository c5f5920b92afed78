# SPDX-License-Identifier: BSD-3-Clause
# The report: one valid page that needs nothing else, the same every time, whatever names are in the trace.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/bench-json-go123.trace.zst
name=${trace##*/}

mkdir empty
run env PATH="$PWD/empty" "$HEAPREPLAY" report "$trace" -o r.html
is "$status" 1 'no gnuplot: status 1'
like "$err" '^heapreplay: there is no gnuplot on PATH' 'no gnuplot: says so'
is "$(ls)" empty 'no gnuplot: nothing is left'
run "$HEAPREPLAY" report nowhere.trace -o r.html
is "$status" 1 'no such trace: status 1'
like "$err" '^heapreplay: nowhere.trace: ' 'no such trace: names it'
is "$(ls)" empty 'no such trace: nothing is left'

have gnuplot || {
	skip 'pages' 'gnuplot is not installed'
	done_testing
}

# A histogram on a logarithmic axis has no place for pages that are used again within 100 ns.
printf '%s\n' '# heapreplay-trace 1' '0 p0 heap-goal bytes=4MiB' '0 p0 span-alloc id=1 npages=64' '10 p0 span-free id=1' \
	'20 p0 span-alloc id=2 npages=64' >brief.txt
run "$HEAPREPLAY" report -q brief.txt -o brief.html
is "$status,$err" 0, 'free for 10 ns: a report'
unlike "$(<brief.html)" 'id="intervals"' 'free for 10 ns: without a histogram of it'
run "$HEAPREPLAY" plot intervals -q brief.txt -o brief.svg
is "$status,$err" '1,heapreplay: nothing to draw: no page was free for 100 ns or longer' 'free for 10 ns: plot says so'
rm -f brief.txt brief.html

# check FILE WHAT: a validator has nothing to say; no name is there twice; nothing comes from elsewhere.
check() {
	if have tidy; then
		run tidy -q -e "$1"
		is "$status,$err" 0, "$2: valid HTML"
	else
		skip "$2: valid HTML" 'tidy is not installed'
	fi
	is "$(grep -oE " id=['\"][^'\"]*" "$1" | sort | uniq -d)" '' "$2: every id is there once"
	is "$(grep -oE '<(link|iframe|object|embed|base|form)[ >]' "$1")" '' "$2: nothing that loads"
	is "$(grep -oE '<script[^>]*>' "$1" | tr '\n' ' ')" '<script type="application/json" id="data"> <script> ' \
		"$2: its data and its own script, which nothing from outside gets into"
	grep -A1 '^<script>$' "$1" | grep -qxF "$(head -n 1 "$top_srcdir/plots/report.js")"
	ok $? "$2: and that is plots/report.js"
	is "$(grep -oE "(src|href|action)=[\"'][^\"']{0,14}" "$1" | grep -vE "href=[\"'](#|data:image/png)")" '' \
		"$2: nothing from elsewhere"
	unlike "$(<"$1")" '@import|url\(["'\'']?[a-z]+:' "$2: no style from elsewhere"
}

run "$HEAPREPLAY" report "$trace" -o r.html
is "$status,$err" 0, 'a page'
check r.html 'the page'
for text in "<title>$name - heapreplay</title>" '>At a glance</h2>' 'Under <b>go1.22</b>' '>Policies</h2>' \
	'<td>go1.18</td>' '<td>optimal</td>' '>Memory over time</h2>' '>What each policy retained</h2>' \
	'>Addresses over time</h2>' '>Memory against CPU time</h2>' '>How long memory stays free</h2>' \
	'>Metrics</h2>' '>Finding work</h2>' '>What was assumed</h2>' '<dt>cost.fault</dt><dd title="1800 ns">1.80 us</dd>' \
	'>How to read this</h2>' '>What the heap is made of</h2>' '<tr><td>live objects</td>' \
	'>From the heap to RSS</h2>' '<tr><td>RSS, the sum</td>'; do
	grep -qF -e "$text" r.html
	ok $? "it has: $text"
done
is "$(grep -c '<svg' r.html)" 7 'it has seven pictures'
unlike "$(<r.html)" "['\"](black|white)['\"]>" 'which take the colours of the page'
run "$HEAPREPLAY" compare --json -o c.json "$trace"
retained=$(jq '.comparisons[0].policies[] | select(.policy.text == "go1.19").summary.retained_mean_bytes' c.json)
shown=$(grep -oE '<td>go1.19</td><td[^>]*>[^<]*' r.html | sed 's/.*>//')
is "$shown" "$(awk -v b="$retained" 'BEGIN { printf "%.1f MiB", b / 1048576 }')" 'the figures are those of compare'
# What held chunks that are mostly empty, as explain says it of the same moment.
moment=$(grep -oE '<a href="#t=[0-9.]+' r.html | sed 's/.*=//')
"$HEAPREPLAY" explain -q --json --at "${moment}s" "$trace" >explain.json
is "$(sed -n '/id="holders"/,/<\/table>/p' r.html | grep -oE '<code>[^<]*' | sed 's/<code>//' | sort)" \
	"$(jq -r '.holders[].type | select(. != null)' explain.json | sort)" 'the table of holders names those that explain names'
is "$(sed -n '/id="holders"/,/<\/table>/p' r.html | grep -c '^<tr><td')" "$(jq '.holders | length' explain.json)" 'each in a row'
like "$(<r.html)" "$(jq '.free_bytes' explain.json | awk '{ printf "<b>%.1f MiB</b> was free", $1 / 1048576 }')" 'with as much free memory'
run "$HEAPREPLAY" report --anonymize "$trace" -o anonymous.html
is "$status" 0 'an anonymous page'
is "$(sed -n '/id="holders"/,/<\/table>/p' anonymous.html | grep -c '<code>')" 0 'names no types,'
like "$(<anonymous.html)" '<td class="share"[^>]*>[0-9,]+ B</td>' 'but size classes'
sleep 1
run bash -c "'$HEAPREPLAY' report '$trace' | cat >again.html"
same r.html again.html 'the same bytes a second later, through a pipe'

run "$HEAPREPLAY" report -p none "$trace" -o one.html
is "$status,$err" 0, 'a page about one policy'
check one.html 'one policy'
unlike "$(<one.html)" '>What each policy retained</h2>' 'one policy: nothing that sets several beside each other'
run "$HEAPREPLAY" report --gc none "$top_srcdir/traces/gnuplot.heaptrack.zst" -p go1.19 -p eager -o h.html
is "$status,$err" 0, 'a page about a recording of malloc'
check h.html 'a recording of malloc'
like "$(<h.html)" '<li>4.2 % of the frees fit several live objects' 'with what was assumed'
like "$(<h.html)" 'program: gnuplot gp.gp' 'and the program'
unlike "$(<h.html)" 'id="holders"' 'nobody holds what has no recorded addresses'

# shellcheck disable=SC2016 # as it stands
evil='x</title><script>alert(1)</script>"'"'"'&amp; `touch pwned` --><svg onload=alert(2)>'
"$HEAPREPLAY" export "$top_srcdir/traces/gnuplot.heaptrack.zst" --until 100ms >plain.txt
EVIL=$evil awk '/^! program / { print "! program " ENVIRON["EVIL"]; next } { print }' plain.txt >evil.txt
file='<img src=x onerror=alert(3)>.txt'
cp evil.txt "$file"
run "$HEAPREPLAY" report -p none -p eager "$file" -o evil.html
is "$status,$err" 0, 'a page about hostile names'
check evil.html 'hostile names'
unlike "$(<evil.html)" '<script>alert|<img|onload=alert\(2\)>[^&]*<svg onload' 'they stay text'
like "$(<evil.html)" '&lt;script&gt;alert\(1\)' 'and are shown'
like "$(<evil.html)" '<h1>&lt;img src=x onerror=alert\(3\)&gt;\.txt</h1>' 'the file name as well'
[ ! -e pwned ]
ok $? 'no command in a name is run'

run "$HEAPREPLAY" report "$trace" -o /dev/full
is "$status" 1 'a full disk: status 1'
like "$err" '^heapreplay: cannot write /dev/full: No space left on device$' 'a full disk: says so'
done_testing
