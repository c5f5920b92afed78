#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Fills a manual page: a line "@NAME@" becomes what stands behind the line "@@ NAME" of
# the tables that `heapreplay help --roff` prints, so that synopses, options, policies
# and metrics are those of the program; and "@<FILE@" the text of a file of the sources.
# usage: fill.sh TABLES < PAGE.in > PAGE
set -eu
LC_ALL=C awk -v top="${0%/*}/.." '
NR == FNR {
	if (/^@@ /) {
		name = substr($0, 4)
		table[name] = ""
	} else
		table[name] = table[name] $0 "\n"
	next
}
/^@<.*@$/ {
	file = top "/" substr($0, 3, length($0) - 3)
	while ((got = (getline line < file)) > 0) {
		gsub(/\\/, "\\e", line)
		print (line ~ /^[.\047]/ ? "\\&" : "") line
	}
	if (got < 0)
		exit 1
	next
}
/^@.*@$/ {
	name = substr($0, 2, length($0) - 2)
	if (!(name in table)) {
		print "there is no table " name >"/dev/stderr"
		exit 1
	}
	printf "%s", table[name]
	next
}
{ print }' "$1" -
