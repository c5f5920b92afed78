# docs: pages to read, in the tarball.
EXTRA_DIST += docs/batching.md docs/batching.png docs/comparison.md docs/fidelity.md docs/frame.png docs/heatmap.png docs/heaptrack.md docs/index-cost.md docs/index-work.png docs/objects.md docs/optimum.md docs/timeline.png docs/tradeoff.png docs/workloads.md README.md

# A bpftrace script that records a program's calls of malloc.
dist_pkgdata_DATA = docs/malloc.bt
