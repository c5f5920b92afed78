# SPDX-License-Identifier: BSD-3-Clause
# src/scavenge: every .c and .h of this directory; headers too, so that they are in the tarball.
libcore_a_SOURCES += \
	src/scavenge/choice.c \
	src/scavenge/cost.c src/scavenge/cost.h \
	src/scavenge/dirty_pages.c src/scavenge/dirty_pages.h \
	src/scavenge/envelope.c src/scavenge/envelope.h \
	src/scavenge/follower.c src/scavenge/follower.h \
	src/scavenge/gauge.c src/scavenge/gauge.h \
	src/scavenge/intervals.c src/scavenge/intervals.h \
	src/scavenge/lag.c src/scavenge/lag.h \
	src/scavenge/pagemap.c src/scavenge/pagemap.h \
	src/scavenge/plugin.c src/scavenge/plugin.h \
	src/scavenge/policy.h \
	src/scavenge/stamps.c src/scavenge/stamps.h \
	src/scavenge/go/index_bits.c src/scavenge/go/index_bits.h \
	src/scavenge/go/index_density.c src/scavenge/go/index_density.h \
	src/scavenge/go/index_words.h \
	src/scavenge/go/pacing.c src/scavenge/go/pacing.h \
	src/scavenge/go/policy.c \
	src/scavenge/go/search.h \
	src/scavenge/go/search_addr.h \
	src/scavenge/go/walk.c src/scavenge/go/walk.h \
	src/scavenge/policies/builtin.h \
	src/scavenge/policies/decay.c \
	src/scavenge/policies/delay.c \
	src/scavenge/policies/demand.c src/scavenge/policies/demand.h \
	src/scavenge/policies/dirty.c src/scavenge/policies/dirty.h \
	src/scavenge/policies/lru.c src/scavenge/policies/lru.h \
	src/scavenge/policies/optimal.c \
	src/scavenge/policies/huge_ranks.c src/scavenge/policies/huge_ranks.h \
	src/scavenge/policies/page_runs.c src/scavenge/policies/page_runs.h \
	src/scavenge/policies/policies.c \
	src/scavenge/policies/rate.c \
	src/scavenge/policies/recorded.c \
	src/scavenge/policies/simple.c
