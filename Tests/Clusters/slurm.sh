#!/usr/bin/env bash
# A cross-validation on a real Slurm: slurmctld and two nodes on this machine, from Debian's packages.
#
#   Tests/Clusters/slurm.sh BIN
#
# Plans four tasks, runs the script that `jobs --for slurm` prints, kills one task's process with SIGKILL, requeues another
# from outside while it runs, and drains a node. The submitted gather then has to name the one task that is missing, the
# script of `jobs --missing` has to finish it, and every promised byte has to equal a run of one process. Takes 1 to 2 minutes;
# as root, since Slurm's daemons start processes of users.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
. "$here/cluster.sh"
trap 'stop_cluster; [ -n "${KEEP:-}" ] && echo "kept $work" || rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# A name that has to be quoted everywhere, Slurm's patterns for logs included.
run="$work/cv's 3%a"

why=$(can_start_cluster) || { echo "SKIPPED: $why"; exit 0; }

show_logs() {
  echo "--- the queue and the nodes"
  squeue || :
  sinfo -N -l || :
  echo "--- the tasks' logs"
  tail -n 20 "$run"/logs/* || :
  echo "--- Slurm's logs"
  tail -n 15 "$work"/cluster/*.out || :
}

# Of a task: its number in the queue, its state, node, times it was requeued and exit status.
job_of() { echo "${array}_$1"; }
field_of() { scontrol show job --oneliner "$(job_of "$1")" 2> /dev/null | grep -o " $2=[^ ]*" | head -n 1 | cut -d= -f2; }
is_running() { [ "$(field_of "$1" JobState)" = RUNNING ]; }
was_requeued() { [ "$(field_of "$1" Restarts)" -gt 0 ] && [ "$(field_of "$1" JobState)" != RUNNING ]; }
has_ended() { case $(field_of "$1" JobState) in COMPLETED | FAILED | CANCELLED | TIMEOUT | NODE_FAIL) ;; *) return 1 ;; esac; }
ran_again() { has_ended "$1" || is_running "$1"; }
queue_is_empty() { [ -z "$(squeue --noheader 2> /dev/null || echo unknown)" ]; }
node_is() { [ "$(sinfo --noheader --nodes="$1" --format=%T)" = "$2" ]; }

# submit SCRIPT OPTION … prints a script and runs it; sets `array` and `gather`, the new jobs.
submit() {
  local script=$1 before
  shift
  before=$(squeue --noheader --states=all --format=%F | sort -n | tail -n 1)
  kaggle-digits jobs "$run" --for slurm --threads 1 --minutes 30 "$@" > "$script"
  bash -n "$script"
  (cd "$work" && bash "$script") > "$script.out" 2>&1 || fail "the printed script failed: $(cat "$script.out")"
  array=$(squeue --noheader --states=all --array --format='%F %K' | awk -v before="${before:-0}" '$1 > before && $2 != "N/A" { print $1 }' | sort -u)
  gather=$(squeue --noheader --states=all --format='%F %K' | awk -v before="${before:-0}" '$1 > before && $2 == "N/A" { print $1 }')
  [[ "$array" =~ ^[0-9]+$ && "$gather" =~ ^[0-9]+$ ]] || fail "no array and gather were submitted: $(cat "$script.out")"
  say "submitted the array $array and the gather $gather"
}

# ended TASK … says how they ended.
ended() {
  local task
  for task in "$@"; do
    say "task $task: $(field_of "$task" JobState), exit $(field_of "$task" ExitCode), last on $(field_of "$task" NodeList)," \
      "requeued $(field_of "$task" Restarts) times"
  done
}

start_cluster "$work/cluster"
say "Slurm $(slurmctld -V | cut -d' ' -f2) is up, with node1 and node2 of one processor each"
choose_epochs 10
plan "$run"

submit "$work/cv.sh"
wait_until 60 "task 0's second epoch" has_epochs "$run" 0 2
wait_until 60 "task 1's second epoch" has_epochs "$run" 1 2
say "task 0 runs on $(field_of 0 NodeList), task 1 on $(field_of 1 NodeList)"
kill_task KILL "$run" 0 "SLURM_ARRAY_JOB_ID=$array" SLURM_ARRAY_TASK_ID=0
first=$(field_of 1 NodeList)
scontrol requeue "$(job_of 1)"
say "requeued task 1 from outside, in its epoch $(($(epochs_of "$run" 1) + 1)) of $epochs on $first"
wait_until 60 "the end of the requeued task" was_requeued 1
is_trained "$run" 1 && fail "task 1 was done before it was requeued: the test is too slow"
kept=$(epochs_of "$run" 1)

wait_until 60 "task 3's start" is_running 3
drained=$(field_of 3 NodeList)
scontrol update NodeName="$drained" State=DRAIN Reason=test
say "drained $drained, on which task 3 runs; task 2 runs on $(field_of 2 NodeList)"
wait_until 120 "the end of task 3 on the drained node" node_is "$drained" drained
[ "$(field_of 3 JobState)" = COMPLETED ] || fail "task 3 ended with $(field_of 3 JobState) on the drained node"
say "task 3 ended well, and $drained is drained"
wait_until 120 "the requeued task's second start" ran_again 1
[ "$(field_of 1 NodeList)" != "$drained" ] || fail "task 1 runs on the drained node"
say "task 1 resumes after epoch $kept on $(field_of 1 NodeList)"
scontrol update NodeName="$drained" State=RESUME

wait_until 150 "the end of the first round" queue_is_empty
ended 0 1 2 3
for task in 1 2 3; do
  [ "$(field_of "$task" JobState)" = COMPLETED ] || fail "task $task ended with $(field_of "$task" JobState)"
done
[ "$(field_of 0 JobState)" = FAILED ] || fail "task 0 was killed, but ended with $(field_of 0 JobState)"
[ "$(field_of 1 Restarts)" = 1 ] || fail "task 1 was requeued $(field_of 1 Restarts) times, not once"
[ "$(epochs_of "$run" 1)" = "$epochs" ] || fail "task 1 has $(epochs_of "$run" 1) epochs"
status=$(scontrol show job --oneliner "$gather" | grep -o ' ExitCode=[0-9]*' | cut -d= -f2)
say "the submitted gather exited with $status"
[ "$status" = 75 ] || fail "the submitted gather has to exit with 75 for one missing task"
[ ! -e "$run/cross-validation.json" ] || fail "there are scores, although a task is missing"
gather_lacks "$run" 0

submit "$work/missing.sh" --missing
wait_until 150 "the end of the second round" queue_is_empty
ended 0
for task in 1 2 3; do
  [ -z "$(field_of "$task" JobState)" ] || fail "--missing has submitted task $task, which was done"
done
status=$(scontrol show job --oneliner "$gather" | grep -o ' ExitCode=[0-9]*' | cut -d= -f2)
[ "$status" = 0 ] || fail "the second gather exited with $status"
say "the second gather exited with 0"

stop_cluster
one_machine
same_as_one_machine "$run"
echo "Slurm: nothing found"
