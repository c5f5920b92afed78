#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Fills a manual page: a line "@NAME@" becomes what `heapreplay help --roff NAME`
# prints, so that synopses, options, policies and metrics are those of the program;
# and "@<FILE@" the text of a file of the sources.
# usage: fill.sh HEAPREPLAY... < PAGE.in > PAGE
set -eu
while IFS= read -r line; do
	case $line in
	@\<*@)
		file=${line#@<}
		sed "s/\\\\/\\\\e/g; s/^[.']/\\\\\\&&/" "${0%/*}/../${file%@}"
		;;
	@*@)
		name=${line#@}
		"$@" help --roff "${name%@}"
		;;
	*)
		printf '%s\n' "$line"
		;;
	esac
done
