# SPDX-License-Identifier: BSD-3-Clause
# The ending of -o's name decides the form of what is written, or is refused.
. "$top_srcdir/tests/lib.sh"

"$HEAPREPLAY" generate steady,seconds=1 -o small.hrt

# same ENDING OPTION COMMAND...: -o x.ENDING writes what OPTION does.
same() {
	local ending=$1 option=$2

	shift 2
	"$HEAPREPLAY" "$@" ${option:+"$option"} -o - >by-option
	"$HEAPREPLAY" "$@" -o "by.$ending"
	is "$(cmp by-option "by.$ending" 2>&1; test -s by-option && echo some)" some "$1: .$ending is what ${option:-no option} writes"
	if [ -n "$option" ]; then
		"$HEAPREPLAY" "$@" "$option" -o "by.$ending"
		is "$(cmp by-option "by.$ending" 2>&1)" '' "$1: and so with both"
	fi
}
for command in 'replay small.hrt' 'compare small.hrt' 'info small.hrt' 'policies' 'explain small.hrt' 'heatmap small.hrt'; do
	# shellcheck disable=SC2086 # words
	same json --json $command
	# shellcheck disable=SC2086
	[ "$command" = 'heatmap small.hrt' ] || same txt '' $command
done
same txt '' export small.hrt
same csv --csv compare small.hrt
same md --markdown compare small.hrt
same csv --csv info --by class small.hrt
"$HEAPREPLAY" heatmap -o by.svg small.hrt
is "$(head -c 5 by.svg)" '<?xml' 'heatmap: .svg is SVG'
"$HEAPREPLAY" sweep --gogc 100 --db s.db small.hrt >/dev/null
same csv --csv sweep --db s.db
same jsonl --jsonl sweep --db s.db
"$HEAPREPLAY" replay --summary -o by.json small.hrt
is "$(<by.json)" "$("$HEAPREPLAY" replay --summary small.hrt)" 'replay: .json may be a summary'

# refused WORDS COMMAND...: status 2, and nothing is written.
refused() {
	local says=$1

	shift
	run "$HEAPREPLAY" "$@"
	is "$status" 2 "$*: status 2"
	like "$err" "$says" "$*: says why"
	 "$*: writes nothing"
}
refused 'writes .txt, .ansi, .png, .svg, .json, not .gif' heatmap -o refused.gif small.hrt
refused 'writes .txt, .jsonl, .csv, not .json' sweep -o refused.json --db refused.json small.hrt
refused 'writes .txt, .jsonl, .csv, not .db' sweep -o refused.db --db refused.db small.hrt
refused 'writes .txt, .json, .csv, not .png' info -o refused.png small.hrt
refused 'writes .txt, .json, .csv, .md, not .html' compare -o refused.html small.hrt
refused 'writes .txt, .json, not .csv' replay -o refused.csv small.hrt
refused 'writes .html, not .pdf' report -o refused.pdf small.hrt
refused 'writes .txt, not .json' export -o refused.json small.hrt
refused "unknown option '--json'" export --json -o refused.txt small.hrt
refused 'writes .hrt, not .json' import -o refused.json small.hrt
refused 'writes .hrt, not .json' record localhost:1 -o refused.json
refused 'writes .cost, .txt, not .json' calibrate -o refused.json
refused '--json does not write .csv' compare --json -o refused.csv small.hrt
refused '--csv does not write .json' compare --csv -o refused.json small.hrt
run "$HEAPREPLAY" info -o fine.out small.hrt
is "$status" 0 'an ending that says nothing is no matter,'
is "$("$HEAPREPLAY" info small.hrt)" "$(<fine.out)" 'and neither are others'
run "$HEAPREPLAY" info -o fine.d/x small.hrt
like "$err" 'fine.d/x' 'a directory has no ending'
done_testing
