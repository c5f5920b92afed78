# SPDX-License-Identifier: BSD-3-Clause
# record: from a server on the loopback address that behaves, and from servers that do not.
. "$top_srcdir/tests/lib.sh"

have python3 zstd || skip_all 'python3 or zstd is not installed'
run "$HEAPREPLAY" record -q http://127.0.0.1:1 -o x.hrt
[[ $err != *'without libcurl'* ]] || skip_all 'built without libcurl'
is "$status" 1 'nobody listens: status 1'
is "$err" "heapreplay: http://127.0.0.1:1: Failed to connect to 127.0.0.1 port 1 after ${err#*after }" 'one line, that says so'

zstd -dqc "$top_srcdir/traces/victoria-metrics-go127.trace.zst" >app.trace
python3 "$top_srcdir/tests/cli/record_server.py" app.trace >port &
server=$!
trap 'kill $server; cd /; rm -rf "$scratch"' EXIT
until [ -s port ]; do sleep 0.05; done
at=127.0.0.1:$(<port)

# A password is for the server.
for url in "http://me:secret@$at/busy" "me:s@secret@$at/busy?x=a@b" http://me:secret@127.0.0.1:1 http://me:secret@127.0.0.1:x; do
	run "$HEAPREPLAY" record -s 1 "$url" -o x.hrt
	is "$status/$(grep -c secret <<<"$err")/$(grep -c 'http://127\|: 127' <<<"$err")" "$status/0/$(wc -l <<<"$err")" \
		"what is before the host is in no message: ${url%%127*}"
done
run "$HEAPREPLAY" record -s 1 "http://me:secret@$at" -o told.hrt
is "$status $(grep -c secret <<<"$err") $("$HEAPREPLAY" info --json told.hrt | grep -c 'me:\|secret@')" '0 0 0' 'nor in what was recorded'

# summary FILE: without what says which file it is.
summary() {
	"$HEAPREPLAY" replay -q --summary "$1" | sed -E 's/"(trace|path|xxh3|format|program)":("[^"]*"|null),//g'
}

# records PATH OPTION...: into x.hrt; sets status, out and err.
records() {
	local path=$1

	shift
	rm -f x.hrt
	run "$HEAPREPLAY" record "$at$path" -o x.hrt "$@"
}

# fails PATH PATTERN DESCRIPTION OPTION...: status 1, a last line that matches, and no file.
fails() {
	local path=$1 pattern=$2 what=$3

	shift 3
	records "$path" -q "$@"
	is "$status" 1 "$what: status 1"
	like "$err" "^heapreplay: .*$pattern" "$what: the message"
	is "$(printf '%s\n' "$err" | wc -l)" 1 "$what: one line"
	[ ! -e x.hrt ]
	ok $? "$what: no file"
}

"$HEAPREPLAY" import -q app.trace -o import.hrt
records '' -s 1
is "$status" 0 'a trace'
like "$err" 'recording 1 s; .*can crash it .*record a canary' 'it is said before what it does to the program'
like "$err" 'x.hrt: [0-9.]+ MiB of Go trace, .* events, [0-9]+ memory samples' 'and afterwards what came'
is "$(summary x.hrt)" "$(summary import.hrt)" 'the same trace as a file replays to the same'
"$HEAPREPLAY" info --json x.hrt >info.json
is "$(jq -c '[.trace.program, .origin.notes.GOGC, .origin.notes.go, .origin.notes.GOMEMLIMIT, .origin.notes["rss-from"]]' info.json)" \
	'["app","75","go1.26.4",null,"metrics"]' "what the server's /metrics and cmdline say is noted"
is "$(jq -c '[.origin.notes["sys-bytes"], .origin.notes["heap-sys-bytes"]]' info.json)" '["7166992","3866624"]' \
	'what /metrics lacks comes from /debug/vars'
is "$(jq -c '.memory_samples.rss_mean_bytes' info.json)" 12345344 'and its RSS is sampled'
records '' -q --keep-arguments --keep-trace kept.trace
is "$err" '' '--quiet: nothing is said'
same kept.trace app.trace "--keep-trace keeps Go's own trace"
is "$("$HEAPREPLAY" info --json x.hrt | jq -r .trace.program)" '/srv/app -secret=1' '--keep-arguments'
records '' -q --anonymize
is "$("$HEAPREPLAY" info --json x.hrt | jq -c '[.trace.program, .origin.notes]')" '[null,{}]' '--anonymize'
records /moved -q
is "$status$err" 0 'a redirect is followed'
fails /around 'redirects' 'redirects without an end'
records /seconds -q -s 7
is "$status" 0 '--seconds is in the query'
records '/seconds?seconds=7' -q
is "$status" 0 "unless the URL says it"
records /basic -q --user me:word
is "$status" 0 '--user'
fails /basic 'status 401: who are you\?; --user' 'no user'
records /token -q -H 'X-Token: abc'
is "$status" 0 '--header'
fails /token 'status 403' 'no header'
fails /elsewhere 'status 404: 404 page not found; does the program serve net/http/pprof' 'a path that is none'
fails /busy 'status 500: Could not enable tracing: tracing is already enabled' "the server's own reason"
fails /page 'no Go execution trace' 'an answer that is no trace'
fails /no-heap-events 'GODEBUG=traceallocfree=1' 'no heap events: said while the trace still comes'
records /too-little
is "$status" 1 'the start of a trace: status 1'
like "$err" 'nothing of what came can be used; record longer' 'the start of a trace: it is said'
fails /silent 'nothing came in time' 'a server that does not answer' --timeout 200ms

# What had come when it ended is used.
for how in dies 'hang --timeout 1s'; do
	# shellcheck disable=SC2086 # an option and its value
	records /$how
	is "$status" 0 "half a trace ($how): status 0"
	like "$err" 'that came are used' "half a trace ($how): it is said"
	run "$HEAPREPLAY" info -q x.hrt
	is "$status" 0 "half a trace ($how): it can be read"
	like "$err" 'cut off' "half a trace ($how): and is known to be cut off"
done

# interrupt SIGNAL: when half of the trace has come.
interrupt() {
	rm -f x.hrt
	# A shell lets its jobs ignore SIGINT; python does not.
	python3 - "$1" "$HEAPREPLAY" "$at" <<'PYTHON' >stopped
import os, signal, subprocess, sys, time
number = getattr(signal, sys.argv[1])
p = subprocess.Popen([sys.argv[2], 'record', '-q', sys.argv[3] + '/hang', '-o', 'x.hrt', '--keep-trace', '/dev/stdout'],
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
p.stdout.read(1 << 16)
p.send_signal(number)
out, err = p.communicate()
print(p.returncode, err.decode())
PYTHON
	like "$(<stopped)" '^0 .*stopped after .* that came are used' "$1: it stops, and says so"
	run "$HEAPREPLAY" info -q x.hrt
	is "$status" 0 "$1: what came can be read"
}
interrupt SIGINT
interrupt SIGTERM

if [ -r /proc/$server/smaps_rollup ]; then
	records '' -q --pid $server --sample-every 10ms
	is "$status" 0 '--pid'
	"$HEAPREPLAY" info --json x.hrt >info.json
	is "$(jq -c '[.origin.notes["rss-from"], (.origin.notes["binary-bytes"] | tonumber > 4096)]' info.json)" \
		'["smaps_rollup",true]' "the kernel's figures are those of --pid"
	fails '' 'cannot read /proc/[0-9]+/smaps_rollup: No such file' 'no such process' --pid 4194305
	records '' -q --pid $$ --seconds 3601
	is "$status" 2 'too many seconds: status 2'
else
	skip '--pid' '/proc has no smaps_rollup'
fi
records '' -q --ca-file none
is "$status" 0 'certificates are for https only'
run "$HEAPREPLAY" record "$at"
is "$status" 2 'no -o: status 2'
run "$HEAPREPLAY" record 'http://[' -o x.hrt
is "$status" 2 'no URL: status 2'
done_testing
