// SPDX-License-Identifier: BSD-3-Clause
// What an op script needs of the Go 1.19 runtime's page allocator, scavenger
// and pacer, made callable from outside. This file is added to package runtime
// by an overlay when the harness is built; nothing of the runtime is changed.
//
// Addresses are plain virtual addresses. A heap is in test mode: no memory is
// mapped, released or touched for it, only its own tables are. Page sizes that
// a script sets hold for the duration of one call only, on the system stack,
// because the process's own heap uses the same variables.

package runtime

import (
	"runtime/internal/atomic"
	"unsafe"
)

const (
	HRPageBytes  = pageSize
	HRChunkPages = pallocChunkPages
	HRLevels     = summaryLevels
	HRPerCache   = pageCachePages
)

var hrStat sysMemStat

// HRSizes are the physical and the huge page size, in bytes, of a script.
type HRSizes struct {
	Phys, Huge uintptr
}

// with runs f on the system stack with these page sizes in force.
func (s HRSizes) with(f func()) {
	systemstack(func() {
		phys, huge := physPageSize, physHugePageSize
		physPageSize, physHugePageSize = s.Phys, s.Huge
		f()
		physPageSize, physHugePageSize = phys, huge
	})
}

// HRRange is a run of bits.
type HRRange struct {
	I, N uint
}

// HRBits is the bitmap of a chunk.
type HRBits [pallocChunkPages / 64]uint64

// HRCache is a processor's page cache.
type HRCache struct {
	Base        uintptr
	Cache, Scav uint64
}

// HRHeap is a page allocator. The zero value needs a Reset.
type HRHeap struct {
	p    pageAlloc
	lock mutex
	live bool
}

// Reset makes the heap empty and gives back what it had mapped.
func (h *HRHeap) Reset() {
	p := &h.p
	if h.live {
		for l := range p.summary {
			s := (*notInHeapSlice)(unsafe.Pointer(&p.summary[l]))
			sysFreeOS(unsafe.Pointer(s.array), uintptr(s.cap)*pallocSumBytes)
		}
		x := (*notInHeapSlice)(unsafe.Pointer(&p.scav.index.chunks))
		sysFreeOS(unsafe.Pointer(x.array), uintptr(x.cap))
		gcController.mappedReady.Add(-int64(p.summaryMappedReady))
		hrStat.add(-int64(p.summaryMappedReady))
		for i := range p.chunks {
			if c := p.chunks[i]; c != nil {
				p.chunks[i] = nil
				sysFree(unsafe.Pointer(c), unsafe.Sizeof(*c), &hrStat)
			}
		}
	}
	*p = pageAlloc{}
	lockInit(&h.lock, lockRankMheap)
	p.init(&h.lock, &hrStat)
	p.test = true
	h.live = true
}

// Grow adds n chunks from addr on, as the heap grows.
func (h *HRHeap) Grow(addr, n uintptr) {
	systemstack(func() {
		lock(&h.lock)
		h.p.grow(addr, n*pallocChunkBytes)
		unlock(&h.lock)
	})
}

// Chunk adds one chunk in a given state: as the constructor of the runtime's
// own tests does, in the same order.
func (h *HRHeap) Chunk(addr uintptr, alloc, scav []HRRange, sizes HRSizes) {
	sizes.with(func() {
		minPages := physPageSize / pageSize
		if minPages < 1 {
			minPages = 1
		}
		lock(&h.lock)
		// grow lays out its own tables by the machine's page size.
		phys := physPageSize
		physPageSize = hrPhysPage
		h.p.grow(addr, pallocChunkBytes)
		physPageSize = phys
		c := h.p.chunkOf(chunkIndex(addr))
		c.scavenged.clearRange(0, pallocChunkPages)
		for _, r := range scav {
			c.scavenged.setRange(r.I, r.N)
		}
		for _, r := range alloc {
			c.allocRange(r.I, r.N)
		}
		if _, n := c.findScavengeCandidate(pallocChunkPages-1, minPages, minPages); n != 0 {
			h.p.scav.index.mark(addr, addr+pallocChunkBytes)
		}
		h.p.update(addr, pallocChunkPages, false, false)
		unlock(&h.lock)
	})
}

// The machine's own page size, read before any script.
var hrPhysPage = physPageSize

// Alloc places npages. An address of 0 means that they don't fit.
func (h *HRHeap) Alloc(npages uintptr) (addr, scav uintptr) {
	systemstack(func() {
		lock(&h.lock)
		addr, scav = h.p.alloc(npages)
		unlock(&h.lock)
	})
	return
}

// Free frees npages from addr on.
func (h *HRHeap) Free(addr, npages uintptr) {
	systemstack(func() {
		lock(&h.lock)
		h.p.free(addr, npages, false)
		unlock(&h.lock)
	})
}

// AllocRange takes exactly these pages.
func (h *HRHeap) AllocRange(addr, npages uintptr) (scav uintptr) {
	systemstack(func() {
		lock(&h.lock)
		scav = h.p.allocRange(addr, npages)
		unlock(&h.lock)
	})
	return
}

// Fill overwrites c with a fresh page cache.
func (h *HRHeap) Fill(c *HRCache) {
	systemstack(func() {
		lock(&h.lock)
		*(*pageCache)(unsafe.Pointer(c)) = h.p.allocToCache()
		unlock(&h.lock)
	})
}

// Flush gives a page cache's pages back.
func (h *HRHeap) Flush(c *HRCache) {
	systemstack(func() {
		lock(&h.lock)
		(*pageCache)(unsafe.Pointer(c)).flush(&h.p)
		unlock(&h.lock)
	})
}

// Alloc takes npages from the cache. An address of 0 means that they don't fit.
func (c *HRCache) Alloc(npages uintptr) (addr, scav uintptr) {
	return (*pageCache)(unsafe.Pointer(c)).alloc(npages)
}

// Scavenge releases up to bytes, or a little more.
func (h *HRHeap) Scavenge(bytes uintptr, sizes HRSizes) (released uintptr) {
	sizes.with(func() {
		released = h.p.scavenge(bytes, nil)
	})
	return
}

// ScavengeOne is one step of that, in the chunk at addr.
func (h *HRHeap) ScavengeOne(addr uintptr, idx uint, bytes uintptr, sizes HRSizes) (released uintptr) {
	sizes.with(func() {
		released = h.p.scavengeOne(chunkIndex(addr), idx, bytes)
	})
	return
}

// Find asks the index for a chunk, by address, and a page in it.
func (h *HRHeap) Find() (addr uintptr, off uint, ok bool) {
	return hrFind(&h.p.scav.index)
}

func hrFind(s *scavengeIndex) (addr uintptr, off uint, ok bool) {
	ci, off := s.find()
	if ci == 0 {
		return 0, 0, false
	}
	return chunkBase(ci), off, true
}

// InUse is the i-th range of memory known to the allocator.
func (h *HRHeap) InUse(i int) (base, limit uintptr, ok bool) {
	if i >= len(h.p.inUse.ranges) {
		return 0, 0, false
	}
	r := h.p.inUse.ranges[i]
	return r.base.addr(), r.limit.addr(), true
}

// Bits are the bitmaps of the chunk at addr.
func (h *HRHeap) Bits(addr uintptr) (alloc, scav *HRBits) {
	c := h.p.chunkOf(chunkIndex(addr))
	return (*HRBits)(&c.pallocBits), (*HRBits)(&c.scavenged)
}

// Sum is the stored summary which covers addr.
func (h *HRHeap) Sum(level int, addr uintptr) (start, max, end uint) {
	return h.p.summary[level][offAddrToLevelIndex(level, offAddr{addr})].unpack()
}

// HRLevelShift is the number of address bits within an entry of a level.
func HRLevelShift(level int) uint {
	return levelShift[level]
}

// SearchAddr is where the allocator looks first; !ok means that nothing is free.
func (h *HRHeap) SearchAddr() (addr uintptr, ok bool) {
	return h.p.searchAddr.addr(), h.p.searchAddr != maxSearchAddr()
}

// Index is the heap's scavenge index.
func (h *HRHeap) Index() *HRIndex {
	return (*HRIndex)(unsafe.Pointer(&h.p.scav.index))
}

// HRIndex is a scavenge index.
type HRIndex struct {
	i scavengeIndex
}

// HRNewIndex makes a bare index for chunks from the one at base on.
func HRNewIndex(base uintptr) *HRIndex {
	x := new(HRIndex)
	x.i.chunks = make([]atomic.Uint8, uintptr(1<<heapAddrBits)/pallocChunkBytes/8)
	x.i.minHeapIdx.Store(int32(chunkIndex(base) / 8))
	return x
}

func (x *HRIndex) Mark(base, limit uintptr)                      { x.i.mark(base, limit) }
func (x *HRIndex) Clear(addr uintptr)                            { x.i.clear(chunkIndex(addr)) }
func (x *HRIndex) Find() (addr uintptr, off uint, ok bool)       { return hrFind(&x.i) }
func (x *HRIndex) SearchAddr() (addr uintptr, marked, none bool) { return hrBox(&x.i.searchAddr) }
func (x *HRIndex) Marked(addr uintptr) bool {
	ci := chunkIndex(addr)
	return x.i.chunks[ci/8].Load()&(1<<(ci%8)) != 0
}

func hrBox(b *atomicOffAddr) (addr uintptr, marked, none bool) {
	addr, marked = b.Load()
	return addr, marked, addr == minOffAddr.addr()
}

// HRBox is a search address box.
type HRBox struct {
	b atomicOffAddr
}

func (b *HRBox) Reset()                                  { b.b = atomicOffAddr{} }
func (b *HRBox) Load() (addr uintptr, marked, none bool) { return hrBox(&b.b) }
func (b *HRBox) Clear()                                  { b.b.Clear() }
func (b *HRBox) StoreMin(addr uintptr)                   { b.b.StoreMin(addr) }
func (b *HRBox) StoreMarked(addr uintptr)                { b.b.StoreMarked(addr) }
func (b *HRBox) StoreUnmark(marked, addr uintptr)        { b.b.StoreUnmark(marked, addr) }

// HRRanges is a list of address ranges.
type HRRanges struct {
	a addrRanges
}

func (r *HRRanges) Reset()                          { r.a = addrRanges{}; r.a.init(&hrStat) }
func (r *HRRanges) Add(base, limit uintptr)         { r.a.add(makeAddrRange(base, limit)) }
func (r *HRRanges) FindSucc(addr uintptr) int       { return r.a.findSucc(addr) }
func (r *HRRanges) Contains(addr uintptr) bool      { return r.a.contains(addr) }
func (r *HRRanges) RemoveGreaterEqual(addr uintptr) { r.a.removeGreaterEqual(addr) }
func (r *HRRanges) TotalBytes() uintptr             { return r.a.totalBytes }
func (r *HRRanges) Len() int                        { return len(r.a.ranges) }

// FindGreaterEqual needs a list that is not empty.
func (r *HRRanges) FindGreaterEqual(addr uintptr) (uintptr, bool) {
	return r.a.findAddrGreaterEqual(addr)
}

func (r *HRRanges) RemoveLast(bytes uintptr) (base, limit uintptr) {
	x := r.a.removeLast(bytes)
	return x.base.addr(), x.limit.addr()
}

func (r *HRRanges) Range(i int) (base, limit uintptr) {
	return r.a.ranges[i].base.addr(), r.a.ranges[i].limit.addr()
}

// --- pure functions ----------------------------------------------------------

func HRFillAligned(x uint64, m uint) uint64     { return fillAligned(x, m) }
func HRFindBitRange64(c uint64, n uint) uint    { return findBitRange64(c, n) }
func HRPackSum(start, max, end uint) uint64     { return uint64(packPallocSum(start, max, end)) }
func HRUnpackSum(sum uint64) (uint, uint, uint) { return pallocSum(sum).unpack() }

func HRSummarize(alloc *HRBits) uint64 {
	return uint64((*pallocBits)(alloc).summarize())
}

func HRFindBits(alloc *HRBits, npages uintptr, idx uint) (run, first uint, ok bool) {
	run, first = (*pallocBits)(alloc).find(npages, idx)
	return run, first, run != ^uint(0)
}

func HRMergeSums(sums []uint64, log uint) uint64 {
	return uint64(mergeSummaries(*(*[]pallocSum)(unsafe.Pointer(&sums)), log))
}

func HRCandidate(alloc, scav *HRBits, idx uint, min, max uintptr, sizes HRSizes) (start, n uint) {
	var d pallocData
	d.pallocBits = pallocBits(*alloc)
	d.scavenged = pageBits(*scav)
	sizes.with(func() {
		start, n = d.findScavengeCandidate(idx, min, max)
	})
	return
}

// --- pacing ------------------------------------------------------------------

// HRPI is a PI controller.
type HRPI struct {
	c piController
}

func (c *HRPI) Reset(kp, ti, tt, min, max float64) {
	c.c = piController{kp: kp, ti: ti, tt: tt, min: min, max: max}
}

func (c *HRPI) Next(input, setpoint, period float64) (float64, bool) {
	return c.c.next(input, setpoint, period)
}

func (c *HRPI) State() (errIntegral float64, errOverflow, inputOverflow bool) {
	return c.c.errIntegral, c.c.errOverflow, c.c.inputOverflow
}

// HRScavenger is the background scavenger's state, with everything that it
// would do to the world replaced.
type HRScavenger struct {
	Sleeps     func(ns int64) int64
	Scavenges  func(bytes uintptr) (uintptr, int64)
	ShouldStop func() bool
	Procs      func() int32

	s scavengerState
}

// Reset binds the state to the calling goroutine.
func (s *HRScavenger) Reset() {
	s.s = scavengerState{sleepStub: s.Sleeps, scavenge: s.Scavenges, shouldStop: s.ShouldStop, gomaxprocs: s.Procs}
	s.s.init()
}

func (s *HRScavenger) Sleep(worked float64) { s.s.sleep(worked) }

func (s *HRScavenger) Run(sizes HRSizes) (released uintptr, worked float64) {
	// Not on the system stack: run insists on its goroutine. Nothing else
	// runs meanwhile, since the harness has one P and the stubs don't block.
	phys := physPageSize
	physPageSize = sizes.Phys
	released, worked = s.s.run()
	physPageSize = phys
	return
}

// State also clears the reset flag.
func (s *HRScavenger) State() (ratio float64, cooldown int64, reset bool, errIntegral float64) {
	reset = s.s.printControllerReset
	s.s.printControllerReset = false
	return s.s.sleepRatio, s.s.controllerCooldown, reset, s.s.sleepController.errIntegral
}

// HRPace computes the scavenger's two goals; ^0 is off.
func HRPace(limit int64, mapped, goal, lastGoal, lastInUse, inUse, free uint64, sizes HRSizes) (percent, memory uint64) {
	sizes.with(func() {
		lock(&mheap_.lock)
		c := &gcController
		wasMapped, wasInUse, wasFree := c.mappedReady.Load(), c.heapInUse, c.heapFree
		wasLast := memstats.lastHeapInUse
		wasPercent, wasMemory := scavenge.gcPercentGoal.Load(), scavenge.memoryLimitGoal.Load()
		c.mappedReady.Store(mapped)
		c.heapInUse, c.heapFree = sysMemStat(inUse), sysMemStat(free)
		memstats.lastHeapInUse = lastInUse
		gcPaceScavenger(limit, goal, lastGoal)
		percent, memory = scavenge.gcPercentGoal.Load(), scavenge.memoryLimitGoal.Load()
		c.mappedReady.Store(wasMapped)
		c.heapInUse, c.heapFree = wasInUse, wasFree
		memstats.lastHeapInUse = wasLast
		scavenge.gcPercentGoal.Store(wasPercent)
		scavenge.memoryLimitGoal.Store(wasMemory)
		unlock(&mheap_.lock)
	})
	return
}

// --- timing ------------------------------------------------------------------

// HROp is one call of the allocator.
type HROp struct {
	Kind   uint8 // HRAlloc, HRCached or HRFree
	Proc   uint8 // HRCached: whose cache
	Handle int32 // HRFree: which block; else the one it becomes
	Pages  uint32
}

const (
	HRAlloc = iota
	HRCached
	HRFree
)

// Time runs ops, holding the heap's lock all the while, and returns the time
// that took and how many allocations failed. addrs has room for all handles.
func (h *HRHeap) Time(ops []HROp, addrs []uintptr) (ns int64, failed int) {
	systemstack(func() {
		lock(&h.lock)
		start := nanotime()
		failed = h.replay(ops, addrs)
		ns = nanotime() - start
		unlock(&h.lock)
	})
	return
}

//go:systemstack
func (h *HRHeap) replay(ops []HROp, addrs []uintptr) (failed int) {
	var caches [256]pageCache

	p := &h.p
	for i := range ops {
		o := &ops[i]
		n := uintptr(o.Pages)
		addr := uintptr(0)
		switch o.Kind {
		case HRFree:
			if addr = addrs[o.Handle]; addr != 0 {
				p.free(addr, n, false)
			}
			continue
		case HRCached:
			if n < pageCachePages/4 {
				c := &caches[o.Proc]
				if c.empty() {
					*c = p.allocToCache()
				}
				addr, _ = c.alloc(n)
			}
		}
		if addr == 0 {
			addr, _ = p.alloc(n)
		}
		if addr == 0 {
			failed++
		}
		addrs[o.Handle] = addr
	}
	return failed
}

// TimeDrain marks every stride-th of so many chunks from base on, puts the
// search address at the top, and then finds and clears until nothing is found.
// It returns the number of calls of find and the time of the second part.
func (x *HRIndex) TimeDrain(base uintptr, chunks, stride int) (finds int, ns int64) {
	top := base + uintptr(chunks-1)*pallocChunkBytes
	for i := 0; i < chunks; i += stride {
		addr := base + uintptr(i)*pallocChunkBytes
		x.i.mark(addr, addr+pallocChunkBytes)
	}
	if stride > 1 {
		x.i.mark(top, top+pallocChunkBytes)
		x.i.clear(chunkIndex(top))
	}
	start := nanotime()
	for {
		finds++
		ci, _ := x.i.find()
		if ci == 0 {
			break
		}
		x.i.clear(ci)
	}
	ns = nanotime() - start
	// A marked address that found nothing stays.
	x.i.searchAddr = atomicOffAddr{}
	return
}
