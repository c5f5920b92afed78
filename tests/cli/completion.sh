# SPDX-License-Identifier: BSD-3-Clause
# completion: the scripts, and what bash makes of them.
. "$top_srcdir/tests/lib.sh"

run "$HEAPREPLAY" completion bash
is "$status$err" 0 'completion bash'
printf '%s\n' "$out" >completion.bash
run "$HEAPREPLAY" completion tcsh
is "$status" 2 'a shell that there is no completion for: status 2'
like "$err" "no completion for 'tcsh'; there is one for bash, zsh and fish" 'it is named'

# shellcheck disable=SC1091
. ./completion.bash
mkdir -p files
touch files/app.trace

# complete WORD...: what bash offers for the last word, sorted.
complete_words() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_heapreplay
	printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
}

is "$(complete_words heapreplay rep)" 'replay report ' 'commands'
is "$(complete_words heapreplay replay --no-s)" '--no-series ' 'options of the command'
is "$(complete_words heapreplay info --no-s)" ' ' 'and not of others'
is "$(complete_words heapreplay replay --gc '')" 'model none recorded ' 'values of an option'
is "$(complete_words heapreplay compare -p go1.1)" 'go1.18 go1.19 ' 'policies'
is "$(complete_words heapreplay plot -o x.png ti)" 'timeline ' 'a kind of plot, behind an option with a value'
is "$(complete_words heapreplay plot timeline files/)" 'files/app.trace ' 'then files'
is "$(complete_words heapreplay replay -o files/)" 'files/app.trace ' 'files as values'

# All that the other commands know is offered: each command and each option of its help.
for c in $(complete_words heapreplay '' | tr ' ' '\n' | grep -v '^-'); do
	options=$("$HEAPREPLAY" "$c" --help --all 2>/dev/null || "$HEAPREPLAY" "$c" --help)
	is "$(complete_words heapreplay "$c" --)" \
		"$(grep -oE '^ {2}(-.|  ),? ? ?--[a-z-]+' <<<"$options" | grep -oE -- '--[a-z-]+' | sort -u | tr '\n' ' ')" \
		"$c: bash is offered the options of its --help"
done

# What is offered as a value is taken: another value than it takes is a wrong use.
for option in gc placement identity span-cache clock address-bits gogc memory-limit; do
	for value in $(complete_words heapreplay replay --$option ''); do
		run "$HEAPREPLAY" replay "--$option" "$value" --help
		is "$status" 0 "replay takes --$option $value"
	done
done
for view in $(complete_words heapreplay heatmap --view ''); do
	run "$HEAPREPLAY" heatmap --view "$view" files/none
	is "$status" 1 "heatmap takes --view $view"
done

# Fish itself, in a directory with a file that is not wanted.
if command -v fish >/dev/null; then
	mkdir -p home
	"$HEAPREPLAY" completion fish >offers.fish
	offers=$(HOME=$PWD/home fish -N -c 'source offers.fish; complete -C "heapreplay plot "' | cut -f 1 | sort | tr '\n' ' ')
	is "$offers" 'compare frontier heatmap index intervals timeline tradeoff ' 'fish: the first word is a kind of plot'
	offers=$(HOME=$PWD/home fish -N -c 'source offers.fish; complete -C "heapreplay plot timeline off"' | cut -f 1)
	is "$offers" 'offers.fish' 'then files'
else
	skip 'fish: the first word is a kind of plot' 'there is no fish'
	skip 'then files' 'there is no fish'
fi

for shell in zsh fish; do
	"$HEAPREPLAY" completion $shell >completion.$shell
	if command -v $shell >/dev/null; then
		is "$($shell -n completion.$shell 2>&1)" '' "$shell reads its script"
	else
		skip "$shell reads its script" "there is no $shell"
	fi
done
done_testing
