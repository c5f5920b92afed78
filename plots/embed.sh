#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Prints scripts as C strings: DIRECTORY/NAME.gp becomes NAME_script.
# usage: embed.sh FILE...
set -eu
for file; do
	name=${file##*/}
	printf 'static const char %s_script[] =\n' "${name%.gp}"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n"/' "$file"
	printf '    ;\n\n'
done
