// SPDX-License-Identifier: BSD-3-Clause
// The real runtime as an oracle: reads an op script on standard input and
// prints what the page allocator, scavenger and pacer of the Go runtime that it
// was built with answer, in the same form as tests/oracle/driver. A stream of
// many scripts is one script: each begins with what it needs (new, physpage,
// hugepage, quiet 0).
//
//	harness < SCRIPT > RESULT

package main

import (
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
)

const (
	base       = 0x3000000000
	pageBytes  = runtime.HRPageBytes
	chunkPages = runtime.HRChunkPages
	chunkBytes = pageBytes * chunkPages

	fnvBasis = 14695981039346656037
	fnvPrime = 1099511628211

	// What an absent address counts as in a hash.
	hashMin = 1 << 63
	hashMax = 1<<63 - 1
)

type handle struct {
	addr, pages uintptr
}

type machine struct {
	heap    runtime.HRHeap
	caches  [64]runtime.HRCache
	handles []handle
	sizes   runtime.HRSizes

	index  *runtime.HRIndex
	box    runtime.HRBox
	ranges runtime.HRRanges
	pi     runtime.HRPI

	scavenger runtime.HRScavenger
	slept     int64
	asked     int64
	procs     int32
	steps     [][2]int64
	calls     int
	stops     int

	quiet bool
	trace uint64

	line int
	text []byte // the result being made
	out  []byte
}

func main() {
	// One P and no collector: no other goroutine can meet the page sizes of a script.
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	script, err := io.ReadAll(os.Stdin)
	if err != nil {
		fatal(err.Error())
	}
	m := new(machine)
	m.sizes = runtime.HRSizes{Phys: 4096, Huge: 2 << 20}
	m.heap.Reset()
	m.scavenger.Sleeps = func(ns int64) int64 {
		m.asked = ns
		return m.slept
	}
	m.scavenger.Procs = func() int32 { return m.procs }
	m.scavenger.ShouldStop = func() bool {
		m.stops++
		return m.calls >= len(m.steps)
	}
	m.scavenger.Scavenges = func(uintptr) (uintptr, int64) {
		s := m.steps[m.calls]
		m.calls++
		return uintptr(s[0]), s[1]
	}
	m.run(script)
	m.flush()
}

func fatal(what string) {
	os.Stderr.WriteString("harness: " + what + "\n")
	os.Exit(1)
}

func (m *machine) bad(what string) {
	fatal("line " + strconv.Itoa(m.line) + ": " + what)
}

func (m *machine) flush() {
	if _, err := os.Stdout.Write(m.out); err != nil {
		fatal(err.Error())
	}
	m.out = m.out[:0]
}

func (m *machine) run(script []byte) {
	var words [][]byte
	for len(script) > 0 {
		m.line++
		words = words[:0]
		i, start := 0, -1
		for ; ; i++ {
			end := i == len(script) || script[i] == '\n' || script[i] == '#'
			if end || script[i] == ' ' || script[i] == '\t' {
				if start >= 0 {
					words = append(words, script[start:i])
					start = -1
				}
				if end {
					break
				}
			} else if start < 0 {
				start = i
			}
		}
		for i < len(script) && script[i] != '\n' {
			i++
		}
		if i < len(script) {
			i++
		}
		script = script[i:]
		if len(words) > 0 {
			m.do(words)
		}
	}
}

// --- words to values ---------------------------------------------------------

func (m *machine) int(w []byte) int64 {
	negative := len(w) > 0 && w[0] == '-'
	if negative {
		w = w[1:]
	}
	v := int64(m.uint(w))
	if negative {
		return -v
	}
	return v
}

func (m *machine) uint(w []byte) uint64 {
	if string(w) == "max" {
		return 1<<64 - 1
	}
	if len(w) == 0 {
		m.bad("a number is missing")
	}
	v := uint64(0)
	for _, c := range w {
		if c < '0' || c > '9' {
			m.bad("not a number: " + string(w))
		}
		v = v*10 + uint64(c-'0')
	}
	return v
}

func (m *machine) hex(w []byte) uint64 {
	v, err := strconv.ParseUint(string(w), 16, 64)
	if err != nil {
		m.bad(err.Error())
	}
	return v
}

func (m *machine) float(w []byte) float64 {
	if len(w) > 2 && w[0] == 'b' && w[1] == ':' {
		return math.Float64frombits(m.hex(w[2:]))
	}
	v, err := strconv.ParseFloat(string(w), 64)
	if err != nil {
		m.bad(err.Error())
	}
	return v
}

func (m *machine) bits(w []byte) *runtime.HRBits {
	b := new(runtime.HRBits)
	if len(w) != chunkPages/4 {
		m.bad("a bitmap has 128 digits")
	}
	for k := 0; k < chunkPages/8; k++ {
		b[k/8] |= m.hex(w[2*k:2*k+2]) << (k % 8 * 8)
	}
	return b
}

// split cuts w at a separator: "a:b:c".
func split(w []byte, sep byte) (parts [][]byte) {
	start := 0
	for i, c := range w {
		if c == sep {
			parts = append(parts, w[start:i])
			start = i + 1
		}
	}
	return append(parts, w[start:])
}

func (m *machine) bitRanges(w []byte) (r []runtime.HRRange) {
	for _, p := range split(w, ',') {
		x := split(p, ':')
		if n := uint(m.uint(x[1])); n != 0 {
			r = append(r, runtime.HRRange{I: uint(m.uint(x[0])), N: n})
		}
	}
	return
}

func (m *machine) page(w []byte) uintptr  { return base + uintptr(m.int(w)*pageBytes) }
func (m *machine) chunk(w []byte) uintptr { return base + uintptr(m.int(w)*chunkBytes) }

func relPage(addr uintptr) int64  { return (int64(addr) - base) >> 13 }
func relChunk(addr uintptr) int64 { return (int64(addr) - base) >> 22 }

// --- results -----------------------------------------------------------------

func (m *machine) str(s string) *machine { m.text = append(m.text, s...); return m }

// n, u and x append a blank and a value, if there is something before.
func (m *machine) n(v int64) *machine {
	m.text = strconv.AppendInt(append(m.text, ' '), v, 10)
	return m
}

func (m *machine) u(v uint64) *machine {
	m.text = strconv.AppendUint(append(m.text, ' '), v, 10)
	return m
}

func (m *machine) x(v uint64) *machine {
	m.text = append(m.text, ' ')
	return m.x16(v)
}

func (m *machine) x16(v uint64) *machine {
	for i := 60; i >= 0; i -= 4 {
		m.text = append(m.text, "0123456789abcdef"[v>>i&15])
	}
	return m
}

func (m *machine) flag(name string, v bool) *machine {
	m.str(name)
	if v {
		return m.str("1")
	}
	return m.str("0")
}

func (m *machine) hexBits(name string, b *runtime.HRBits) *machine {
	m.str(name)
	for k := 0; k < chunkPages/8; k++ {
		v := byte(b[k/8] >> (k % 8 * 8))
		m.text = append(m.text, "0123456789abcdef"[v>>4], "0123456789abcdef"[v&15])
	}
	return m
}

func (m *machine) sum(start, max, end uint) *machine {
	m.text = strconv.AppendUint(m.text, uint64(start), 10)
	m.text = strconv.AppendUint(append(m.text, ','), uint64(max), 10)
	m.text = strconv.AppendUint(append(m.text, ','), uint64(end), 10)
	return m
}

// end finishes a result line which quiet suppresses.
func (m *machine) end() {
	if m.quiet {
		m.text = append(m.text, '\n')
		m.trace = fnv(m.trace, m.text)
		m.text = m.text[:0]
		return
	}
	m.print()
}

// print finishes a result line which is always shown.
func (m *machine) print() {
	m.out = strconv.AppendInt(m.out, int64(m.line), 10)
	m.out = append(m.out, ' ')
	m.out = append(m.out, m.text...)
	m.out = append(m.out, '\n')
	m.text = m.text[:0]
	if len(m.out) > 1<<16 {
		m.flush()
	}
}

func fnv(h uint64, b []byte) uint64 {
	for _, c := range b {
		h = (h ^ uint64(c)) * fnvPrime
	}
	return h
}

func fnv64(h, v uint64) uint64 {
	for i := 0; i < 8; i++ {
		h = (h ^ (v & 0xff)) * fnvPrime
		v >>= 8
	}
	return h
}

func fnv32(h uint64, v uint) uint64 {
	for i := 0; i < 4; i++ {
		h = (h ^ uint64(v&0xff)) * fnvPrime
		v >>= 8
	}
	return h
}

// eachChunk visits the chunks in use, ascending.
func (m *machine) eachChunk(visit func(addr uintptr)) {
	for i := 0; ; i++ {
		addr, limit, ok := m.heap.InUse(i)
		if !ok {
			return
		}
		for ; addr < limit; addr += chunkBytes {
			visit(addr)
		}
	}
}

// eachSum visits the summaries which cover a chunk in use, ascending.
func (m *machine) eachSum(visit func(level int, index uintptr, start, max, end uint)) {
	for level := 0; level < runtime.HRLevels; level++ {
		shift := runtime.HRLevelShift(level)
		last := ^uintptr(0)
		m.eachChunk(func(addr uintptr) {
			if addr>>shift != last {
				last = addr >> shift
				s, x, e := m.heap.Sum(level, addr)
				visit(level, last, s, x, e)
			}
		})
	}
}

func (m *machine) heapHash() uint64 {
	h := uint64(fnvBasis)
	m.eachChunk(func(addr uintptr) {
		alloc, scav := m.heap.Bits(addr)
		h = fnv64(h, uint64(relChunk(addr)))
		for _, w := range alloc {
			h = fnv64(h, w)
		}
		for _, w := range scav {
			h = fnv64(h, w)
		}
		s, x, e := m.heap.Sum(runtime.HRLevels-1, addr)
		h = fnv32(fnv32(fnv32(h, s), x), e)
	})
	if addr, ok := m.heap.SearchAddr(); ok {
		return fnv64(h, uint64(relPage(addr)))
	}
	return fnv64(h, hashMax)
}

func (m *machine) indexHash() uint64 {
	x := m.heap.Index()
	addr, marked, none := x.SearchAddr()
	h, page := uint64(fnvBasis), uint64(relPage(addr))
	if none {
		page = hashMin
	}
	h = fnv64(fnv64(h, bit(marked)), page)
	m.eachChunk(func(addr uintptr) {
		h = (h ^ bit(x.Marked(addr))) * fnvPrime
	})
	return h
}

func bit(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

func (m *machine) traceWord() {
	if m.quiet {
		m.x(m.trace)
	} else {
		m.str(" -")
	}
}

// boxText appends PAGE,marked or PAGE,plain with the separator given.
func (m *machine) boxText(sep string, addr uintptr, marked, none bool) *machine {
	if none {
		m.str("min")
	} else {
		m.text = strconv.AppendInt(m.text, relPage(addr), 10)
	}
	m.str(sep)
	if marked {
		return m.str("marked")
	}
	return m.str("plain")
}

func (m *machine) found(name string, addr uintptr, off uint, ok bool) {
	m.str(name)
	if ok {
		m.n(relChunk(addr)).u(uint64(off)).end()
	} else {
		m.str(" none").end()
	}
}

func (m *machine) showCache(name string, c *runtime.HRCache) {
	page := int64(0)
	if c.Base != 0 {
		page = relPage(c.Base)
	}
	m.str(name).n(page).x(c.Cache).x(c.Scav).end()
}

func (m *machine) hand(addr, pages uintptr) {
	m.handles = append(m.handles, handle{addr, pages})
}

// --- ops ---------------------------------------------------------------------

func (m *machine) do(w [][]byte) {
	op := string(w[0])
	n := func(i int) uintptr { return uintptr(m.uint(w[i])) }

	switch op {
	case "a":
		addr, scav := m.heap.Alloc(n(1))
		m.hand(addr, n(1))
		if addr == 0 {
			m.str("a oom").end()
		} else {
			m.str("a").n(relPage(addr)).u(uint64(scav)).end()
		}
	case "f":
		if h := m.handles[n(1)]; h.addr != 0 {
			m.heap.Free(h.addr, h.pages)
		}
	case "fp":
		if h := m.handles[n(1)]; h.addr != 0 {
			m.heap.Free(h.addr+n(2)*pageBytes, n(3))
		}
	case "c":
		pages := n(2)
		addr, scav, from := uintptr(0), uintptr(0), " cache"
		if pages < runtime.HRPerCache/4 {
			c := &m.caches[n(1)]
			if c.Cache == 0 {
				m.heap.Fill(c)
			}
			addr, scav = c.Alloc(pages)
		}
		if addr == 0 {
			from = " heap"
			addr, scav = m.heap.Alloc(pages)
		}
		m.hand(addr, pages)
		if addr == 0 {
			m.str("c oom").end()
		} else {
			m.str("c").n(relPage(addr)).u(uint64(scav)).str(from).end()
		}
	case "free":
		m.heap.Free(m.page(w[1]), n(2))
	case "ar":
		m.str("ar").u(uint64(m.heap.AllocRange(m.page(w[1]), n(2)))).end()
	case "cfill":
		m.heap.Fill(&m.caches[n(1)])
		m.showCache("cfill", &m.caches[n(1)])
	case "cshow":
		m.showCache("cshow", &m.caches[n(1)])
	case "cget":
		addr, scav := m.caches[n(1)].Alloc(n(2))
		m.hand(addr, n(2))
		if addr == 0 {
			m.str("cget none").end()
		} else {
			m.str("cget").n(relPage(addr)).u(uint64(scav)).end()
		}
	case "cflush":
		m.heap.Flush(&m.caches[n(1)])
	case "scav":
		m.str("scav").u(uint64(m.heap.Scavenge(n(1), m.sizes))).end()
	case "find":
		addr, off, ok := m.heap.Find()
		m.found("find", addr, off, ok)
	case "sone":
		m.str("sone").u(uint64(m.heap.ScavengeOne(m.chunk(w[1]), uint(n(2)), n(3), m.sizes))).end()
	case "new":
		m.heap.Reset()
		m.caches = [64]runtime.HRCache{}
		m.handles = m.handles[:0]
	case "physpage":
		m.sizes.Phys = n(1)
	case "hugepage":
		m.sizes.Huge = n(1)
	case "grow":
		m.heap.Grow(m.chunk(w[1]), n(2))
	case "chunk":
		var alloc, scav []runtime.HRRange
		for _, s := range w[2:] {
			if string(s[:2]) == "A=" {
				alloc = m.bitRanges(s[2:])
			} else {
				scav = m.bitRanges(s[2:])
			}
		}
		m.heap.Chunk(m.chunk(w[1]), alloc, scav, m.sizes)
	case "quiet":
		m.quiet = n(1) != 0
		if m.quiet {
			m.trace = fnvBasis
		}
	case "state", "sums", "sumhash", "index", "hash", "hhash":
		m.look(op)
	default:
		m.unit(op, w)
	}
}

// look does the ops which are always printed.
func (m *machine) look(op string) {
	switch op {
	case "hash":
		m.str("hash").x(m.heapHash()).x(m.indexHash()).traceWord()
		m.print()
	case "hhash":
		m.str("hhash").x(m.heapHash()).traceWord()
		m.print()
	case "state":
		m.eachChunk(func(addr uintptr) {
			alloc, scav := m.heap.Bits(addr)
			m.str("chunk").n(relChunk(addr)).hexBits(" alloc=", alloc).hexBits(" scav=", scav).str(" sum=")
			m.sum(m.heap.Sum(runtime.HRLevels-1, addr)).print()
		})
		m.str("searchaddr")
		if addr, ok := m.heap.SearchAddr(); ok {
			m.n(relPage(addr)).print()
		} else {
			m.str(" max").print()
		}
	case "sums":
		m.eachSum(func(level int, index uintptr, start, max, end uint) {
			m.str("sum").n(int64(level)).u(uint64(index)).str(" ").sum(start, max, end).print()
		})
	case "sumhash":
		h := uint64(fnvBasis)
		m.eachSum(func(level int, index uintptr, start, max, end uint) {
			h = fnv64(fnv32(h, uint(level)), uint64(index))
			h = fnv32(fnv32(fnv32(h, start), max), end)
		})
		m.str("sumhash").x(h).print()
	case "index":
		x := m.heap.Index()
		addr, marked, none := x.SearchAddr()
		m.str("index search=").boxText(",", addr, marked, none).print()
		m.eachChunk(func(addr uintptr) {
			m.str("ichunk").n(relChunk(addr)).u(bit(x.Marked(addr))).print()
		})
	}
}

// unit does the ops without a heap.
func (m *machine) unit(op string, w [][]byte) {
	n := func(i int) uintptr { return uintptr(m.uint(w[i])) }

	switch op {
	case "fillaligned":
		m.str(op).x(runtime.HRFillAligned(m.hex(w[1]), uint(n(2)))).end()
	case "candidate":
		sizes := runtime.HRSizes{Phys: m.sizes.Phys, Huge: n(4)}
		start, size := runtime.HRCandidate(m.bits(w[5]), m.bits(w[6]), uint(n(1)), n(2), n(3), sizes)
		m.str(op).u(uint64(start)).u(uint64(size)).end()
	case "summarize":
		m.str(op).str(" ").sum(runtime.HRUnpackSum(runtime.HRSummarize(m.bits(w[1])))).end()
	case "packsum":
		m.str(op).x(runtime.HRPackSum(uint(n(1)), uint(n(2)), uint(n(3)))).end()
	case "mergesums":
		var sums []uint64
		for _, s := range w[2:] {
			p := split(s, ',')
			sums = append(sums, runtime.HRPackSum(uint(m.uint(p[0])), uint(m.uint(p[1])), uint(m.uint(p[2]))))
		}
		sum := runtime.HRMergeSums(sums, uint(n(1)))
		m.str(op).str(" ").sum(runtime.HRUnpackSum(sum)).x(sum).end()
	case "findbits":
		run, first, ok := runtime.HRFindBits(m.bits(w[3]), n(1), uint(n(2)))
		if ok {
			m.str(op).u(uint64(run)).u(uint64(first)).end()
		} else {
			m.str(op).str(" none").end()
		}
	case "bitrange64":
		if i := runtime.HRFindBitRange64(m.hex(w[1]), uint(n(2))); i < 64 {
			m.str(op).u(uint64(i)).end()
		} else {
			m.str(op).str(" none").end()
		}
	case "pcalloc":
		c := runtime.HRCache{Base: m.page(w[1]), Cache: m.hex(w[2]), Scav: m.hex(w[3])}
		addr, scav := c.Alloc(n(4))
		m.str(op)
		if addr == 0 {
			m.str(" none")
		} else {
			m.n(relPage(addr)).u(uint64(scav))
		}
		m.x(c.Cache).x(c.Scav).end()
	case "pinew":
		m.pi.Reset(m.float(w[1]), m.float(w[2]), m.float(w[3]), m.float(w[4]), m.float(w[5]))
	case "pi":
		v, ok := m.pi.Next(m.float(w[1]), m.float(w[2]), m.float(w[3]))
		integral, eo, io := m.pi.State()
		m.str(op).x(math.Float64bits(v)).flag(" ", ok).str(" errint=").x16(math.Float64bits(integral))
		m.flag(" eo=", eo).flag(" io=", io).end()
	case "scavnew":
		m.scavenger.Reset()
	case "sleep":
		m.slept, m.procs = m.int(w[2]), int32(m.int(w[3]))
		m.scavenger.Sleep(m.float(w[1]))
		ratio, cooldown, reset, integral := m.scavenger.State()
		m.str(op).n(m.asked).str(" ratio=").x16(math.Float64bits(ratio)).str(" cooldown=")
		m.text = strconv.AppendInt(m.text, cooldown, 10)
		m.flag(" reset=", reset).str(" errint=").x16(math.Float64bits(integral)).end()
	case "run":
		m.steps, m.calls, m.stops = m.steps[:0], 0, 0
		for _, s := range w[1:] {
			p := split(s, ':')
			m.steps = append(m.steps, [2]int64{m.int(p[0]), m.int(p[1])})
		}
		released, worked := m.scavenger.Run(m.sizes)
		m.str(op).u(uint64(released)).x(math.Float64bits(worked)).str(" calls=")
		m.text = strconv.AppendInt(m.text, int64(m.calls), 10)
		m.str(" stops=")
		m.text = strconv.AppendInt(m.text, int64(m.stops), 10)
		m.end()
	case "pace":
		sizes := runtime.HRSizes{Phys: n(8), Huge: m.sizes.Huge}
		percent, memory := runtime.HRPace(m.int(w[1]), m.uint(w[2]), m.uint(w[3]), m.uint(w[4]),
			m.uint(w[5]), m.uint(w[6]), m.uint(w[7]), sizes)
		m.str("pace gcpercent=")
		m.text = strconv.AppendUint(m.text, percent, 10)
		m.str(" memlimit=")
		m.text = strconv.AppendUint(m.text, memory, 10)
		m.end()
	case "oanew":
		m.box.Reset()
	case "oa":
		m.oa(w)
	default:
		if op[0] == 'a' {
			m.addrRanges(op, w)
		} else {
			m.bareIndex(op, w)
		}
	}
}

func (m *machine) oa(w [][]byte) {
	switch string(w[1]) {
	case "load":
	case "clear":
		m.box.Clear()
	case "storemin":
		m.box.StoreMin(m.page(w[2]))
	case "storemarked":
		m.box.StoreMarked(m.page(w[2]))
	case "storeunmark":
		m.box.StoreUnmark(m.page(w[2]), m.page(w[3]))
	default:
		m.bad("no such op")
	}
	addr, marked, none := m.box.Load()
	m.str("oa ").boxText(" ", addr, marked, none).end()
}

func (m *machine) rangeText(base, limit uintptr) *machine {
	m.n(relPage(base)).str(":")
	m.text = strconv.AppendInt(m.text, relPage(limit), 10)
	return m
}

func (m *machine) addrRanges(op string, w [][]byte) {
	r := &m.ranges

	switch op {
	case "arnew":
		r.Reset()
	case "aradd":
		r.Add(m.page(w[1]), m.page(w[2]))
	case "arremovege":
		r.RemoveGreaterEqual(m.page(w[1]))
	case "arsucc":
		m.str(op).n(int64(r.FindSucc(m.page(w[1])))).end()
	case "arge":
		m.str(op)
		if addr, ok := r.FindGreaterEqual(m.page(w[1])); ok {
			m.n(relPage(addr)).end()
		} else {
			m.str(" none").end()
		}
	case "arcontains":
		m.str(op).u(bit(r.Contains(m.page(w[1])))).end()
	case "arremovelast":
		m.str(op)
		if base, limit := r.RemoveLast(uintptr(m.uint(w[1])) * pageBytes); base != limit {
			m.rangeText(base, limit).end()
		} else {
			m.str(" none").end()
		}
	case "arstate":
		m.str("arstate total=")
		m.text = strconv.AppendUint(m.text, uint64(r.TotalBytes()/pageBytes), 10)
		for i := 0; i < r.Len(); i++ {
			m.rangeText(r.Range(i))
		}
		m.end()
	default:
		m.bad("no such op")
	}
}

func (m *machine) bareIndex(op string, w [][]byte) {
	x := m.index

	switch op {
	case "xnew":
		m.index = runtime.HRNewIndex(m.chunk(w[1]))
	case "xmark":
		x.Mark(m.page(w[1]), m.page(w[2]))
	case "xclear":
		x.Clear(m.chunk(w[1]))
	case "xfind":
		addr, off, ok := x.Find()
		m.found(op, addr, off, ok)
	case "xstate":
		addr, marked, none := x.SearchAddr()
		m.str("xstate search=").boxText(",", addr, marked, none).end()
	case "xchunks":
		for addr, limit := m.chunk(w[1]), m.chunk(w[2]); addr < limit; addr += chunkBytes {
			m.str("xchunk").n(relChunk(addr)).u(bit(x.Marked(addr))).end()
		}
	default:
		m.bad("no such op")
	}
}
