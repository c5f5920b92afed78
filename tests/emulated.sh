#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# In a build for another machine: the program and the tests are run by qemu-user.
#
#   tests/emulated.sh HEAPREPLAY [TEST...]
#
# HEAPREPLAY is one of this machine; compare and export must say the same bytes on
# both, for every sample trace. Then the runtime's answers (tests/oracle/vectors.sh),
# if they are built, the unit tests, and the test scripts named. TAP.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
here=$(realpath "${1:?usage: emulated.sh HEAPREPLAY [TEST...]}")
shift
there=$PWD/emulated
machine=$(sed -n 's/^host_cpu = //p' Makefile)
emulator=$(command -v "qemu-$machine" "qemu-$machine-static" | head -n 1)
[ -n "$emulator" ] || { echo "1..0 # SKIP there is no qemu-$machine" && exit 0; }
count=0 failed=0

# told STATUS TEXT
told() {
	count=$((count + 1))
	[ "$1" = 0 ] || failed=$((failed + 1))
	[ "$1" = 0 ] && echo "ok $count - $2" || echo "not ok $count - $2"
}

# Where a test looks for programs stand words that run them.
for program in heapreplay tests/oracle/driver tests/unit/unit; do
	[ -x "$program" ] || continue
	mkdir -p "$(dirname "$there/$program")" "$there/tests/scratch"
	printf '#!/bin/sh\nexec %q %q "$@"\n' "$emulator" "$PWD/$program" >"$there/$program"
	chmod +x "$there/$program"
done
export HEAPREPLAY=$there/heapreplay top_srcdir=$top top_builddir=$there LC_ALL=C TZ=UTC CMOCKA_MESSAGE_OUTPUT=TAP

for trace in "$top"/traces/*.zst; do
	for words in 'compare -q --json -p go1.18 -p go1.19 -p go1.22' 'compare -q -p decay -p none' 'info --json'; do
		# shellcheck disable=SC2086 # words
		"$here" $words "$trace" >here.out 2>&1
		# shellcheck disable=SC2086
		"$HEAPREPLAY" $words "$trace" >there.out 2>&1
		cmp here.out there.out
		told $? "$words: ${trace##*/}"
	done
done
if [ -x "$there/tests/oracle/driver" ]; then
	bash "$top/tests/oracle/vectors.sh" >vectors.log 2>&1
	told $? "the runtime's answers: $(grep -c '^ok' vectors.log) scripts"
fi
if [ -x "$there/tests/unit/unit" ]; then
	for name in $("$there/tests/unit/unit"); do
		HR_QUICK=1 "$there/tests/unit/unit" "$name" >"unit-$name.log" 2>&1
		told $? "tests/unit/$name.c"
	done
fi
for t; do
	bash "$top/$t" >"${t##*/}.log" 2>&1
	told $? "$t"
done
echo "1..$count"
[ $failed = 0 ]
