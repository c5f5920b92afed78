#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A sweep as a job array on a Slurm of one node, started here and taken down again, against the same sweep
# without one: the rows are the same. Not a part of `make check`: it needs root, the packages slurm-wlm and
# munge, and no other Slurm on this machine.
#
#   tests/fleet/slurm.sh HEAPREPLAY TRACE...
set -eu
[ $# -ge 2 ] || { sed -n '3,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
heapreplay=$(realpath "$1")
shift
traces=()
for t in "$@"; do traces+=("$(realpath "$t")"); done
shards=3
# shellcheck disable=SC2054 # commas belong to values
axes=(--gogc 50,100,off --memory-limit off,100% --no-bounds)
d=$(mktemp -d /tmp/heapreplay-slurm.XXXXXX)
node=$(hostname -s)
pids=()

stop() {
	for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$d"
}
trap stop EXIT

# --- munge: who asks is who he says; a key and a socket of its own ---
mkdir -m 755 "$d/munge" "$d/slurm" "$d/state" "$d/spool"
dd if=/dev/urandom of="$d/munge/key" bs=1 count=1024 status=none
chmod 600 "$d/munge/key"
chmod 755 "$d"
chown -R munge:munge "$d/munge"
setpriv --reuid munge --regid munge --clear-groups munged --foreground --force --key-file "$d/munge/key" \
	--socket "$d/munge/socket" --pid-file "$d/munge/pid" --log-file "$d/munge/log" --seed-file "$d/munge/seed" &
pids+=($!)

# --- Slurm ---
cat >"$d/slurm/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$d/munge/socket
CredType=cred/munge
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$d/state
SlurmdSpoolDir=$d/spool
SlurmctldPidFile=$d/slurmctld.pid
SlurmdPidFile=$d/slurmd.pid
SlurmctldLogFile=$d/slurmctld.log
SlurmdLogFile=$d/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=test Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$d/slurm/slurm.conf
for ((i = 0; i < 50; i++)); do [ -S "$d/munge/socket" ] && break; sleep 0.2; done
slurmctld -D -f "$SLURM_CONF" >/dev/null 2>&1 &
pids+=($!)
slurmd -D -f "$SLURM_CONF" -N "$node" >/dev/null 2>&1 &
pids+=($!)
for ((i = 0; i < 150; i++)); do
	sinfo -h -o %T 2>/dev/null | grep -q '^idle' && break
	sleep 0.2
done
sinfo || { tail -n 5 "$d"/slurm*.log >&2; exit 1; }

# --- the array ---
cat >"$d/array.sh" <<JOB
#!/bin/sh
#SBATCH --array=1-$shards
#SBATCH --output=$d/out.%a
exec '$heapreplay' sweep -q -j 1 ${axes[@]} --shard auto --db "$d/shard.\$SLURM_ARRAY_TASK_ID.db" ${traces[@]}
JOB
sbatch --wait "$d/array.sh"
tail -n 1 "$d"/out.*
"$heapreplay" sweep --merge "$d/array.db" "$d"/shard.*.db

# --- the same without it ---
"$heapreplay" sweep -q "${axes[@]}" --db "$d/alone.db" "${traces[@]}" | tail -n 1
for db in array alone; do
	sqlite3 "$d/$db.db" 'SELECT * FROM runs ORDER BY path, settings_hash' >"$d/$db.rows"
done
cmp "$d/array.rows" "$d/alone.rows"
printf '%d rows, the same by an array of %d tasks\n' "$(wc -l <"$d/alone.rows")" "$shards"
