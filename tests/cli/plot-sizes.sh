# SPDX-License-Identifier: BSD-3-Clause
# Plots at four sizes, from 320 x 200 to 8K: no text over another, none outside; and what tells runs apart.
. "$top_srcdir/tests/lib.sh"

have gnuplot || skip_all 'gnuplot is not installed'
have python3 || skip_all 'python3 is not installed'
trace=$top_srcdir/traces/bench-json-go123.trace.zst other=$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst

"$HEAPREPLAY" compare -q --json -o all.json "$trace"
"$HEAPREPLAY" compare -q --json --no-series -p go1.18 -p go1.19 -p go1.22 -o other.json "$other"
"$HEAPREPLAY" replay -q --json --layers -o one.json "$trace"
"$HEAPREPLAY" replay -q --json --gc model --gogc 50 -o gogc-50.json "$trace"
"$HEAPREPLAY" replay -q --json --gc model --gogc 200 -o gogc-200.json "$trace"
"$HEAPREPLAY" sweep -q --db sweep.db -p go1.19 -p eager --gogc 50,100,200 "$trace" >sweep.out

sizes='320x200 800x480 1200x640 7680x4320'
[ -z "${HR_QUICK:-}" ] || sizes='320x200 1200x640 7680x4320'
while read -r name kind inputs; do
	for size in $sizes; do
		# shellcheck disable=SC2086 # words
		run "$HEAPREPLAY" plot "$kind" $inputs --size "$size" -o "$name-$size.svg"
		is "$status,$err" 0, "$name at $size"
		like "$(head -n 8 "$name-$size.svg")" "width=\"${size%x*}\" height=\"${size#*x}\"" "$name at $size: of that size"
	done
done <<TABLE
timeline timeline $trace
layers timeline one.json
what-if timeline gogc-50.json gogc-200.json
policies timeline -p go1.18 -p go1.19 -p go1.22 -p none -p eager -p decay $trace
heatmap heatmap $trace
tradeoff tradeoff all.json
intervals intervals all.json
compare compare all.json
traces compare all.json other.json
index index all.json
index-by-size index all.json other.json
frontier frontier sweep.db
TABLE

python3 "$top_srcdir/tests/cli/overlaps.py" ./*x*.svg >counts 2>which || note "$(<which)"
pictures=0 texts=0
while read -r name some found; do
	pictures=$((pictures + 1))
	texts=$((texts + some))
	[ "$some" -ge 8 ] && [ "$found" = 0 ]
	ok $? "$name: $some texts, none over another" || note "$(grep -F "$name" which | head -n 5)"
done <counts
note "$texts texts in $pictures pictures"

# The measure itself can see one: letters of twice the size that the layout has room for.
run "$HEAPREPLAY" plot compare all.json --size 800x480 --text-scale 1 -o fine.svg
sed 's/font-size="\([0-9]*\)\./font-size="3\1./' fine.svg >large.svg
[ "$(python3 "$top_srcdir/tests/cli/overlaps.py" large.svg 2>/dev/null | awk '{ print $3 }')" -gt 5 ]
ok $? 'larger letters in the same places overlap'

# Two runs of one trace are told apart, and what they share is in the title.
like "$(<what-if-1200x640.svg)" '> *GC modelled, GOGC 50<' 'the legend tells GOGC 50'
like "$(<what-if-1200x640.svg)" '> *GC modelled, GOGC 200<' 'and GOGC 200'
like "$(<what-if-1200x640.svg)" '> *bench-json-go123.trace.zst under go1.22 · 2 runs<' 'the title has one trace, one policy'
unlike "$(<what-if-1200x640.svg)" '> *2 traces<' 'which are no two traces'
like "$(<what-if-1200x640.svg)" '> *Go 1.23 · modelled placement<' 'the subtitle what both have'

# Text grows with the picture, and as asked.
font() {
	local of to

	to=$(head -n 8 "$1" | sed -n 's/.*width="\([0-9]*\)" height=.*/\1/p')
	of=$(head -n 8 "$1" | sed -n 's/.*viewBox="0 0 \([0-9]*\).*/\1/p')
	sed -n 's/.*font-size="\([0-9.]*\)".*/\1/p' "$1" | sort -n | tail -n 1 | awk -v r="$to/$of" \
		'{ split(r, a, "/"); printf "%.1f\n", $1 * a[1] / a[2] }'
}
is "$(awk -v a="$(font timeline-1200x640.svg)" -v b="$(font timeline-7680x4320.svg)" 'BEGIN { print (b / a > 6.3 && b / a < 6.5) }')" 1 \
	'at 8K, letters are 6.4 times as large as at 1200 x 640'
run "$HEAPREPLAY" plot timeline one.json --font-size 32 -o font.svg
is "$(font font.svg)" "$(awk -v a="$(font timeline-1200x640.svg)" 'BEGIN { printf "%.1f", 2 * a }')" '--font-size 32 is twice the usual'
run "$HEAPREPLAY" plot timeline one.json --text-scale 2 -o scale.svg
same font.svg scale.svg '--text-scale 2 as well'
run "$HEAPREPLAY" plot timeline one.json --font-size 200 --size 320x200 -o no.svg
is "$status" 2 'letters that leave no room are a misuse'
like "$err" 'letters of 200 pixels are too large for a picture of 320 x 200' 'and it says so'
run "$HEAPREPLAY" plot timeline one.json --title 'Before the fix' -o title.svg
like "$(<title.svg)" '> *Before the fix<' '--title is the title'

# A policy has its line, and so its colour, whatever is beside it.
line_of() {
	local k

	k=$(sed -n "s/^run_name\\[\\([0-9]*\\)\\] = '$2'$/\\1/p" "$1.gp")
	sed -n "s/^run_line\\[$k\\] = //p" "$1.gp"
}
run "$HEAPREPLAY" plot timeline --keep -p none -p go1.19 "$trace" -o pair.svg
run "$HEAPREPLAY" plot timeline --keep -p go1.19 -p go1.22 -p go1.19,fix=none "$trace" -o three.svg
[ -n "$(line_of pair.svg go1.19)" ] && [ "$(line_of pair.svg go1.19)" = "$(line_of three.svg go1.19)" ]
ok $? 'go1.19 has one line in both plots'
is "$(sed -n 's/^run_line\[[0-9]*\] = //p' pair.svg.gp three.svg.gp | sort -u | wc -l)" 4 'and no other has it, not even its variant'
done_testing
