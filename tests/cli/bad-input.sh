# SPDX-License-Identifier: BSD-3-Clause
# Damaged, absurd and unreadable input; unwritable output: one line, status 1, nothing half-written.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/phases-1p-go125.trace.zst

# fails PATTERN DESCRIPTION ARG...: status 1, one line that matches, no output file.
fails() {
	local pattern=$1 what=$2

	shift 2
	rm -f out.json
	run "$HEAPREPLAY" "$@"
	is "$status" 1 "$what: status 1"
	like "$err" "^heapreplay: $pattern" "$what: the message"
	is "$(printf '%s\n' "$err" | wc -l)" 1 "$what: one line"
	[ ! -e out.json ] && [ -z "$(find . -name 'out.json*')" ]
	ok $? "$what: no output file, whole or half"
}

fails 'none.trace: .*No such file' 'a missing file' replay -q --json -o out.json none.trace
fails '\.: ' 'a folder' replay -q --json -o out.json .
printf 'not a trace at all\n' >junk
fails 'junk: .*not a trace' 'junk' replay -q --json -o out.json junk
: >empty
fails 'empty: ' 'an empty file' replay -q --json -o out.json empty
printf 'go 1.22 trace\0\0\0' >v22
fails 'v22: .*traceallocfree=1' 'a Go 1.22 trace says how to record one' replay -q --json -o out.json v22
printf 'go 1.19 trace\0\0\0' >v19
fails 'v19: ' 'a Go 1.19 trace' replay -q --json -o out.json v19

# A real trace with a damaged byte in its decompressed middle.
if have zstd; then
	zstd -dqc "$trace" >whole
	{ head -c 200000 whole; head -c 4000 /dev/zero | tr '\0' '\377'; tail -c +204001 whole; } >damaged
	run "$HEAPREPLAY" replay -q damaged
	is "$status" 0 'a trace damaged in its middle: what is before is used'
	like "$err" '^heapreplay: damaged: warning: byte [0-9]+: .*damaged trace' 'a trace damaged in its middle: the byte'
	{ head -c 9000 whole; head -c 4000 /dev/zero | tr '\0' '\377'; tail -c +13001 whole; } >damaged
	fails 'damaged: byte [0-9]+: ' 'a trace damaged at its beginning names the byte' replay -q --json -o out.json damaged
	head -c 1000003 whole >cut.trace
	run "$HEAPREPLAY" replay -q cut.trace
	is "$status" 0 'a trace cut short: status 0'
	like "$err" '^heapreplay: cut.trace: warning: byte [0-9]+: the trace is cut off here: ' 'a trace cut short: a warning'
	head -c 1000000 "$trace" >cut.zst
	run "$HEAPREPLAY" replay -q cut.zst
	is "$status" 0 'a compressed trace cut short: status 0'
	like "$err" 'cut off' 'a compressed trace cut short: a warning'
	{ head -c 300000 "$trace"; printf 'XXXXXXXXXXXXXXXX'; tail -c +300017 "$trace"; } >bad.zst
	fails 'bad.zst: ' 'damaged compression' replay -q --json -o out.json bad.zst
	run "$HEAPREPLAY" replay -q - <"$trace"
	is "$status" 0 'standard input is read'
	run bash -c 'head -c 1500000 "$1" | "$2" replay -q -' _ "$trace" "$HEAPREPLAY"
	is "$status" 0 'a pipe that closes early: as far as it goes'
	like "$err" 'standard input: warning: .*cut off' 'a pipe that closes early: a warning'
else
	skip 'damaged and cut traces' 'zstd is not installed'
fi

# text FILE LINE...: a text trace of these lines.
text() {
	local file=$1

	shift
	printf '%s\n' '# heapreplay-trace 1' "$@" >"$file"
}
text t1 '0 span-free addr=0xc000000000'
fails 't1: .*never allocated' 'a free of what was never allocated' replay -q --json -o out.json t1
text t2 '0 span-alloc addr=0xc000000000 npages=4' '5 span-alloc addr=0xc000002000 npages=1'
fails 't2: .*0xc000002000' 'a double allocation' replay -q --json -o out.json t2
text t3 '10 span-alloc addr=0xc000000000 npages=4' '5 span-free addr=0xc000000000'
fails 't3: line 3: .*backwards' 'time that runs backwards' replay -q --json -o out.json t3
text t4 '0 span-alloc addr=0xc000000000 npages=99999999999999999'
fails 't4: ' 'a span larger than any memory' replay -q --json -o out.json t4
text t5 '0 span-alloc id=1 npages=4294967295' '1 span-alloc id=2 npages=4294967295'
fails 't5: ' 'a heap larger than can be' replay -q --json -o out.json t5
text t6 '0 span-allot addr=0xc000000000 npages=4'
fails 't6: line 2: .*span-allot' 'an unknown event' replay -q --json -o out.json t6
text t7 '0 span-alloc addr=0xc000000000'
fails 't7: line 2: ' 'a missing field' replay -q --json -o out.json t7
text t8 '0 span-alloc id=1 npages=4'
run "$HEAPREPLAY" replay -q --placement recorded t8
is "$status" 2 'recorded placement without addresses: misuse'
like "$err" 'address' 'recorded placement without addresses: the message'

# Output that cannot be written.
run "$HEAPREPLAY" replay -q --json -o /nonexistent/out.json "$trace"
is "$status" 1 'an unwritable output: status 1'
like "$err" '^heapreplay: cannot create /nonexistent/out.json: No such file' 'an unwritable output: the message'
if [ -e /dev/full ]; then
	run bash -c '"$1" replay -q "$2" >/dev/full' _ "$HEAPREPLAY" "$trace"
	is "$status" 1 'a full standard output: status 1'
	like "$err" '^heapreplay: cannot write standard output' 'a full standard output: the message'
	run "$HEAPREPLAY" replay -q -o /dev/full "$trace"
	is "$status" 1 'a full output device: status 1'
	run "$HEAPREPLAY" replay -q --series /dev/full "$trace"
	is "$status" 1 'a full series device: status 1'
	like "$err" '^heapreplay: cannot write /dev/full: ' 'a full series device: the message'
	run bash -c '"$1" --help >/dev/full' _ "$HEAPREPLAY"
	is "$status" 1 'a full standard output for help: status 1'
else
	skip 'full devices' 'there is no /dev/full'
fi
run bash -c '"$1" export "$2" | head -n 1 >/dev/null; exit "${PIPESTATUS[0]}"' _ "$HEAPREPLAY" "$trace"
is "$status" 1 'a reader that goes away: status 1'
is "$err" '' 'a reader that goes away: silence'

# A file that is there stays as it is when the run fails.
echo precious >kept.json
run "$HEAPREPLAY" replay -q --json -o kept.json junk
is "$(<kept.json)" precious 'an existing output survives a failed run'
run "$HEAPREPLAY" replay -q --json -o kept.json "$trace"
is "$status" 0 'and is replaced by one that succeeds'
like "$(<kept.json)" '"schema": 3' 'with the new content'
done_testing
