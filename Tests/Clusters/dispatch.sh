#!/usr/bin/env bash
# How many tasks a second Slurm starts on this machine, with its scheduler's defaults: an input of Notebooks/scaling.py.
#
#   Tests/Clusters/dispatch.sh
#
# Two nodes that claim 200 processors each get an array of 400 tasks that sleep, then one of 500 that end at once. All of
# Slurm and all tasks share this machine's processors. Takes about two minutes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/wait.sh"
. "$here/cluster.sh"
work=$(mktemp -d /tmp/kaggle-digits-dispatch.XXXXXX)
trap 'stop_cluster; rm -rf "$work"' EXIT
why=$(can_start_cluster) || { echo "SKIPPED: $why"; exit 0; }
queue_is_empty() { [ -z "$(squeue --noheader 2> /dev/null || echo unknown)" ]; }

# rate TASKS COMMAND submits an array of the command and prints when its tasks started.
rate() {
  local job
  job=$(sbatch --parsable --array="0-$(($1 - 1))" --output=/dev/null --wrap "$2")
  wait_until 300 "$1 tasks" queue_is_empty
  scontrol show job "$job" --oneliner | grep -o ' StartTime=[^ ]*' | cut -d= -f2 | python3 -c '
import collections, datetime, sys
times = [datetime.datetime.fromisoformat(line.strip()) for line in sys.stdin]
starts = collections.Counter(int((time - min(times)).total_seconds()) for time in times)
seconds = ", ".join(f"{count} after {second} s" for second, count in sorted(starts.items()))
print(f"{len(times)} tasks of \"{sys.argv[1]}\" started: {seconds}")' "$2"
}

CLUSTER_PROCESSORS=200 CLUSTER_SCHEDULER=sched_interval=60 start_cluster "$work/cluster"
echo "Slurm $(slurmctld -V | cut -d' ' -f2), $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"
rate 400 "sleep 60"
rate 500 true
