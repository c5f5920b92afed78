/* SPDX-License-Identifier: BSD-3-Clause */
/* Worst cases for one kind of policy each, as scripts. */
#include "config.h"

#include "generate/script.h"

/* The goal is what is in use at the top of each tooth, and stays, so that policies which know it have nothing to do. */
const struct hr_workload_def hr_workload_against_eager = {
    .name = "against-eager",
    .summary = "the same pages are freed and taken again many times a second",
    .text = "A small heap and a high rate of allocation: a collection every few milliseconds, each of which frees\n"
	    "what the next few milliseconds need. Whoever gives it back at once pays for every page, over and over.\n",
    .example = "against-eager,period=10ms\ta hundred cycles a second",
    .spans = true,
    .params =
	(const struct hr_param[]){
	    {"live", HR_PARAM_BYTES, HR_SCRIPT_PARAM(0), "16MiB", NULL, "bytes in use that stay"},
	    {"size", HR_PARAM_BYTES, HR_SCRIPT_PARAM(1), "16MiB", NULL, "bytes that come and go"},
	    {"period", HR_PARAM_NS, HR_SCRIPT_PARAM(2), "40ms", NULL, "time from cycle to cycle"},
	    HR_WORKLOAD_PARAMS("30", "1"),
	},
    .script = "limit live 1MiB 1TiB\n"
	      "limit size 1MiB 1TiB\n"
	      "limit period 10us 86400s\n"
	      "once\n"
	      "  fill data bytes live pages 16 over 100ms\n"
	      "end\n"
	      "fill garbage bytes size pages 16 over period*8/10\n"
	      "collect over period/10 goal live+size\n"
	      "sweep garbage over period/10\n",
    HR_SCRIPT_KIND,
};

/* Goals stay as they are, so that policies which go by them have nothing to do. */
const struct hr_workload_def hr_workload_against_delay = {
    .name = "against-delay",
    .summary = "memory is needed again when a set delay, or time of decay, has just passed",
    .text = "Half of the heap is free for a little longer than the delay, and then taken again. A policy that\n"
	    "releases what has been free for that long, or decays over that time, has kept it all the while and\n"
	    "gives it back for an instant. Set delay to the policy's own: 10s is decay's. That of the policy\n"
	    "delay, 10ms, is put off by the frees themselves, to 73ms here: delay=74ms,busy=100ms. By activity\n"
	    "both are hit whatever it is, as they see that it is time when the memory is needed.\n",
    .example = "against-delay,delay=1s\tfor a delay of a second",
    .spans = true,
    .params =
	(const struct hr_param[]){
	    {"live", HR_PARAM_BYTES, HR_SCRIPT_PARAM(0), "128MiB", NULL, "bytes in use that stay"},
	    {"size", HR_PARAM_BYTES, HR_SCRIPT_PARAM(1), "128MiB", NULL, "bytes that come and go"},
	    {"delay", HR_PARAM_NS, HR_SCRIPT_PARAM(2), "10s", NULL, "the policy's delay, or time of decay"},
	    {"over", HR_PARAM_RATIO, HR_SCRIPT_PARAM(3), "1.05", NULL, "how long memory is free, in multiples of that"},
	    {"busy", HR_PARAM_NS, HR_SCRIPT_PARAM(4), "1s", NULL, "time that it is in use"},
	    HR_WORKLOAD_PARAMS("120", "1"),
	},
    .script = "limit live 1MiB 1TiB\n"
	      "limit size 1MiB 1TiB\n"
	      "limit delay 1ms 86400s\n"
	      "limit busy 0 86400s\n"
	      "limit over 0.01 100\n"
	      "once\n"
	      "  fill data bytes live pages 64 over 100ms\n"
	      "end\n"
	      "fill garbage bytes size pages 64 over 100ms\n"
	      "wait busy\n"
	      "collect over 5ms goal live+size\n"
	      "sweep garbage over 5ms\n"
	      "wait delay*over\n",
    HR_SCRIPT_KIND,
};

const struct hr_workload_def hr_workload_against_walk = {
    .name = "against-walk",
    .summary = "memory that becomes free behind a scavenger that walks down once a cycle",
    .text = "Goroutines with large stacks end while the background scavenger works. Their memory lies above the\n"
	    "place that Go 1.18's walk has come to, and is not seen until the next cycle has been swept. Go 1.19\n"
	    "marks it in an index and finds it. From Go 1.21 on the background search goes up only when a cycle\n"
	    "ends, and misses it again. Some of the stacks end early, so that no chunk is dense.\n",
    .example = "against-walk,stacks=512MiB\tmost of it behind the walk",
    .spans = true,
    .params =
	(const struct hr_param[]){
	    {"live", HR_PARAM_BYTES, HR_SCRIPT_PARAM(0), "32MiB", NULL, "bytes in use that stay"},
	    {"size", HR_PARAM_BYTES, HR_SCRIPT_PARAM(1), "128MiB", NULL, "bytes of objects that come and go"},
	    {"stacks", HR_PARAM_BYTES, HR_SCRIPT_PARAM(2), "128MiB", NULL,
	     "bytes of stacks above them that come and go"},
	    {"exit", HR_PARAM_NS, HR_SCRIPT_PARAM(3), "500ms", NULL,
	     "time from the end of the sweep until the stacks are free"},
	    {"idle", HR_PARAM_NS, HR_SCRIPT_PARAM(4), "30s", NULL, "time from there to the next round"},
	    HR_WORKLOAD_PARAMS("120", "1"),
	},
    .script = "limit live 1MiB 1TiB\n"
	      "limit size 1MiB 1TiB\n"
	      "limit stacks 1MiB 1TiB\n"
	      "limit exit 0 86400s\n"
	      "limit idle 0 86400s\n"
	      "once\n"
	      "  fill data bytes live pages 64 over 200ms\n"
	      "end\n"
	      "fill garbage bytes size pages 64 over 200ms gaps early\n"
	      "stacks late bytes stacks pages 64 gaps early\n"
	      "free early\n"
	      "collect over 5ms goal 2*live\n"
	      "sweep garbage over 5ms\n"
	      "wait exit\n"
	      "free late\n"
	      "wait idle\n",
    HR_SCRIPT_KIND,
};

/* Up, a collection, down, and a while of nothing. */
const struct hr_workload_def hr_workload_against_background = {
    .name = "against-background",
    .summary = "what a background scavenger has just released is needed again",
    .text = "A collection finds most of the heap dead and lowers the goal, so that the background scavenger sets\n"
	    "to work; about when it is done, the same memory is needed again. It has worked for nothing, and the\n"
	    "program pays for the faults. More processors make the scavenger faster, so that idle should be less.\n"
	    "idle=10s is for decay,by=thread, idle=25s for a rate of 10 MiB a second.\n"
	    "A few stacks among the objects end before the collection, so that no chunk is dense and Go 1.21 and\n"
	    "later fall for it, too.\n",
    .example = "against-background,idle=4s\ta scavenger that is always wrong",
    .spans = true,
    .params =
	(const struct hr_param[]){
	    {"live", HR_PARAM_BYTES, HR_SCRIPT_PARAM(0), "32MiB", NULL, "bytes in use that stay"},
	    {"size", HR_PARAM_BYTES, HR_SCRIPT_PARAM(1), "256MiB", NULL, "bytes that come and go"},
	    {"idle", HR_PARAM_NS, HR_SCRIPT_PARAM(2), "4s", NULL, "time that they are gone"},
	    HR_WORKLOAD_PARAMS("60", "1"),
	},
    .script = "limit live 1MiB 1TiB\n"
	      "limit size 1MiB 1TiB\n"
	      "limit idle 0 86400s\n"
	      "once\n"
	      "  fill data bytes live pages 64 over 200ms\n"
	      "end\n"
	      "fill garbage bytes size pages 64 over 200ms gaps stacks\n"
	      "free stacks\n"
	      "collect over 5ms goal 2*live\n"
	      "sweep garbage over 5ms\n"
	      "wait idle\n",
    HR_SCRIPT_KIND,
};

/*
 * Each chunk of 512 pages gets a span of objects and one of stacks that fills
 * it up, so that first fit puts the next span into the next chunk; then the
 * stacks go, which takes no collection. Spans of fewer than 16 pages would come
 * from page caches.
 */
const struct hr_workload_def hr_workload_against_density = {
    .name = "against-density",
    .summary = "chunks that are just dense when marking ends, and empty right after",
    .text = "From Go 1.21 on, a chunk with 496 of its 512 pages in use when a cycle ends is left alone until the\n"
	    "next. Here that is when the sweep frees it, and the next cycle comes when all is needed again, so that\n"
	    "nothing is ever released. With pages=495 everything is, and has to be faulted in again.\n",
    .example = "against-density,pages=495\tjust not dense",
    .spans = true,
    .params =
	(const struct hr_param[]){
	    {"live", HR_PARAM_BYTES, HR_SCRIPT_PARAM(0), "16MiB", NULL, "bytes in use that stay"},
	    {"size", HR_PARAM_BYTES, HR_SCRIPT_PARAM(1), "256MiB", NULL, "bytes that come and go"},
	    {"pages", HR_PARAM_COUNT, HR_SCRIPT_PARAM(2), "496", NULL,
	     "pages in use, of the 512 of a chunk, when marking ends: 496 is dense, 495 is not"},
	    {"idle", HR_PARAM_NS, HR_SCRIPT_PARAM(3), "20s", NULL, "time that they are gone"},
	    HR_WORKLOAD_PARAMS("120", "1"),
	},
    .script = "limit live 4MiB 1TiB\n"
	      "limit size 4MiB 1TiB\n"
	      "limit idle 0 86400s\n"
	      "limit pages 16 496\n"
	      "once\n"
	      "  fill data bytes live pages 512 over 10ms\n"
	      "end\n"
	      "repeat size/4MiB\n"
	      "  fill garbage bytes pages*8KiB pages pages over 1ms\n"
	      "  stacks rest bytes (512-pages)*8KiB pages 512-pages\n"
	      "end\n"
	      "free rest\n"
	      "collect over 5ms goal 2*live\n"
	      "sweep garbage over 5ms\n"
	      "wait idle\n",
    HR_SCRIPT_KIND,
};
