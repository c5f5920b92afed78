#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Prints files as C strings: DIRECTORY/NAME.gp becomes NAME_script, NAME.js NAME_js.
# usage: embed.sh FILE...
set -eu
for file; do
	name=${file##*/}
	case $name in
	*.gp) name=${name%.gp}_script ;;
	*) name=${name%.*}_${name##*.} ;;
	esac
	printf 'static const char %s[] =\n' "$name"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n"/' "$file"
	printf '    ;\n\n'
done
