# SPDX-License-Identifier: BSD-3-Clause
# examples: a policy and a workload to start from; installed beside the documentation.
examplesdir = $(docdir)/examples
dist_examples_DATA = examples/compare.c examples/idle.c examples/night.workload examples/sweep-job.yaml
