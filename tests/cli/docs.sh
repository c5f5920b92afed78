# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2016,SC2013 # backticks of Markdown; options have no blanks
# Documents name what exists: files, sections, commands, options, manual pages.
. "$top_srcdir/tests/lib.sh"
cd "$top_srcdir" || exit 99

pages=(README.md ARCHITECTURE.md CONTRIBUTING.md docs/*.md)

# links FILE: the targets of its links that are not on the network.
links() {
	grep -oE '\]\([^)]+\)' "$1" | sed 's/^](//; s/)$//' | grep -vE '^(https?|mailto):'
}

# anchors FILE: its headings as a link writes them.
anchors() {
	sed -n 's/^##* //p' "$1" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

broken() {
	local page target file

	for page in "${pages[@]}"; do
		while read -r target; do
			file=$page
			[ "${target%%#*}" = '' ] || file=$(dirname "$page")/${target%%#*}
			if [ ! -e "$file" ]; then
				echo "$page: $target"
			elif [[ $target == *#* ]] && ! anchors "$file" | grep -qxF -e "${target#*#}"; then
				echo "$page: $target (no such heading)"
			fi
		done < <(links "$page")
	done
}
is "$(broken)" '' 'every link of the documents leads somewhere'

# Files of the repository are named in backticks, from its top or from where the page lies.
unnamed() {
	local page name

	for page in "${pages[@]}"; do
		while read -r name; do
			[ -e "$name" ] || [ -e "$name.c" ] || [ -e "$(dirname "$page")/$name" ] || echo "$page: $name"
		done < <(grep -oE '`(src|tests|docs|man|plots|examples|traces|include)/[A-Za-z0-9_./-]+`' "$page" |
			tr -d '`' | grep -vE "NAME|KIND|runtime/trace\.go")
	done
}
is "$(unnamed)" '' 'every file that the documents name is there'

is "$(for page in docs/*.md; do
	grep -qF "(${page#docs/})" docs/README.md || [ "$page" = docs/README.md ] || echo "$page"
done)" '' 'the index of the documents has all of them'
is "$(for file in docs/*.md docs/*.png; do grep -qw -e "$file" docs/local.mk || echo "$file"; done)" '' \
	'all of them are installed'
is "$(for name in $(links README.md | sed 's/#.*//' | sort -u); do
	grep -qw -e "$name" docs/local.mk examples/local.mk || echo "$name"
done)" '' 'and so is all that the README links to'
is "$(grep -ohE 'heapreplay-[a-z]+\([157]\)' "${pages[@]}" | sort -u | tr '()' '. ' | while read -r page; do
	compgen -G "man/$page*" >/dev/null || echo "$page"
done)" '' 'every manual page that is named exists'

# Commands of the README, with the options that they have there.
is "$(grep -oE '\bheapreplay (replay|compare|heatmap|explain|advise|watch|plot|report|info|record|calibrate|policies|validate|export|import|cut|generate)\b.*' \
	README.md | sed 's/`.*//; s/ | .*//' | while read -r _ command rest; do
	help=$("$HEAPREPLAY" "$command" --help --all 2>/dev/null || "$HEAPREPLAY" "$command" --help)
	for option in $(grep -oE -- '--[a-z]+(-[a-z]+)*' <<<"$rest"); do
		grep -qE -- "$option\b" <<<"$help" || echo "$command $option"
	done
done)" '' 'every option that the README uses is one'
is "$(for command in replay compare cut watch plot generate; do
	"$HEAPREPLAY" help --roff "examples-$command" | grep -F '\n'
	"$HEAPREPLAY" help --roff "options-$command" | grep -F '\n'
done)" '' 'examples and options of the manual pages are lines of their own'

# What the README shows is what the program prints, up to lines that are left out.
# block PATTERN: the block of the README whose first line matches.
block() {
	awk -v want="$1" '/^```/ { inside = !inside; first = inside; next }
		inside && first { shown = $0 ~ want; first = 0 }
		inside && shown && !/^\$ /' README.md
}
# not_printed BLOCK <OUTPUT: the first line of the block that the output does not have, in its order.
not_printed() {
	awk 'NR == FNR { printed[++n] = $0; next }
		$1 == "..." { next }
		{ while (i < n && printed[++i] != $0) ; if (printed[i] != $0) { print; exit } }' - <(printf '%s\n' "$1")
}
for sample in \
	'^traces/phases 100 compare traces/phases-1p-go125.trace.zst' \
	'^\$.heapreplay.compare 88 compare traces/phases-1p-go125.trace.zst -p @go -p none -p eager --baseline go1.22' \
	'^\$.heapreplay.info 80 info traces/gnuplot.heaptrack.zst'; do
	read -r pattern columns arguments <<<"$sample"
	shown=$(block "$pattern")
	ok "$((${#shown} < 200))" "the README shows: $arguments"
	# shellcheck disable=SC2086 # words
	is "$(COLUMNS=$columns LC_ALL=C.UTF-8 "$HEAPREPLAY" $arguments 2>/dev/null | not_printed "$shown")" '' \
		'and it is what is printed'
done
done_testing
