#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# usage: make pictures [RECORDINGS="DIRECTORY..."]
#
# Draws the pictures of README.md and docs/ anew, with the commands below. Four are
# of recordings that are too large to ship; they are drawn where a DIRECTORY holds
# them. index-work.png and batching.png are drawn where `make study` has counted.
set -eu
: "${top_srcdir:?run it through make pictures}" "${HEAPREPLAY:?}"
docs=$(cd "$top_srcdir/docs" && pwd)
phases=$top_srcdir/traces/phases-1p-go125.trace.zst
work=$(mktemp -d)
trap 'tmux -S "$work/tmux" kill-server 2>/dev/null || :; rm -rf "$work"' EXIT

draw() {
	echo "heapreplay ${*##*/}"
	"$HEAPREPLAY" "$@"
}

# The recording of that name, if there is one.
recording() {
	local directory

	for directory in ${RECORDINGS:-}; do
		[ ! -e "$directory/$1" ] || { echo "$directory/$1" && return 0; }
	done
	echo "left as it is: the picture of $1 (not in RECORDINGS)" >&2
	return 1
}

draw plot timeline -q -p go1.19 "$phases" -o "$docs/timeline.png"
draw plot timeline -q --layers "$phases" -o "$docs/layers.png"
draw plot timeline -q -p decay -p decay,by=thread -p delay -p rate "$phases" -o "$docs/idle.png"
draw plot heatmap -q "$phases" -o "$docs/heatmap.png"
draw plot tradeoff -q "$phases" -o "$docs/tradeoff.png"
draw heatmap -q --at 24s -p go1.19 -p go1.22 --view scavenged --cells 150x38 --format png -o "$docs/frame.png" "$phases"

policies=(-p go1.19 -p go1.22 -p decay -p decay,by=thread -p rate -p delay -p delay,by=thread -p delay,by=thread,delay=1s
	-p none -p eager)
draw plot tradeoff -q "${policies[@]}" "$phases" -o "$docs/tradeoff-phases.png"
if trace=$(recording jsoncache-memlimit-go123.trace.zst); then
	draw plot tradeoff -q "${policies[@]}" --memory-limit 96MiB "$trace" -o "$docs/tradeoff-jsoncache.png"
fi
if trace=$(recording http-4p-go121.pagetrace.zst); then
	draw plot tradeoff -q "${policies[@]}" --gc-log "${trace%.pagetrace.zst}.stderr" "$trace" -o "$docs/tradeoff-http.png"
fi
if trace=$(recording redis_bench.zst); then
	draw plot tradeoff -q "${policies[@]}" "$trace" -o "$docs/tradeoff-redis.png"
fi

# Their numbers take a study, which is long: these two are as old as the last one.
for name in index-work batching; do
	counts=${top_builddir:-.}/study/$name.csv
	if [ -s "$counts" ]; then
		gnuplot -e "csv='$counts'; out='$docs/$name.png'" "$top_srcdir/plots/$name.gp"
		echo "gnuplot $name.gp"
	else
		echo "left as it is: $name.png (make study counts first)" >&2
	fi
done

# The live view: to 50 s, two policies side by side, saved.
ln -s "$(cd "$(dirname "$phases")" && pwd)/$(basename "$phases")" "$work/"
printf -v command 'cd %q && LC_ALL=C.UTF-8 exec %q watch --paused -p go1.22 -p go1.19 --view free %q' \
	"$work" "$(realpath "$HEAPREPLAY")" "$(basename "$phases")"
mux() {
	tmux -S "$work/tmux" -f /dev/null "$@"
}
# Until the screen has it, 30 s at most.
shows() {
	local i

	for ((i = 0; i < 300; i++)); do
		! mux capture-pane -p | grep -qE -- "$1" || return 0
		sleep 0.1
	done
	echo "the live view does not show: $1" >&2
	return 1
}
mux new-session -d -x 120 -y 40 "$command"
shows 'paused'
# To the end of what is read, until all of it is.
until mux capture-pane -p | grep -q '93\.[0-9] s'; do
	mux send-keys End
	sleep 0.5
done
mux send-keys g 50s Enter
shows 'at 50\.0 s'
mux send-keys 2
shows 'cells differ'
mux send-keys s
for ((i = 0; i < 100; i++)); do
	[ ! -e "$(echo "$work"/*.png)" ] || break
	sleep 0.1
done
cp "$work"/*.png "$docs/watch.png"
echo "heapreplay watch: g 50s, 2, s"
