# SPDX-License-Identifier: BSD-3-Clause
# Memory over time.
#
#   $runs            a part for each policy, called run_name[], with line run_line[]; runs: how many;
#                    run_letters: of the longest name. Columns:
#                    time, then memory: in use, manual, free, released (means of an
#                    interval), retained (the most in it), the scavenger's goal, the
#                    GC's heap goal, the memory limit less what is beside the heap.
#                    Two rows for each interval, where it begins and where it ends
#   one_trace        whether all are of one trace
#   $cycles          when GC cycles were marked to the end; gc_cycles: how many
#   has_goal, has_limit
#   $layers          of one policy, where has_layers: what in use and free are made of;
#                    time, then live, dying, dead, undecided objects, slack in spans,
#                    manual, free memory kept by the index, that waits, within the
#                    goal, and released. Two rows for each moment's interval
#   time_unit, memory_unit, time_begin, time_end, memory_top
#
# Of one policy: in use, manual, free and released are stacked, so that their top
# is all that is mapped. Of several: the memory that each retained, as lines. Values
# hold for whole intervals: two rows each make steps of what would be slopes.

set label 104 sprintf("heap memory (%s)", memory_unit) at screen left(18), graph 0.5 center rotate
set xrange [time_begin : time_end]
set yrange [0 : 1.06 * memory_top]
set lmargin at screen left(95)
set rmargin at screen 1 - left(30)
entries = runs > 1 ? runs + 1 : has_layers ? 13 : 8
letters = runs > 1 ? run_letters : 17
foot = 58 + key_height(entries, letters)
set bmargin at screen bottom(foot)
set key at screen 0.5, bottom(7) center bottom horizontal maxcols key_columns(entries, letters) Left reverse samplen 1.6 width 1 noenhanced
set label 105 sprintf("time (%s)", time_unit) at graph 0.5, screen bottom(foot - 50) center
set grid ytics

if (runs == 1 && has_layers) {
	array band_color[10] = [blue, sky, pink, "#7f9fbf", green, manual_color, red, orange, "#f0e442", released_color]
	array band_name[10] = ["live", "dies by next GC", "dead already", "undecided", "slack in spans", "manual (stacks)", \
		"free: unreached", "free: waits", "free: within goal", "released"]
	sum_to(i) = i < 1 ? 0 : sum_to(i - 1) + column(i + 1)
	plot for [i = 10 : 1 : -1] $layers using 1:(sum_to(i)) with filledcurves y=0 linecolor rgb band_color[i] notitle, \
	     $runs using 1:7 with lines linewidth 2.5 dashtype solid linecolor rgb "black" notitle, \
	     $runs using 1:9 with lines linewidth 2.5 dashtype 2 linecolor rgb "black" notitle, \
	     $cycles using 1:(1.06 * memory_top):(0):(-0.03 * memory_top) with vectors nohead linewidth 1 \
		dashtype solid linecolor rgb "black" notitle, \
	     for [i = 1 : 10] keyentry with boxes linecolor rgb band_color[i] title band_name[i], \
	     keyentry with lines linewidth 2.5 dashtype solid linecolor rgb "black" title has_goal ? "scavenger's goal" : "", \
	     keyentry with lines linewidth 2.5 dashtype 2 linecolor rgb "black" title has_limit ? "memory limit" : "", \
	     keyentry with points pointtype "|" linecolor rgb "black" \
		title gc_cycles > 0 ? sprintf("GC cycle (%d)", gc_cycles) : ""
} else { if (runs == 1) {
	# What is drawn later lies above.
	plot $runs using 1:($2 + $3 + $4 + $5) with filledcurves y=0 linecolor rgb released_color notitle, \
	     $runs using 1:($2 + $3 + $4) with filledcurves y=0 linecolor rgb free_color notitle, \
	     $runs using 1:($2 + $3) with filledcurves y=0 linecolor rgb manual_color notitle, \
	     $runs using 1:2 with filledcurves y=0 linecolor rgb in_use_color notitle, \
	     $runs using 1:6 with lines linewidth 1 dashtype solid linecolor rgb "black" notitle, \
	     $runs using 1:7 with lines linewidth 2.5 dashtype solid linecolor rgb red notitle, \
	     $runs using 1:9 with lines linewidth 2.5 dashtype 2 linecolor rgb pink notitle, \
	     $cycles using 1:(1.06 * memory_top):(0):(-0.03 * memory_top) with vectors nohead linewidth 1 \
		dashtype solid linecolor rgb "black" notitle, \
	     keyentry with boxes linecolor rgb in_use_color title "in use", \
	     keyentry with boxes linecolor rgb manual_color title "manual (stacks)", \
	     keyentry with boxes linecolor rgb free_color title "free", \
	     keyentry with boxes linecolor rgb released_color title "released", \
	     keyentry with lines linewidth 1 dashtype solid linecolor rgb "black" title "most retained", \
	     keyentry with lines linewidth 2.5 dashtype solid linecolor rgb red title has_goal ? "scavenger's goal" : "", \
	     keyentry with lines linewidth 2.5 dashtype 2 linecolor rgb pink title has_limit ? "memory limit" : "", \
	     keyentry with points pointtype "|" linecolor rgb "black" \
		title gc_cycles > 0 ? sprintf("GC cycle (%d)", gc_cycles) : ""
} else {
	# Lines become thinner, so that those which hide others show them as a rim.
	plot $runs index 0 using 1:(one_trace ? $2 : NaN) with filledcurves y=0 linecolor rgb released_color \
		title one_trace ? "in use" : "", \
	     for [i = 1 : runs] $runs index i - 1 using 1:($2 + $4) with lines \
		linewidth 1.7 + 3.0 * (runs - i) / runs linetype run_line[i] title run_name[i]
} }
