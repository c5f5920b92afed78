# SPDX-License-Identifier: BSD-3-Clause
# src/generate: synthetic workloads.
libcore_a_SOURCES += \
	src/generate/flows.c src/generate/flows.h \
	src/generate/generate.c src/generate/generate.h \
	src/generate/kinds.h \
	src/generate/pages.c src/generate/pages.h \
	src/generate/script.c src/generate/script.h \
	src/generate/kinds/against.c \
	src/generate/kinds/against_first_fit.c \
	src/generate/kinds/programs.c \
	src/generate/kinds/sawtooth.c
