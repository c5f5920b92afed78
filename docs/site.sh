#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# usage: make site; the same as docs/site.sh DIRECTORY
#
# Writes README, documents and manual pages as a static site with navigation: mandoc
# makes the manual pages, lowdown the others. The pages need no network, no scripts,
# and no server: file:///.../site/index.html will do.
set -eu
export LC_ALL=C.UTF-8
: "${top_srcdir:?run it through make site}" "${top_builddir:?run it through make site}"
site=${1:?usage: site.sh DIRECTORY}
for tool in mandoc lowdown; do
	command -v $tool >/dev/null || {
		echo "make site needs $tool (Debian: apt-get install mandoc lowdown)" >&2
		exit 1
	}
done
rm -rf "$site.new"
mkdir -p "$site.new/docs" "$site.new/man" "$site.new/examples"
site_path=$(cd "$site.new" && pwd)

mapfile -t manuals < <(cd "$top_builddir/man" && ls heapreplay*.[1357] 2>/dev/null)
mapfile -t own < <(cd "$top_srcdir/man" && ls heapreplay*.[1-8])
mapfile -t manuals < <(printf '%s\n' "${manuals[@]}" "${own[@]}" | sort -u)
groups=() # "heading" or "docs/x.md", in the order of docs/README.md
while IFS= read -r line; do
	case $line in
	'- ['*) line=${line#*\(} && groups+=("docs/${line%%)*}") ;;
	'- '* | ' '* | '#'* | '' | *.*) ;;
	*) groups+=("$line") ;;
	esac
done <"$top_srcdir/docs/README.md"

escape() {
	sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'
}
# Where the page is made from FILE.
address() {
	case $1 in
	README.md) echo index.html ;;
	docs/README.md) echo docs/index.html ;;
	*.md) echo "${1%.md}.html" ;;
	*) echo "$1.html" ;;
	esac
}
title() {
	case $1 in
	*.md) sed -n 's/^# //p' "$top_srcdir/$1" | head -n 1 ;;
	*) echo "$1" ;;
	esac | escape
}
manual() {
	[ -e "$top_builddir/man/$1" ] && echo "$top_builddir/man/$1" || echo "$top_srcdir/man/$1"
}

# item FILE TEXT: a line of the navigation, of a page @UP@ from the top.
item() {
	printf '<li><a href="@UP@%s">%s</a></li>\n' "$(address "$1")" "$2"
}
heading() {
	printf '</ul>\n<h2>%s</h2>\n<ul>\n' "$1"
}
navigation() {
	local entry

	printf '<nav id="nav" aria-label="All pages">\n<ul>\n'
	item README.md '<span class="home">heapreplay</span>'
	item docs/README.md 'all documents'
	item man/index 'all manual pages'
	for entry in "${groups[@]}"; do
		case $entry in
		docs/*.md) item "$entry" "$(title "$entry")" ;;
		*) heading "$entry" ;;
		esac
	done
	heading 'The project'
	item ARCHITECTURE.md Architecture
	item CONTRIBUTING.md Contributing
	item NEWS News
	item LICENSE Licence
	heading 'Manual pages'
	for entry in "${manuals[@]}"; do
		item "man/$entry" "${entry%.*}(${entry##*.})"
	done
	printf '</ul>\n</nav>\n'
}
links=$(navigation)

# page FILE TITLE: makes a page of the HTML on standard input, which FILE became.
page() {
	local up='' file

	file=$(address "$1")
	[[ $file != */* ]] || up=../
	{
		printf '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>%s</title>\n' "$2"
		echo '<meta name="viewport" content="width=device-width, initial-scale=1">'
		echo '<meta name="color-scheme" content="light dark">'
		printf '<link rel="stylesheet" href="%ssite.css">\n</head>\n<body>\n<div class="to-nav"><a href="#nav">All pages</a></div>\n<main>\n' "$up"
		# Links between sources become links between pages, and manual pages that are named, links.
		sed -E -e 's,href="([^":]*/)?README\.md,href="\1index.html,g' -e 's,href="([^":]*)\.md(["#]),href="\1.html\2,g' \
			-e 's,href="(NEWS|LICENSE|examples/[a-z.]+)",href="\1.html",g' \
			-e "s,(^|[^>.a-z/-])((heapreplay(-[a-z]+)?)\(([1-8])\)),\1<a href=\"${up}man/\3.\5.html\">\2</a>,g"
		echo '</main>'
		sed "s,@UP@$file\",$up$file\" aria-current=\"page\",; s,@UP@,$up," <<<"$links"
		printf '</body>\n</html>\n'
	} >"$site_path/$file"
}
# plain FILE: a page of a text.
plain() {
	{
		printf '<h1>%s</h1>\n<pre>' "$1"
		escape <"$top_srcdir/$1"
		echo '</pre>'
	} | page "$1" "heapreplay: $1"
}

cp "$top_srcdir/docs/site.css" "$site_path/"
cp "$top_srcdir"/docs/*.png "$site_path/docs/"
for file in README.md ARCHITECTURE.md CONTRIBUTING.md docs/README.md "${groups[@]}"; do
	case $file in
	*.md) lowdown -Thtml "$top_srcdir/$file" | page "$file" "$(title "$file")" ;;
	esac
done
for file in NEWS LICENSE examples/compare.c examples/idle.c examples/night.workload; do
	plain "$file"
done
# mandoc links to the pages that are there, and elsewhere to Debian's.
for file in "${manuals[@]}"; do
	: >"$site_path/man/$file.html"
done
for file in "${manuals[@]}"; do
	source=$(realpath "$(manual "$file")")
	(cd "$site_path/man" && mandoc -Thtml -O 'fragment,man=%N.%S.html;https://manpages.debian.org/%N.%S.en.html' "$source") |
		page "man/$file" "${file%.*}(${file##*.})"
done
{
	printf '<h1>Manual pages</h1>\n<dl>\n'
	for file in "${manuals[@]}"; do
		printf '<dt><a href="%s.html">%s</a></dt><dd>%s</dd>\n' "$file" "${file%.*}(${file##*.})" \
			"$(sed -n 's/^\.Nd //p' "$(manual "$file")" | head -n 1 | escape)"
	done
	echo '</dl>'
} | page man/index 'heapreplay: manual pages'
rm -rf "$site"
mv "$site.new" "$site"
echo "$site/index.html"
