# SPDX-License-Identifier: BSD-3-Clause
# Recordings of malloc as lines, one small program recorded by several tools; in every container, cut, and mixed up.
. "$top_srcdir/tests/lib.sh"

# The program: malloc(100), realloc to 200 and 100000, realloc(NULL, 50), calloc(7, 9), aligned_alloc(64, 128),
# posix_memalign(300), memalign(77), malloc(0), strdup("hello"), two allocations and a realloc that fail,
# realloc(p, 0), frees of all; then valloc(10), pvalloc(10), reallocarray of 15 and 1500 bytes, and their frees.
samples=$top_srcdir/tests/cli/malloc-samples

# totals ARG...: what the events come to.
totals() {
	"$HEAPREPLAY" export -q "$@" 2>export.err | awk '
		{ for (i = 2; i <= NF; i++) { n = split($i, kv, "="); if (n == 2) v[kv[1]] = kv[2]; if ($i ~ /^obj-/) kind = $i } }
		kind == "obj-alloc" { allocs++; total += v["size"]; live += of[v["id"]] = v["size"]; if (live > peak) peak = live }
		kind == "obj-free" { frees++; live -= of[v["id"]] }
		{ kind = "" }
		END { print allocs + 0, frees + 0, total + 0, peak + 0, live + 0 }'
}

# Allocations, frees, bytes in all, most bytes live, bytes never freed: by hand, from what each tool can see.
# mtrace sees everything; pvalloc is rounded up to 4097.
is "$(totals "$samples/tst.mtrace.txt")" '14 14 106546 100624 0' 'mtrace'
# ltrace knows no address of posix_memalign's.
is "$(totals "$samples/tst.ltrace.txt")" '13 13 102159 100324 0' 'ltrace'
# valgrind ends the program at pvalloc.
is "$(totals "$samples/tst.valgrind.txt")" '11 11 100934 100624 0' 'valgrind'
is "$(totals "$samples/tst.valgrind-times.txt")" '11 11 100934 100624 0' 'valgrind with times'
# malloc.bt does not look at valloc and pvalloc.
is "$(totals "$samples/tst.bpftrace.txt")" '12 12 102439 100624 0' 'bpftrace, by the lines of Android'

for sample in mtrace:mtrace ltrace:ltrace valgrind:'valgrind malloc trace' bpftrace:'Android malloc trace'; do
	run "$HEAPREPLAY" info -q "$samples/tst.${sample%%:*}.txt"
	is "$status" 0 "info on ${sample%%:*}: status 0"
	like "$out" "(^|: )${sample#*:}, compression none$" "info names the format: ${sample#*:}"
	case ${sample%%:*} in
	mtrace | valgrind) is "$err" '' "info on ${sample%%:*}: nothing to complain" ;;
	*) like "$err" 'warning: .* frees of objects that were never seen' "info on ${sample%%:*}: what it did not see" ;;
	esac
done
is "$("$HEAPREPLAY" export "$samples/tst.bpftrace.txt" 2>/dev/null | grep -c ' t0 obj-alloc ')" 12 'threads are told'
like "$("$HEAPREPLAY" export --rate 1000 "$samples/tst.mtrace.txt")" '^27000000 obj-free ' '--rate spaces the events'

# Containers.
packed() {
	is "$(totals "$1")" '14 14 106546 100624 0' "$2"
	is "$(totals - <"$1")" '14 14 106546 100624 0' "$2, standard input"
	like "$("$HEAPREPLAY" info -q "$1")" "(^|: )mtrace, compression $3$" "$2: named"
}
sample=$samples/tst.mtrace.txt
if have bzip2; then
	bzip2 -c "$sample" >app.bz2
	packed app.bz2 'bzip2' bzip2
	head -c 200 app.bz2 >cut.bz2
	run "$HEAPREPLAY" info -q cut.bz2
	is "$status" 1 'bzip2 cut in its first block: status 1'
	like "$err" 'compressed data ends in its first block' 'bzip2 cut in its first block: the message'
else
	skip 'bzip2' 'it is not installed'
fi
if have zip; then
	cp "$sample" app.txt
	zip -q app.zip app.txt
	packed app.zip 'zip' zip
	zip -q - - <app.txt >pipe.zip
	packed pipe.zip 'zip from a pipe' zip
	zip -q0 stored.zip app.txt
	packed stored.zip 'zip, stored' zip
	head -c 200 app.zip >cut.zip
	run "$HEAPREPLAY" info -q cut.zip
	is "$status" 0 'zip cut short: status 0'
	like "$err" 'cut.zip: warning: byte [0-9]+: the trace is cut off here: the compressed data ends early' \
		'zip cut short: a warning'
	echo second >b.txt
	zip -q two.zip app.txt b.txt
	run "$HEAPREPLAY" info -q two.zip
	is "$status" 1 'zip of two files: status 1'
	like "$err" 'more than one file, app.txt and b.txt: unpack' 'zip of two files: the message'
	zip -qP secret secret.zip app.txt
	run "$HEAPREPLAY" info -q secret.zip
	is "$status" 1 'encrypted zip: status 1'
	like "$err" 'encrypted: unpack it first' 'encrypted zip: the message'
	head -c 64000000 /dev/zero | zip -q >zeros.zip
	run "$HEAPREPLAY" info -q zeros.zip
	is "$status" 1 'a bomb of zeros: status 1'
	{ echo '1: malloc 0x10 8'; head -c 64000000 /dev/zero | tr '\0' x; echo; echo '1: free 0x10'; } | zip -q >line.zip
	is "$(totals line.zip)" '1 1 8 8 0' 'an endless line is one bad line'
else
	skip 'zip' 'it is not installed'
fi

# A text that stops in a line: as far as it goes, and that is said. Bytes that make no sense are counted.
head -c 300 "$sample" >cut.mtrace
run "$HEAPREPLAY" info -q cut.mtrace
is "$status" 0 'a recording cut short: status 0'
like "$err" 'cut.mtrace: warning: byte 27[0-9]: the trace is cut off here: the last line is incomplete' \
	'a recording cut short: a warning'
printf '%s\r\n' '= Start' '@ a:[0x1] + 0x10 0x8' 'what?' '@ a:[0x1] - 0x10' >crlf
is "$(totals crlf)" '1 1 8 8 0' 'lines with CR LF, and one that makes no sense'
{ echo 'some output'; sed -n '7,$p' "$samples/tst.valgrind.txt"; } >noise
is "$(totals noise)" '11 11 100934 100624 0' 'noise in front does no harm'

# What is not read, and what to do.
echo '  jq  6394  2363.997935:       probe_libc:malloc: (7f97748d0930) size=1' >perf
run "$HEAPREPLAY" info perf
is "$status" 1 'perf script: status 1'
like "$err" 'perf: .*perf script prints.*bpftrace' 'perf script: what to do'
printf 'Attaching 7 probes...\n2371821391257 6537 malloc 1 0x5616dcb342a0\n' >bpf
run "$HEAPREPLAY" info bpf
is "$status" 1 'another bpftrace script: status 1'
like "$err" 'bpf: .*bpftrace script.*heapreplay-trace\(5\)' 'another bpftrace script: what to do'
done_testing
