# SPDX-License-Identifier: BSD-3-Clause
# Bars of metrics, a panel each; index.gp has the same.
#
#   $bars            a part for each panel. Columns: value, place on the axis, half the
#                    bar's thickness, number of the trace, whether it is the best of
#                    all, the value as a text; where bounds is 1, low and high of
#                    the error bar and where the text stands
#   bounds, panels, columns, rows, panel_title[], panel_unit[], panel_most[]
#   policies, policy[], policy_letters: how many the longest has
#   traces, trace[], trace_letters

letter = 9
foot = traces > 1 ? 12 + key_height(traces, trace_letters) : 38
across = (1.0 - left(25)) / columns
down = (top(head) - bottom(foot)) / rows
bar_color(trace, best) = traces > 1 ? trace : best > 0 ? 3 : 6

set multiplot
set border 1
set grid xtics noytics
set yrange [policies - 0.4 : -0.6]
set xtics font small autofreq
set ytics scale 0 noenhanced
set errorbars small
if (traces > 1) {
	set key at screen 0.5, bottom(7) center bottom horizontal maxcols key_columns(traces, trace_letters) \
		Left reverse samplen 1.6 width 1 noenhanced
} else {
	set key at screen 1 - left(20), top(8) right top Left reverse samplen 1.6 font small noenhanced
}
do for [i = 1 : panels] {
	at_column = (i - 1) % columns
	at_row = (i - 1) / columns
	set lmargin at screen left(10) + at_column * across + left(policy_letters * letter + 15)
	set rmargin at screen left(10) + (at_column + 1) * across - left(10)
	set tmargin at screen top(head + 25) - at_row * down
	set bmargin at screen top(head) - (at_row + 1) * down + bottom(44)
	set title panel_title[i].(panel_unit[i] eq "" ? "" : " (".panel_unit[i].")") offset 0, -0.7 noenhanced
	set xrange [0 : 1.35 * panel_most[i]]
	set ytics ()
	do for [p = 1 : policies] { set ytics add (policy[p] p - 1) }
	plot $bars index i - 1 using ($1 / 2):2:($1 / 2):3:(bar_color($4, $5)) with boxxyerror linecolor variable notitle, \
	     for [b = 1 : bounds] $bars index i - 1 using 1:2:7:8 with xerrorbars pointtype 0 linewidth 1.5 \
		linecolor rgb "black" notitle, \
	     $bars index i - 1 using (column(bounds ? 9 : 1)):2:(stringcolumn(6)) with labels left offset 0.5, 0 font small noenhanced notitle, \
	     for [t = 1 : i == 1 && traces > 1 ? traces : 0] keyentry with boxes linetype t title trace[t], \
	     keyentry with boxes linetype 3 title i == 1 && traces == 1 ? "best" : ""
	unset label 1
	unset label 2
	unset key
}
unset multiplot
