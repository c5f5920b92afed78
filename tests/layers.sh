# SPDX-License-Identifier: BSD-3-Clause
# A directory of src includes only what stands below it, and only the command line,
# the terminal view and the machine's own directory know the real clock. No file is forgotten.
. "$top_srcdir/tests/lib.sh"
cd "$top_srcdir" || exit 99

# layer DIRECTORY MAY-INCLUDE...
layer() {
	local folder=$1 may

	[ -d "src/$folder" ] || return 0
	may=$(tr ' ' '|' <<<"$*")
	is "$(grep -rnE '^#[[:space:]]*include "[a-z]+/' --include='*.[ch]' "src/$folder" |
		grep -vE "include \"($may)/")" '' "src/$folder includes only: $*"
}

layer base
layer pagealloc base
layer heap base pagealloc
layer scavenge base pagealloc
layer trace base
layer generate base trace
layer replay base pagealloc heap scavenge trace
layer report base pagealloc heap scavenge trace replay
layer frame base pagealloc heap scavenge trace replay report
layer info base pagealloc heap scavenge trace replay report
layer sweep base pagealloc heap scavenge trace replay report
layer plot base pagealloc heap scavenge trace replay report sweep fidelity
layer fidelity base pagealloc heap scavenge trace replay report
layer machine base trace
layer tui base pagealloc heap scavenge trace replay report frame info plot

# Policies, and what they find pages with, know heapreplay by the header that others get.
inner='follower|pagemap|policy|gauge|cost|plugin'
is "$(grep -rnE "^#[[:space:]]*include \"scavenge/($inner)\.h\"" src/scavenge |
	grep -vE "^src/scavenge/(policies/policies|choice|intervals|$inner)\.[ch]:")" '' \
	'policies and searches use the installed header, and nothing of what is behind it'
is "$(grep -rnE '^#[[:space:]]*include "' src/scavenge/go src/scavenge/policies 2>/dev/null |
	grep -vE 'include "(config|heapreplay-policy|(scavenge|pagealloc|base)/[a-z_/0-9]+)\.h"')" '' \
	'policies use no other part of heapreplay'

forgotten=$(comm -23 <(find src include -name '*.[ch]' | sort) <(grep -ohE '(src|include)/[a-zA-Z0-9_/.-]+\.[ch]' Makefile.am src/*/local.mk | sort -u))
is "$forgotten" '' 'every file of src is built and in the tarball'

mapfile -t core < <(find src -name '*.[ch]' ! -path 'src/cmd/*' ! -path 'src/tui/*' ! -path 'src/machine/*' ! -path src/main.c)
is "$(grep -nE '\b(clock_gettime|gettimeofday|time)[[:space:]]*\((CLOCK|&|NULL)' "${core[@]}")" '' \
	'nothing in the library reads the real clock'
is "$(grep -nE '\b_?exit[[:space:]]*\(' "${core[@]}")" '' 'nothing in the library ends the program'

# Documents are built by base/json.h, whose calls do not lose a failure.
is "$(grep -rnE '\bjson_(object_(set|update_missing)|array_(append|insert|set))(_new)?(_nocheck)?[[:space:]]*\(|\bjson_(copy|deep_copy|string|real|dumpf|dumps|sprintf)\(' \
	--include='*.[ch]' src | grep -vE '^src/base/json\.c:')" '' 'JSON is built by one helper'
is "$(grep -rnE 'json_object_set|json_array_append' src/base/json.c | grep -vE '= 0\b')" '' 'which checks all that it calls'

# Text from outside reaches a stream only through base/print.h. (snprintf writes to no stream; %c is a byte.)
# shellcheck disable=SC2016 # the dollars are perl's
raw=$(find src -name '*.c' ! -path src/base/print.c -print0 | sort -z |
	xargs -0 perl -0777 -ne 'while (/(?<![a-z_])v?f?printf\((?:[^"();]|\((?:[^()])*\))*((?:"(?:[^"\\]|\\.)*"[^";]*)+)/g) {
		my ($call, $strings) = ($&, join "", $1 =~ /"((?:[^"\\]|\\.)*)"/g);
		print "$ARGV: $call\n" if $strings =~ /%[-+ #0]*[*\d]*(?:\.[*\d]*)?s/ } print "$ARGV: $&\n" if /(?<![a-z_])vf?printf\(/')
is "$raw" '' 'no %s to a stream but through hr_print'
done_testing
