#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# GC CPU time of Go traces beside what gctrace printed for the same cycles, and
# how far the replayed scavtrace lines are from the printed ones, as a table.
# usage: gc-cpu.sh HEAPREPLAY TRACE.trace.zst...   (the program's standard error is TRACE.stderr)
heapreplay=$1
shift
echo '| trace | cycles | printed ms | by the trace ms | difference | median cycle | stopped | assists | dedicated | idle | util points |'
echo '|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|'
for trace in "$@"; do
	base=${trace%.trace.zst}
	"$heapreplay" validate -q --json --log "$base.stderr" "$trace" 2>/dev/null |
		python3 -c '
import json, sys
d = json.load(sys.stdin); g = d["gctrace"]; l = d["log"]
row = [sys.argv[1]]
if g:
    p, t = g["printed"], g["traced"]
    ms = lambda s, k: "%.2f" % (s["gc_cpu_" + k] / 1e6)
    row += [str(g["paired"]), ms(p, "ns"), ms(t, "ns"), "%+.1f %%" % (100 * (t["gc_cpu_ns"] / max(p["gc_cpu_ns"], 1) - 1)),
            "%.1f %%" % (100 * g["median_ratio"])]
    row += [ms(p, k) + " / " + ms(t, k) for k in ("stw_ns", "assist_ns", "dedicated_ns", "idle_ns")]
else:
    row += ["-"] * 9
row.append("-" if l["util_mean_points"] is None else "%.2f" % l["util_mean_points"])
print("| " + " | ".join(row) + " |")' "$(basename "$base")"
done
