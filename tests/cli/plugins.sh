# SPDX-License-Identifier: BSD-3-Clause
# Policies of one's own: the example, built with pkg-config; what a shared object
# may get wrong in what it says of itself; and every rule that a policy can break:
# it is named, the program ends with status 1, and nothing is left half-written.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/bench-json-go123.trace.zst
phases=$top_srcdir/traces/phases-1p-go125.trace.zst
abi=$(sed -n "s/^#define HR_POLICY_ABI //p" "$top_srcdir/include/heapreplay-policy.h")
have "${PKG_CONFIG:=pkg-config}" || skip_all 'pkg-config is missing'
export PKG_CONFIG_PATH=$top_builddir

# pc OPTION...: what pkg-config says, of the build folder instead of the installed copy.
pc() {
	"$PKG_CONFIG" --define-variable=includedir="$top_srcdir/include" \
		--define-variable=libdir="$top_builddir/.libs" "$@" heapreplay
}

# build NAME.so SOURCE OPTION...: as the manual says, with the warnings that heapreplay's own code is built with.
build() {
	local object=$1 source=$2

	shift 2
	# shellcheck disable=SC2046,SC2086 # lists of words
	$HR_CC $HR_CC_FLAGS -shared -fPIC -o "$object" "$source" $(pc --cflags) "$@" >build.log 2>&1 || {
		cat build.log
		return 1
	}
}

# The figures of a replay, without what names the policy.
figures() {
	"$HEAPREPLAY" replay -q --json "$@" | sed '/^  "policy": {/,/^  },/d'
}

# --- the example -------------------------------------------------------------

is "$(build idle.so "$top_srcdir/examples/idle.c")" '' 'the example builds with pkg-config and without a warning'
ok "$(($(wc -l <"$top_srcdir/examples/idle.c") > 64))" 'and has no more than 64 lines'
run "$HEAPREPLAY" policies ./idle.so
is "$status/$out" "0/idle     releases all that is free once the program is idle
           after=1s  how long the program must be idle" 'policies shows its parameters'
run "$HEAPREPLAY" policies --json ./idle.so
like "$out" '"default": "1s"' 'and as JSON'
run "$HEAPREPLAY" replay --json "$phases" -p ./idle.so,after=50ms
is "$status$err" 0 'it is followed'
like "$out" '"name": "idle"' 'the JSON has its name,'
like "$out" '"file": "./idle.so"' 'the file,'
like "$out" '"after": "50000000ns"' 'and its parameters'
like "$out" '"release_calls": [1-9][0-9]+,' 'and it does something'
is "$(figures "$phases" -p idle.so,after=50ms)" "$(figures "$phases" -p "$scratch/idle.so,after=50ms")" \
	'a name that ends in .so is a path, from here or from the root'
run "$HEAPREPLAY" compare -q -j1 "$trace" -p ./idle.so -p ./idle.so,after=9ms -p eager -p none --json
one=$out
run "$HEAPREPLAY" compare -q -j4 "$trace" -p ./idle.so -p ./idle.so,after=9ms -p eager -p none --json
is "$out" "$one" 'compare takes it with others, twice, and on any number of threads'
run "$HEAPREPLAY" replay "$trace" -p ./idle.so,afte=1s
is "$status" 2 'an unknown parameter is misuse'
like "$err" "policy idle has no parameter 'afte'; it has: after" 'and named'

# A built-in one, in a shared object: the interface is all that it needs.
sed "s|scavenge/policies/builtin.h|$top_srcdir/src/scavenge/policies/builtin.h|" \
	"$top_srcdir/src/scavenge/policies/simple.c" >simple.c
touch config.h
is "$(build eager.so simple.c -I. -Dhr_policy_eager=heapreplay_policy -Wno-redundant-decls)" '' 'eager builds as a shared object'
is "$(figures "$trace" -p ./eager.so)" "$(figures "$trace" -p eager)" 'and gives the same figures'

# --- in a program with the library -------------------------------------------

cat >embed.c <<'END'
#include <heapreplay.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	char *error = NULL, *json = argc == 3 ? hr_replay_to_json(argv[1], argv[2], &error) : NULL;
	int failed = json == NULL;
	fputs(json != NULL ? json : error != NULL ? error : "", stdout);
	free(json);
	free(error);
	return failed;
}
END
if [ -e "$top_builddir/.libs/libheapreplay.so" ]; then
	# shellcheck disable=SC2046,SC2086 # lists of words
	is "$($HR_CC $HR_CC_FLAGS -o embed embed.c $(pc --cflags --libs) 2>&1)" '' 'a program links the library'
	export LD_LIBRARY_PATH=$top_builddir/.libs
	is "$(./embed "$trace" ./idle.so)" "$("$HEAPREPLAY" replay -q --json "$trace" -p ./idle.so)" \
		'policies of shared objects find the library in it'
	# shellcheck disable=SC2046 # a list of words
	build linked.so "$top_srcdir/examples/idle.c" $(pc --libs)
	is "$(figures "$trace" -p ./linked.so)" "$(figures "$trace" -p ./idle.so)" \
		'one that is linked to the library works in heapreplay,'
	like "$(./embed "$trace" ./linked.so)" '"name": "idle"' 'and in the program'
	run ./embed "$trace" ./missing.so
	is "$status/$out" "1/$trace: policy ./missing.so: No such file or directory" 'which gets errors as text'
	unset LD_LIBRARY_PATH
else
	skip 'a program with the library' 'built without a shared library'
fi

# --- what is no policy -------------------------------------------------------

# refused FILE MESSAGE DESCRIPTION
refused() {
	run "$HEAPREPLAY" replay -q "$trace" -p "$1" --json -o refused.json
	is "$status/$err" "1/heapreplay: policy $1: $2" "$3"
	[ ! -e refused.json ] || ok 1 'nothing is written'
}

echo 'int x;' >x.c
mkdir folder.so
mkfifo pipe.so
echo 'not an object' >text.so
refused ./missing.so 'No such file or directory' 'a file that is not there'
refused folder.so 'not a file' 'a folder'
refused ./pipe.so 'not a file' 'a pipe, which is not waited for'
refused text.so 'file too short' 'a text'
build x.so x.c -Wno-missing-variable-declarations
refused ./x.so 'there is no heapreplay_policy in it' 'a shared object without a policy'
cat >undefined.c <<'END'
#include <heapreplay-policy.h>
void hr_no_such_thing(void);
static enum hr_status after(void *s, const struct hr_place *r)
{
	(void)s, (void)r;
	hr_no_such_thing();
	return HR_OK;
}
const struct hr_policy_def heapreplay_policy = {.abi = HR_POLICY_ABI, .after = after};
END
build undefined.so undefined.c
refused ./undefined.so 'undefined symbol: hr_no_such_thing' 'one that calls what there is not'

# A definition, of which OPTION... changes something.
cat >def.c <<'END'
#include <heapreplay-policy.h>
#ifndef ABI
#define ABI HR_POLICY_ABI
#endif
#ifndef NAME
#define NAME "def"
#endif
#ifndef SUMMARY
#define SUMMARY "does nothing"
#endif
#ifndef PARAMS
#define PARAMS {"key", HR_PARAM_NS, 0, "1ms", NULL, "a key"}
#endif
#ifndef CONFIG_BYTES
#define CONFIG_BYTES 16
#endif
#ifndef DESTROY
#define DESTROY destroy
#endif
#ifndef AHEAD
#define AHEAD NULL
#endif
#ifndef CHECK
#define CHECK NULL
#endif
static const char *const words[] = {"a", "b", NULL};
static const struct hr_param params[] = {PARAMS, {NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL}};
static void *create(struct hr_follower *f, const void *c) { return words[0] != c ? f : NULL; }
static inline void destroy(void *s) { (void)s; }
static inline enum hr_status says(const void *c, struct hr_error *e) { return c ? hr_error_set(e, HR_EUSAGE, "no\tgood") : HR_OK; }
static inline enum hr_status silent(const void *c, struct hr_error *e) { (void)e; return c ? HR_EIO : HR_OK; }
static inline enum hr_status ahead(void *s, const struct hr_place *r) { return s && r ? HR_OK : HR_ENOMEM; }
const struct hr_policy_def heapreplay_policy = {
	.abi = ABI, .name = NAME, .summary = SUMMARY, .params = params, .config_bytes = CONFIG_BYTES,
	.check = CHECK, .create = create, .destroy = DESTROY, .ahead = AHEAD,
};
END
# defined MESSAGE DESCRIPTION OPTION...
defined() {
	local message=$1 description=$2

	shift 2
	build def.so def.c "$@" && refused ./def.so "$message" "$description"
}

build def.so def.c
run "$HEAPREPLAY" replay -q "$trace" -p ./def.so
is "$status" 0 'the definition that the others are made of is fine'
defined "it was built for version 77 of heapreplay-policy.h, and this is version $abi; see heapreplay-policy(7) and rebuild it" \
	'another version' -DABI=77
defined "it has no name of letters, digits, '.', '-' and '_'" 'a name with a comma' '-DNAME="a,b"'
defined "it has no name of letters, digits, '.', '-' and '_'" 'no name' -DNAME=NULL
defined 'it has no summary' 'no summary' -DSUMMARY=NULL
defined 'it needs create and destroy' 'no function that destroys' -DDESTROY=NULL
defined 'it looks ahead and does not say that it knows the future' 'one that looks ahead in secret' -DAHEAD=ahead
defined 'its configuration is larger than 1MiB' 'a configuration of 1 TiB' '-DCONFIG_BYTES=(UINT64_C(1)<<40)'
defined "parameter 'key' has no field in the configuration" 'a field outside' -DCONFIG_BYTES=7
defined "parameter 'k=y' is no name of a parameter" 'a name that cannot be written' \
	'-DPARAMS={"k=y",HR_PARAM_NS,0,"1ms",NULL,""}'
defined "parameter 'key' has no type that there is" 'a type that there is not' \
	'-DPARAMS={"key",(enum hr_param_type)99,0,"1ms",NULL,""}'
defined "parameter 'key' has a default that its type does not take" 'a default of another type' \
	'-DPARAMS={"key",HR_PARAM_FLAG,0,"1ms",NULL,""}'
defined "parameter 'key' has not the words that its type needs" 'a choice of nothing' \
	'-DPARAMS={"key",HR_PARAM_CHOICE,0,"a",NULL,""}'
defined "parameter 'key' is there twice" 'two of one name' \
	'-DPARAMS={"key",HR_PARAM_CHOICE,0,"b",words,""},{"key",HR_PARAM_NS,8,"1s",NULL,""}'
for check in says:'no\tgood' silent:'policy def does not take these parameters'; do
	build def.so def.c -DCHECK="${check%%:*}"
	run "$HEAPREPLAY" replay -q "$trace" -p ./def.so
	is "$status/${err%%; see*}" "2/heapreplay replay: ${check#*:}" "a check of parameters that ${check%%:*}"
done

# A policy as it was for version 1: it calls functions that are gone, and has its callbacks elsewhere.
cat >version1.c <<'END'
#include <stdbool.h>
#include <stddef.h>
int hr_follower_take(void *f, const void *r);
void hr_follower_commit(void *f);
static int follow(void *s, const char *r, size_t n)
{
	for (; n-- > 0; r += 48) {
		if (hr_follower_take(s, r) != 0)
			return 1;
		hr_follower_commit(s);
	}
	return 0;
}
static void *create(void *f, const void *config) { return config != f ? f : NULL; }
static void destroy(void *s) { (void)s; }
extern const struct version1 {
	unsigned abi;
	const char *name, *summary;
	const void *params;
	size_t config_bytes;
	void *check;
	bool flags[3];
	void *(*create)(void *, const void *);
	void (*destroy)(void *);
	void *clone;
	int (*follow)(void *, const char *, size_t);
	void *timer, *work;
} heapreplay_policy __attribute__((visibility("default")));
const struct version1 heapreplay_policy = {.abi = 1, .name = "old", .summary = "is old", .create = create, .destroy = destroy, .follow = follow};
END
build version1.so version1.c -Wno-missing-variable-declarations
refused ./version1.so "it was built for version 1 of heapreplay-policy.h, and this is version $abi; see heapreplay-policy(7) and rebuild it" \
	'a policy built for version 1'

# --- the future, and an index to look at --------------------------------------

# Releases what is freed and not used within 50 ms, which it knows as it looks ahead; and marks every other chunk.
cat >seer.c <<'END'
#include <heapreplay-policy.h>
#include <stdlib.h>
struct seer { struct hr_follower *f; uint64_t told, followed, end_ns; };
static void *create(struct hr_follower *f, const void *config)
{
	struct seer *s = calloc(1, sizeof(*s));
	(void)config;
	if (s != NULL) {
		s->f = f;
		hr_follower_look_ahead(f, 50000000);
	}
	return s;
}
static enum hr_status ahead(void *state, const struct hr_place *r)
{
	struct seer *s = state;
	s->told++;
	if (r->kind == HR_PLACE_END)
		s->end_ns = r->time_ns;
	return HR_OK;
}
/* It was told of this record and of all of the next 50 ms, unless the trace ends before. */
static enum hr_status before(void *state, const struct hr_place *r)
{
	struct seer *s = state;
	const struct hr_policy_view *v = hr_follower_view(s->f);
	if (++s->followed > s->told || v->now_ns != r->time_ns || (r->kind == HR_PLACE_END) != (s->followed == s->told && s->end_ns > 0))
		return HR_EINPUT;
	return HR_OK;
}
static void look(const void *state, uint64_t chunk, struct hr_index_look *out)
{
	*out = (struct hr_index_look){.marked = state != NULL, .ready = chunk % 2 == 0};
}
static uint64_t search_page(const void *state, bool force)
{
	return state != NULL && !force ? HR_PAGES_START : UINT64_MAX;
}
const struct hr_policy_def heapreplay_policy = {
	.abi = HR_POLICY_ABI, .name = "seer", .summary = "sees", .knows_future = FUTURE, .create = create, .destroy = free,
	.before = before, .ahead = ahead, .look = look, .search_page = search_page,
};
END
sed -i 's/HR_PAGES_START/UINT64_C(0xc000000000) \/ HR_PAGE_BYTES + 700/; s/FUTURE/true/' seer.c
build seer.so seer.c
run "$HEAPREPLAY" compare -q --json "$trace" -p ./seer.so -p none -p eager
is "$status$err" 0 'a policy may look ahead'
like "$out" '"knows_future": true' 'and the JSON says so'
echo "$out" >seer.json
run "$HEAPREPLAY" compare -q seer.json --fail-if 'retained_mean_bytes>1'
unlike "$out$err" 'seer.*retained_mean_bytes' 'no gate judges it unless it is named'
run "$HEAPREPLAY" heatmap -q "$trace" --at 100ms --cells 80x24 -p ./seer.so
like "$status/$err" 'policy seer decides by what is to come, and can.t be watched' 'and it can not be watched'

# One that shows an index and does not look ahead.
sed 's/\.knows_future = true/.knows_future = false/; s/\.ahead = ahead, //; s/hr_follower_look_ahead(f, 50000000);//; s/\.before = before, //; s/"seer"/"shower"/; /^static enum hr_status/s/static/static inline/' seer.c >shower.c
build shower.so shower.c
run "$HEAPREPLAY" heatmap -q "$phases" --at 1s -p ./shower.so --view index --cells 80x24
is "$status$err" 0 'the heatmap shows a policy of a shared object,'
like "$out" '^ *c000000000 9{64}$' 'and its index: a chunk that is ready,'
like "$out" '^ *c000400000 4+S4+$' 'one that is left to forced searches, and where the search stands'

# --- what a policy must not do -----------------------------------------------

cat >liar.c <<'END'
#include <heapreplay-policy.h>
#include <stdlib.h>

/* Each lie is told once, at a record of the kind that stands beside it. */
static const char *const lies[] = {
	"used", "twice", "outside", "cached", "across", "none", "part", "range", "past", "stuck", "reason",
	"fail", "deep", "sees", "early", NULL,
};
enum lie { USED, TWICE, OUTSIDE, CACHED, ACROSS, NONE, PART, RANGE, PAST, STUCK, REASON, FAIL, DEEP, SEES, EARLY };
static const struct hr_param params[] = {
	{"lie", HR_PARAM_CHOICE, 0, "used", lies, "which"},
	{NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL},
};

struct liar {
	enum lie lie;
	struct hr_follower *f;
};

static void *create(struct hr_follower *f, const void *config)
{
	struct liar *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	*s = (struct liar){.lie = (enum lie)*(const uint64_t *)config, .f = f};
	if (s->lie == EARLY)
		hr_follower_release_pages(f, 0, 1);
	if (s->lie == SEES)
		hr_follower_look_ahead(f, 1000);
	return s;
}

static void at_alloc(struct liar *s, const struct hr_place *r)
{
	if (s->lie == USED)
		hr_follower_release_pages(s->f, r->page, 1);
	else if (s->lie == OUTSIDE)
		hr_follower_release_pages(s->f, 7, 1);
	else if (s->lie == RANGE)
		hr_follower_release_range(s->f, r->page, UINT64_C(1) << 40);
	else if (s->lie == PAST && r->time_ns > 0)
		hr_follower_set_timer(s->f, r->time_ns - 1);
	else if (s->lie == STUCK)
		hr_follower_set_timer(s->f, r->time_ns);
	else if (s->lie == REASON)
		hr_follower_because(s->f, (enum hr_release_why)99);
}

static void at_free(struct liar *s, const struct hr_place *r)
{
	if (s->lie == TWICE) {
		hr_follower_release_pages(s->f, r->page, 1);
		hr_follower_release_pages(s->f, r->page, 1);
	} else if (s->lie == ACROSS) {
		hr_follower_release_pages(s->f, r->page, HR_CHUNK_PAGES + 1);
	} else if (s->lie == NONE) {
		hr_follower_release_pages(s->f, r->page, 0);
	} else if (s->lie == PART) {
		hr_follower_release_pages(s->f, r->page, 1);
	}
}

static void timer(void *state)
{
	struct liar *s = state;

	if (s->lie == STUCK)
		hr_follower_set_timer(s->f, hr_follower_view(s->f)->now_ns);
}

static enum hr_status before(void *state, const struct hr_place *r)
{
	return ((struct liar *)state)->lie == DEEP && r->kind == HR_PLACE_FREE ? HR_END : HR_OK;
}

static enum hr_status after(void *state, const struct hr_place *r)
{
	struct liar *s = state;

	if (s->lie == FAIL)
		return HR_EIO;
	if (r->kind == HR_PLACE_ALLOC)
		at_alloc(s, r);
	else if (r->kind == HR_PLACE_FREE)
		at_free(s, r);
	else if (r->kind == HR_PLACE_CACHE_FILL && r->arg != 0 && s->lie == CACHED)
		hr_follower_release_pages(s->f, r->page + (unsigned)__builtin_ctzll(r->arg), 1);
	return HR_OK;
}

const struct hr_policy_def heapreplay_policy = {
	.abi = HR_POLICY_ABI, .name = "liar", .summary = "lies", .params = params, .config_bytes = 8,
	.create = create, .destroy = free, .before = before, .after = after, .timer = timer,
};
END
build liar.so liar.c

# caught LIE MESSAGE OPTION...: twice, with other policies beside it and alone.
caught() {
	local lie=$1 message="policy 'liar': $2, at [0-9]+\.[0-9]{9} s; heapreplay-policy\(7\) has the rules"

	shift 2
	run "$HEAPREPLAY" replay -q --json -o liar.json --series liar.csv --scavtrace liar.log "$trace" \
		-p "./liar.so,lie=$lie" "$@"
	like "$status/$err" "^1/heapreplay: [^ ]*: $message\$" "$lie: $message"
	is "$(echo liar.*)$out" 'liar.c liar.so' "$lie: nothing is written"
}

caught used 'releases page 0x[0-9a-f]+ that is in use'
first=$err
caught twice 'releases page 0x[0-9a-f]+ that is released already'
caught outside 'releases page 0xe000 that is not of the heap'
caught cached 'releases page 0x[0-9a-f]+ that is in a page cache'
caught across 'releases page 0x[0-9a-f]+ and others, which do not lie in one chunk'
caught none 'releases no page at all'
caught part 'releases page 0x[0-9a-f]+ and others, which are no whole physical pages' --phys-page 64KiB
caught range 'releases page 0x[0-9a-f]+ that is not of the heap'
caught past 'sets its timer to 1 ns ago'
caught stuck 'sets its timer to now, over and over, and releases nothing'
caught reason 'gives a reason that there is not \(99\)'
caught fail "its function 'after' fails with status 5"
caught deep "its function 'before' fails with status 1"
caught sees 'looks ahead, but has no function for it'
caught early 'releases page 0x0 that is not of the heap'

# Of several, the one that is first to lie; on any number of threads.
for jobs in 1 2 4; do
	run "$HEAPREPLAY" compare -q -j$jobs "$trace" -p none -p ./liar.so,lie=twice -p ./liar.so,lie=used -p eager
	is "$status/$out/${err#*: *: }" "1//${first#*: *: }" "-j$jobs names the first liar"
done

# --- shared --------------------------------------------------------------------

mkdir -p secret
cp idle.so secret/hush.so
if have gnuplot; then
	"$HEAPREPLAY" report -q --anonymize "$trace" -p none -p secret/hush.so,after=9ms -o shared.html
	unlike "$(<shared.html)" 'secret|hush|bench-json|xxh3' 'an anonymous report names no file of a policy,'
	like "$(<shared.html)" 'idle,after=9ms' 'but the policy'
fi

# --- what a policy must not do to the program ----------------------------------

cat >rude.c <<'END'
#include <heapreplay-policy.h>
#include <stdio.h>
#include <stdlib.h>
static const char *const ways[] = {"none", "exit", "print", "loop", "crash", "abort", NULL};
static const struct hr_param params[] = {
	{"way", HR_PARAM_CHOICE, 0, "none", ways, "how"},
	{NULL, HR_PARAM_FLAG, 0, NULL, NULL, NULL},
};
struct rude { uint64_t way; };
static void *create(struct hr_follower *f, const void *config)
{
	struct rude *r = calloc(1, sizeof(*r));
	(void)f;
	if (r != NULL)
		r->way = *(const uint64_t *)config;
	return r;
}
static enum hr_status after(void *state, const struct hr_place *r)
{
	volatile unsigned *nowhere = NULL;
	volatile unsigned turns = 0;
	if (r->kind != HR_PLACE_FREE)
		return HR_OK;
	switch (((struct rude *)state)->way) {
	case 1: exit(0);
	case 2: puts("hello"); break;
	case 3: for (;;) turns++;
	case 4: *nowhere = 1; break;
	case 5: abort();
	}
	return HR_OK;
}
const struct hr_policy_def heapreplay_policy = {
	.abi = HR_POLICY_ABI, .name = "rude", .summary = "is rude", .params = params, .config_bytes = 8,
	.create = create, .destroy = free, .after = after,
};
END
build rude.so rude.c -Wno-null-dereference -Wno-implicit-fallthrough
rude() {
	run "$HEAPREPLAY" compare -q --json "$trace" -p none -p "./rude.so,way=$1" "${@:2}" -o rude.json
	rm -f rude.out
}
rude exit
is "$status/$err" '1/heapreplay: policy ./rude.so ended the program; heapreplay-policy(7) says what a policy may do' \
	'a policy that calls exit is named,'
ok "$([ -e rude.json ] && echo 1 || echo 0)" 'and nothing is written'
rude loop --policy-timeout 1s
is "$status/$err" \
	'1/heapreplay: policy ./rude.so does not return (--policy-timeout); heapreplay-policy(7) says what a policy may do' \
	'so is one that never returns'
rude none --policy-timeout 60s
is "$status/$err" '0/' 'one that does return is left alone'
rude abort
like "$err" '^heapreplay: policy ./rude.so was aborted .SIGABRT.; ' 'one that aborts is named,'
is "$status" 134 'and the program ends as it would have'
if ! is_sanitized; then
	rude crash
	like "$err" '^heapreplay: policy ./rude.so crashed .SIGSEGV.; ' 'so is one that crashes'
fi
run "$HEAPREPLAY" compare -q --csv "$trace" -p none -p ./rude.so,way=print
is "$status/$(printf '%s\n' "$err" | sort -u)" '0/hello' 'what a policy prints goes to standard error,'
unlike "$out" 'hello' 'not among the results'
is "$(figures "$trace" -p ./rude.so,way=print 2>log)" "$(figures "$trace" -p none)" 'which are those of a silent one'

done_testing
