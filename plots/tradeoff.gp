# SPDX-License-Identifier: BSD-3-Clause
# What policies retain against the CPU time they spend, and the best possible.
#
#   $policies        retained memory on average, CPU time of releases and refaults, line;
#                    where bounds is 1, low and high of memory, low and high of CPU time
#   $envelope        the same of the offline optimum, from nothing released to all
#   least            retained memory that no policy can go below: what is in use
#   lower_bound      whether no policy could quite reach that
#   memory_unit, cpu_unit, memory_low, memory_high, cpu_top
#   bend             0: the CPU axis is linear; else it is nearly linear below that,
#                    and logarithmic above, as asinh is
#
# and a label beside each policy, placed for this size of the picture.

foot = 58 + key_height(3, 29)
set label 105 sprintf("retained memory, mean over time (%s)", memory_unit) at graph 0.5, screen bottom(foot - 50) center
cpu_in = bend > 0 ? "" : " (".cpu_unit.")"
set label 103 upright("CPU time of releases and refaults".cpu_in, "CPU time".cpu_in, foot) \
	at screen left(18), graph 0.5 center rotate
set xrange [memory_low : memory_high]
set yrange [0 : cpu_top]
if (bend > 0) { set nonlinear y via asinh(y / bend) inverse bend * sinh(y) }
set lmargin at screen left(110)
set rmargin at screen 1 - left(30)
set bmargin at screen bottom(foot)
set errorbars small
set object 1 rectangle from memory_low, 0 to least, cpu_top behind fillcolor rgb faint fillstyle solid noborder
set key at screen 0.5, bottom(7) center bottom horizontal maxcols key_columns(3, 29) Left reverse samplen 1.6 width 1 noenhanced

plot $envelope using 1:2:(0) with filledcurves y1=0 linecolor rgb faint notitle, \
     $envelope using 1:2 with lines linewidth 2.5 dashtype solid linecolor rgb green notitle, \
     for [b = 1 : bounds] $policies using 1:2:4:5:6:7:3 with xyerrorbars pointtype 0 linewidth 1.2 \
	linecolor variable notitle, \
     $policies using 1:2:3 with points pointtype 7 pointsize dot linecolor variable notitle, \
     keyentry with points pointtype 7 pointsize dot linecolor rgb "black" title "policy", \
     keyentry with lines linewidth 2.5 dashtype solid linecolor rgb green \
	title lower_bound ? "offline optimum (lower bound)" : "offline optimum", \
     keyentry with boxes linecolor rgb faint title "unreachable"
