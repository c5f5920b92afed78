# SPDX-License-Identifier: BSD-3-Clause
# src/trace: every .c and .h of this directory; headers too, so that they are in the tarball.
libcore_a_SOURCES += \
	src/trace/codec/bzip2.c \
	src/trace/codec/codec.c src/trace/codec/codec.h \
	src/trace/codec/gzip.c \
	src/trace/codec/lz4.c \
	src/trace/codec/xz.c \
	src/trace/codec/zip.c \
	src/trace/codec/zstd.c \
	src/trace/anonymous.c src/trace/anonymous.h \
	src/trace/event.c src/trace/event.h \
	src/trace/format.h \
	src/trace/ids.c src/trace/ids.h \
	src/trace/input.c src/trace/input.h \
	src/trace/ledger.c src/trace/ledger.h \
	src/trace/lines.c src/trace/lines.h \
	src/trace/reader.c src/trace/reader.h \
	src/trace/source.c src/trace/source.h \
	src/trace/sides.c src/trace/sides.h \
	src/trace/standing.c src/trace/standing.h \
	src/trace/types.c src/trace/types.h \
	src/trace/varint.h \
	src/trace/window.c src/trace/window.h \
	src/trace/go/gclog.c src/trace/go/gclog.h \
	src/trace/go/merge.c src/trace/go/merge.h \
	src/trace/go/pagetrace.c src/trace/go/pagetrace.h \
	src/trace/go/scan.c src/trace/go/scan.h \
	src/trace/go/spill.c src/trace/go/spill.h \
	src/trace/go/state.c src/trace/go/state.h \
	src/trace/go/tables.c src/trace/go/tables.h \
	src/trace/go/trace.c \
	src/trace/go/work.c src/trace/go/work.h \
	src/trace/malloc/allocfreetrace.c src/trace/malloc/allocfreetrace.h \
	src/trace/malloc/alike.c src/trace/malloc/alike.h \
	src/trace/malloc/android.c src/trace/malloc/android.h \
	src/trace/malloc/call.c src/trace/malloc/call.h \
	src/trace/malloc/calls.c src/trace/malloc/calls.h \
	src/trace/malloc/heaptrack.c \
	src/trace/malloc/logalloc.c src/trace/malloc/logalloc.h \
	src/trace/malloc/lttng.c src/trace/malloc/lttng.h \
	src/trace/malloc/malloc_text.c src/trace/malloc/malloc_text.h \
	src/trace/malloc/mallocs.c src/trace/malloc/mallocs.h \
	src/trace/malloc/mtrace.c src/trace/malloc/mtrace.h \
	src/trace/malloc/rep.c src/trace/malloc/rep.h \
	src/trace/malloc/scan.h \
	src/trace/native/form.c src/trace/native/form.h \
	src/trace/native/native.h \
	src/trace/native/notes.c src/trace/native/notes.h \
	src/trace/native/numbers.c src/trace/native/numbers.h \
	src/trace/native/places.c src/trace/native/places.h \
	src/trace/native/read.c \
	src/trace/native/sides.c src/trace/native/sides.h \
	src/trace/native/write.c \
	src/trace/stranger.c src/trace/stranger.h \
	src/trace/text/form.c src/trace/text/form.h \
	src/trace/text/sides.c src/trace/text/sides.h \
	src/trace/text/text.c src/trace/text/text.h \
	src/trace/text/write.c
