#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Samples what the kernel and the program itself say of its memory, as a truth file for
`heapreplay validate --truth`. Times are CLOCK_MONOTONIC, as in a Go trace: before a poll, after
it, and the middle; on a busy server a poll takes up to a second. Empty cells: not known."""
import argparse, re, sys, time, urllib.request

parser = argparse.ArgumentParser()
parser.add_argument('--pid', type=int, required=True)
parser.add_argument('--metrics', default='-', help='URL of metrics in Prometheus form, or -')
parser.add_argument('--seconds', type=float, default=60)
parser.add_argument('--every', type=float, default=0.1, help='seconds')
args = parser.parse_args()

# Column: its sum of samples. The names are those of Go's runtime/metrics, as far as it has them;
# heap in use stands under objects, since the other form does not tell the unused part of spans.
SUMS = {
    '/memory/classes/heap/released:bytes': ['go_memstats_heap_released_bytes'],
    '/memory/classes/heap/free:bytes': ['go_memstats_heap_idle_bytes', '-go_memstats_heap_released_bytes'],
    '/memory/classes/heap/objects:bytes': ['go_memstats_heap_inuse_bytes'],
    '/memory/classes/heap/stacks:bytes': ['go_memstats_stack_inuse_bytes'],
    '/memory/classes/metadata/other:bytes': ['go_memstats_mspan_sys_bytes', 'go_memstats_mcache_sys_bytes',
                                             'go_memstats_gc_sys_bytes', 'go_memstats_buck_hash_sys_bytes'],
    '/memory/classes/total:bytes': ['go_memstats_sys_bytes'],
    '/gc/heap/goal:bytes': ['go_memstats_next_gc_bytes'],
    '/gc/cycles/total:gc-cycles': ['go_gc_duration_seconds_count'],
    '/gc/gomemlimit:bytes': ['go_gc_gomemlimit_bytes'],
}
KERNEL = {'Rss': 'Rss', 'RssAnon': 'Anonymous', 'AnonHuge': 'AnonHugePages', 'LazyFree': 'LazyFree'}


def counters():
    if args.metrics == '-':
        return {}
    with urllib.request.urlopen(args.metrics, timeout=5) as answer:
        found = re.findall(r'^(go_\w+) (\S+)$', answer.read().decode(), re.M)
    return {name: int(float(value)) for name, value in found}


def total(values, names):
    if any(name.lstrip('-') not in values for name in names):
        return ''
    return sum(-values[n[1:]] if n[0] == '-' else values[n] for n in names)


def kernel():
    with open('/proc/%d/smaps_rollup' % args.pid) as f:
        values = dict(re.findall(r'^(\w+): +(\d+) kB$', f.read(), re.M))
    row = {column: int(values[name]) * 1024 for column, name in KERNEL.items() if name in values}
    with open('/proc/%d/status' % args.pid) as f:
        row['RssFile'] = int(re.search(r'^RssFile:\s+(\d+) kB$', f.read(), re.M)[1]) * 1024
    return row


columns = ['row', 'mono_ns', *SUMS, '/memory/classes/heap/unused:bytes', *KERNEL, 'RssFile', 'mono0', 'mono1']
print(','.join(columns), flush=True)
begin = time.monotonic()
row = 0
while time.monotonic() - begin < args.seconds:
    mono0 = time.monotonic_ns()
    try:
        memory = kernel()
    except OSError:
        break  # the program has ended
    try:
        values = counters()
    except OSError:
        values = {}
    mono1 = time.monotonic_ns()
    cells = {**memory, **{column: total(values, names) for column, names in SUMS.items()},
             '/memory/classes/heap/unused:bytes': 0 if values else '',
             'row': row, 'mono_ns': (mono0 + mono1) // 2, 'mono0': mono0, 'mono1': mono1}
    print(','.join(str(cells.get(c, '')) for c in columns), flush=True)
    row += 1
    time.sleep(max(0, args.every - (mono1 - mono0) / 1e9))
