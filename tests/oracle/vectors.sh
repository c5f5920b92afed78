#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every op script of this folder, for every version that it was recorded with,
# in both address spaces: the driver's answers must be the real runtime's, byte
# for byte. A test is a script and a version.
. "$top_srcdir/tests/lib.sh"

driver=$top_builddir/tests/oracle/driver
data=$top_srcdir/tests/oracle

# plain FILE: its text, whether it is there plain or compressed.
plain() {
	if [ -e "$1" ]; then cat "$1"; else gzip -dc "$1.gz"; fi
}

# vector ADDRESS-BITS VERSION SCRIPT-WITHOUT-SUFFIX
vector() {
	plain "$3.expect" >wanted
	plain "$3.ops" | "$driver" --address-bits="$1" "$2" >got 2>&1
	same wanted got "$2: ${3#"$data"/}"
}

# folder ADDRESS-BITS VERSION FOLDER
folder() {
	local ops

	for ops in "$3"/*.ops "$3"/*.ops.gz; do
		ops=${ops%.gz}
		vector "$1" "$2" "${ops%.ops}"
	done
}

for version in pre go1.19 go1.21 go1.26; do
	for set in common "$version"; do
		folder 48 "$version" "$data/$set"
		folder 32 "$version" "$data/32bit/$set"
	done
done

# malformed WHAT VERSION LINE...: status 2, the last line named, nothing printed.
malformed() {
	local what=$1 version=$2

	shift 2
	printf '%s\n' "$@" >script
	run "$driver" "$version" <script
	is "$status, $out" '2, ' "malformed: $what"
	like "$err" "^driver: line $#: " "malformed: $what: says where"
}

malformed 'no such op' go1.19 new 'frobnicate 1'
malformed 'op of another version' pre new 'find'
malformed 'op before new' go1.19 'a 1'
malformed 'too few operands' go1.19 new 'grow 0'
malformed 'too many operands' go1.19 new 'grow 0 1 2'
malformed 'not a number' go1.19 new 'a x'
malformed 'growth twice' go1.19 new 'grow 0 1' 'grow 0 1'
malformed 'growth beyond the address space' go1.19 new 'grow 0 99999999'
malformed 'no such handle' go1.19 new 'f 0'
malformed 'pages that are free already' go1.19 new 'grow 0 1' 'free 0 1'
malformed 'force where it is unknown' go1.19 new 'scav 1 force'
malformed 'a bitmap too short' go1.19 'summarize 00'
run "$driver" go9.99 </dev/null
is "$status" 2 'unknown version'
done_testing
