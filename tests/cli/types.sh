# SPDX-License-Identifier: BSD-3-Clause
# Types of objects: one number for each in a whole trace, in every form; info --by; and what --anonymize leaves.
. "$top_srcdir/tests/lib.sh"
have jq || skip_all 'jq is not installed'
export LC_ALL=C.UTF-8

# --- info --by, by hand ---------------------------------------------------------
cat >hand.txt <<'TRACE'
# heapreplay-trace 1
! program /home/someone/bin/app --token=secret
! note GOGC 50
! note go go1.26.4
! type 7 size=40 pointers=8 addr=0x10 name=main.Node
! type 9 size=1 name=uint8
! type 12 size=40 name=main.Node
0  obj-exists id=1 size=100
0  obj-exists id=2 size=40 type=7
1s obj-alloc id=3 size=40 type=7
1s obj-alloc id=4 size=80 type=12
2s obj-alloc id=5 size=1000 type=9
3s obj-alloc id=6 size=40000
4s obj-free  id=3
5s obj-alloc id=7 size=8 type=77
6s obj-free  id=4
! gc-cpu 1500000000 cycle=1 stw-ns=40000 procs=2 assist-ns=0
! rss 1000000000 rss=41943040 anon=33554432
! rss 2000000000 lazy-free=0
! end 9s
TRACE
run "$HEAPREPLAY" info --by type --csv hand.txt
is "$status:$err" '0:' 'by type: fine'
is "$out" 'type,live_bytes,live_objects,allocated_bytes,allocated_objects,freed_objects,mean_life_ns
"unknown: no type recorded, more than 32,768 B",40000,1,40000,1,0,
"uint8 × n",1000,1,1000,1,0,
"unknown: there before the recording, 112 B",100,1,0,0,0,
"main.Node",40,1,40,1,1,3000000000
"type 77",8,1,8,1,0,
"main.Node × n",0,0,80,1,1,5000000000' 'by type: every row'
is "$("$HEAPREPLAY" info --by type --csv --at 4s --from 2s hand.txt | tail -n +2)" \
	'"unknown: no type recorded, more than 32,768 B",40000,1,40000,1,0,
"uint8 × n",1000,1,1000,1,0,
"unknown: there before the recording, 112 B",100,1,0,0,0,
"main.Node × n",80,1,0,0,0,
"main.Node",40,1,0,0,1,3000000000' 'at a moment, counted from another on'
is "$("$HEAPREPLAY" info --by class --csv hand.txt | tail -n +2)" '"more than 32,768 B",40000,1,40000,1,0,
"1,024 B",1000,1,1000,1,0,
"112 B",100,1,0,0,0,
"48 B",40,1,40,1,1,3000000000
"8 B",8,1,8,1,0,
"80 B",0,0,80,1,1,5000000000' 'by class'
is "$("$HEAPREPLAY" info --by type --json hand.txt | jq -c '[.by, .at_ns, .all.live_bytes, (.rows | length), .rows[3].name, .rows[2].sort]')" \
	'["type",9000000000,41148,6,"main.Node","existed"]' 'JSON'
run "$HEAPREPLAY" info --by type --top 2 hand.txt
like "$out" '^ +1000 B +1 +1000 B +1 +-  uint8 × n$' 'text: a row'
like "$out" '4 more rows' 'text: what --top leaves out'
for wrong in '--by kind' '--csv' '--at 1s' '--by type --at 1s --until 2s' '--by type --json --csv' '--by type --at 1s --from 2s'; do
	# shellcheck disable=SC2086 # words
	run "$HEAPREPLAY" info $wrong hand.txt
	is "$status" 2 "info $wrong is misuse"
done

# --- the same in every form ---------------------------------------------------------
"$HEAPREPLAY" export -q --keep-arguments hand.txt -o again.txt
"$HEAPREPLAY" export -q --keep-arguments again.txt -o third.txt
same again.txt third.txt 'the text form reads back as it was written'
"$HEAPREPLAY" import -q --keep-arguments hand.txt -o hand.hrt
"$HEAPREPLAY" export -q --keep-arguments hand.hrt -o native.txt
same again.txt native.txt 'the native form holds the same'
like "$(<again.txt)" '^! type 12 size=40 name=main.Node$' 'types'
like "$(<again.txt)" '^! gc-cpu 1500000000 cycle=1 stw-ns=40000 procs=2 assist-ns=0$' 'CPU time of a cycle'
like "$(<again.txt)" '^! rss 2000000000 lazy-free=0$' 'a sample'
like "$(<again.txt)" '^! note GOGC 50$' 'a note'
is "$("$HEAPREPLAY" cut -q --from 2s --until 6s hand.hrt -o - | "$HEAPREPLAY" info -q --by type --csv - | sed -n '2,5s/,.*//p' | tr '\n' ' ')" \
	'"unknown: no type recorded "uint8 × n" "unknown: there before the recording "main.Node" ' 'a cut keeps the names'
is "$("$HEAPREPLAY" cut -q --from 1s --until 2s hand.hrt -o - | "$HEAPREPLAY" export -q - | grep -E '^! (gc|rss)')" \
	'! gc-cpu 500000000 cycle=1 stw-ns=40000 procs=2 assist-ns=0
! rss 0 rss=41943040 anon=33554432
! rss 1000000000 lazy-free=0' 'and the records within'

# --- who sees whose trace it is -------------------------------------------------------
"$HEAPREPLAY" import -q hand.txt -o plain.hrt
like "$("$HEAPREPLAY" export -q plain.hrt)" '^! program app$' 'only the name of the program is kept'
is "$("$HEAPREPLAY" info --json hand.txt | jq -c .origin)" \
	'{"program":true,"arguments":true,"clock_origin_ns":null,"base_address":null,"named_types":3,"notes":{"GOGC":"50","go":"go1.26.4"}}' \
	'info says what a file tells'
like "$("$HEAPREPLAY" info hand.txt)" '^  names of 3 types$' 'in text too'
sed '2a ! assumed secret sentence' hand.txt >secret.txt
for how in import export; do
	"$HEAPREPLAY" $how -q --anonymize secret.txt -o anonymous.$how
	run "$HEAPREPLAY" export -q anonymous.$how
	unlike "$out" 'secret|app|Node|uint8|GOGC' "$how --anonymize leaves nothing"
	like "$out" 'obj-alloc id=[0-9]+ size=80 type=2$' "$how --anonymize: types have numbers"
done
unlike "$(strings anonymous.import)" 'secret|app|Node' 'nor in the bytes'

# --- Go traces --------------------------------------------------------------------------
python=$(command -v python3) || python=
for trace in phases-1p-go125 ${HR_THOROUGH:+bench-json-go123 victoria-metrics-go127}; do
	go=$top_srcdir/traces/$trace.trace.zst
	"$HEAPREPLAY" export -q "$go" -o go.txt
	"$HEAPREPLAY" info -q --by type --at 24s --csv "$go" | tail -n +2 | sort >rows
	is "$(grep -c '^! type' go.txt)" "$(sed -n 's/^! type .*name=//p' go.txt | sort -u | wc -l)" "$trace: a number is a name"
	if [ -n "$python" ]; then
		"$python" "$top_srcdir/tests/cli/objects_by_type.py" table 24000000000 <go.txt | sort >counted
		same counted rows "$trace: info --by type, counted from the export"
		zstd -dqf "$go" -o go.trace
		run "$python" "$top_srcdir/tests/cli/objects_by_type.py" names go.trace <go.txt
		is "$status" 0 "$trace: each name has the objects of the trace's own tables"
	else
		skip "$trace: counted by others" 'python3 is not installed'
	fi
	"$HEAPREPLAY" import -q "$go" -o go.hrt
	"$HEAPREPLAY" info -q --by type --at 24s --csv go.hrt | tail -n +2 | sort >native
	same rows native "$trace: the native form says the same"
	"$HEAPREPLAY" import -q --anonymize "$go" -o anonymous.hrt
	"$HEAPREPLAY" replay -q --json go.hrt | jq -S .metrics >a
	"$HEAPREPLAY" replay -q --json anonymous.hrt | jq -S .metrics >b
	same a b "$trace: anonymous, it replays the same"
	unlike "$("$HEAPREPLAY" export -q anonymous.hrt)" '^! (type|clock-origin)' "$trace: and tells no names"
done
# A heap that begins elsewhere is moved, alignment and all.
sed 's/addr=0xc0/addr=0x31c0/; s/min-addr 0xc0/min-addr 0x31c0/' go.txt >moved.txt
"$HEAPREPLAY" export -q --anonymize moved.txt -o back.txt
"$HEAPREPLAY" export -q --anonymize go.txt -o straight.txt
same straight.txt back.txt 'addresses are moved to where Go heaps begin'
done_testing
