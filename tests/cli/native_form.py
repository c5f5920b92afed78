#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The native form, read and written by the words of heapreplay-trace(5) alone.

    native_form.py same TRACE.hrt TRACE.txt     the events of both are the same
    native_form.py raw IN.hrt OUT.hrt           the same trace with no column compressed
    native_form.py write OUT.hrt                a small trace, made by hand

TRACE.txt is what `heapreplay export` writes. No code is shared with heapreplay.
"""
import json
import struct
import subprocess
import sys

import xxhash

MAGIC = bytes.fromhex('894852540d0a1a0a')
KINDS = ('span-exists span-alloc span-free obj-exists obj-alloc obj-free stack-exists stack-alloc stack-free '
         'gc-begin gc-active gc-end sweep-begin sweep-end sweep-done assist-begin assist-end stw-begin stw-end '
         'heap-live heap-goal gomaxprocs proc-start proc-stop memory-limit free-os-memory log '
         'page-alloc page-free page-scav scav-runs').split()
ENTRIES, SYMBOLS, TIMES, VALUES, PLACES, OBJECTS, CHOICES, MISSES, HOLES = range(9)
MOD = 1 << 64
GOLDEN = 0x9e3779b97f4a7c15
PAGE = 8192


def checksum(data):
    return xxhash.xxh3_64_intdigest(data)


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def done(self):
        return self.at == len(self.data)

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def number(self):
        x = shift = 0
        while True:
            b = self.byte()
            x |= (b & 127) << shift
            shift += 7
            if b < 128:
                return x

    def difference(self):
        x = self.number()
        return x // 2 if x % 2 == 0 else -(x + 1) // 2


def number(x):
    out = b''
    while x >= 128:
        out += bytes([x & 127 | 128])
        x >>= 7
    return out + bytes([x])


def difference(d):
    return number(2 * d if d >= 0 else -2 * d - 1)


def blocks(data):
    """(type, events, before, time, payload) of each; everything is checked."""
    assert data[:8] == MAGIC
    at, index = 8, []
    while data[at:at + 4] == b'HRB|':
        kind, version, zero, stored, events, before, time, of_payload, of_header = struct.unpack_from(
            '<BBHIIQQQQ', data, at + 4)
        payload = data[at + 48:at + 48 + stored]
        assert version == 2 and zero == 0 and len(payload) == stored
        assert checksum(payload) == of_payload and checksum(data[at:at + 40]) == of_header
        if chr(kind) in 'ESYCRT':
            index.append((kind, at, before, time))
        if kind == ord('I'):
            where, told = at, Bytes(payload)
            last, entries = (0, 0, 0), []
            for _ in range(told.number()):
                letter = told.number()
                last = tuple(x + told.number() for x in last)
                entries.append((letter, *last))
            assert entries == index
        yield chr(kind), events, before, time, payload
        at += 48 + stored
    marker, zero, offset, of_footer = struct.unpack_from('<4sIQQ', data, at)
    assert marker == b'HRE|' and zero == 0 and offset == where and at + 24 == len(data)
    assert checksum(data[at:at + 16]) == of_footer


def columns(payload):
    b, out = Bytes(payload), {}
    while not b.done():
        column, codec, unpacked, stored = b.byte(), b.byte(), b.number(), b.number()
        data = payload[b.at:b.at + stored]
        b.at += stored
        if codec == 1:
            data = subprocess.run(['zstd', '-dqc'], input=data, stdout=subprocess.PIPE, check=True).stdout
        assert len(data) == unpacked
        out[column] = data
    return out


class Numbers:
    """Objects without addresses: the whole trace's."""

    def __init__(self):
        self.size, self.free, self.given = {}, [], 0  # size: in order of allocation
        self.newer, self.older = {}, {}
        self.newest = self.hand_newer = self.hand_older = None
        self.lists = {}

    def add(self, size):
        number = self.free.pop() if self.free else self.given
        self.given = max(self.given, number + 1)
        self.older[number], self.newer[number] = self.newest, None
        if self.newest is not None:
            self.newer[self.newest] = number
        self.newest, self.size[number] = number, size
        self.lists.setdefault(self.list_of(size), []).append(number)
        return number

    @staticmethod
    def list_of(size):
        return size if size < 65536 else ('large', size * GOLDEN % MOD >> 52)

    def remove(self, number):
        newer, older = self.newer.pop(number), self.older.pop(number)
        if newer is not None:
            self.older[newer] = older
        else:
            self.newest = older
        if older is not None:
            self.newer[older] = newer
        self.hand_newer, self.hand_older = newer, older
        self.lists[self.list_of(self.size.pop(number))].remove(number)
        self.free.append(number)

    def find(self, place, reach, size):
        if place == 8:
            same = [n for n in self.lists[self.list_of(size)][:-33:-1] if self.size[n] == size]
            return same[reach]
        at = (self.hand_newer, self.hand_older, self.newest)[place - 5]
        for _ in range(reach):
            at = (self.newer if place == 5 else self.older)[at]
        return at


class Guesses:
    """Predicted addresses: a block's."""

    def __init__(self):
        self.contexts, self.slots, self.span = {}, {}, 0

    def page(self, addr, make):
        page = addr // PAGE
        slot = page * GOLDEN % MOD >> 51
        if self.slots.get(slot, (None,))[0] != page:
            if not make:
                return None
            self.slots[slot] = (page, {'last': None, 'step': 0, 'free': set()})
        return self.slots[slot][1]

    def guess(self, context):
        last, step = self.contexts.get(context, (0, 0))
        page = self.page(last, False) if context in self.contexts else None
        free = []
        if page and page['last'] is not None:
            last, step = page['last'], page['step'] or step
            free = [a for a in page['free'] if a // 8 > last // 8]
        on = (last + step) % MOD
        return (min(free) if free else on, on, self.span)

    def add(self, context, addr):
        page = self.page(addr, True)
        known = context in self.contexts
        last, step = self.contexts.get(context, (addr, 0))
        page['step'] = (addr - page['last']) % MOD if page['last'] is not None else step
        page['last'] = addr
        page['free'].discard(addr // 8 * 8)
        d = addr - last
        if known and d != 0 and -65536 <= d < 65536:
            step = d
        self.contexts[context] = (addr, step)

    def remove(self, addr):
        self.page(addr, True)['free'].add(addr // 8 * 8)


def times(column, n, now):
    b = Bytes(column)
    if b.number() == 0:
        unit = b.number()
        for _ in range(n):
            now += b.number() * unit
            yield now
        return
    while n > 0:
        gap, count, rise, run = b.number(), b.number(), b.number(), b.number()
        for i in range(count):
            yield now + gap + i * rise // run
        now += gap + (count - 1) * rise // run
        n -= count


def sorts(column):
    b, out = Bytes(column), []
    while not b.done():
        out.append(tuple(b.number() for _ in range(9)))
    return out


def symbols(column, n, events):
    b = Bytes(column)
    s = max(s for s in range(257) if s + 256 * (256 - s) >= n)
    for _ in range(events):
        if n == 1 and not column:
            yield 0
            continue
        x = b.byte()
        yield x if x < s else s + 256 * (x - s) + b.byte()


def events(header, numbers, has_addresses):
    """(time, kind, p, addr, size, arg, flags) of an E block."""
    _, n, _, time, payload = header
    column = columns(payload)
    table = sorts(column[ENTRIES])
    values, choices = Bytes(column.get(VALUES, b'')), Bytes(column.get(CHOICES, b''))
    places = {1: Bytes(column.get(PLACES, b'')), 2: Bytes(column.get(OBJECTS, b''))}
    misses = Bytes(column.get(MISSES, b''))
    last, sizes, guesses = {}, {}, Guesses()

    def lead(b, context, zeros):
        return (((last.get(context, 0) >> zeros) + b.difference()) << zeros) % MOD

    for symbol, now in zip(symbols(column.get(SYMBOLS, b''), len(table), n), times(column[TIMES], n, time)):
        kind, flags, p, modes, place, low, context, arg, size = table[symbol]
        name, addr = KINDS[kind], 0
        if place in (1, 2):
            addr = last[context] = lead(places[place], context, low)
            if name == 'obj-free' and has_addresses:
                guesses.remove(addr)
            elif name == 'obj-free' and addr in numbers.size:
                numbers.remove(addr)
        elif place == 3:
            which = choices.byte()
            addr = guesses.guess(context)[which] if which < 3 else lead(misses, context, low)
            last[context] = addr
            guesses.add(context, addr)
        elif place == 4:
            addr = numbers.add(size)
        elif place >= 5:
            addr = numbers.find(place, low, size)
            size = numbers.size[addr]
            numbers.remove(addr)
        if name == 'span-alloc':
            guesses.span = addr
        if modes & 1:
            size = sizes[kind] = (sizes.get(kind, 0) + values.difference()) % MOD
        if modes & 2:
            arg = values.number()
        yield now, name, p - 1, addr, size, arg, flags


def read(path):
    data = open(path, 'rb').read()
    meta, numbers, total = None, Numbers(), 0
    for header in blocks(data):
        if header[0] == 'M':
            meta = json.loads(header[4])
        elif header[0] == 'E':
            assert header[2] == total
            total += header[1]
            yield from events(header, numbers, meta['addresses'])
        elif header[0] == 'S':
            check_snapshot(header, numbers, meta['addresses'])
            numbers.hand_newer = numbers.hand_older = None


def check_snapshot(header, numbers, has_addresses):
    """Objects without addresses are those that we have, in order of allocation; so are the free numbers."""
    told = [(e[3], e[4]) for e in events(header, Numbers(), has_addresses) if e[1] == 'obj-exists']
    holes, at, b = [], 0, Bytes(columns(header[4]).get(HOLES, b''))
    while not b.done():
        at += b.difference()
        holes.append(at)
    if not has_addresses:
        assert told == list(numbers.size.items()) and holes == numbers.free[::-1]


def as_text(event):
    """The event as `heapreplay export` writes it, but for P and thread."""
    _, name, _, addr, size, arg, flags = event
    out = {}
    if name.split('-')[0] in ('span', 'obj', 'stack', 'page'):
        out['place'] = addr
    if name.startswith('span-') and name != 'span-free':
        out['npages'] = size // PAGE
        out['class'] = 'manual' if arg == 1 else str(arg // 2)
    elif name.startswith('page-'):
        out['npages'] = size // PAGE
    elif name.startswith('obj-'):
        if size and name != 'obj-free':
            out['size'] = size
        if arg:
            out['type'] = arg
    elif name.startswith('stack-') and name != 'stack-free':
        out['size'] = size
    elif name == 'gc-begin' and flags:
        out['by'] = {2: 'runtime-gc', 3: 'free-os-memory'}[flags]
    elif name == 'sweep-end':
        out['swept'], out['reclaimed'] = size, arg
    elif name in ('heap-live', 'heap-goal', 'memory-limit'):
        out['bytes'] = 'off' if size == MOD - 1 and name != 'heap-live' else size
    elif name == 'gomaxprocs':
        out['n'] = arg
    return {k: str(v) for k, v in out.items()}


def read_text(path):
    for line in open(path):
        if line[0] in '#!\n':
            continue
        words = line.split()
        p = -1
        if words[1][0] in 'pt' and words[1][1:].isdigit():
            p = int(words.pop(1)[1:])
        keys = dict(w.split('=') for w in words[2:])
        if 'addr' in keys or 'id' in keys:
            keys['place'] = str(int(keys.pop('addr', None) or keys.pop('id'), 0))
        if words[1] == 'obj-free' or keys.get('size') == '0':
            keys.pop('size', None)
        yield int(words[0]), words[1], p, keys


def same(native, text):
    n = 0
    theirs = read_text(text)
    for event in read(native):
        line = next(theirs)
        keys = as_text(event)
        if keys.get('size') == '0':
            del keys['size']
        assert (event[0], event[1], event[2], keys) == line, f'event {n}: {event} is not {line}'
        n += 1
    assert next(theirs, None) is None
    print(f'{n} events')


def block(kind, payload, version, events=0, before=0, time=0):
    head = b'HRB|' + struct.pack('<BBHIIQQQ', ord(kind), version, 0, len(payload), events, before, time, checksum(payload))
    return head + struct.pack('<Q', checksum(head)) + payload


def trace(parts, version):
    """A whole file of (type, events, before, time, payload)."""
    out, entries, last = MAGIC, [], (0, 0, 0)
    for kind, n, before, time, payload in parts:
        if kind in ('EST' if version == 1 else 'ESYCRT'):
            now = (len(out), before, time)
            entries.append(number(ord(kind)) + b''.join(number(x - y) for x, y in zip(now, last)))
            last = now
        out += block(kind, payload, version, n, before, time)
    where = len(out)
    out += block('I', number(len(entries)) + b''.join(entries), version, 0, last[1], last[2])
    foot = b'HRE|' + struct.pack('<IQ', 0, where)
    return out + foot + struct.pack('<Q', checksum(foot))


def joined(parts):
    """Columns as they are, not compressed."""
    return b''.join(bytes([c, 0]) + number(len(d)) * 2 + d for c, d in sorted(parts.items()) if d)


def raw(source, to):
    parts = [(kind, n, before, time, joined(columns(payload)) if kind in 'ES' else payload)
             for kind, n, before, time, payload in blocks(open(source, 'rb').read()) if kind != 'I']
    open(to, 'wb').write(trace(parts, 2))


def write(to):
    """Three objects in two blocks, two of them freed, each in another manner; version 1."""
    def entry(kind, place, low=0, size=0, context=0):
        return b''.join(map(number, (KINDS.index(kind), 0, 0, 0, place, low, context, 0, size)))

    first = {
        ENTRIES: entry('obj-alloc', 4, size=100) + entry('obj-alloc', 4, size=70000),
        SYMBOLS: bytes([0, 1, 0]),
        TIMES: number(1) + number(0) + number(3) + number(5) + number(2),  # a line: 10, 12, 15
    }
    then = {
        ENTRIES: entry('obj-free', 8, 0, size=70000) + entry('obj-free', 5),
        SYMBOLS: bytes([0, 1]),
        TIMES: number(0) + number(10) + number(0) + number(2),  # units of 10 ns: 20, 40
    }
    meta = {'writer': 'by hand', 'program': './a.out'}
    end = {'events': 5, 'last_ns': 50, 'anomalies': {'null_frees': 2}, 'assumed': ['nothing']}
    open(to, 'wb').write(trace([
        ('M', 0, 0, 0, json.dumps(meta).encode()),
        ('E', 3, 0, 10, joined(first)),
        ('E', 2, 3, 20, joined(then)),
        ('T', 0, 5, 40, json.dumps(end).encode()),
    ], 1))


if __name__ == '__main__':
    {'same': same, 'raw': raw, 'write': write}[sys.argv[1]](*sys.argv[2:])
