# Memory over time, from the series of one replay:
#
#   heapreplay replay --series s.csv TRACE
#   gnuplot -e "csv='s.csv'; out='s.png'; ttl='my program, go1.19'" timeline.gp
#
# csv   the series; columns are found by their names
# out   the picture; its ending says what kind: .png (default), .svg, .pdf
# ttl   the title (may be left out)
#
# In use, free and released are stacked, so their top is what is mapped for the
# heap; the lines are retained memory (in use and free) and the scavenger's goal.
# Colours are Okabe and Ito's, which colour-blind people can tell apart.

if (!exists("csv")) { print "timeline.gp: set csv='FILE.csv'"; exit status 2 }
if (!exists("out")) { out = "timeline.png" }
if (!exists("ttl")) { ttl = "" }

if (strlen(out) > 4 && out[strlen(out) - 3:] eq ".svg") {
	set terminal svg size 1200, 600 background "white" dynamic font "sans,14"
} else { if (strlen(out) > 4 && out[strlen(out) - 3:] eq ".pdf") {
	set terminal pdfcairo size 24cm, 12cm font "sans,12"
} else {
	set terminal pngcairo size 1200, 600 font "sans,11"
} }
set output out

set datafile separator comma
set datafile missing ""
set title ttl noenhanced
set key outside top center horizontal noenhanced
set border 3
set tics nomirror out
set grid ytics back linecolor rgb "#dddddd"
set style fill solid 1.0 noborder

stats csv using (column("time_ns")) name "T" nooutput
stats csv using (column("in_use_bytes") + column("free_bytes") + column("released_bytes")) name "M" nooutput
stats csv using (strlen(strcol("goal_bytes"))) name "G" nooutput
second = 1e9
mib = 2.0 ** 20

set xlabel "time since the trace began (s)"
set ylabel "heap memory (MiB)"
set xrange [T_min / second : (T_max > T_min ? T_max : T_min + 1) / second]
set yrange [0 : (M_max > 0 ? 1.05 * M_max : 1) / mib]

t = "(column('time_ns') / second)"
u = "(column('in_use_bytes') / mib)"
f = "((column('in_use_bytes') + column('free_bytes')) / mib)"
r = "((column('in_use_bytes') + column('free_bytes') + column('released_bytes')) / mib)"

# Steps, not slopes: a row holds the state until the next. The goal is empty while it is off.
plot csv using @t:@r with fillsteps linecolor rgb "#cccccc" title "released", \
     csv using @t:@f with fillsteps linecolor rgb "#56b4e9" title "free", \
     csv using @t:@u with fillsteps linecolor rgb "#0072b2" title "in use", \
     csv using @t:(column("retained_bytes") / mib) with steps linewidth 1.5 linecolor rgb "#000000" title "retained", \
     csv using @t:(strlen(strcol("goal_bytes")) > 0 ? column("goal_bytes") / mib : NaN) \
	with steps linewidth 2 linecolor rgb "#d55e00" title (G_max > 0 ? "scavenger's goal" : "")
