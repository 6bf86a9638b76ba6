#!/usr/bin/env bash
# A Slurm of two nodes, n1 and n2, on this machine, without touching a Slurm that may be installed here.
#
#   tests/slurm/pair.sh start FOLDER    # then PATH=FOLDER/bin:$PATH sbatch …
#   tests/slurm/pair.sh stop FOLDER
#
# Needs root, and slurmctld, slurmd, munged and Slurm's commands (on Debian and Ubuntu: apt-get install
# slurmctld slurmd slurm-client munge). There is no accounting, as on many small clusters.
set -euo pipefail

usage() { sed -n '4,5p' "$0" >&2; exit 2; }
[ $# = 2 ] || usage
folder=$(realpath -m "$2")

configure() {
    local cpus=${SLURM_PAIR_CPUS:-8} port=$((20000 + RANDOM % 10000))
    cat > "$folder/slurm.conf" <<CONF
ClusterName=pair
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
SlurmctldPidFile=$folder/slurmctld.pid
SlurmctldLogFile=$folder/slurmctld.log
StateSaveLocation=$folder/state
SlurmdPidFile=$folder/%n.pid
SlurmdLogFile=$folder/%n.log
SlurmdSpoolDir=$folder/spool-%n
# Processes are found by their parents: containers have no cgroups of their own.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
# The nodes say that they have more than this machine has.
SlurmdParameters=config_overrides
# Nobody wants to wait for a scheduler that saves its strength.
SchedulerParameters=batch_sched_delay=0
KillWait=5
NodeName=n1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=$cpus RealMemory=64000
NodeName=n2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=$cpus RealMemory=64000
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=60
CONF
    # Commands that find this Slurm; jobs do not keep SLURM_CONF.
    local command
    for command in sbatch srun squeue scancel sinfo scontrol sacct sacctmgr; do
        printf '#!/bin/sh\nexec env SLURM_CONF=%q %q "$@"\n' \
            "$folder/slurm.conf" "$(command -v "$command")" > "$folder/bin/$command"
        chmod +x "$folder/bin/$command"
    done
}

start() {
    mkdir -p "$folder"/{bin,state,spool-n1,spool-n2}
    head --bytes=1024 /dev/urandom > "$folder/munge.key"
    chmod 400 "$folder/munge.key"
    munged --force --socket="$folder/munge.socket" --key-file="$folder/munge.key" \
        --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" --seed-file="$folder/munge.seed"
    configure
    export SLURM_CONF="$folder/slurm.conf"
    slurmctld -f "$SLURM_CONF"
    slurmd -f "$SLURM_CONF" -N n1
    slurmd -f "$SLURM_CONF" -N n2
    for _ in $(seq 60); do
        [ "$(sinfo --noheader --states=idle --format=%D 2>/dev/null)" != 2 ] || exit 0
        sleep 0.5
    done
    echo 'the nodes did not come up:' >&2
    tail -n 5 "$folder"/*.log >&2
    stop
    exit 1
}

stop() {
    local name
    SLURM_CONF="$folder/slurm.conf" scancel --signal=KILL --user=root 2>/dev/null || true
    for name in n1 n2 slurmctld munged; do
        [ ! -s "$folder/$name.pid" ] || kill "$(cat "$folder/$name.pid")" 2>/dev/null || true
    done
}

case $1 in
start) start ;;
stop) stop ;;
*) usage ;;
esac
