#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a flight recorder would have written of a Go trace, and how right its replay is.

  go_windows.py drop N < TRACE > WINDOW         the trace without its first N generations
  go_windows.py measure HEAPREPLAY TRACE...     every such window, beside the whole trace

A row of the second: windows; the largest and the mean difference of the bytes
in use from the first full cycle on, as a share of those of the whole trace; how
much of the marked bytes was named at the last cycle, least and most.
"""
import bisect, csv, json, os, subprocess, sys, tempfile


def number(b, at):
    x = shift = 0
    while True:
        c = b[at]
        at += 1
        x |= (c & 127) << shift
        shift += 7
        if c < 128:
            return x, at


def generations(b):
    """Where each generation begins and ends."""
    at, found = 16, []
    while at < len(b):
        begin, kind = at, b[at]
        at += 1
        if kind == 52:
            found[-1][2] = at
            continue
        if kind == 49:
            at += 1
        elif kind != 1:
            break
        try:
            generation, at = number(b, at)
            for _ in range(2):
                _, at = number(b, at)
            size, at = number(b, at)
        except IndexError:
            break
        at += size
        if not found or found[-1][0] != generation:
            found.append([generation, begin, 0])
        found[-1][2] = min(at, len(b))
    return found


def drop(b, n):
    g = generations(b)
    return b[:16] + b[g[n][1]:] if n < len(g) else b[:16]


def unpacked(path):
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dqc", path], capture_output=True, check=True).stdout
    return open(path, "rb").read()


def clock_origin(exe, path):
    """When the trace begins, by the recorder's own clock."""
    with subprocess.Popen([exe, "export", "-q", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as p:
        for line in p.stdout:
            if line.startswith("! clock-origin-ns "):
                p.kill()
                return int(line.split()[2])
    sys.exit(f"{path}: no clock-origin-ns")


def replay(exe, path, scratch):
    series = os.path.join(scratch, "s.csv")
    r = subprocess.run([exe, "replay", "-q", "--json", "--every", "10ms", "--series", series, path],
                       capture_output=True, text=True)
    if r.returncode:
        if "no heap events" in r.stderr:
            return None
        sys.exit(f"{path}: {r.stderr.strip()}")
    d = json.loads(r.stdout)
    with open(series) as f:
        rows = list(csv.DictReader(f))
    origin = clock_origin(exe, path)
    return d, origin, [int(x["time_ns"]) + origin for x in rows], [int(x["in_use_bytes"]) for x in rows], rows


def measure(exe, path, scratch):
    b = unpacked(path)
    whole_path = os.path.join(scratch, "whole")
    open(whole_path, "wb").write(b)
    _, _, times, in_use, _ = replay(exe, whole_path, scratch)
    count = len(generations(b))
    errors, named, measured, outside, told = [], [], 0, 0, 0
    every = max(1, int(os.environ.get("EVERY", "1")))
    for n in range(1, count, every):
        window = os.path.join(scratch, "window")
        open(window, "wb").write(drop(b, n))
        got = replay(exe, window, scratch)
        if got is None:
            continue
        d, origin, t, use, rows = got
        w = d["placement"].get("window")
        if w is None or w["measured_from_ns"] is None:
            continue
        begin = w["measured_from_ns"] + origin
        truth = None
        e = []
        for i, at in enumerate(t):
            k = bisect.bisect_right(times, at) - 1
            if at < begin or k < 0 or k + 1 >= len(times):
                continue
            # A row is what stands at its time; the whole trace's stand at others, 10 ms apart at most.
            near = sorted(in_use[k:k + 2])
            e.append((use[i] - min(max(use[i], near[0]), near[1])) / max(near[0], 1))
            truth = near[1]
        if not e:
            continue
        measured += 1
        # The bounds are of the last moment.
        rest = use[-1] - w["unnamed_bytes"]
        told += 1
        outside += not rest + w["unnamed_low_bytes"] <= truth * 1.001 or not truth <= (rest + w["unnamed_high_bytes"]) * 1.001
        errors.append((max(e, key=abs), sum(e) / len(e), n))
        named.append(w["named_ratio"])
        if os.environ.get("VERBOSE"):
            print(f"  without {n}: largest {errors[-1][0]:+.1%}, mean {errors[-1][1]:+.1%}, named {w['named_ratio']:.1%}",
                  flush=True)
    name = os.path.basename(path).split(".")[0]
    if not measured:
        print(f"{name}: {count} generations, no window with a full cycle")
        return
    worst = max(errors, key=lambda e: abs(e[0]))
    means = sum(e[1] for e in errors) / measured
    print(f"{name}: {measured} windows of {count - 1}; in use, largest difference {worst[0]:+.1%} (without {worst[2]}), "
          f"mean {means:+.1%}, largest mean {max((e[1] for e in errors), key=abs):+.1%}; "
          f"outside its bounds {outside} of {told}; named {min(named):.1%} to {max(named):.1%}", flush=True)


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "drop":
        sys.stdout.buffer.write(drop(sys.stdin.buffer.read(), int(sys.argv[2])))
    elif len(sys.argv) > 3 and sys.argv[1] == "measure":
        with tempfile.TemporaryDirectory() as scratch:
            for path in sys.argv[3:]:
                measure(sys.argv[2], path, scratch)
    else:
        sys.exit(__doc__)


main()
