# SPDX-License-Identifier: BSD-3-Clause
# What is missing of a damaged or cut input: told where the figures are, counted, and never a pass.
. "$top_srcdir/tests/lib.sh"

run "$HEAPREPLAY" generate -q steady,seconds=12 -o whole.hrt
is "$status" 0 'a trace of several blocks'
size=$(stat -c %s whole.hrt)

# flip FILE BYTE: with all its bits turned
flip() {
	local byte

	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	# shellcheck disable=SC2059 # the format is the byte
	printf "\\x$(printf %02x $((255 - byte)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

cp whole.hrt flipped.hrt
flip flipped.hrt $((size / 2))
head -c $((size * 8 / 10)) whole.hrt >cut.hrt
gate='retained_mean_bytes<1'

for kind in whole flipped cut; do
	run "$HEAPREPLAY" compare -q -p none -p go1.22 --json -o $kind.json $kind.hrt
	is "$status" 0 "$kind: compared"
done
is "$(jq -c '[.comparisons[0].trace | .lost_blocks, .cut]' whole.json)" '[0,false]' 'nothing is missing of the whole'
is "$(jq -c '[.comparisons[0].trace | .lost_blocks > 0, .cut]' flipped.json)" '[true,false]' 'blocks are, of the damaged one'
is "$(jq -c '[.comparisons[0].trace | .lost_blocks, .cut]' cut.json)" '[0,true]' 'and the end of the cut one'

run "$HEAPREPLAY" compare -q -p none -p go1.22 --fail-if "$gate" whole.hrt
is "$status" 0 'a gate passes on the whole'
for input in flipped.hrt cut.hrt flipped.json cut.json; do
	run "$HEAPREPLAY" compare -q --fail-if "$gate" $input
	is "$status" 3 "$input: the same gate is not met"
	like "$err" "every gate fails on a damaged trace" 'and says why'
	like "$out" '^DAMAGED: ' 'so does the text, where the figures are'
done
run "$HEAPREPLAY" compare -q --fail-if "$gate" whole.json flipped.json
is "$status" 3 'nor does it on saved runs of which one is damaged'
run "$HEAPREPLAY" replay -q -p none flipped.hrt
like "$out" '^DAMAGED: the events of 1 damaged block are missing; the figures are those of what is left$' 'replay says it in its summary'

for command in replay info export 'import -o out.hrt'; do
	for input in flipped.hrt cut.hrt; do
		# shellcheck disable=SC2086
		run "$HEAPREPLAY" ${command%% *} -q $input ${command#"${command%% *}"}
		is "$status" 0 "$command $input: done, with a warning"
		# shellcheck disable=SC2086
		run "$HEAPREPLAY" ${command%% *} -q --fail-on-damage $input ${command#"${command%% *}"}
		is "$status" 1 "$command --fail-on-damage $input: failed"
	done
	# shellcheck disable=SC2086
	run "$HEAPREPLAY" ${command%% *} -q --fail-on-damage whole.hrt ${command#"${command%% *}"}
	is "$status" 0 "$command --fail-on-damage: the whole is none"
done
run "$HEAPREPLAY" compare -q --fail-on-damage whole.json flipped.json
is "$status" 1 'saved runs know of the damage'

head -c $((size / 100)) whole.hrt >start.hrt
run "$HEAPREPLAY" replay -q start.hrt
is "$status" 1 'nothing left of it: an error'
like "$err" 'there is no allocation in what is left of it' 'that says so'

# Zeros would look like an answer.
printf '# heapreplay-trace 1\n1s log\n' >empty
run "$HEAPREPLAY" replay -q empty
is "$status" 1 'a trace without an allocation is an error'
like "$err" 'ends without a span or object' 'and says so'
printf '# heapreplay-trace 1\n0 obj-alloc id=1 size=4000\n1s obj-free id=1\n' >small
run "$HEAPREPLAY" import -q small -o small.hrt
passed=
step=5
[ -z "${HR_QUICK:-}" ] || step=35
for ((i = 0; i < $(stat -c %s small.hrt); i += step)); do
	cp small.hrt bad.hrt
	flip bad.hrt $i
	run "$HEAPREPLAY" compare -q -p none --fail-if 'retained_mean_bytes>1GiB' bad.hrt
	[ "$status" != 0 ] || passed+=" $i"
done
is "$(for i in $passed; do
	cp small.hrt bad.hrt
	flip bad.hrt "$i"
	"$HEAPREPLAY" export -q bad.hrt | grep -c obj-
done | sort -u)" "$([ -n "$passed" ] && echo 2)" 'no flipped byte of a small file passes a gate unless all events are there'

done_testing
