# SPDX-License-Identifier: BSD-3-Clause
# The configuration file: defaults of the display's options.
. "$top_srcdir/tests/lib.sh"
unset NO_COLOR FORCE_COLOR CLICOLOR_FORCE COLORTERM

printf '%s\n' '# heapreplay-trace 1' '! addresses on' '0 gomaxprocs n=1' \
	'1ms span-alloc addr=0xc000000000 npages=256 class=0' '2ms span-free addr=0xc000000000' >hand.txt
export XDG_CONFIG_HOME=$PWD/conf
mkdir -p conf/heapreplay home/.config/heapreplay
config=conf/heapreplay/config
heatmap=("$HEAPREPLAY" heatmap -q -p none --cells 80x24 hand.txt)

run "${heatmap[@]}"
like "$out" 'occupancy, linear' 'no file: the defaults'
printf '# mine\n\n  view = free   # not occupancy\nscale=ranked\nspeed = 10x\n' >$config
run "${heatmap[@]}"
is "$status" 0 'a file, with options of other commands in it'
like "$out" 'free, ranked' 'which gives defaults'
run "${heatmap[@]}" --view scavenged
like "$out" 'scavenged, ranked' 'the command line wins'
printf 'view = index' >home/.config/heapreplay/config
XDG_CONFIG_HOME='' HOME=$PWD/home run "${heatmap[@]}"
like "$out" 'none keeps no index' 'without XDG_CONFIG_HOME it is in .config of HOME'
run "$HEAPREPLAY" info hand.txt
is "$err" '' 'commands that show no heap do not read it'

# Nothing but the display: no result depends on the file. A file that is wrong is said, not skipped.
while IFS='|' read -r line message; do
	printf 'view = free\n%s\n' "$line" >$config
	run "${heatmap[@]}"
	is "$status" 2 "'$line' is refused"
	like "$err" "$message" 'with the reason'
done <<'LINES'
gogc = 50|config: line 2: 'gogc' is no option of the display
policy = none|line 2: 'policy' is no option
no-marks = yes|line 2: no-marks takes no value
view|line 2: view takes a value: NAME = VALUE
= free|line 2: '' is no option
view = x|--view takes occupancy, free
LINES
head -c 70000 /dev/zero | tr '\0' '#' >$config
run "${heatmap[@]}"
is "$status" 0 'a file of no use'
like "$err" 'config: not read: it is larger than 64 KiB' 'is said to be one'
printf 'view = free\0\nscale = ranked\n' >$config
run "${heatmap[@]}"
like "$status $err" '^0 .*config: not read: it is binary' 'what is behind a zero byte is not left out in silence'
rm $config
mkfifo $config
run "${heatmap[@]}"
like "$status $err" '^0 .*config: not read: it is no file' 'nobody waits for a pipe'
rm $config
XDG_CONFIG_HOME=/$(printf '%05000d' 0) run "${heatmap[@]}"
is "$status $err" '0 ' 'a path that is none'
done_testing
