# SPDX-License-Identifier: BSD-3-Clause
# A recording by heaptrack, in every container and cut in several places; beside heaptrack_print, where that is installed.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/gnuplot.heaptrack.zst

# totals FILE: what heaptrack_print says of a recording, made of our events.
totals() {
	"$HEAPREPLAY" export "$@" | awk '
		{ split($3, id, "="); split($4, size, "=") }
		$2 == "obj-alloc" { allocs++; live += of[id[2]] = size[2]; if (live > peak) peak = live }
		$2 == "obj-free" { frees++; live -= of[id[2]] }
		END { printf "%d calls, %d frees, peak %.2fM, leaked %.2fM\n", allocs, frees, peak / 1e6, live / 1e6 }'
}

# As heaptrack_print 1.4.0 has them (it counts no frees; those are the lines with -).
truth='361339 calls, 352666 frees, peak 25.70M, leaked 5.20M'
is "$(totals "$trace")" "$truth" "the totals are heaptrack_print's"
is "$(totals --identity fifo "$trace")" "$truth" 'and so with --identity fifo'
is "$(totals --identity random "$trace")" "$truth" 'and with --identity random'
if have heaptrack_print; then
	heaptrack_print "$trace" >print 2>/dev/null
	is "$(sed -n 's/^calls to allocation functions: \([0-9]*\).*/\1 calls/p; s/^peak heap memory consumption: /peak /p; s/^total memory leaked: /leaked /p' print | paste -sd' ')" \
		'361339 calls peak 25.70M leaked 5.20M' 'heaptrack_print says so here'
else
	skip 'heaptrack_print says so here' 'it is not installed'
fi

run "$HEAPREPLAY" info "$trace"
is "$status" 0 'info: status 0'
like "$out" 'heaptrack version 3, compression zstd' 'info names the format'
is "$err" '' 'info: the recording is whole'
run "$HEAPREPLAY" info --json "$trace"
like "$out" '"duration_ns": 13187000000' 'the last tick is the end'
like "$out" '"peak_live_bytes": 25698807' 'the peak to the byte'
like "$out" '"ambiguous_frees": 14805' 'the frees that fit several objects'
like "$out" '4.2 % of the frees fit several live objects.*--identity.*heaptrack -r' 'what they are a share of, and what to do'
run "$HEAPREPLAY" info --json --time-scale 0.25 "$trace"
like "$out" '"duration_ns": 3296750000' '--time-scale shortens the time'

# Spans taken and given back, as an independent model of the size classes counted them for the raw recording of the
# same run: what is lost with the addresses costs nothing here.
spans() {
	"$HEAPREPLAY" replay -q --json "$@" "$trace" | awk -F'[:,]' '/"span_(allocs|frees)":/ { n += $2 } END { print n }'
}
is "$(spans --span-cache one)" 3070 'spans with one kept for each class'
is "$(spans --span-cache none)" 565469 'spans with none kept'

"$HEAPREPLAY" export "$trace" >lifo
"$HEAPREPLAY" export --identity random "$trace" >chance1
"$HEAPREPLAY" export --identity random "$trace" >chance2
same chance1 chance2 '--identity random is the same each time'
! cmp -s lifo chance1
ok $? 'and not the same as lifo'

if ! have zstd gzip; then
	skip 'other containers, cut and damaged ones' 'zstd or gzip is not installed'
	done_testing
fi
zstd -dqc "$trace" >plain
gzip -c plain >gz
"$HEAPREPLAY" export plain | cmp -s - lifo
ok $? 'plain text gives the same'
"$HEAPREPLAY" export gz | cmp -s - lifo
ok $? 'gzip gives the same'
"$HEAPREPLAY" export - <"$trace" | cmp -s - lifo
ok $? 'standard input gives the same'

# cut FILE PATTERN DESCRIPTION: status 0, one warning that matches.
cut_warns() {
	run "$HEAPREPLAY" info "$1"
	is "$status" 0 "$3: status 0"
	like "$err" "^heapreplay: $1: warning: byte [0-9]+: the trace is cut off here: .*$2" "$3: a warning"
	is "$(printf '%s\n' "$err" | wc -l)" 1 "$3: one line"
}
head -c 3000000 plain >cut1
cut_warns cut1 'last line|final time' 'a text cut anywhere'
sed '/^# strings/,$d' plain >cut2
cut_warns cut2 '# strings' 'a text without its last lines'
head -c 100000 "$trace" >cut3
cut_warns cut3 'compressed data' 'a compressed file cut short'
{ head -c 100000 "$trace"; printf 'XXXXXXXXXXXXXXXX'; tail -c +100017 "$trace"; } >bad
run "$HEAPREPLAY" info bad
is "$status" 1 'damaged compression: status 1'
like "$err" '^heapreplay: bad: byte [0-9]+: the zstd data is damaged' 'damaged compression: the message'
printf 'v 10700 4\nX p\n+ 0\n' >newer
run "$HEAPREPLAY" info newer
is "$status" 1 'a newer version: status 1'
like "$err" '^heapreplay: newer: .*file version 4' 'a newer version: the message'
done_testing
