# SPDX-License-Identifier: BSD-3-Clause
# The Go scavenger's pace with batched calls, other costs, and other shares of
# the processors, from the replays of tests/bench/batching.sh (docs/batching.md
# says what they mean):
#
#   make study, or STUDY_TRACES='a.trace b.trace' make study
#   gnuplot -e "csv='study/batching.csv'; out='batching.png'" batching.gp
#
# csv    the figures; columns are found by their names
# out    the picture; its ending says what kind: .png (default), .svg, .pdf
# one    the trace of the first three panels (the first in csv)
#
# Colours are Okabe and Ito's, which colour-blind people can tell apart; the
# marks differ, too.

if (!exists("csv")) { print "batching.gp: set csv='FILE.csv'"; exit status 2 }
if (!exists("out")) { out = "batching.png" }
traces = system("awk -F, 'NR > 1 && !seen[$2]++ { print $2 }' '" . csv . "'")
if (!exists("one")) { one = word(traces, 1) }

if (strlen(out) > 4 && out[strlen(out) - 3:] eq ".svg") {
	set terminal svg size 1200, 1200 background "white" dynamic font "sans,14"
} else { if (strlen(out) > 4 && out[strlen(out) - 3:] eq ".pdf") {
	set terminal pdfcairo size 24cm, 24cm font "sans,10"
} else {
	set terminal pngcairo size 1200, 1200 font "sans,10"
} }
set output out

set datafile separator comma
set datafile missing NaN
set border 3
set tics nomirror out
set grid ytics back linecolor rgb "#dddddd"
array colour[7] = ["#0072b2", "#d55e00", "#009e73", "#000000", "#cc79a7", "#e69f00", "#56b4e9"]
array mark[7] = [7, 8, 4, 2, 6, 10, 12]
mib = 2.0 ** 20

is(sweep, trace, policy) = (strcol("sweep") eq sweep && strcol("trace") eq trace && strcol("policy") eq policy)
# Its own CPU time is the share of a processor that it may take: what it releases in a second of the clock.
speed(share) = column("returned_background_bytes") / column("background_cpu_ns") * 1e9 * share / 100 / mib
by_costs(costs) = is("batch", one, "go1.22") && strcol("costs") eq costs ? speed(1) : NaN
by_quantum(batch) = is("quantum", one, "go1.22") && column("batch") == batch ? speed(1) : NaN
drop(policy, batch) = is("share", one, policy) && column("batch") == batch ? column("drop_ns") / 1e9 : NaN
# A metric at every share, one call for each release.
by_share(trace, metric) = is("share", trace, "go1.22") && column("batch") == 1 ? column(metric) : NaN
quantum(s) = s eq "8KiB" ? 8 : s eq "16KiB" ? 16 : s eq "32KiB" ? 32 : s eq "64KiB" ? 64 : s eq "256KiB" ? 256 : 1024

set multiplot layout 3, 2 title "The pace of the Go scavenger, and what would change it" font ",13"
set logscale x 2

set key bottom right Left reverse
set yrange [0:*]
set title one . ": 1 % of each processor" noenhanced
set xlabel "releases in a call"
set ylabel "released, MiB/s for each processor"
plot csv using "batch":(by_costs("measured")) with linespoints linecolor rgb colour[1] pointtype mark[1] \
	title "950 ns a call, 370 ns a page (measured)", \
     csv using "batch":(by_costs("fitted")) with linespoints linecolor rgb colour[4] pointtype mark[3] \
	title "1500 ns, 550 ns (default: as recorded)", \
     csv using "batch":(by_costs("guess2019")) with linespoints linecolor rgb colour[2] pointtype mark[2] \
	title "4000 ns, 500 ns (5 us for 8 KiB)"

set title one . ": 1 % of each processor, default costs" noenhanced
set xlabel "asked for at a time (KiB)"
plot csv using (quantum(strcol("quantum"))):(by_quantum(64)) with linespoints linecolor rgb colour[1] pointtype mark[1] \
	title "64 releases in a call", \
     csv using (quantum(strcol("quantum"))):(by_quantum(1)) with linespoints linecolor rgb colour[4] pointtype mark[3] \
	title "a call for each release"

set xtics ("1/4" 0.25, "1/2" 0.5, "1" 1, "2" 2, "4" 4, "8" 8, "16" 16)
set xlabel "share of each processor (%)"
set xrange [0.22:18]
set logscale y
set yrange [*:*]

set key top right Left reverse
set title one . ": the largest drop" noenhanced
set ylabel "until 90 % of it are released (s)"
plot csv using "share_percent":(drop("go1.22", 1)) with linespoints linecolor rgb colour[2] pointtype mark[2] title "go1.22", \
     csv using "share_percent":(drop("go1.22", 16)) with linespoints linecolor rgb colour[2] pointtype mark[2] dashtype 2 \
	title "go1.22, 16 releases in a call", \
     csv using "share_percent":(drop("go1.19", 1)) with linespoints linecolor rgb colour[1] pointtype mark[1] title "go1.19", \
     csv using "share_percent":(drop("go1.19", 16)) with linespoints linecolor rgb colour[1] pointtype mark[1] dashtype 2 \
	title "go1.19, 16 releases in a call"

unset logscale y
set yrange [0:*]
set title "Retained memory, go1.22 (lines as in the last panel)" noenhanced
set ylabel "mean (MiB)"
unset key
plot for [i = 1:words(traces)] csv using "share_percent":(by_share(word(traces, i), "retained_mean_bytes") / mib) \
	with linespoints linecolor rgb colour[(i - 1) % 7 + 1] pointtype mark[(i - 1) % 7 + 1] title word(traces, i)

set title "Refaulted after release, go1.22 (lines as in the last panel)" noenhanced
set ylabel "refaulted (MiB)"
plot for [i = 1:words(traces)] csv using "share_percent":(by_share(word(traces, i), "refaulted_bytes") / mib) \
	with linespoints linecolor rgb colour[(i - 1) % 7 + 1] pointtype mark[(i - 1) % 7 + 1] title word(traces, i)

set title "CPU time of releases and of faults, go1.22" noenhanced
set ylabel "over the whole trace (ms)"
set key at graph 0.99, 0.46 top right Left reverse noenhanced samplen 2
plot for [i = 1:words(traces)] csv using "share_percent":((by_share(word(traces, i), "background_cpu_ns") + \
	column("synchronous_cpu_ns") + column("refault_cpu_ns")) / 1e6) \
	with linespoints linecolor rgb colour[(i - 1) % 7 + 1] pointtype mark[(i - 1) % 7 + 1] title word(traces, i)
unset multiplot
