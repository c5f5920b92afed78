# SPDX-License-Identifier: BSD-3-Clause
# Addresses over time.
#
#   $cells           column, row, shares of the pages in use, free and released, and
#                    whether anything is mapped there (0, 1); the time in the middle,
#                    red, green, blue and alpha (0 to 255); of equal times and of
#                    equally many pages, from the lowest address up
#   $gaps            rows that stand for a part of the address space that is not
#                    mapped, however long; gaps: how many
#   columns, rows, row_kib, time_unit, time_begin, column_time
#
# A cell's colour is a mixture of three: what is in use, what is free, and what is
# released. It comes with the data, since gnuplot is slow with computed columns.

set label 104 "address" at screen left(18), graph 0.5 center rotate
set xrange [time_begin : time_begin + columns * column_time]
set yrange [-0.5 : rows - 0.5]
set lmargin at screen left(182)
set rmargin at screen 1 - left(30)
foot = 58 + key_height(4, 23)
set bmargin at screen bottom(foot)
set key at screen 0.5, bottom(7) center bottom horizontal maxcols key_columns(4, 23) Left reverse samplen 1.6 width 1 noenhanced
set border 15
unset grid
set label 105 sprintf("time (%s); a row is %g %s", time_unit, row_kib < 1024 ? row_kib : row_kib / 1024, row_kib < 1024 ? "KiB" : "MiB") \
	at graph 0.5, screen bottom(foot - 50) center
plot $cells using 7:2:8:9:10:11 with rgbalpha notitle, \
     $gaps using (time_begin):1:(columns * column_time):(0) with vectors nohead linewidth 1.5 dashtype 3 \
	linecolor rgb "black" notitle, \
     keyentry with boxes linecolor rgb in_use_color title "in use (occupancy)", \
     keyentry with boxes linecolor rgb free_color title "free", \
     keyentry with boxes linecolor rgb "#e4e4e4" title "released", \
     keyentry with lines linewidth 1.5 dashtype 3 linecolor rgb "black" title gaps > 0 ? "unmapped, folded" : ""
