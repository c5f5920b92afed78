# SPDX-License-Identifier: BSD-3-Clause
# The static site of the documents: every link inside leads somewhere, and nothing is fetched from elsewhere.
. "$top_srcdir/tests/lib.sh"

for tool in mandoc lowdown python3; do
	have $tool || skip_all "the site needs $tool (Debian: apt-get install mandoc lowdown python3)"
done
# Manual pages that the program fills are in the build directory.
[ -e "$top_builddir/man/heapreplay.1" ] || skip_all 'the manual pages are not built (a cross-build without an emulator)'

run bash "$top_srcdir/docs/site.sh" site
is "$status,$err" 0, 'the site is made without a word on standard error'
check() {
	python3 "$top_srcdir/tests/cli/site_links.py" "$1"
}
run check site
is "$(sed '$d' <<<"$out")" '' 'every link leads to a page and a place in it, and every page is reached'
[ "$(tail -n 1 <<<"$out")" -gt 2000 ]
ok $? 'of thousands of links'
is "$(for page in "$top_srcdir"/docs/*.md; do
	name=${page##*/}
	[ "$name" = README.md ] || [ -s "site/docs/${name%.md}.html" ] || echo "$name"
done)" '' 'every document is a page'
is "$(cd "$top_srcdir/man" && for page in heapreplay*; do
	[ -s "$scratch/site/man/${page%.in}.html" ] || echo "$page"
done)" '' 'so is every manual page'
like "$(<site/index.html)" '<a href="man/heapreplay-metrics\.5\.html">heapreplay-metrics\(5\)</a>' 'manual pages that the text names are links'
is "$(grep -c 'aria-current="page"' site/man/heapreplay-cut.1.html)" 1 'the navigation shows where one is'
is "$(grep -l '<script' site/*.html site/*/*.html)" '' 'no scripts'

# The check finds what is broken.
cp -r site broken
sed -i '0,/href="docs\/design.html"/s//href="docs\/desing.html"/' broken/index.html
echo '<a href="../index.html#nowhere">x</a><img src="https://example.org/x.png">' >>broken/docs/rss.html
run check broken
is "$(sed '$d' <<<"$out" | sed 's/.*(//' | sort | tr '\n' ' ')" 'from elsewhere) no such file) no such place in it) ' \
	'a wrong link, a wrong place and a picture from elsewhere are found'

mkdir empty
# shellcheck disable=SC2016 # for that bash to expand
run env PATH="$PWD/empty:$(dirname "$(command -v bash)")" "$BASH" -c 'command() { return 1; }; . "$0" site2' "$top_srcdir/docs/site.sh"
is "$status" 1 'without mandoc: status 1'
like "$err" 'needs mandoc' 'and a sentence'
done_testing
