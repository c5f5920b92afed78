#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds a Go program against Debian's Go 1.19 runtime with runtime/heapreplay.go
# added to it. Nothing comes from a network and nothing is written but below
# the folder named.
#
#     build-go.sh FOLDER SOURCE PROGRAM
#
# makes FOLDER/PROGRAM. Where that can't be done here, prints why and exits
# with 77.

set -u
folder=$1 source=$2 program=$3
here=$(cd "$(dirname "$0")" && pwd)

cannot() {
	printf '%s\n' "$1"
	exit 77
}

case $(uname -sm) in
'Linux x86_64') ;;
*) cannot "the recorded behaviour is that of linux/amd64, this is $(uname -sm)" ;;
esac

go=
for candidate in "${HR_GO:-}" /usr/lib/go-1.19/bin/go go; do
	case $("${candidate:-:}" version 2>/dev/null) in
	*' go1.19'*)
		go=$candidate
		break
		;;
	esac
done
[ -n "$go" ] || cannot 'Go 1.19 is missing (golang-1.19-go and golang-1.19-src)'
root=$("$go" env GOROOT)
[ -f "$root/src/runtime/mgcscavenge.go" ] || cannot "the runtime's source is missing in $root (golang-1.19-src)"

mkdir -p "$folder" || exit 1
folder=$(cd "$folder" && pwd)
printf '{"Replace": {"%s": "%s"}}\n' \
	"$root/src/runtime/zz_heapreplay.go" "$here/runtime/heapreplay.go" >"$folder/overlay.json"
env -u GOROOT -u GOTOOLDIR -u GOEXPERIMENT GOENV=off GOFLAGS= GO111MODULE=off GOPROXY=off CGO_ENABLED=0 \
	GOOS=linux GOARCH=amd64 GOAMD64=v1 GOCACHE="$folder/cache" GOPATH="$folder/gopath" \
	"$go" build -overlay "$folder/overlay.json" -o "$folder/$program" "$source" 2>"$folder/$program.log" ||
	cannot "the runtime can't be built here: $(tail -n 1 "$folder/$program.log")"
