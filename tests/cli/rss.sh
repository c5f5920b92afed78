# SPDX-License-Identifier: BSD-3-Clause
# replay --rss: the terms, what samples teach, and what a CSV of samples must be like.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/victoria-metrics-go127.trace.zst
"$HEAPREPLAY" replay -q --json --no-series --rss --series heap.csv --every 50ms "$trace" >plain.json
is "$(jq -c '[.rss.terms.file_bytes, .rss.samples, .rss.error, .rss.error_fitted]' plain.json)" '[null,0,null,null]' \
	'without samples and the size of the binary: neither is made up'
is "$(jq '[.rss.terms[] | numbers] | add - ($j[0].rss.mean_bytes) | fabs <= 8' --slurpfile j plain.json plain.json)" true \
	'the terms sum up to the mean'
is "$("$HEAPREPLAY" replay -q --json --no-series "$trace" | jq 'has("rss")')" false 'without --rss there is none'

# A process whose RSS is what is in use, free and manual, 12 MiB of files and 5 MiB of other things: the model is off by
# its metadata alone, whose mean at the end of the first half is taken away from the second; 2 % is what it may change by meanwhile.
awk -F, 'NR == 1 { print "time_ns,rss_bytes,RssAnon"; next }
	{ anon = $2 + $3 + $8 + 5 * 1048576; printf "%.0f,%.0f,%.0f\n", $1, anon + 12 * 1048576, anon }' heap.csv >rss.csv
"$HEAPREPLAY" replay -q --json --no-series --rss-samples rss.csv "$trace" >fitted.json
is "$(jq '.rss.terms.file_bytes' fitted.json)" $((12 * 1048576)) 'file pages are those of the samples'
is "$(jq '.rss.error_fitted.mean_ratio < 0.02' fitted.json)" true 'what is constant is learned'
is "$(jq '.rss.error.mean_bytes > .rss.error_fitted.mean_bytes' fitted.json)" true 'and was not known before'
is "$(jq '.rss.samples' fitted.json)" $(($(wc -l <rss.csv) - 1)) 'all samples count'
# While a program starts it reads its files in: what it is taken to have is what it has had since, not the mean.
awk -F, -v OFS=, 'NR > 1 && NR < 40 { $2 = $3 + 1048576 } 1' rss.csv >grows.csv
is "$("$HEAPREPLAY" replay -q --json --no-series --rss-samples grows.csv "$trace" | jq -c '.rss | [.terms.file_bytes, .error_fitted]')" \
	"$(jq -c '.rss | [.terms.file_bytes, .error_fitted]' fitted.json)" 'file pages are those that it has once it has started'
run "$HEAPREPLAY" replay -q --rss-samples rss.csv "$trace"
like "$out" '^RSS, on average$' 'the text has it, too'
like "$out" '^  file pages of the binary +12.0 MiB$' 'term by term'
like "$out" '^  fitted on the first half, beside the second: RSS .* \([0-9.]+ %\)' 'with its errors'

# On the recorder's clock it is the same.
origin=$("$HEAPREPLAY" info --json "$trace" | jq .origin.clock_origin_ns)
awk -F, -v origin="$origin" 'NR == 1 { print "mono_ns,Rss,RssAnon"; next } { printf "%.0f,%.0f,%.0f\n", $1 + origin, $2, $3 }' rss.csv >mono.csv
is "$("$HEAPREPLAY" replay -q --json --no-series --rss-samples mono.csv "$trace" | jq -c .rss.samples)" \
	"$(jq -c .rss.samples fitted.json)" 'mono_ns is the clock of the trace'

# A binary of 40 MB: half of it and 8 MiB (docs/rss.md); of 4 KiB: no more than there is.
binary() {
	"$HEAPREPLAY" replay -q --json --no-series --binary "$1" "$trace" | jq .rss.terms.file_bytes
}
is "$(binary 40MiB)" $((28 * 1048576)) 'file pages by the size of the binary'
is "$(binary 4KiB)" 4096 'never more than the binary has'

# mean OPTION...: the mean of a term, as the first argument names it.
term() {
	local name=$1

	shift
	"$HEAPREPLAY" replay -q --json --no-series "$@" "$trace" | jq ".rss.terms.$name"
}
is "$(term lazy_free_bytes --rss)" 0 'madvise=dontneed: what is released is gone'
is "$(term lazy_free_bytes --madvise free -p none)" 0 'nothing released, nothing lazy'
[ "$(term lazy_free_bytes --madvise free -p eager)" -gt "$(term lazy_free_bytes --madvise free)" ]
ok $? 'who releases more leaves more behind'
less=$(term huge_bytes --khugepaged 64) more=$(term huge_bytes --khugepaged 511)
[ "$less" -ge 0 ] && [ "$more" -gt "$less" ]
ok $? "khugepaged brings back more where it may fill up more ($less, $more)"

# The share in huge pages. What is brought back lies in them, and they are no more than what was ever mapped.
"$HEAPREPLAY" replay -q --json --no-series --rss "$trace" | jq -c '[.rss.huge_backed_bytes, .rss.huge_backed_ratio]' >out
is "$(<out)" '[null,null]' 'no khugepaged: nothing is said of huge pages'
"$HEAPREPLAY" replay -q --json --no-series --khugepaged 64 "$trace" >few.json
"$HEAPREPLAY" replay -q --json --no-series --khugepaged 511 "$trace" >many.json
is "$(jq -s '.[0].rss.huge_backed_bytes <= .[1].rss.huge_backed_bytes and
	all(.[]; .rss.huge_backed_bytes >= .rss.terms.huge_bytes and
	(.rss.huge_backed_ratio * .rss.mean_bytes - .rss.huge_backed_bytes | fabs) <= 1)' few.json many.json)" true \
	'more where it may fill up more; what comes back lies in huge pages; the ratio is of the sum'
printf '%s\n' time_ns,Rss,AnonHugePages 1,9000000,2097152 2,9000000, 3,9000000,4194304 >huge.csv
run "$HEAPREPLAY" replay -q --rss-samples huge.csv --khugepaged 511 "$trace"
like "$out" 'of it in huge pages, at most +[0-9.]+ MiB \([0-9.]+ %\)' 'it is told'
like "$out" 'in huge pages, by the samples +3\.00 MiB' "beside the samples' mean, of those that have it"

# csv TEXT PATTERN DESCRIPTION
csv() {
	printf '%b' "$1" >bad.csv
	run "$HEAPREPLAY" replay -q --rss-samples bad.csv "$trace"
	is "$status" 1 "$3: status 1"
	like "$err" "^heapreplay: bad.csv: $2" "$3: the message"
}
csv '' 'it is empty' 'an empty file'
csv 'time_ns,x\n' 'line 1: there is no column rss_bytes, Rss' 'no RSS'
csv 'Rss\n' 'line 1: there is no column time_ns or mono_ns' 'no times'
csv 'time_ns,Rss\n1,2\n1,-2\n' 'line 3: .*whole number' 'a number that is none'
csv 'time_ns,Rss\n1,2\n2,3\0\n' 'line 3: this is no CSV: it is binary' 'a zero byte in a row'
csv "time_ns,Rss\n1,2\n2,$(printf '%070000d' 0)\n" 'line 3: .*a line is longer than 64 KiB' 'a row that is too long'
run "$HEAPREPLAY" replay -q --rss-samples /dev/zero "$trace"
like "$err" 'line 1: this is no CSV' 'what has no end is not read to it'
# The rows in any order are the same samples, and no order takes long: 60,000 of them backwards.
{
	head -n 1 rss.csv
	tail -n +2 rss.csv | sort -t , -k 1,1nr
} >backwards.csv
"$HEAPREPLAY" replay -q --json --no-series --rss-samples backwards.csv "$trace" | cmp -s - fitted.json
ok $? 'rows that go back in time'
{
	echo time_ns,Rss
	seq -f %.0f,1 120000 -2 1
} >backwards.csv
(
	ulimit -t 10
	"$HEAPREPLAY" replay -q --json --no-series --rss-samples backwards.csv "$trace" | jq .rss.samples
) >many
is "$(<many)" 60000 'many of them'
run "$HEAPREPLAY" replay -q --rss-samples none.csv "$trace"
like "$err" '^heapreplay: none.csv: cannot open it' 'no such file'
for bad in '--madvise cold' '--khugepaged 512'; do
	# shellcheck disable=SC2086 # an option and its value
	run "$HEAPREPLAY" replay -q $bad "$trace"
	is "$status" 2 "$bad: status 2"
done

# The samples of a trace itself, and validate.
{
	"$HEAPREPLAY" export -q "$trace"
	awk -F, 'NR > 1 { printf "! rss %.0f rss=%.0f anon=%.0f\n", $1, $2, $3 }' rss.csv
} >trace.txt
same_error() {
	jq -c '.rss.error_fitted | map_values(. * 1000 | round)' "$1"
}
"$HEAPREPLAY" replay -q --json --no-series --rss trace.txt >own.json
is "$(same_error own.json)" "$(same_error fitted.json)" 'samples in the trace count as those of a file'
"$HEAPREPLAY" validate -q --json trace.txt >validate.json
is "$(same_error validate.json)" "$(same_error fitted.json)" 'validate judges the replay by them'
run "$HEAPREPLAY" validate -q trace.txt
like "$out" '^RSS, on average$' 'and prints it'
unlike "$("$HEAPREPLAY" validate -q "$trace")" 'RSS' 'only where there are some'
done_testing
