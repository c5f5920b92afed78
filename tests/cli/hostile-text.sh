# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2046 # words of a command
# Text from outside is shown, never obeyed: on standard output and error, in all forms.
. "$top_srcdir/tests/lib.sh"

# clean WHAT: $out and $err hold no control characters (C0, DEL, C1), no characters that set a direction, and UTF-8 only.
clean() {
	printf '%s\n%s' "$out" "$err" | perl -0777 -MEncode -ne '
		eval { Encode::decode("UTF-8", my $copy = $_, Encode::FB_CROAK) }; exit 1 if $@;
		exit 1 if Encode::decode("UTF-8", $_) =~ /[\x{0}-\x{8}\x{b}-\x{1f}\x{7f}-\x{9f}\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]/'
	ok $? "$1" || note "$(printf '%s\n%s' "$out" "$err" | cat -v)"
}

evil=$'\033]0;title\a\033[2J \xc2\x9b31m \x9b \xe2\x80\xae \xff \x7f'
{
	printf '# heapreplay-trace 1\n! addresses on\n! spans on\n! program %s\n! assumed %s\n' "$evil" "$evil"
	printf '%s\n' '0 p0 span-alloc addr=0xc000000000 npages=1' '1000 p0 span-free addr=0xc000000000'
} >plain.txt
{ cat plain.txt; printf '2000 %s\n' "$evil"; } >bad.txt
name=$'t\033[2J\xe9\n\xe2\x80\xaex.txt'
cp plain.txt "$name"
for file in plain.txt bad.txt "$name"; do
	for command in info replay compare validate 'compare --markdown' 'compare --csv' 'info --json' 'replay --json' \
		'heatmap --at 1ms' 'plot timeline -o no/such.png' report 'export' 'cut -o no/such/file'; do
		# shellcheck disable=SC2086 # words
		run "$HEAPREPLAY" ${command%% *} -q $(case $command in *' '*) echo "${command#* }" ;; esac) "$file"
		clean "$command: nothing in it is obeyed$([ "$file" != "$name" ] || echo ', nor in its name')"
	done
done
run "$HEAPREPLAY" replay "no$evil"
clean 'a file that is not there'
run "$HEAPREPLAY" replay "--no$evil" x
clean 'an option that there is none of'
run "$HEAPREPLAY" "$evil" x
clean 'a command that there is none of'
run "$HEAPREPLAY" replay -p "$evil" plain.txt
clean 'a policy that there is none of'
run "$HEAPREPLAY" replay -p "none,$evil=1" plain.txt
clean 'a parameter that there is none of'
run "$HEAPREPLAY" replay -q --json -o "no$evil/x" plain.txt
clean 'an output that cannot be'

# Names that are no UTF-8 keep their place, and are told apart.
cp plain.txt $'caf\xe9.txt'
cp plain.txt 'caf\xe9.txt'
run "$HEAPREPLAY" replay -q --json $'caf\xe9.txt' -o one.json
is "$status" 0 'a name that is no UTF-8'
like "$(<one.json)" '"name": "caf\\\\xe9.txt"' 'is in the JSON, escaped'
run "$HEAPREPLAY" replay -q --json 'caf\xe9.txt' -o two.json
like "$(<two.json)" '"name": "caf\\\\x5cxe9.txt"' 'another name that looks like it is not the same'
run "$HEAPREPLAY" compare -q one.json
is "$status" 0 'and it can be compared again'
run "$HEAPREPLAY" compare -q one.json two.json
is "$status" 0 'with others'
done_testing
