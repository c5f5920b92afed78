# src/scavenge: every .c and .h of this folder; headers too, so that they are in the tarball.
libcore_la_SOURCES += \
	src/scavenge/choice.c \
	src/scavenge/cost.c src/scavenge/cost.h \
	src/scavenge/envelope.c src/scavenge/envelope.h \
	src/scavenge/demand.c src/scavenge/demand.h \
	src/scavenge/dirty.c src/scavenge/dirty.h \
	src/scavenge/follower.c src/scavenge/follower.h \
	src/scavenge/gauge.c src/scavenge/gauge.h \
	src/scavenge/index_bits.c src/scavenge/index_bits.h \
	src/scavenge/index_density.c src/scavenge/index_density.h \
	src/scavenge/intervals.c src/scavenge/intervals.h \
	src/scavenge/lru.c src/scavenge/lru.h \
	src/scavenge/pacing.c src/scavenge/pacing.h \
	src/scavenge/page_runs.c src/scavenge/page_runs.h \
	src/scavenge/page_words.c src/scavenge/page_words.h \
	src/scavenge/pagemap.c src/scavenge/pagemap.h \
	src/scavenge/plugin.c src/scavenge/plugin.h \
	src/scavenge/policies/builtin.h \
	src/scavenge/policies/decay.c \
	src/scavenge/policies/delay.c \
	src/scavenge/policies/go.c \
	src/scavenge/policies/optimal.c \
	src/scavenge/policies/policies.c \
	src/scavenge/policies/rate.c \
	src/scavenge/policies/recorded.c \
	src/scavenge/policies/simple.c \
	src/scavenge/policy.h \
	src/scavenge/search.h \
	src/scavenge/search_addr.h \
	src/scavenge/walk.c src/scavenge/walk.h
