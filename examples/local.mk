# SPDX-License-Identifier: BSD-3-Clause
# examples: policies of one's own, to start from; installed beside the documentation.
examplesdir = $(docdir)/examples
dist_examples_DATA = examples/idle.c
