# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# gnuplot -e "table='soak.tsv'; picture='soak.svg'" soak.gnuplot: what a run of the soak test took, over its time

set terminal svg size 960,800 font 'sans-serif,13' background '#ffffff'
set output picture
set datafile separator tab
set multiplot
set lmargin at screen 0.19
set rmargin at screen 0.97
set grid xtics ytics lc rgb '#dddddd'
set border 3 lc rgb '#888888'
set tics nomirror tc rgb '#444444'
set yrange [0:*]
stats table using ($1 / 60) nooutput
set xrange [0:STATS_max]
set format x ''

names = "'10,000 requests' '1,000 downloads' '64 of 50 MB' 'cached requests' 'WebSockets and events'"
set tmargin at screen 0.96
set bmargin at screen 0.82
set yrange [0.5:5.5]
set ytics ()
do for [i = 1:words (names)] { set ytics add (word (names, i) i) }
unset key
plot for [i = 1:words (names)] table using ($1 / 60):(strcol (3) eq word (names, i) ? i : NaN) with points pt 5 ps 0.25 lc rgb '#3a6ea5'

set ytics auto
set yrange [0:*]
set key at screen 0.97, 0.785 right horizontal samplen 1 tc rgb '#444444'
set tmargin at screen 0.76
set bmargin at screen 0.57
set ylabel 'memory, MiB' tc rgb '#444444' offset 1
plot table using ($1 / 60):4 with lines lw 1.2 lc rgb '#3a6ea5' title 'RSS', \
     '' using ($1 / 60):5 with lines lw 1.2 lc rgb '#7fb2d9' title 'PSS', \
     '' using ($1 / 60):6 with lines lw 1.2 lc rgb '#c0504d' title 'malloc ()'

set key at screen 0.97, 0.535
set tmargin at screen 0.51
set bmargin at screen 0.34
set ylabel 'number' tc rgb '#444444' offset 1
set logscale y
set yrange [1:1000]
plot table using ($1 / 60):7 with lines lw 1.2 lc rgb '#3a6ea5' title 'descriptors', \
     '' using ($1 / 60):8 with lines lw 1.2 lc rgb '#c0504d' title 'threads'

set key at screen 0.97, 0.305
set tmargin at screen 0.28
set bmargin at screen 0.09
set format x '%g'
set xlabel 'minutes' tc rgb '#444444'
set logscale y
set yrange [0.01:*]
set format y '%g'
set ylabel 'slowest kick, ms' tc rgb '#444444' offset 1
plot table using ($1 / 60):($9 > 0 ? $9 : NaN) with points pt 7 ps 0.2 lc rgb '#7fb2d9' title 'with waiting for a processor', \
     '' using ($1 / 60):($10 > 0 ? $10 : NaN) with points pt 7 ps 0.2 lc rgb '#3a6ea5' title 'processor time'
