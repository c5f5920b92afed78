# SPDX-License-Identifier: BSD-3-Clause
# How long pages lie free before they are used again, whatever the policy.
#
#   $intervals       from, to (seconds); bytes of intervals that ended with a use of the
#                    page, and of all; the same in byte-seconds, what keeping them takes
#   cut              whether shorter ones are left out, as they are next to nothing
#   memory_unit, cost_unit, shortest, longest (seconds)

# In a low picture there is no room for more tics than the least and the most.
stats $intervals using 4 nooutput name "freed"
stats $intervals using 6 nooutput name "kept"
few_tics(most) = height < 560 && most > 0
set multiplot
set logscale x
set xrange [shortest : longest]
set yrange [0 : *]
set grid xtics ytics
set lmargin at screen left(95)
set rmargin at screen 1 - left(30)
set xtics ("100 ns" 1e-7, "1 us" 1e-6, "10 us" 1e-5, "100 us" 1e-4, "1 ms" 1e-3, "10 ms" 1e-2, "100 ms" 1e-1, \
	"1 s" 1, "10 s" 10, "1 min" 60, "10 min" 600, "1 h" 3600, "10 h" 36000, "100 h" 360000)

foot = 58 + key_height(2, 29)
middle = (top(head) + bottom(foot)) / 2
set tmargin at screen top(head + 20)
set bmargin at screen middle + bottom(40)
set title "pages freed" offset 0, -0.7
set label 104 memory_unit at screen left(18), graph 0.5 center rotate
if (few_tics(freed_max)) { set ytics ("0" 0, sprintf(freed_max < 100 ? "%.3g" : "%.0f", freed_max) freed_max) }
unset key
plot $intervals using (sqrt($1 * $2)):4:1:2:(0):4 with boxxyerror linecolor rgb sky, \
     $intervals using (sqrt($1 * $2)):3:1:2:(0):3 with boxxyerror linecolor rgb blue

unset label 1
unset label 2
set tmargin at screen middle - bottom(33)
set bmargin at screen bottom(foot)
set title "cost of retaining them: bytes times time" offset 0, -0.7
set label 104 cost_unit." s" at screen left(18), graph 0.5 center rotate
if (few_tics(kept_max)) { set ytics ("0" 0, sprintf(kept_max < 100 ? "%.3g" : "%.0f", kept_max) kept_max) }
set label 105 "how long they stayed free".(cut ? " (shorter: less than 0.1 %)" : "") at graph 0.5, screen bottom(foot - 50) center
set key at screen 0.5, bottom(7) center bottom horizontal maxcols key_columns(2, 29) Left reverse samplen 1.6 width 1 noenhanced
plot $intervals using (sqrt($1 * $2)):6:1:2:(0):6 with boxxyerror linecolor rgb sky notitle, \
     $intervals using (sqrt($1 * $2)):5:1:2:(0):5 with boxxyerror linecolor rgb blue notitle, \
     keyentry with boxes linecolor rgb blue title "used again", \
     keyentry with boxes linecolor rgb sky title "not used again before the end"
unset multiplot
