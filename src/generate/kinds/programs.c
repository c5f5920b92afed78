/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs of objects, as scripts. */
#include "config.h"

#include "generate/script.h"

const struct hr_workload_def hr_workload_steady = {
    .name = "steady",
    .summary = "a server under a steady load: requests over data that stays",
    .text = "Loads its data, then allocates at a steady rate. Most of it lives as long as a request, the rest\n"
	    "replaces data, so that what is live stays as it is. Arrivals are random (Poisson), lifetimes\n"
	    "exponential, sizes a mix in which most objects are small and most bytes are in buffers.\n",
    .example = "steady,live=200MiB,seconds=60\ta server with 200 MiB of data",
    .params =
	(const struct hr_param[]){
	    {"live", HR_PARAM_BYTES, HR_SCRIPT_PARAM(0), "200MiB", NULL, "bytes of objects that are live"},
	    {"rate", HR_PARAM_BYTES, HR_SCRIPT_PARAM(1), "50MiB", NULL, "bytes allocated a second"},
	    {"short", HR_PARAM_RATIO, HR_SCRIPT_PARAM(2), "0.9", NULL,
	     "share of what is allocated that lives no longer than a request"},
	    {"request", HR_PARAM_NS, HR_SCRIPT_PARAM(3), "20ms", NULL, "mean lifetime of that"},
	    {"start", HR_PARAM_NS, HR_SCRIPT_PARAM(4), "2s", NULL, "time until all data is there"},
	    HR_WORKLOAD_PARAMS("60", "4"),
	},
    .script = "limit live 64KiB 1TiB\n"
	      "limit rate 64KiB 1TiB\n"
	      "limit request 1us 86400s\n"
	      "limit start 1ms 86400s\n"
	      "limit live*1s/start 0 1TiB live and start make more than 1 TiB a second\n"
	      "limit short 0 0.9999\n"
	      "let requested rate*short\n"
	      "let held requested*request/1s\n"
	      "limit live-held 1 1TiB rate, short and request alone make more than live; lower one of them\n"
	      "let kept live-held\n"
	      "let replaced rate-requested\n"
	      "once\n"
	      "  flow requests mixed\n"
	      "  flow data mixed\n"
	      "  rate requests requested\n"
	      "  lifetime requests request\n"
	      "  rate data kept*1s/start\n"
	      "  run start\n"
	      "  settle data rate replaced live kept\n"
	      "end\n"
	      "run forever\n",
    HR_SCRIPT_KIND,
};

/* A heap that grows, is dropped, and has to be released while the program is nearly idle. */
const struct hr_workload_def hr_workload_ramp = {
    .name = "ramp",
    .summary = "the heap grows to a peak, is dropped at once, and little is needed for a while",
    .text = "A load besides a small steady one: it grows evenly, stays, and all of it dies at one moment, as where\n"
	    "a batch job ends. How soon is the memory released? Only a collection finds what is dead, and after\n"
	    "a peak the next one is far.\n",
    .example = "ramp,peak=1GiB,idle=100s\ta batch job, twice",
    .params =
	(const struct hr_param[]){
	    {"base", HR_PARAM_BYTES, HR_SCRIPT_PARAM(0), "32MiB", NULL, "live bytes that stay"},
	    {"peak", HR_PARAM_BYTES, HR_SCRIPT_PARAM(1), "512MiB", NULL, "live bytes at the top"},
	    {"rate", HR_PARAM_BYTES, HR_SCRIPT_PARAM(2), "50MiB", NULL,
	     "bytes allocated a second besides, most of them short-lived"},
	    {"up", HR_PARAM_NS, HR_SCRIPT_PARAM(3), "10s", NULL, "time of the way up"},
	    {"hold", HR_PARAM_NS, HR_SCRIPT_PARAM(4), "5s", NULL, "time at the top"},
	    {"idle", HR_PARAM_NS, HR_SCRIPT_PARAM(5), "45s", NULL, "time from the drop to the next way up"},
	    HR_WORKLOAD_PARAMS("120", "4"),
	},
    .script = "limit base 64KiB 1TiB\n"
	      "limit peak base+64KiB 1TiB\n"
	      "limit rate 64KiB 1TiB\n"
	      "limit up 1ms 86400s\n"
	      "limit peak*1s/up 0 1TiB peak and up make more than 1 TiB a second\n"
	      "limit hold 0 86400s\n"
	      "limit idle 0 86400s\n"
	      "once\n"
	      "  flow base mixed\n"
	      "  flow load mixed\n"
	      "  settle base rate rate live base\n"
	      "end\n"
	      "rate load (peak-base)*1s/up\n"
	      "run up\n"
	      "rate load 0\n"
	      "run hold\n"
	      "drop load\n"
	      "run idle\n",
    HR_SCRIPT_KIND,
};

/* What the requests of a burst held is dead when it ends. */
const struct hr_workload_def hr_workload_bursty = {
    .name = "bursty",
    .summary = "bursts of requests with idle time in between",
    .text = "Data that stays, and bursts of allocation; when a burst ends, what it held is dead, and nothing is\n"
	    "allocated until the next, so that no collection runs either. Memory that is kept through the idle\n"
	    "time is wasted; memory that is released is needed again a few seconds later.\n",
    .example = "bursty,burst=1s,idle=30s\trare bursts",
    .params =
	(const struct hr_param[]){
	    {"live", HR_PARAM_BYTES, HR_SCRIPT_PARAM(0), "64MiB", NULL, "bytes of data that stay, loaded at first"},
	    {"rate", HR_PARAM_BYTES, HR_SCRIPT_PARAM(1), "200MiB", NULL, "bytes allocated a second in a burst"},
	    {"request", HR_PARAM_NS, HR_SCRIPT_PARAM(2), "500ms", NULL, "mean lifetime of those"},
	    {"burst", HR_PARAM_NS, HR_SCRIPT_PARAM(3), "2s", NULL, "length of a burst"},
	    {"idle", HR_PARAM_NS, HR_SCRIPT_PARAM(4), "8s", NULL,
	     "mean time between bursts; it is random, exponential"},
	    HR_WORKLOAD_PARAMS("120", "4"),
	},
    .script = "limit live 64KiB 1TiB\n"
	      "limit rate 64KiB 1TiB\n"
	      "limit request 1us 86400s\n"
	      "limit burst 1ms 86400s\n"
	      "limit idle 0 86400s\n"
	      "once\n"
	      "  flow requests mixed\n"
	      "  flow data mixed\n"
	      "  lifetime requests request\n"
	      "  rate data live\n"
	      "  run 1s\n"
	      "  rate data 0\n"
	      "end\n"
	      "rate requests rate\n"
	      "run burst\n"
	      "rate requests 0\n"
	      "drop requests\n"
	      "run idle random\n",
    HR_SCRIPT_KIND,
};

/*
 * Objects of a wave live to its end, so that the rate makes its height. Of the
 * long-lived ones none is made half of the time, and some die all the time:
 * `live` comes of half their rate.
 */
const struct hr_workload_def hr_workload_fragment = {
    .name = "fragment",
    .summary = "long-lived objects strewn among waves of short-lived ones: few spans become empty",
    .text = "Small objects only. A wave grows, and all of it dies at once but for the few objects that live long,\n"
	    "which lie everywhere among it: a span of 8 KiB with one survivor stays. What is in use is then much\n"
	    "more than what is live, and no scavenger can do anything about it.\n",
    .example = "fragment,keep=0.005\tfewer survivors",
    .params =
	(const struct hr_param[]){
	    {"wave", HR_PARAM_BYTES, HR_SCRIPT_PARAM(0), "64MiB", NULL, "live bytes of a wave at its top"},
	    {"live", HR_PARAM_BYTES, HR_SCRIPT_PARAM(1), "4MiB", NULL, "bytes of long-lived objects"},
	    {"keep", HR_PARAM_RATIO, HR_SCRIPT_PARAM(2), "0.02", NULL, "share of what is allocated that is long-lived"},
	    {"period", HR_PARAM_NS, HR_SCRIPT_PARAM(3), "10s", NULL, "time from wave to wave"},
	    HR_WORKLOAD_PARAMS("60", "4"),
	},
    .script = "limit wave 64KiB 1TiB\n"
	      "limit live 4KiB 1TiB\n"
	      "limit period 1ms 86400s\n"
	      "limit keep 0.0001 0.9\n"
	      "let half period/2\n"
	      "limit wave*1s/half 0 1TiB wave and period make more than 1 TiB a second\n"
	      "let all wave*1s/half\n"
	      "let kept all*keep\n"
	      "once\n"
	      "  flow wave small\n"
	      "  flow kept small\n"
	      "  settle kept rate kept/2 live live\n"
	      "end\n"
	      "rate wave all-kept\n"
	      "rate kept kept\n"
	      "run half\n"
	      "rate wave 0\n"
	      "rate kept 0\n"
	      "drop wave\n"
	      "run half\n",
    HR_SCRIPT_KIND,
};

/* Sizes are classes of Go's with spans of 1, 1, 2 and 3 pages. */
#define PHASE(flow)                                                                                                    \
	"settle " flow " rate rate live live\n"                                                                        \
	"run period\n"                                                                                                 \
	"rate " flow " 0\n"                                                                                            \
	"lifetime " flow " forever\n"                                                                                  \
	"drop " flow " share keep\n"

const struct hr_workload_def hr_workload_phases = {
    .name = "phases",
    .summary = "phases that use one size class each, in turn: 48, 320, 1792, 12288 bytes",
    .text = "Spans hold objects of one class, so that memory of the phase before can only be used once its spans\n"
	    "are empty. A few objects of each phase stay and hold their spans until the class has its turn\n"
	    "again.\n",
    .example = "phases,keep=0.001\thardly any survivors",
    .params =
	(const struct hr_param[]){
	    {"live", HR_PARAM_BYTES, HR_SCRIPT_PARAM(0), "32MiB", NULL, "live bytes that a phase comes to"},
	    {"rate", HR_PARAM_BYTES, HR_SCRIPT_PARAM(1), "8MiB", NULL, "bytes allocated a second"},
	    {"period", HR_PARAM_NS, HR_SCRIPT_PARAM(2), "10s", NULL, "length of a phase"},
	    {"keep", HR_PARAM_RATIO, HR_SCRIPT_PARAM(3), "0.01", NULL,
	     "share of a phase's objects that stay until the same size has its turn again"},
	    HR_WORKLOAD_PARAMS("80", "4"),
	},
    .script = "limit live 64KiB 1TiB\n"
	      "limit rate 64KiB 1TiB\n"
	      "limit period 1ms 86400s\n"
	      "limit keep 0 1\n"
	      "once\n"
	      "  flow a 48..48\n"
	      "  flow b 320..320\n"
	      "  flow c 1792..1792\n"
	      "  flow d 12288..12288\n"
	      "end\n" PHASE("a") PHASE("b") PHASE("c") PHASE("d"),
    HR_SCRIPT_KIND,
};
