# SPDX-License-Identifier: BSD-3-Clause
# What the scavengers' indexes have to look at: bars for one trace, with the data of
# compare.gp; for several, by the size of the heap:
#
#   by_size          whether it is by size
#   $sizes           a part for each policy. Columns: most memory in use, lookups, entries
#                    read per lookup, lookups that found nothing to release (%)
#   memory_unit

if (!by_size) {
	letter = 9
	across = (1.0 - left(25)) / panels
	set multiplot
	set border 1
	set grid xtics noytics
	set yrange [policies - 0.4 : -0.6]
	set xtics font small autofreq
	set ytics scale 0 noenhanced
	unset key
	do for [i = 1 : panels] {
		set lmargin at screen left(10) + (i - 1) * across + left(policy_letters * letter + 15)
		set rmargin at screen left(10) + i * across - left(10)
		set tmargin at screen top(head + 30)
		set bmargin at screen bottom(45)
		set title panel_title[i].(panel_unit[i] eq "" ? "" : " (".panel_unit[i].")") offset 0, -0.7 noenhanced
		set xrange [0 : 1.35 * panel_most[i]]
		set ytics ()
		do for [p = 1 : policies] { set ytics add (policy[p] p - 1) }
		plot $bars index i - 1 using ($1 / 2):2:($1 / 2):3 with boxxyerror linecolor rgb sky, \
		     $bars index i - 1 using 1:2:(stringcolumn(6)) with labels left offset 0.5, 0 font small noenhanced
		unset label 1
		unset label 2
	}
	unset multiplot
} else {
	across = (1.0 - left(25)) / 2
	set multiplot
	set logscale x 2
	set grid xtics ytics
	set yrange [0 : *]
	foot = 58 + key_height(policies, policy_letters)
	set bmargin at screen bottom(foot)
	set tmargin at screen top(head + 30)
	set key at screen 0.5, bottom(7) center bottom horizontal maxcols key_columns(policies, policy_letters) Left reverse samplen 1.6 width 1 noenhanced
	do for [i = 2 : 3] {
		set lmargin at screen left(85) + (i - 2) * across
		set rmargin at screen (i - 1) * across - left(5)
		set title panel_title[i].(panel_unit[i] eq "" ? "" : " (".panel_unit[i].")") offset 0, -0.5 noenhanced
				set label 105 sprintf("most memory in use (%s)", memory_unit) at graph 0.5, screen bottom(foot - 50) center
		plot for [p = 1 : policies] $sizes index p - 1 using 1:(column(i + 1)) with linespoints \
			linewidth 1.7 + 3.0 * (policies - p) / policies pointtype 4 + p pointsize dot linetype policy_line[p] title policy[p]
		unset label 1
		unset label 2
		unset key
	}
	unset multiplot
}
