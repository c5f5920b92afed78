# SPDX-License-Identifier: BSD-3-Clause
# What watching costs: the replay at full speed with and without the live view,
# turn by turn in one run; what goes to the terminal; seeking anywhere.
#
#     tests/bench/watch.sh [TRACE [TURNS]]
#
# script(1) is the terminal.
set -u
trace=${1:-$top_srcdir/traces/phases-1p-go125.trace.zst}
turns=${2:-5}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
export TERM=xterm-256color LC_ALL=C.UTF-8
unset NO_COLOR

milliseconds() {
	local begin

	begin=$(date +%s%N)
	"$@" >/dev/null 2>&1 </dev/null
	echo $((($(date +%s%N) - begin) / 1000000))
}

median() {
	sort -n | sed -n "$(((turns + 1) / 2))p"
}

in_terminal() {
	script -qec "stty cols 120 rows 40; $(printf '%q ' "$@")" "$scratch/screen"
}

for ((i = 0; i < turns; i++)); do
	milliseconds script -qec "$(printf '%q ' "$HEAPREPLAY" replay -q "$trace")" /dev/null >>"$scratch/plain"
	milliseconds in_terminal "$HEAPREPLAY" watch --exit --speed 'full speed' "$trace" >>"$scratch/watched"
done
plain=$(median <"$scratch/plain")
watched=$(median <"$scratch/watched")
echo "replay $plain ms, watched at full speed $watched ms (medians of $turns): $((100 * watched / plain)) %"

# As fast as it happened, ten seconds of it.
timeout -s INT 10 script -qec "stty cols 120 rows 40; $(printf '%q ' "$HEAPREPLAY" watch "$trace")" "$scratch/screen" >/dev/null 2>&1 </dev/null
echo "to a terminal of 120x40 in 10 s at 1x: $(stat -c %s "$scratch/screen") bytes"
"$top_builddir/tests/bench/seek" "$trace"
