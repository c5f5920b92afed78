#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Records real Go servers and runs every command on what came:
#
#   tests/servers/record.sh [-o DIR] [-c CHROOT] [-r RELEASE] [-s SECONDS] [SERVER...]
#
#   -o DIR      where recordings and results go (default: build/servers)
#   -c CHROOT   a Debian system to run the servers in; made with debootstrap if
#               it is not there (default: DIR/chroot)
#   -r RELEASE  of Debian, for a new chroot (default: sid)
#   -s SECONDS  of each recording (default: 25)
#   SERVER      prometheus, etcd, caddy, victoria-metrics, hugo (default: all)
#
# It needs root, debootstrap, python3, curl and zstd, and a Debian mirror: that
# of this machine's apt, or the one that MIRROR names. HEAPREPLAY names the
# program (default: ./heapreplay). Servers listen on, and load goes to, the
# loopback address alone, on ports 29000 to 29009, for SECONDS plus some 10 s.
#
# Beside NAME.trace.zst stand NAME.stderr (gctrace and scavtrace lines),
# NAME.truth.csv (the program's own counters and the kernel's) and NAME.json
# (how it was made). The last line is "N passed, N failed".
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=build/servers release=sid seconds=25 chroot=
while getopts o:c:r:s:h option; do
	case $option in
	o) out=$OPTARG ;;
	c) chroot=$OPTARG ;;
	r) release=$OPTARG ;;
	s) seconds=$OPTARG ;;
	*) sed -n '3,21s/^# \{0,1\}//p' "$0" && exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- prometheus etcd caddy victoria-metrics hugo
mkdir -p "$out"
out=$(cd "$out" && pwd)
chroot=${chroot:-$out/chroot}
heapreplay=$(realpath "${HEAPREPLAY:-./heapreplay}")
port=29000
passed=0 failed=0
children=()

die() {
	printf 'record.sh: %s\n' "$*" >&2
	exit 1
}

# Ends what was started, and waits for it.
stop() {
	[ ${#children[@]} = 0 ] || kill "${children[@]}" 2>/dev/null
	wait
	children=()
}
trap 'stop; umount "$chroot/proc" "$chroot/dev" 2>/dev/null' EXIT

# --- the machine that the servers run on ---

make_chroot() {
	# shellcheck disable=SC2016 # for apt-get
	local mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)}

	[ "$(id -u)" = 0 ] || die 'needs root, for the chroot'
	if [ ! -e "$chroot/usr/bin/apt-get" ]; then
		command -v debootstrap >/dev/null || die 'debootstrap is missing: apt-get install debootstrap'
		debootstrap --variant=minbase "$release" "$chroot" "$mirror" >"$out/debootstrap.log" 2>&1 ||
			die "debootstrap failed: $out/debootstrap.log"
	fi
	mountpoint -q "$chroot/proc" || mount -t proc proc "$chroot/proc"
	mountpoint -q "$chroot/dev" || mount --bind /dev "$chroot/dev"
	# A mirror may lag behind: its index is taken though it has expired.
	[ -x "$chroot/usr/bin/hugo" ] || chroot "$chroot" sh -c 'export DEBIAN_FRONTEND=noninteractive
		apt-get -q -o Acquire::Check-Valid-Until=false update && apt-get -q -y --no-install-recommends \
			install prometheus etcd-server caddy victoria-metrics hugo' >"$out/packages.log" 2>&1 ||
		die "installing failed: $out/packages.log"
}

# serve NAME COMMAND...: starts a server in the chroot, in its own empty directory /srv/NAME;
# sets pid. What it prints goes to NAME.stderr.
serve() {
	local name=$1

	shift
	exec 8>"$out/$name.stderr"
	# shellcheck disable=SC2016 # for the inner shell
	chroot "$chroot" sh -c 'cd "/srv/$0" && exec env GODEBUG=traceallocfree=1,gctrace=1,scavtrace=1 GOMAXPROCS=2 \
		HOME="/srv/$0" "$@"' "$name" "$@" >&8 2>&8 8>&- &
	pid=$!
	children+=("$pid")
	exec 8>&-
}

# wait_for URL: until it answers, 30 s at most.
wait_for() {
	for _ in {1..300}; do
		curl -so /dev/null "$1" && return 0
		sleep 0.1
	done
	die "no answer from $1"
}

# load KIND ARG...: the load generator, until the recording is done.
load() {
	python3 "$here/load.py" --seconds $((seconds + 8)) "$@" &
	children+=($!)
}

# --- the servers: each sets metrics (URL or -) and trace (URL) ---

start_prometheus() {
	load exporter --port $((port + 1))
	printf '%s\n' 'global: {scrape_interval: 2s}' 'scrape_configs:' \
		"- {job_name: exporter, static_configs: [{targets: ['127.0.0.1:$((port + 1))']}]}" \
		"- {job_name: self, static_configs: [{targets: ['127.0.0.1:$port']}]}" >"$chroot/srv/prometheus/prometheus.yml"
	serve prometheus prometheus --config.file=prometheus.yml --storage.tsdb.path=data \
		--web.listen-address=127.0.0.1:$port
	metrics=http://127.0.0.1:$port/metrics
	trace=http://127.0.0.1:$port/debug/pprof/trace
	wait_for "$metrics"
	load get --delay 12 --rate 50 "http://127.0.0.1:$port/api/v1/query?query=sum%20by%20(shard)(rate(series_total%5B30s%5D))"
}

start_etcd() {
	serve etcd etcd --enable-pprof --data-dir data --log-level error \
		--listen-client-urls http://127.0.0.1:$port --advertise-client-urls http://127.0.0.1:$port \
		--listen-peer-urls http://127.0.0.1:$((port + 1)) \
		--initial-advertise-peer-urls http://127.0.0.1:$((port + 1)) \
		--initial-cluster default=http://127.0.0.1:$((port + 1))
	metrics=http://127.0.0.1:$port/metrics
	trace=http://127.0.0.1:$port/debug/pprof/trace
	wait_for "$metrics"
	load etcd --port $port
}

start_caddy() {
	local files=$chroot/srv/caddy/files

	mkdir -p "$files"
	python3 "$here/load.py" files "$files"
	printf '%s\n' '{' "	admin 127.0.0.1:$((port + 1))" '	metrics' '}' "http://127.0.0.1:$port {" \
		'	encode zstd gzip' '	root files' '	file_server' '}' >"$chroot/srv/caddy/Caddyfile"
	serve caddy caddy run --config Caddyfile
	metrics=http://127.0.0.1:$((port + 1))/metrics
	trace=http://127.0.0.1:$((port + 1))/debug/pprof/trace
	wait_for "http://127.0.0.1:$port/0.txt"
	load get --gzip --bursts 4 --rate 200 "http://127.0.0.1:$port/%d.txt"
}

start_victoria-metrics() {
	serve victoria-metrics victoria-metrics -httpListenAddr=127.0.0.1:$port -storageDataPath=data
	metrics=http://127.0.0.1:$port/metrics
	trace=http://127.0.0.1:$port/debug/pprof/trace
	wait_for "$metrics"
	load victoria --port $port
}

# A batch job: it writes its own trace.
start_hugo() {
	python3 "$here/load.py" site "$chroot/srv/hugo" --pages 1000
	serve hugo hugo --quiet --trace hugo.trace
	metrics=- trace=-
}

# --- recording ---

record() {
	local name=$1 bytes version

	rm -rf "${chroot:?}/srv/$name"
	mkdir -p "$chroot/srv/$name"
	"start_$name"
	python3 "$here/sample.py" --pid "$pid" --metrics "$metrics" --seconds $((seconds + 10)) >"$out/$name.truth.csv" &
	children+=($!)
	if [ "$trace" = - ]; then
		# Stopping a trace has hung in the runtime itself; a recorder needs a time-out.
		timeout $((seconds + 60)) tail --pid="$pid" -f /dev/null
		cp "$chroot/srv/hugo/hugo.trace" "$out/$name.trace" 2>/dev/null
	else
		sleep 3
		timeout $((seconds + 30)) curl -sN "$trace?seconds=$seconds" >"$out/$name.trace"
	fi
	version=$(grep -aom1 'go1\.[0-9][0-9.]*' "$chroot$(chroot "$chroot" sh -c "realpath \$(command -v $name)")")
	stop
	bytes=$(stat -c %s "$out/$name.trace" 2>/dev/null || echo 0)
	printf '{"name": "%s", "release": "%s", "go": "%s", "seconds": %d, "trace_bytes": %d, "date": "%s"}\n' \
		"$name" "$release" "${version:-unknown}" "$seconds" "$bytes" "$(date +%F)" >"$out/$name.json"
	[ "$bytes" -gt 1000 ] || return 1
	zstd -q -f --rm -9 "$out/$name.trace"
	printf '%s: %d bytes, %s\n' "$name" "$bytes" "$(wc -l <"$out/$name.truth.csv") samples"
}

# try NAME DESCRIPTION COMMAND...: one test.
try() {
	local name=$1 text=$2 status=0

	shift 2
	"$@" >"$out/$name.$text.txt" 2>"$out/$name.$text.err" || status=$?
	if [ $status = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'not ok %s: %s: exit %d: %s\n' "$name" "$text" $status "$(tail -n 1 "$out/$name.$text.err")"
	fi
}

check() {
	local name=$1 t=$out/$1.trace.zst

	try "$name" info "$heapreplay" info -q "$t"
	try "$name" replay "$heapreplay" replay -q "$t"
	try "$name" compare "$heapreplay" compare -q "$t"
	try "$name" import "$heapreplay" import -q "$t" -o "$out/$name.hrt"
	try "$name" model "$heapreplay" replay -q --gc model "$out/$name.hrt"
	try "$name" heatmap "$heapreplay" heatmap -q --at 1s "$t"
	try "$name" cut "$heapreplay" cut -q --from 1s --until 3s "$t" -o "$out/$name.cut.hrt"
	try "$name" replay-cut "$heapreplay" replay -q "$out/$name.cut.hrt"
	try "$name" export "$heapreplay" export -q "$out/$name.cut.hrt" -o "$out/$name.cut.txt"
	try "$name" report "$heapreplay" report -q "$t" -o "$out/$name.html"
	try "$name" validate "$heapreplay" validate -q "$t" --truth "$out/$name.truth.csv" --log "$out/$name.stderr"
	cat "$out/$name.validate.txt"
}

make_chroot
for server; do
	if record "$server"; then
		passed=$((passed + 1))
		check "$server"
	else
		failed=$((failed + 1))
		printf 'not ok %s: no recording; see %s\n' "$server" "$out/$server.stderr"
		stop
	fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
