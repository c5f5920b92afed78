# SPDX-License-Identifier: BSD-3-Clause
# Every example of the manual pages and of --help, typed as it stands. Where an
# example fetches from a server or pages its output, stand-ins for curl and less
# are first on the path.
. "$top_srcdir/tests/lib.sh"

have zstd || skip_all 'zstd is not installed'
mkdir bin
ln -s "$HEAPREPLAY" bin/heapreplay
printf '#!/bin/sh\ncat app.trace\n' >bin/curl
printf '#!/bin/sh\ncat\n' >bin/less
chmod +x bin/curl bin/less
PATH=$PWD/bin:$PATH
export HOME=$PWD # some examples write into it
mkdir -p .config/fish/completions .zfunc

cp "$top_srcdir/traces/victoria-metrics-go127.trace.zst" app.trace.zst
zstd -dq app.trace.zst -o app.trace
zstd -dqc "$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst" >app.pagetrace
cp "$top_srcdir/traces/compile-texttemplate-1p-go121.gclog" app.gclog
# A program's own counters and log: those of nobody, in the right form, on the trace's clock.
origin=$(heapreplay export app.trace | sed -n 's/^! clock-origin-ns //p')
cat >app.truth.csv <<CSV
mono_ns,/memory/classes/heap/objects:bytes,/memory/classes/heap/unused:bytes,/memory/classes/heap/released:bytes
$((origin + 1000000000)),3000000,200000,1000000
$((origin + 2000000000)),3000000,200000,1000000
CSV
echo 'scav 0 KiB work (bg), 0 KiB work (eager), 1904 KiB now, 86% util' >app.stderr

for name in other old new; do
	cp app.trace $name.trace
done
cp "$top_srcdir/examples/night.workload" .
$HR_CC -shared -fPIC -I"$top_srcdir/include" -o mine.so "$top_srcdir/examples/idle.c"
heapreplay compare -q --json -o old.json app.trace
cp old.json new.json
heapreplay sweep -q --no-own -p none app.trace >/dev/null # sweep.db

# Those of watch need a terminal, those of record a server: tests/tui/watch.sh and tests/cli/record.sh have them.
examples=$(sed -n 's/^\.Dl //p' "$top_builddir"/man/*.1 "$top_srcdir"/man/*.5 "$top_builddir"/man/*.5 2>/dev/null | grep heapreplay | sort -u)
n=$(printf '%s\n' "$examples" | wc -l)
[ "$n" -ge 15 ]
ok $? "the manual has examples ($n)"
while IFS= read -r example; do
	[[ $example != *'heapreplay watch'* && $example != *'heapreplay record'* ]] || continue
	case $example in
	*'heapreplay plot'* | *'heapreplay report'*)
		if ! have gnuplot; then
			skip "$example" 'gnuplot is not installed'
			continue
		fi
		;;
	esac
	run bash -c "set -o pipefail; $example"
	is "$status" 0 "$example"
	unlike "$err" '^heapreplay' "$example: no complaint"
done <<<"$examples"

for c in replay compare sweep advise heatmap watch explain plot report info record policies validate export import cut generate completion; do
	while IFS= read -r example; do
		case $examples in
		*"$example"*) ok 0 "help $c: the manual has: $example" ;;
		*) ok 1 "help $c: the manual has: $example" ;;
		esac
	done < <(heapreplay help "$c" | sed -n '/^Examples:/,/^Options:/s/^  \([a-z].*heapreplay.*\|heapreplay.*\)/\1/p')
done
done_testing
