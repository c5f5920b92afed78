# SPDX-License-Identifier: BSD-3-Clause
# The installed library: the example builds with nothing but what pkg-config says, and its answers are those of the program.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/bench-json-go123.trace.zst
have "${PKG_CONFIG:=pkg-config}" || skip_all 'pkg-config is missing'
run make -s -C "$top_builddir" install-library install-includeHEADERS install-pkgconfigDATA DESTDIR="$PWD/root"
is "$status" 0 'library, headers and heapreplay.pc are installed'
found=$(find root -name heapreplay.pc)
export PKG_CONFIG_PATH=$PWD/${found%/*}
# pc OPTION...: of the installed copy, which lies below root.
pc() {
	"$PKG_CONFIG" --define-variable=prefix="$PWD/${found%/lib*/pkgconfig/*}" "$@" heapreplay
}

is "$(pc --cflags | tr ' ' '\n' | grep -v '^$' | grep -cvxF -e "-I$PWD/${found%/lib*/pkgconfig/*}/include")" 0 \
	"the only headers are heapreplay's own"
is "$(find root -name '*.h' -printf '%f\n' | sort | tr '\n' ' ')" 'heapreplay-policy.h heapreplay.h ' 'two of them'
static=
[ -n "$(find root -name 'libheapreplay.so')" ] || static=--static
# shellcheck disable=SC2046,SC2086 # lists of words
is "$($HR_CC $HR_CC_FLAGS -Wall -Wextra -o compare "$top_srcdir/examples/compare.c" $(pc --cflags --libs $static) 2>&1)" '' \
	'the example builds without a warning'
so=$(find root -name 'libheapreplay.so')
export LD_LIBRARY_PATH=$PWD/${so%/*}

run ./compare "$trace"
is "$status,$err" 0, 'and runs'
printf '%s\n' "$out" | head -n 2 >rows
printf '%s\n' "$out" | tail -n +3 >replay
is "$(<rows)" "$("$HEAPREPLAY" compare -q --summary -p go1.19 -p go1.22 "$trace")" 'its rows are those of compare --summary'
is "$(jq -S . replay)" "$("$HEAPREPLAY" replay -q --json -p go1.22 --gc model --gogc 50 "$trace" | jq -S .)" \
	'its settings do what the options do'
run ./compare nowhere.trace
is "$status,$out,$err" '1,,nowhere.trace: cannot open: No such file or directory' 'errors are lines'

cat >settings.c <<'END'
#include <heapreplay.h>
#include <stdio.h>
#include <stdlib.h>
static int stop(void *ctx, const char *json)
{
	(void)ctx;
	return json[0] == '{' ? 7 : 8;
}
int main(int argc, char **argv)
{
	const char *const *settings = (const char *const *)argv + 2, *const policies[] = {"eager", "none", NULL};
	char *error = NULL, *json = hr_compare_to_json(argv[1], policies, settings, &error);
	if (argc == 2 && hr_compare_rows(argv[1], NULL, NULL, stop, NULL, NULL) != 7)
		return 9;
	puts(json != NULL ? json : error);
	free(json);
	free(error);
	return json == NULL;
}
END
# shellcheck disable=SC2046,SC2086 # lists of words
is "$($HR_CC $HR_CC_FLAGS -o settings settings.c $(pc --cflags --libs $static) 2>&1)" '' 'another program'
# same OPTION...: with these settings it gives what compare gives with these options.
same_as_options() {
	local option words=()

	for option in "$@"; do
		words+=("--$option")
	done
	is "$(./settings "$trace" "$@" | jq -S .)" "$("$HEAPREPLAY" compare -q -p eager -p none --json "${words[@]}" "$trace" | jq -S .)" \
		"as compare: ${words[*]}"
}
same_as_options
same_as_options memory-limit=20MiB other-memory=1MiB phys-page=16KiB huge-page=0 start-released wake-delay=1ms run-delay=1ms
same_as_options gc=model gogc=off memory-limit=90% cgroup=30MiB clock=wall
same_as_options placement=modelled cost=fault=2us from=100ms until=400ms jobs=2
for bad in 'gogc=many' 'nonsense=1' 'start-released=1' 'from' 'procs=0' 'placement=here'; do
	run ./settings "$trace" "$bad"
	is "$status" 1 "$bad is refused"
	like "$out" "setting '?${bad%%=*}" 'and named'
done
done_testing
