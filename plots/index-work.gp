# SPDX-License-Identifier: BSD-3-Clause
# What finding pages to release costs the Go scavengers, from the counts of
# tests/bench/index_work (docs/index-cost.md says what they mean):
#
#   tests/bench/index_work >index-work.csv
#   gnuplot -e "csv='index-work.csv'; out='index-work.png'" index-work.gp
#
# csv   the counts; columns are found by their names
# out   the picture; its ending says what kind: .png (default), .svg, .pdf
#
# Both axes are logarithmic everywhere. Colours are Okabe and Ito's, which
# colour-blind people can tell apart; the marks differ, too.

if (!exists("csv")) { print "index-work.gp: set csv='FILE.csv'"; exit status 2 }
if (!exists("out")) { out = "index-work.png" }

if (strlen(out) > 4 && out[strlen(out) - 3:] eq ".svg") {
	set terminal svg size 1200, 900 background "white" dynamic font "sans,14"
} else { if (strlen(out) > 4 && out[strlen(out) - 3:] eq ".pdf") {
	set terminal pdfcairo size 24cm, 18cm font "sans,10"
} else {
	set terminal pngcairo size 1200, 900 font "sans,10"
} }
set output out

set datafile separator comma
set datafile missing NaN
set border 3
set tics nomirror out
set grid ytics back linecolor rgb "#dddddd"
set logscale xy
set style line 18 linecolor rgb "#000000" linewidth 1.5 pointtype 4 pointsize 1
set style line 19 linecolor rgb "#0072b2" linewidth 1.5 pointtype 7 pointsize 0.9
set style line 21 linecolor rgb "#d55e00" linewidth 1.5 pointtype 8 pointsize 1.1

# A row of this search, way of asking, and scenario; NaN for the others.
is(s, m, w) = (strcol("search") eq s && strcol("mode") eq m && strcol("scenario") eq w)
mib = 2.0 ** 20
heap = "(column('heap_bytes') / mib)"
read(s, m, w) = is(s, m, w) ? column("read_bytes") : NaN
# Pages of every chunk, or a page of every so many chunks; at 128 GiB.
sparse = "(1.0 * column('free_pages') / column('stride'))"
large(s, m) = is(s, m, "drain") && column("heap_bytes") == 2.0 ** 37 && \
	(column("stride") == 1 || column("free_pages") == 1)
per_page(s, m) = large(s, m) && column("released_pages") > 0 ? column("read_bytes") / column("released_pages") : NaN
in_vain(s, m) = large(s, m) && column("released_pages") == 0 ? column("read_bytes") : NaN
per_call(s) = is(s, "limit", "churn") ? 1.0 * column("read_bytes") / column("calls") : NaN

set multiplot layout 2, 2 title "What the Go scavengers read of their index to find pages to release" font ",13"

set ytics ("0.1 B" 0.1, "1 B" 1, "10 B" 10, "100 B" 100, "1 kB" 1e3, "10 kB" 1e4, "100 kB" 1e5, "1 MB" 1e6)
set key top left Left reverse
set xtics ("64 MiB" 64, "512 MiB" 512, "4 GiB" 4096, "32 GiB" 32768, "128 GiB" 131072)
set xrange [50:170000]
set xlabel "heap"

set title "One search of a heap that has nothing to release"
set ylabel "index read"
set yrange [1:1e6]
plot csv using @heap:(read("go1.18", "limit", "nothing")) with linespoints linestyle 18 title "go1.18 (once a GC cycle)", \
     csv using @heap:(read("go1.21", "limit", "nothing")) with linespoints linestyle 21 title "go1.21 (each time)", \
     csv using @heap:(read("go1.19", "limit", "nothing")) with linespoints linestyle 19 title "go1.19 (each time)"

set title "A page becomes free anywhere, one is asked for (memory limit)"
set ylabel "index read for each page, mean"
plot csv using @heap:(per_call("go1.18")) with linespoints linestyle 18 title "go1.18", \
     csv using @heap:(per_call("go1.21")) with linespoints linestyle 21 title "go1.21", \
     csv using @heap:(per_call("go1.19")) with linespoints linestyle 19 title "go1.19"

set xtics ("512" 512, "64" 64, "8" 8, "1" 1, "1 of 8" 1 / 8.0, "1 of 64" 1 / 64.0, "1 of 512" 1 / 512.0, "1 of 4096" 1 / 4096.0)
set xrange [1000:1 / 8000.0] reverse
set xlabel "free pages in a chunk, or chunks with one"
set ylabel "index read for each page, mean"

set title "Releasing all that is free of 128 GiB for the memory limit, 8 KiB a time"
plot csv using @sparse:(per_page("go1.18", "limit")) with linespoints linestyle 18 title "go1.18", \
     csv using @sparse:(per_page("go1.21", "limit")) with linespoints linestyle 21 title "go1.21", \
     csv using @sparse:(per_page("go1.19", "limit")) with linespoints linestyle 19 title "go1.19"

set title "The same in the background, 64 KiB a time"
set yrange [0.1:1e8]
plot csv using @sparse:(per_page("go1.18", "background")) with linespoints linestyle 18 title "go1.18", \
     csv using @sparse:(per_page("go1.21", "background")) with linespoints linestyle 21 title "go1.21", \
     csv using @sparse:(per_page("go1.19", "background")) with linespoints linestyle 19 title "go1.19", \
     csv using @sparse:(in_vain("go1.21", "background")) with points linecolor rgb "#d55e00" pointtype 2 pointsize 1.2 \
	title "go1.21, one search, which finds nothing"
unset multiplot
