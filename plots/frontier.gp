# SPDX-License-Identifier: BSD-3-Clause
# Memory against CPU time of the settings of a sweep.
#
#   $frontier        settings that no other beats: memory, CPU time, then low and
#   $beaten          high of memory, low and high of CPU time; the other settings
#   $knee, $own      the frontier's knee, the program's own setting
#   memory_unit, cpu_unit, memory_low, memory_high, cpu_top
#   bend             0: the CPU axis is linear; else it is nearly linear below that,
#                    and logarithmic above, as asinh is
#
# and labels beside points, placed for this size of the picture.

foot = 58 + key_height(5, 12)
set label 105 sprintf("99th percentile of retained memory (%s)", memory_unit) at graph 0.5, screen bottom(foot - 50) center
cpu_in = bend > 0 ? "" : " (".cpu_unit.")"
set label 103 upright("CPU time of GC, releases and refaults".cpu_in, "CPU time".cpu_in, foot) \
	at screen left(18), graph 0.5 center rotate
set xrange [memory_low : memory_high]
set yrange [0 : cpu_top]
if (bend > 0) { set nonlinear y via asinh(y / bend) inverse bend * sinh(y) }
set lmargin at screen left(110)
set rmargin at screen 1 - left(30)
set bmargin at screen bottom(foot)
set errorbars small
set key at screen 0.5, bottom(7) center bottom horizontal maxcols key_columns(5, 12) Left reverse samplen 1.6 width 1 noenhanced

plot $beaten using 1:2:3:4:5:6 with xyerrorbars pointtype 0 linewidth 1 linecolor rgb faint notitle, \
     $beaten using 1:2 with points pointtype 7 pointsize 0.7 * dot linecolor rgb grey notitle, \
     $frontier using 1:2 with fsteps linewidth 2 dashtype solid linecolor rgb sky notitle, \
     $frontier using 1:2:3:4:5:6 with xyerrorbars pointtype 0 linewidth 1.2 linecolor rgb blue notitle, \
     $frontier using 1:2 with points pointtype 7 pointsize dot linecolor rgb blue notitle, \
     $own using 1:2 with points pointtype 13 pointsize 2.2 * dot linecolor rgb orange notitle, \
     $knee using 1:2 with points pointtype 6 pointsize 2.4 * dot linewidth 2.5 linecolor rgb red notitle, \
     keyentry with points pointtype 7 pointsize dot linecolor rgb blue title "not beaten", \
     keyentry with points pointtype 7 pointsize 0.7 * dot linecolor rgb grey title "beaten", \
     keyentry with points pointtype 6 pointsize 2.4 * dot linewidth 2.5 linecolor rgb red title "knee", \
     keyentry with points pointtype 13 pointsize 2.2 * dot linecolor rgb orange title "today", \
     keyentry with lines linewidth 1.2 dashtype solid linecolor rgb blue title "error bars"
