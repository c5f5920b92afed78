# SPDX-License-Identifier: BSD-3-Clause
# What all plots have in common; the head of each says what its data is. Beside
# that there are form ('png', 'svg', 'pdf'), width and height (pixels that the plot is
# laid out for, of which the picture has `scale` times as many), plot_title and subtitle.
#
# Colours are Okabe and Ito's, which colour-blind people can tell apart. What is
# black becomes the colour of the text where a picture is part of a page.

orange = "#e69f00"
sky = "#56b4e9"
green = "#009e73"
blue = "#0072b2"
red = "#d55e00"
pink = "#cc79a7"
grey = "#999999"
faint = "#98808080" # nearly clear, for any background

# The same things have the same colours everywhere.
in_use_color = blue
manual_color = "#004466"
free_color = orange
released_color = "#dcdcdc"

# Lines 1 to 7 in these colours, 8 to 14 in the same, dashed. A policy has the same line in every plot.
array line_color[7] = [blue, red, green, orange, pink, sky, grey]
do for [i = 1 : 7] {
	set linetype i linecolor rgb line_color[i] dashtype solid
	set linetype i + 7 linecolor rgb line_color[i] dashtype 2
}

# Places in the picture, by pixels from its top, bottom and left.
top(pixels) = 1 - pixels / (1.0 * height)
bottom(pixels) = pixels / (1.0 * height)
left(pixels) = pixels / (1.0 * width)

# Letters, marks and points have other sizes in PNG.
small = form eq "png" ? ",10" : ",13"
large = form eq "png" ? ",14" : ",19"
dot = form eq "svg" ? 0.75 : 1.3 * scale
set tics scale form eq "svg" ? 0.5 : 0.9

# Legends below the plot, of n entries of so many letters: columns, rows, pixels.
least(a, b) = a < b ? a : b
key_columns(n, letters) = least(n, int((width - 140) / (letters * 11 + 60.0)) > 0 ? int((width - 140) / (letters * 11 + 60.0)) : 1)
key_rows(n, letters) = int(ceil(n / (1.0 * key_columns(n, letters))))
key_height(n, letters) = 10 + 24 * key_rows(n, letters)

set border 3 linewidth 1
set tics nomirror out
set grid linetype 1 dashtype solid linecolor rgb faint linewidth 1
set style fill solid 1.0 noborder
set key noenhanced
set label 1 plot_title at screen 0.5, top(22) center font large noenhanced
set label 2 subtitle at screen 0.5, top(46) center font small noenhanced
# A page that the plot is a part of has said it.
head = plot_title eq "" && subtitle eq "" ? 28 : 70
set tmargin at screen top(head)
# Beside a plot that ends so many pixels above the bottom: the text, or where that is longer than the picture a shorter one.
upright(text, short, foot) = 9 * strlen(text) < height - head - foot + 2 * least(head, foot) ? text : short
