# SPDX-License-Identifier: BSD-3-Clause
# Pictures of every kind in every form, from traces and from saved JSON, and what
# happens when gnuplot is missing, fails, or there is no room.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/bench-json-go123.trace.zst
name=${trace##*/}
small() { run "$HEAPREPLAY" plot "$@" -p go1.19 -p eager; }

# --- without gnuplot -------------------------------------------------------------

mkdir empty fake
run env PATH="$PWD/empty" "$HEAPREPLAY" plot timeline "$trace" -o x.png
is "$status" 1 'no gnuplot: status 1'
is "$err" 'heapreplay: there is no gnuplot on PATH; install it (Debian: apt-get install gnuplot-nox)' \
	'no gnuplot: one line that says so'
is "$(ls)" $'empty\nfake' 'no gnuplot: nothing is left'

# pretend SCRIPT: gnuplot is that.
pretend() {
	printf '#!/bin/sh\n%s\n' "$1" >fake/gnuplot
	chmod +x fake/gnuplot
}
pretend 'echo half a picture; printf "line 3: \033[1mbad\n\n" >&2; exit 1'
run env PATH="$PWD/fake:$PATH" "$HEAPREPLAY" plot timeline "$trace" -o x.png
is "$status" 1 'a gnuplot that fails: status 1'
is "$err" $'gnuplot: line 3: \\x1b[1mbad\nheapreplay: gnuplot failed (status 1)' 'a gnuplot that fails: what it said'
pretend 'kill -9 $$'
run env PATH="$PWD/fake:$PATH" "$HEAPREPLAY" plot timeline "$trace" -o x.png
is "$status" 1 'a gnuplot that is killed: status 1'
like "$err" '^heapreplay: gnuplot was killed by signal 9' 'a gnuplot that is killed: says so'
pretend 'exec sed -n 1p'
run env PATH="$PWD/fake:$PATH" "$HEAPREPLAY" plot timeline "$trace" -o x.png
is "$status,$err,$(<x.png)" "0,,$(sed -n 1p x.png)" 'what gnuplot writes is the picture'
like "$(<x.png)" '^# A timeline of heapreplay' 'and it gets the script on its standard input'
rm x.png
run env PATH="$PWD/fake:$PATH" TMPDIR="$PWD/nowhere" "$HEAPREPLAY" plot timeline "$trace" -o x.png
is "$status" 1 'no folder for temporary files: status 1'
like "$err" "^heapreplay: cannot create a temporary file in $PWD/nowhere" 'no folder for temporary files: says so'
is "$(ls)" $'empty\nfake' 'whatever fails, nothing is left'

# --- misuse ------------------------------------------------------------------------

while IFS='|' read -r says args; do
	# shellcheck disable=SC2086 # words
	run "$HEAPREPLAY" plot $args
	is "$status" 2 "plot $args: status 2"
	like "$err" "^heapreplay plot: $says" "plot $args: $says"
done <<'TABLE'
unknown plot 'pie'; known: timeline, heatmap|pie x.trace -o x.png
missing -o FILE with a name that ends in .png, .svg or .pdf|timeline x.trace
it writes .png, .svg, .pdf, not .gif|timeline x.trace -o x.gif
missing KIND INPUT|timeline -o x.png
--size takes a width and a height|timeline x.trace --size 100x100 -o x.png
--size takes a width and a height|timeline x.trace --size big -o x.png
--size takes a width and a height|timeline x.trace --size 800x -o x.png
a heatmap shows one policy|heatmap -p none -p eager x.trace -o x.png
a heatmap shows one policy|heatmap x.trace y.trace -o x.png
TABLE

echo '{"a": 1}' >other.json
echo '{"schema": 2, "comparisons": [' >torn.json
run "$HEAPREPLAY" plot timeline other.json -o x.png
is "$status" 1 'JSON of somebody else: status 1'
like "$err" "^heapreplay: other.json: this JSON is not heapreplay's" 'JSON of somebody else: says so'
run "$HEAPREPLAY" plot timeline torn.json -o x.png
is "$status" 1 'torn JSON: status 1'
like "$err" '^heapreplay: torn.json: line [0-9]+: the JSON is damaged' 'torn JSON: where'
run "$HEAPREPLAY" plot compare --metric thrash --metric nonsense "$trace" -o x.png
is "$status" 2 'an unknown metric: status 2'
like "$err" "there is no metric 'nonsense'" 'an unknown metric is named'
run "$HEAPREPLAY" plot timeline nowhere.trace -o x.png
is "$status" 1 'no such input: status 1'
like "$err" '^heapreplay: nowhere.trace: ' 'no such input: names it'

# --- pictures ------------------------------------------------------------------------

if ! have gnuplot; then
	skip 'pictures' 'gnuplot is not installed'
	done_testing
fi

# magic FILE: what it begins with says what it is.
magic() {
	case $1 in
	*.png) [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] ;;
	*.pdf) [ "$(head -c 5 "$1")" = %PDF- ] ;;
	*.svg) head -c 200 "$1" | grep -q '<svg' && [ "$(tail -c 8 "$1" | tr -d '\n')" = '</svg>' ] ;;
	esac
}

run "$HEAPREPLAY" compare --json -p go1.19 -p eager -o c.json "$trace"
run "$HEAPREPLAY" replay -q --json -p go1.19 -o r.json "$trace"
while IFS='|' read -r kind words; do
	for form in png svg pdf; do
		if [ "$kind" = heatmap ]; then
			run "$HEAPREPLAY" plot heatmap "$trace" -o a.$form
		else
			run "$HEAPREPLAY" plot "$kind" c.json -o a.$form
		fi
		is "$status,$err" 0, "$kind in $form"
		magic a.$form
		ok $? "$kind in $form: it is $form"
	done
	while [ -n "$words" ]; do
		# Alone, after the blank of a legend, or with a remark behind it.
		grep -qF -e ">${words%%;*}<" -e "> ${words%%;*}<" -e ">${words%%;*}; " a.svg
		ok $? "$kind says: ${words%%;*}"
		words=${words#"${words%%;*}"}
		words=${words#;}
	done
done <<TABLE
timeline|$name;heap memory (MiB);time (ms);in use;go1.19;eager
heatmap|address;time (ms);in use (occupancy);free;released;0xc000000000
tradeoff|$name;retained memory, mean over time (MiB);policy;go1.19;eager
intervals|$name;pages freed;how long they stayed free
compare|$name;retained_mean_bytes (MiB);worst_stall_ns (us);go1.19;eager
index|$name;entries read per lookup;go1.19
TABLE

for kind in timeline compare; do
	small $kind "$trace" -o from-trace.svg
	run "$HEAPREPLAY" plot $kind c.json -o from-json.svg
	same from-trace.svg from-json.svg "$kind: the same from the trace and from its JSON"
done
for form in png svg pdf; do
	for i in 1 2; do
		small timeline "$trace" -o $i.$form
		[ $i = 2 ] || sleep 1
	done
	same 1.$form 2.$form "$form: the same bytes a second later"
done
if have zstd; then
	zstd -q c.json
	run "$HEAPREPLAY" plot compare c.json.zst -o z.svg
	run "$HEAPREPLAY" plot compare c.json -o c.svg
	same z.svg c.svg 'compressed JSON will do'
fi
run "$HEAPREPLAY" plot timeline r.json -o r.svg
is "$status,$err" 0, 'the JSON of replay will do'
like "$(<r.svg)" ">$name under go1.19<" 'and its policy is in the title'
run "$HEAPREPLAY" plot heatmap c.json -o x.png
is "$status" 1 'a heatmap of JSON: status 1'
like "$err" 'JSON does not hold addresses over time.*heapreplay plot heatmap TRACE' 'a heatmap of JSON: says what to run'
run "$HEAPREPLAY" plot tradeoff r.json -o x.png
is "$status" 1 'a trade-off from replay: status 1'
like "$err" "no optimum of $name.*'heapreplay compare --json'" 'a trade-off from replay: says what to run'
jq 'del(.comparisons[].policies[].series)' c.json >bare.json
run "$HEAPREPLAY" plot timeline bare.json -o x.png
like "$err" "no series of $name" 'a timeline without series: says so'
[ ! -e x.png ]
ok $? 'and none leaves a file'

run "$HEAPREPLAY" plot compare c.json --size 900x700 -o s.svg
like "$(<s.svg)" 'width="900" height="700"' '--size is the size'
run "$HEAPREPLAY" plot compare c.json --columns thrash,release_calls -o m.svg
like "$(<m.svg)" '> *thrash_bytes \([KMG]iB\)<' '--columns chooses'
like "$(<m.svg)" '> *release_calls<' 'and may be given twice'
unlike "$(<m.svg)" 'worst_stall' 'and nothing else is shown'
cp c.json other-c.json
run "$HEAPREPLAY" plot index c.json other-c.json -o i.svg
is "$status,$err" 0, 'index work of two'
like "$(<i.svg)" '> *most memory in use \(MiB\)<' 'by the size of the heap'

# Everything from 4 MiB on lies 64 GiB higher: the gap is folded, and said to be.
"$HEAPREPLAY" export --spans "$trace" | sed -E \
	's/addr=0xc00([1-9a-f][0-9a-f]{6}|0[4-9a-f][0-9a-f]{5}) /addr=0xd00\1 /' >gap.txt
run "$HEAPREPLAY" plot heatmap gap.txt -o gap.svg
is "$status,$err" 0, 'a heap in two parts'
like "$(<gap.svg)" '> *unmapped, folded<' 'what lies between is folded'
like "$(<gap.svg)" '> *0xd00[0-9a-f]{7}<' 'and both have their addresses'
run "$HEAPREPLAY" plot heatmap "$trace" -o whole.svg
unlike "$(<whole.svg)" 'unmapped, folded' 'a heap in one part has no fold'

# --- scripts of one's own --------------------------------------------------------------

run "$HEAPREPLAY" plot timeline c.json -o k.svg --keep
is "$(ls k.svg*)" $'k.svg\nk.svg.gp' '--keep leaves what gnuplot was given'
cp k.svg first.svg
rm k.svg
run gnuplot -d k.svg.gp
is "$status" 0 'it draws again by itself'
# What we change afterwards is not in it.
same <(sed "s/ style='image-rendering:pixelated'//" first.svg) k.svg 'the same picture'
sed 's/heap memory/MEMORY OF MINE/' "$top_srcdir/plots/timeline.gp" >mine.gp
run "$HEAPREPLAY" plot timeline c.json --script mine.gp -o mine.svg
like "$(<mine.svg)" 'MEMORY OF MINE \(MiB\)' '--script draws'
mkdir mine
mv mine.gp mine/timeline.gp
HEAPREPLAY_PLOTS=mine run "$HEAPREPLAY" plot timeline c.json -o mine.svg
like "$(<mine.svg)" 'MEMORY OF MINE \(MiB\)' 'HEAPREPLAY_PLOTS draws'
HEAPREPLAY_PLOTS=mine run "$HEAPREPLAY" plot compare c.json -o mine.svg
is "$status,$err" 0, 'and what it lacks is our own'
echo 'plot nonsense(' >bad.gp
run "$HEAPREPLAY" plot timeline c.json --script bad.gp -o bad.png
is "$status" 1 'a bad script: status 1'
like "$err" '^gnuplot: .*plot nonsense\(' 'a bad script: what gnuplot thinks of it'
run "$HEAPREPLAY" plot timeline c.json --script missing.gp -o bad.png
is "$status" 1 'no such script: status 1'
like "$err" '^heapreplay: missing.gp: cannot open the gnuplot script' 'no such script: names it'
[ ! -e bad.png ]
ok $? 'neither leaves a file'

# --- outputs -----------------------------------------------------------------------------

ln -s /dev/full full.png
run "$HEAPREPLAY" plot timeline c.json -o full.png
is "$status" 1 'a full disk: status 1'
like "$err" '^heapreplay: cannot write full.png: No space left on device$' 'a full disk: says so'
run "$HEAPREPLAY" plot timeline c.json -o nowhere/x.png
is "$status" 1 'no such folder: status 1'
like "$err" '^heapreplay: cannot create nowhere/x.png' 'no such folder: says so'
echo old >x.png
ln -s "$PWD/fake" path
pretend 'exit 1'
run env PATH="$PWD/fake:$PATH" "$HEAPREPLAY" plot timeline c.json -o x.png
is "$(<x.png)" old 'a failed plot leaves what was there'

# --- hostile names -----------------------------------------------------------------------

# shellcheck disable=SC2016 # as they stand
evil='a'"'"'; system "touch pwned"; `touch pwned`<script>alert(1)</script>&amp;{\/Symbol}'
jq --arg evil "$evil" '.comparisons[].trace.name = $evil | .comparisons[].trace.program = $evil |
	.comparisons[].policies[0].policy.text = $evil' c.json >evil.json
for kind in timeline tradeoff intervals compare index; do
	run "$HEAPREPLAY" plot $kind evil.json -o evil.svg
	is "$status,$err" 0, "$kind of hostile names"
	unlike "$(<evil.svg)" '<script' "$kind: they stay text"
	like "$(<evil.svg)" '&lt;script' "$kind: and are shown"
	if have xmllint; then
		run xmllint --noout evil.svg
		is "$status" 0 "$kind: well-formed"
	fi
done
[ ! -e pwned ]
ok $? 'no command in a name is run'
done_testing
