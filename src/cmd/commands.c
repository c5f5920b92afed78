/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of commands. */
#include "config.h"

#include "cmd/cli.h"

#include <limits.h>
#include <string.h>

const struct cli_command cli_commands[] = {
    {"replay", CLI_REPLAY, "TRACE", 1, 1, "replay a trace under one policy: scavtrace log, summary, metrics",
     "Replays the trace through the page allocator and one scavenging policy and prints what\n"
     "GODEBUG=scavtrace=1 would have printed, in the form of the policy's Go version, then a\n"
     "summary. Without -p the policy is that of the Go version which recorded the trace.\n",
     "heapreplay replay app.trace\twhat this program's own runtime did with its memory\n"
     "heapreplay replay -p go1.19 app.trace.zst\tand what Go 1.19 would have done\n"
     "heapreplay replay -q --json -o metrics.json app.trace\tevery metric, for scripts\n"
     "heapreplay replay --series heap.csv --every 10ms app.trace\tthe heap over time, to plot\n"
     "curl -sN 'http://localhost:6060/debug/pprof/trace?seconds=60' | heapreplay replay -\tfrom a running server\n",
     cli_run_replay},
    {"compare", CLI_COMPARE, "TRACE...", 1, INT_MAX,
     "set policies side by side, on one trace or several; or saved runs",
     "Places each trace once and lets every policy follow the same placement, on several threads.\n"
     "Without -p: all built-in policies that fit the trace. Each column's best value is marked with a *,\n"
     "the worst with a !. Of runs that were saved with --json it shows what differs, without the traces.\n"
     "With --fail-if it says by its exit status whether the figures are good enough.\n",
     "heapreplay compare app.trace\tall policies\n"
     "heapreplay compare -p go1.18 -p go1.19 app.trace\tthe redesign beside what it replaced\n"
     "heapreplay compare -p @go --baseline go1.18 --sort cpu app.trace\tthe Go generations, relative to the oldest\n"
     "heapreplay compare --baseline go1.22 app.trace other.trace\ttwo traces, and their mean\n"
     "heapreplay compare -p go1.22 --memory-limit 512MiB app.trace\tunder a memory limit\n"
     "heapreplay compare --json -o new.json app.trace\tfor scripts, plots and later comparison\n"
     "heapreplay compare old.json new.json\twhat has changed between two such runs\n"
     "heapreplay compare --fail-if 'retained_mean_bytes>+5%' --fail-if 'worst_stall_ns>10ms' old.json new.json\t"
     "a test for a build pipeline: exit status 3 if it is worse\n",
     cli_run_compare},
    {"heatmap", CLI_HEATMAP, "TRACE", 1, 1, "the heap at one moment: which parts are in use, free, released, indexed",
     "Replays the trace up to a moment and draws the heap: cells for parts of the address space, from\n"
     "left to right, then down, with the index's marks and search address, a legend, memory over time\n"
     "and the latest scavtrace lines. Two policies stand side by side, with what differs marked.\n"
     "With --every it makes a film of numbered pictures.\n",
     "heapreplay heatmap app.trace\tthe heap at the end\n"
     "heapreplay heatmap --at 500ms -p go1.19 --view scavenged app.trace\twhat had been released by then\n"
     "heapreplay heatmap --at 500ms -p go1.19 -p go1.22 --view free app.trace\ttwo policies, what differs marked\n"
     "heapreplay heatmap --at 500ms --chunk c000000000 app.trace\tthe pages of one chunk\n"
     "heapreplay heatmap --at 500ms -o heap.png app.trace\tas a picture\n"
     "heapreplay heatmap --every 500ms -o frames app.trace\ta film\n",
     cli_run_heatmap},
    {"watch", CLI_WATCH, "TRACE", 1, 1, "the heap as it changes, live on a terminal",
     "Replays the trace and draws the heap while it changes: a map of the address space, memory over\n"
     "time, the latest scavtrace lines. One can pause, go on by single events, go back, and go to the\n"
     "next GC, scavenge, growth or breach of the limit. A pipe is followed as it fills.\n"
     "Keys (also by ? in the view):\n",
     "heapreplay watch app.trace\tas fast as it happened\n"
     "heapreplay watch -p go1.19 -p go1.22 app.trace\ttwo policies: 2 puts them side by side\n"
     "heapreplay watch --view free --speed 10x app.trace\twhat is free and not released, ten times as fast\n"
     "curl -sN 'http://localhost:6060/debug/pprof/trace?seconds=300' | heapreplay watch -\ta running program\n",
     cli_run_watch},
    {"plot", CLI_PLOT, "KIND INPUT...", 2, 64, "draw a picture: memory over time, heatmap, trade-off, comparison",
     "Draws with gnuplot, which must be installed. An INPUT is a trace, or JSON that replay --json or\n"
     "compare --json saved. KIND is one of:\n"
     "  timeline   memory over time: in use, free, released, goals, GC cycles; of several policies what\n"
     "             each retained\n"
     "  heatmap    addresses over time: what was in use, free, released\n"
     "  tradeoff   memory against CPU time of every policy, and the best possible\n"
     "  intervals  how long pages stay free before they are used again\n"
     "  compare    bars of every policy's metrics\n"
     "  index      what the scavengers' indexes have to look at; of several traces by the heap's size\n"
     "The ending of the output's name says what it becomes: .png, .svg or .pdf.\n",
     "heapreplay plot timeline app.trace -o timeline.png\tthis program's memory over time\n"
     "heapreplay plot timeline -p go1.18 -p go1.22 app.trace -o both.svg\tunder two policies\n"
     "heapreplay plot heatmap app.trace -o heatmap.png\twhich addresses stay free and are not released\n"
     "heapreplay plot tradeoff app.trace -o tradeoff.png\twhat each policy saves and pays\n"
     "heapreplay compare --json app.trace -o c.json && heapreplay plot compare c.json -o compare.pdf\tfrom saved JSON\n"
     "heapreplay plot compare --metric release_calls --metric thrash_bytes app.trace -o calls.png\tchosen metrics\n",
     cli_run_plot},
    {"report", CLI_REPORT, "TRACE", 1, 1, "all about a trace as one HTML page: comparison, pictures, settings",
     "Replays the trace under all policies (or those of -p) and writes one page to read in a browser or to\n"
     "send to a colleague: what happened in a few sentences, the comparison, the pictures of heapreplay plot,\n"
     "what was assumed, every setting, and how to read it. The page needs nothing from elsewhere. It dwells\n"
     "on the policy of the Go version that recorded the trace. gnuplot must be installed.\n",
     "heapreplay report app.trace -o report.html\tthe page\n"
     "heapreplay report --gc model --gogc 50 app.trace -o half.html\tand as it might be with GOGC=50\n",
     cli_run_report},
    {"info", CLI_INFO, "TRACE", 1, 1, "what is in a trace, whether it is sound, what it lacks",
     "Reads the whole trace and prints what it holds: format, program, duration, how much was live\n"
     "over time, events by kind, sizes and lifetimes of objects, anything that was lost, assumed or\n"
     "cut off, and what the trace does not tell, with the option that helps.\n",
     "heapreplay info app.trace\tis this trace good for a replay?\n"
     "heapreplay info --json app.trace\tcounts, for scripts\n",
     cli_run_info},
    {"policies", CLI_POLICIES, "[POLICY]", 0, 1, "the policies, their parameters and defaults",
     "Lists the scavenging policies that -p takes, with every parameter; or the one that is named,\n"
     "as -p takes it. One of your own is a shared object, named by its path; heapreplay-policy(7)\n"
     "says how to write it.\n",
     "heapreplay policies\tthe list\nheapreplay policies ./mine.so\tone of your own\nheapreplay replay -p "
     "go1.19,fix=flush+regrow app.trace\ta parameter in use\n",
     cli_run_policies},
    {"validate", CLI_VALIDATE, "TRACE", 1, 1, "how well a replay agrees with what was recorded",
     "Compares the replay with reality: how many recorded span addresses the page allocator's model\n"
     "gives back; in-use and released bytes beside the program's own counters (--truth, a CSV with\n"
     "runtime/metrics names and a mono_ns column); the scavtrace log beside the program's (--log);\n"
     "on Go page traces a policy's releases beside those of the recorded scavenger (-p, --gc-log).\n",
     "heapreplay validate app.trace\taddresses only\n"
     "heapreplay validate app.trace --truth app.truth.csv --log app.stderr\teverything\n"
     "heapreplay validate app.pagetrace -p go1.21 --gc-log app.gclog\tGo 1.21's scavenger beside itself\n",
     cli_run_validate},
    {"export", CLI_EXPORT, "TRACE", 1, 1, "write a trace as text, one event a line",
     "Writes all that is known of a trace in the text form of heapreplay-trace(5): settings, events\n"
     "with their objects, what was assumed or lost. Every command reads it as it reads the original.\n",
     "heapreplay export app.trace | less\tlook at the events\n"
     "heapreplay export --from 1s --until 1.1s app.trace\tof a tenth of a second\n"
     "heapreplay export app.trace -o app.txt\tto edit by hand\n",
     cli_run_export},
    {"import", CLI_IMPORT, "TRACE", 1, 1, "write a trace in the native form: small, checked, quick to read",
     "Writes all that is known of a trace in the native form, .hrt, of heapreplay-trace(5). It takes\n"
     "less room than the original, is read faster, and any damage to it is noticed. Every command\n"
     "reads it as it reads the original, with the same results. With -o - it goes to a pipe.\n",
     "heapreplay import app.trace -o app.hrt\tthe whole trace\n"
     "heapreplay import --level 19 app.trace -o app.hrt\tas small as it gets\n"
     "heapreplay import app.trace -o - | heapreplay info -\tthrough a pipe\n",
     cli_run_import},
    {"cut", CLI_CUT, "TRACE", 1, 1, "write a part of a trace as a trace of its own",
     "Writes what happens between two times in the native form, .hrt. The part begins with what is live\n"
     "then, and with time 0; it is replayed as any trace. What a scavenger did before is not in it.\n",
     "heapreplay cut --from 100ms --until 300ms app.trace -o part.hrt\ta fifth of a second\n"
     "heapreplay cut --until 100ms app.trace -o begin.hrt\tand what was before\n",
     cli_run_cut},
    {"generate", CLI_GENERATE, "[KIND[,KEY=VALUE...]]", 0, 1, "make up a workload and write it as a trace",
     "Writes the trace of a program that never ran: a server under a steady load, a heap that grows and\n"
     "is dropped, programs that hurt one policy each. Without KIND: lists the kinds, with their parameters.\n"
     "The same kind, parameters and seed give the same trace everywhere.\n",
     "heapreplay generate\tthe kinds, with their parameters\n"
     "heapreplay generate sawtooth,live=100MiB -o saw.hrt\ta saw of 100 to 200 MiB\n"
     "heapreplay generate --text against-eager | less\tlook at the events\n"
     "heapreplay generate steady,seconds=10 -o - | heapreplay replay -\ta server, replayed as it is made up\n"
     "heapreplay generate against-density -o - | heapreplay compare -\tall policies where density hurts\n",
     cli_run_generate},
    {"help", CLI_HELP, "[COMMAND]", 0, 1, "help on a command", "Shows what a command does, with its options.\n",
     "heapreplay help replay\tas heapreplay replay --help\n", cli_run_help},
    {NULL, 0, NULL, 0, 0, NULL, NULL, NULL, NULL},
};

const struct cli_command *cli_command_find(const char *name)
{
	for (const struct cli_command *c = cli_commands; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}
