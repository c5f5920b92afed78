// SPDX-License-Identifier: BSD-3-Clause

// Planted plants holders of memory in known places, for a test of `heapreplay explain`.
//
// It allocates 64 byte slices of 1 MiB. With -anchors, an object of 128 KiB follows
// each of them, too large for the page caches of Ps, so that it lies between two
// slices: of type First behind the first half of them, of type Second behind the others.
// Then the slices go, and what is left in each chunk of 4 MiB is its anchors. A GC
// cycle frees the slices; half a second later debug.FreeOSMemory releases all that
// is free, and the runtime's own counters go to standard output.
//
//	GODEBUG=traceallocfree=1 ./planted -anchors -o with.trace
//	GODEBUG=traceallocfree=1 ./planted -o without.trace
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"time"
)

const (
	slices     = 64
	sliceBytes = 1 << 20
)

// Large objects: each is a span.
type First struct{ data [128 << 10]byte }
type Second struct{ data [128 << 10]byte }

var (
	bulk    [][]byte
	firsts  []*First
	seconds []*Second
)

func plant(anchors bool) {
	bulk = make([][]byte, 0, slices)
	firsts = make([]*First, 0, slices)
	seconds = make([]*Second, 0, slices)
	for i := 0; i < slices; i++ {
		bulk = append(bulk, make([]byte, sliceBytes))
		switch {
		case !anchors:
		case i < slices/2:
			firsts = append(firsts, new(First))
		default:
			seconds = append(seconds, new(Second))
		}
	}
}

func main() {
	anchors := flag.Bool("anchors", false, "plant them")
	out := flag.String("o", "planted.trace", "the execution trace")
	flag.Parse()
	debug.SetGCPercent(-1) // the cycles are those below
	f, err := os.Create(*out)
	if err != nil {
		panic(err)
	}
	if err := trace.Start(f); err != nil {
		panic(err)
	}
	plant(*anchors)
	time.Sleep(100 * time.Millisecond)
	bulk = nil
	runtime.GC()
	time.Sleep(500 * time.Millisecond)
	debug.FreeOSMemory()
	time.Sleep(100 * time.Millisecond)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	trace.Stop()
	fmt.Printf("%s anchors=%v heap_sys=%d heap_inuse=%d heap_released=%d\n", runtime.Version(), *anchors, m.HeapSys,
		m.HeapInuse, m.HeapReleased)
	runtime.KeepAlive(firsts)
	runtime.KeepAlive(seconds)
}
