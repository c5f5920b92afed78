#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Objects by type, counted without heapreplay.

    objects_by_type.py table [AT_NS] < TRACE.txt     what `info --by type --csv` prints, of what `export` writes
    objects_by_type.py names TRACE < TRACE.txt       each type number of the text has one name, and each name as many
                                                     objects as the Go trace (uncompressed) itself says

The rules are those of Go's allocator and its tracer: an object's size is that of its slot, which the span's class
tells; a type is that of an element.
"""
import sys
from collections import Counter, defaultdict

CLASSES = [0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416,
           448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200,
           3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384,
           18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768]
PAGE = 8192


def slot_of_one(size, pointers):
    """The slot of one element."""
    if not pointers and size < 16:
        return 16
    if pointers and size > 512:
        size += 8
    if size > 32768:
        return -(-size // PAGE) * PAGE
    return min(c for c in CLASSES if c >= size)


def size_class(size):
    return 'more than 32,768 B' if size > 32768 else f'{min(c for c in CLASSES if c >= size):,} B'


def parse(lines):
    """(time, kind, {key: value}) of each event, ('type', number, {...}) of each type."""
    for line in lines:
        if line.startswith('! type '):
            head, name = line[7:].rstrip('\n').split('name=', 1)
            number, *rest = head.split()
            told = dict(word.split('=') for word in rest)
            yield 'type', int(number), (int(told.get('size', 0)), int(told.get('pointers', 0)), name)
        elif line[0] not in '!#':
            words = line.split()
            time, words = int(words[0]), words[1:]
            if words[0][0] == 'p' and words[0][1:].isdigit():
                words = words[1:]
            yield time, words[0], dict(word.split('=') for word in words[1:])


class Heap:
    def __init__(self):
        self.types, self.pages, self.live = {}, {}, {}
        self.rows = defaultdict(lambda: [0, 0, 0, 0, 0, 0])  # live, allocated: bytes, objects; freed; their lives

    def row(self, slot, number, existed):
        if number not in self.types:
            what = 'there before the recording' if existed else 'no type recorded'
            return f'unknown: {what}, {size_class(slot)}'
        size, pointers, name = self.types[number]
        return name + (' × n' if size and slot > slot_of_one(size, pointers) else '')

    def drop(self, base):
        row, slot, _ = self.live.pop(base)
        self.rows[row][0] -= slot
        self.rows[row][1] -= 1

    def span(self, addr, npages=0, kind='0'):
        old = self.pages.get(addr // PAGE)
        if old and old[0] == addr:
            for base in range(addr, addr + old[2] * PAGE, old[1]):
                if base in self.live:
                    self.drop(base)
            for i in range(old[2]):
                self.pages.pop(addr // PAGE + i, None)
        if npages and kind != 'manual':
            slot = CLASSES[int(kind) >> 1] or npages * PAGE
            for i in range(npages):
                self.pages[addr // PAGE + i] = (addr, slot, npages)

    def slot(self, addr):
        if addr // PAGE not in self.pages:
            return None, 0
        start, slot, _ = self.pages[addr // PAGE]
        return start + (addr - start) // slot * slot, slot

    def take(self, time, kind, e):
        addr = int(e.get('addr', '0'), 16)
        if kind in ('span-exists', 'span-alloc'):
            self.span(addr, int(e['npages']), e.get('class', '0'))
        elif kind == 'span-free':
            self.span(addr)
        elif kind in ('obj-exists', 'obj-alloc'):
            base, slot = self.slot(addr)
            if base is None or (base in self.live and slot == 16):
                return
            if base in self.live:
                self.drop(base)
            row = self.row(slot, int(e.get('type', 0)), kind == 'obj-exists')
            self.live[base] = row, slot, time if kind == 'obj-alloc' else None
            r = self.rows[row]
            r[0] += slot
            r[1] += 1
            if kind == 'obj-alloc':
                r[2] += slot
                r[3] += 1
        elif kind == 'obj-free':
            base, _ = self.slot(addr)
            if base in self.live:
                row, _, born = self.live[base]
                self.drop(base)
                if born is not None:
                    self.rows[row][4] += 1
                    self.rows[row][5] += time - born


def table(at):
    heap = Heap()
    for time, kind, e in parse(sys.stdin):
        if time == 'type':
            heap.types[kind] = e
        elif at is None or time <= at:
            heap.take(time, kind, e)
    for name, (live, n, allocated, m, freed, lives) in sorted(heap.rows.items()):
        quoted = name.replace('"', '""')
        print(f'"{quoted}",{live},{n},{allocated},{m},{freed},{lives // freed if freed else ""}')


# Arguments of each event behind its time, as Go's tracer writes them.
ARGS = dict(zip(range(9, 49), [2, 2, 0, 3, 2, 3, 1, 2, 0, 0, 2, 2, 3, 2, 0, 0, 3, 2, 0, 1, 2, 1, 1, 1, 2, 1, 1, 0, 1, 1,
                               1, 4, 2, 3, 3, 4, 2, 2, 3, 4]))
ARGS.update(zip(range(128, 137), [3, 3, 1, 2, 2, 1, 2, 2, 1]))


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self):
        x = shift = 0
        while True:
            b = self.data[self.at]
            self.at += 1
            x |= (b & 127) << shift
            shift += 7
            if b < 128:
                return x


def names_of_trace(data):
    """How many objects of each type a Go trace tells: ids hold for one generation."""
    counts, b = Counter(), Bytes(data)
    b.at = 16
    types, ids, now = {}, Counter(), None

    def finish():
        for i, n in ids.items():
            counts[types.get(i)] += n
        types.clear()
        ids.clear()

    while b.at < len(data):
        kind = data[b.at]
        b.at += 1
        if kind == 52:
            continue
        experiment = None
        if kind == 49:
            experiment = data[b.at]
            b.at += 1
        generation, _, _, length = b.number(), b.number(), b.number(), b.number()
        if generation != now:
            finish()
            now = generation
        batch = Bytes(data[b.at:b.at + length])
        b.at += length
        if experiment == 1 and batch.data[:1] == b'\0':
            batch.at = 1
            while batch.at < length:
                number, addr, size, pointers, n = (batch.number() for _ in range(5))
                types[number] = batch.data[batch.at:batch.at + n].decode()
                batch.at += n
        elif kind == 1 and length and batch.data[0] not in (2, 4, 6, 8, 50):
            while batch.at < length:
                event = batch.data[batch.at]
                batch.at += 1
                batch.number()
                args = [batch.number() for _ in range(ARGS[event])]
                if event in (131, 132) and args[1]:
                    ids[args[1]] += 1
    finish()
    return counts


def names(path):
    told, counts, failed = {}, Counter(), False
    for time, kind, e in parse(sys.stdin):
        if time == 'type':
            if kind in told:
                print(f'type {kind} is told twice')
                failed = True
            told[kind] = e[2]
        elif kind in ('obj-exists', 'obj-alloc') and 'type' in e:
            counts[told[int(e['type'])]] += 1
    with open(path, 'rb') as f:
        expected = names_of_trace(f.read())
    for name in sorted(set(counts) | set(expected), key=str):
        if counts[name] != expected[name]:
            print(f'{name}: {counts[name]} objects, not {expected[name]}')
            failed = True
    print(f'{len(told)} types, {len(set(told.values()))} names, {sum(counts.values())} objects')
    return 1 if failed else 0


if sys.argv[1] == 'table':
    table(int(sys.argv[2]) if len(sys.argv) > 2 else None)
else:
    sys.exit(names(sys.argv[2]))
