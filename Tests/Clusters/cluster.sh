# Sourced by slurm.sh, after common.sh: a Slurm of two nodes on this machine, in a folder and on ports of its own, without systemd.
# Debian builds slurmd so that several run on one machine (slurmd -N NAME), which is all it takes.
#
# start_cluster FOLDER starts munged, slurmctld and a slurmd for node1 and node2, and exports SLURM_CONF. stop_cluster ends
# what runs there. CLUSTER_PROCESSORS is each node's number of processors (1), CLUSTER_SCHEDULER Slurm's SchedulerParameters.

# The daemons, in the order in which they start; they are children of this shell.
cluster_daemons=()

# can_start_cluster says on standard output why it can't, and fails.
can_start_cluster() {
  [ "$(id -u)" = 0 ] || { echo "Slurm's daemons run as root here, and this is not root"; return 1; }
  local command missing=
  for command in munged slurmctld slurmd sbatch; do
    command -v "$command" > /dev/null || missing=$command
  done
  [ -z "$missing" ] && return
  command -v apt-get > /dev/null || { echo "$missing is missing, and there is no apt-get to install it"; return 1; }
  # Debian's packages would start their daemons where there is an init system: these are not the ones that are wanted.
  local log
  log=$(mktemp)
  {
    apt-get update -qq &&
      RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge
  } > "$log" 2>&1 || { echo "slurm-wlm and munge can't be installed: $(tail -n 1 "$log")"; rm -f "$log"; return 1; }
  rm -f "$log"
}

start_cluster() {
  cluster=$1
  local host ports name
  host=$(hostname -s)
  mkdir -p "$cluster"/{state,spool-node1,spool-node2}
  # munged wants no folder above its socket that others can write to; /tmp is one, hence --force below.
  read -ra ports < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(3)]
for each in sockets: each.bind(("127.0.0.1", 0))
print(*(each.getsockname()[1] for each in sockets))')
  (umask 077 && head -c 1024 /dev/urandom > "$cluster/munge.key")
  # A job that was requeued waits until its old credential has expired, 120 s by default; 15 s are enough here.
  cat > "$cluster/slurm.conf" << END
ClusterName=kaggle-digits
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$cluster/munge.socket,cred_expire=15
CredType=cred/munge
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool-%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd-%n.pid
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=${CLUSTER_SCHEDULER:-batch_sched_delay=1,sched_interval=5,bf_interval=5}
KillWait=30
MinJobAge=7200
ReturnToService=2
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[1]} CPUs=${CLUSTER_PROCESSORS:-1} RealMemory=4000
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[2]} CPUs=${CLUSTER_PROCESSORS:-1} RealMemory=4000
PartitionName=all Nodes=node1,node2 Default=YES MaxTime=INFINITE State=UP
END
  export SLURM_CONF=$cluster/slurm.conf
  munged --foreground --force --key-file="$cluster/munge.key" --socket="$cluster/munge.socket" \
    --pid-file="$cluster/munged.pid" --seed-file="$cluster/munged.seed" \
    > "$cluster/munged.out" 2>&1 &
  cluster_daemons+=($!)
  wait_until 30 "munged's socket" test -S "$cluster/munge.socket"
  slurmctld -D > "$cluster/slurmctld.out" 2>&1 &
  cluster_daemons+=($!)
  for name in node1 node2; do
    slurmd -D -N "$name" > "$cluster/slurmd-$name.out" 2>&1 &
    cluster_daemons+=($!)
  done
  wait_until 60 "both nodes" nodes_are_idle
}

nodes_are_idle() { [ "$(sinfo -h -N -o %T 2> "$cluster/sinfo.err" | sort | uniq -c | tr -s ' ')" = " 2 idle" ]; }

# What runs in the cluster's jobs: it has the cluster's SLURM_CONF in its environment, and is no daemon of this shell's.
cluster_processes() {
  local file pid
  for file in /proc/[0-9]*/environ; do
    pid=${file#/proc/}
    pid=${pid%/environ}
    case " $$ $BASHPID ${cluster_daemons[*]} " in *" $pid "*) continue ;; esac
    if grep -qszxF "SLURM_CONF=$SLURM_CONF" "$file" && grep -qsz "^SLURM_JOB_ID=" "$file"; then echo "$pid"; fi
  done
}

stop_cluster() {
  [ ${#cluster_daemons[@]} -gt 0 ] || return 0
  local pids index
  scancel --user=root > /dev/null 2>&1 || :
  for _ in $(seq 50); do
    [ -n "$(cluster_processes)" ] || break
    sleep 0.2
  done
  pids=$(cluster_processes)
  # shellcheck disable=SC2086
  [ -z "$pids" ] || kill -KILL $pids 2> /dev/null || :
  for ((index = ${#cluster_daemons[@]} - 1; index >= 0; index--)); do
    kill -TERM "${cluster_daemons[index]}" 2> /dev/null || :
  done
  for _ in $(seq 50); do
    kill -0 "${cluster_daemons[@]}" 2> /dev/null || break
    sleep 0.2
  done
  kill -KILL "${cluster_daemons[@]}" 2> /dev/null || :
  wait "${cluster_daemons[@]}" 2> /dev/null || :
  cluster_daemons=()
}
