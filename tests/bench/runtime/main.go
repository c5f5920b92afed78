// SPDX-License-Identifier: BSD-3-Clause
// Times the real runtime's page allocator and scavenge index, so that ours can
// be compared with them on the same machine at the same time:
//
//	bench [OPS-FILE...]
//
// An OPS-FILE is "new", one "grow 0 CHUNKS" and then "a N", "c P N" and "f H"
// lines. It is read first; only the calls of the allocator are timed, without
// the switch to the system stack and the lock around each. Prints a line
//
//	NAME BEST MEDIAN UNIT
//
// for each file, and for drains of an index over 128 GiB.

package main

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
)

const (
	base   = 0x3000000000
	chunks = 32768 // 128 GiB
	runs   = 5
)

func main() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	for _, path := range os.Args[1:] {
		file(path)
	}
	for _, stride := range []int{chunks, 1024, 64, 8, 1} {
		drain(stride)
	}
}

func file(path string) {
	f, err := os.Open(path)
	if err != nil {
		fatal(err.Error())
	}
	defer f.Close()

	var (
		ops   []runtime.HROp
		sizes []uint32
		grown uintptr
	)
	in := bufio.NewScanner(f)
	for line := 1; in.Scan(); line++ {
		w := strings.Fields(in.Text())
		if len(w) == 0 || w[0][0] == '#' || w[0] == "new" {
			continue
		}
		n := 0
		if v, err := strconv.Atoi(w[len(w)-1]); err != nil {
			fatal(path + ": line " + strconv.Itoa(line) + ": " + err.Error())
		} else {
			n = v
		}
		switch w[0] {
		case "grow":
			grown = uintptr(n)
		case "a":
			ops = append(ops, runtime.HROp{Kind: runtime.HRAlloc, Handle: int32(len(sizes)), Pages: uint32(n)})
			sizes = append(sizes, uint32(n))
		case "c":
			p, _ := strconv.Atoi(w[1])
			ops = append(ops, runtime.HROp{Kind: runtime.HRCached, Proc: uint8(p), Handle: int32(len(sizes)), Pages: uint32(n)})
			sizes = append(sizes, uint32(n))
		case "f":
			ops = append(ops, runtime.HROp{Kind: runtime.HRFree, Handle: int32(n), Pages: sizes[n]})
		default:
			fatal(path + ": line " + strconv.Itoa(line) + ": no such op")
		}
	}
	if err := in.Err(); err != nil {
		fatal(err.Error())
	}

	h := new(runtime.HRHeap)
	addrs := make([]uintptr, len(sizes))
	times := make([]float64, runs)
	for i := range times {
		h.Reset()
		h.Grow(base, grown)
		ns, _ := h.Time(ops, addrs)
		times[i] = float64(ns) / float64(len(ops))
	}
	name := filepath.Base(path)
	if dot := strings.IndexByte(name, '.'); dot > 0 {
		name = name[:dot]
	}
	report(name, times, "ns/op")
}

func drain(stride int) {
	x := runtime.HRNewIndex(base)
	times := make([]float64, runs)
	for i := range times {
		finds, total := 0, int64(0)
		for total < 20e6 {
			n, ns := x.TimeDrain(base, chunks, stride)
			finds += n
			total += ns
		}
		times[i] = float64(total) / float64(finds)
	}
	report("find_stride_"+strconv.Itoa(stride), times, "ns/find")
}

func report(name string, times []float64, unit string) {
	sort.Float64s(times)
	best, median := times[0], times[len(times)/2]
	os.Stdout.WriteString(name + " " + strconv.FormatFloat(best, 'f', 2, 64) + " " +
		strconv.FormatFloat(median, 'f', 2, 64) + " " + unit + "\n")
}

func fatal(what string) {
	os.Stderr.WriteString("bench: " + what + "\n")
	os.Exit(1)
}
