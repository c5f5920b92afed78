#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What takes too long for every change (`make check-all`), or needs another system:
#
#   tests/check-all.sh [PART...]
#
#   thorough  make check with every case: all bits flipped, the explorer's large cases, five minutes beside Go 1.19
#   faults    every failing allocation and system call, and 1,000 kills (make check-faults)
#   asan      all tests under the address and undefined-behaviour sanitizers
#   fuzz      every fuzz target, FUZZ_SECONDS in all (default: 3600)
#   plain     a build without what only some systems have, and its tests
#   trixie    ./bootstrap check on Debian 13
#   arm64     built for arm64 and run by qemu-user: the same bytes as here, and the runtime's answers
#
# It works in build/check-all of the current directory. The last two need root and
# debootstrap, and make a Debian system in CHROOT (default: build/check-all/trixie)
# from the mirror of this machine's apt, or the one that MIRROR names. Each part prints a
# line, with its log in build/check-all/PART.log; the last line is "N passed, N failed".
set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
work=$PWD/build/check-all
chroot=${CHROOT:-$work/trixie}
jobs=$(nproc 2>/dev/null || echo 2)
passed=0 failed=0
mkdir -p "$work"
[ $# -gt 0 ] || set -- thorough faults asan fuzz plain trixie arm64

# build NAME ARG...: in a directory of its own, which becomes the current one.
build() {
	mkdir -p "$work/$1"
	cd "$work/$1"
	shift
	[ -e "$top/configure" ] || (cd "$top" && autoreconf -fi)
	[ -e Makefile ] || "$top/configure" --quiet "$@"
	make -s -j"$jobs"
}

part_thorough() {
	build thorough
	LIVE_SECONDS=300 HR_THOROUGH=1 HR_MODEL=all make -j"$jobs" check
}

part_faults() {
	build thorough
	make check-faults
}

part_asan() {
	build asan --enable-asan --enable-ubsan
	ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 make -j"$jobs" check
}

part_fuzz() {
	build fuzz --enable-fuzzers CC=clang CPPFLAGS=-DHR_SMALL_BUFFERS
	FUZZ_SECONDS=${FUZZ_SECONDS:-3600} make fuzz
}

# As on a system that has none of it.
part_plain() {
	local without=(ac_cv_header_sys_auxv_h=no)

	mapfile -t without < <(sed -n 's/^# without: //p' "$top/configure.ac" | tr ' ' '\n')
	build plain "${without[@]}"
	HR_QUICK=1 make -j"$jobs" check
}

# --- on another Debian ---------------------------------------------------------------

# in_chroot COMMAND: as root, in a copy of the sources.
in_chroot() {
	chroot "$chroot" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive \
		CI=true bash -c "cd /src && $1"
}

make_chroot() {
	# shellcheck disable=SC2016 # for apt-get
	local mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)}

	[ -e "$chroot/usr/bin/apt-get" ] || debootstrap --variant=minbase trixie "$chroot" "$mirror"
	mountpoint -q "$chroot/proc" || mount -t proc proc "$chroot/proc"
	mountpoint -q "$chroot/dev" || mount --bind /dev "$chroot/dev"
	rm -rf "$chroot/src"
	mkdir "$chroot/src"
	(cd "$top" && git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T -) |
		tar -x -C "$chroot/src"
	# A mirror may lag behind: its index is taken though it has expired.
	in_chroot 'apt-get -q -o Acquire::Check-Valid-Until=false update'
}

leave_chroot() {
	umount "$chroot/proc" "$chroot/dev" 2>/dev/null
}
trap leave_chroot EXIT

part_trixie() {
	make_chroot
	in_chroot 'apt-get -q -y --no-install-recommends install python3 zip bzip2 xz-utils && ./bootstrap check'
}

# The libraries that ./bootstrap asks for, of the other architecture; and heapreplay here, to compare with.
part_arm64() {
	local libraries

	make_chroot
	libraries=$(sed -n 's/^\(lib[a-z0-9]*-dev\|zlib1g-dev\) .*/\1:arm64/p' "$top/bootstrap" | grep -v '^libc6-' | tr '\n' ' ')
	in_chroot "dpkg --add-architecture arm64 && apt-get -q -o Acquire::Check-Valid-Until=false update &&
		apt-get -q -y --no-install-recommends install gcc libc6-dev make autoconf automake pkg-config jq zstd \
			gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user $libraries ${libraries//:arm64/}"
	in_chroot 'autoreconf -fi && mkdir build-arm64 && cd build-arm64 && ../configure --quiet --host=aarch64-linux-gnu \
		PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig &&
		make -s -j'"$jobs"' all && make -s -j'"$jobs"' check TESTS='
	in_chroot 'mkdir -p build-here && cd build-here && { [ -e Makefile ] || ../configure --quiet; } &&
		make -s -j'"$jobs"' heapreplay && cd ../build-arm64 && bash ../tests/emulated.sh ../build-here/heapreplay'
}

# --- all of them ---------------------------------------------------------------------

for name; do
	begin=$SECONDS
	(
		set -e
		"part_$name"
	) >"$work/$name.log" 2>&1 </dev/null
	status=$?
	if [ $status = 0 ]; then
		passed=$((passed + 1))
		printf 'ok %s (%d s)\n' "$name" $((SECONDS - begin))
	else
		failed=$((failed + 1))
		printf 'not ok %s (%d s)\n' "$name" $((SECONDS - begin))
		{
			grep -aE '^(not ok|FAIL|ERROR)' "$work/$name.log" | head -n 30
			tail -n 30 "$work/$name.log"
		} | sed 's/^/# /'
	fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
