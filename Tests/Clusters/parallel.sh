#!/usr/bin/env bash
# A cross-validation by GNU parallel, and another one by three workers that take whatever task is free.
#
#   Tests/Clusters/parallel.sh BIN
#
# The script that `jobs --for parallel` prints runs twice: in the first round a task's process is killed with SIGKILL, and
# the second round has to repair it (parallel --resume-failed). Then three `work RUN --any` start at once; one is killed with
# SIGKILL and one is stopped with SIGTERM, and one more ends the rest. Both times every promised byte has to equal a run of one
# process. Takes about a minute.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
children=()
trap '[ ${#children[@]} -eq 0 ] || kill -TERM "${children[@]}" 2> /dev/null || :; wait; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

show_logs() { tail -n 20 "$work"/*.out "$work"/parallel*/logs/* 2> /dev/null; }
are_trained() {
  local task
  for ((task = 0; task < tasks; task++)); do is_trained "$1" "$task" || return; done
}
# taken_tasks RUN are the tasks that workers are in the middle of, one a line.
taken_tasks() {
  local task
  for ((task = 0; task < tasks; task++)); do
    has_epochs "$1" "$task" 2 && ! is_trained "$1" "$task" && echo "$task"
  done
  return 0
}
three_are_taken() { [ "$(taken_tasks "$1" | wc -l)" -ge 3 ]; }

with_parallel() {
  local run="$work/parallel's 1%" status pid lines
  plan "$run"
  kaggle-digits jobs "$run" --for parallel --threads 1 > "$work/parallel.sh"
  bash -n "$work/parallel.sh"
  grep -q -- --resume-failed "$work/parallel.sh" || fail "the printed script doesn't resume what failed"

  (cd "$work" && exec bash parallel.sh) > "$work/round-1.out" 2>&1 &
  pid=$!
  children=("$pid")
  wait_until 60 "task 0's second epoch" has_epochs "$run" 0 2
  kill_task KILL "$run" 0 PARALLEL_SEQ=1
  status=0
  wait "$pid" || status=$?
  children=()
  say "the first round exits with $status: $(grep -h 'tasks are done' "$work/round-1.out" || tail -n 1 "$work/round-1.out")"
  [ "$status" != 0 ] || fail "the first round exits with 0, although a task was killed"
  is_trained "$run" 0 && fail "task 0 was killed, and still is done"
  [ ! -e "$run/cross-validation.json" ] || fail "there are scores, although a task is missing"
  gather_lacks "$run" 0

  status=0
  (cd "$work" && bash parallel.sh) > "$work/round-2.out" 2>&1 || status=$?
  say "the second round exits with $status"
  [ "$status" = 0 ] || fail "the second round exits with $status"
  # Only what failed ran again: the log has the first round's tasks and one more.
  lines=$(cat "$run"/logs/*parallel* | grep -c "work.*--task")
  [ "$lines" = $((tasks + 1)) ] || fail "parallel ran $lines tasks in both rounds, and not $((tasks + 1))"
  [ -e "$run/cross-validation.json" ] || kaggle-digits gather "$run" > "$work/gather.out" 2>&1 || fail "gather exits with $?: $(cat "$work/gather.out")"
  same_as_one_machine "$run"
}

with_any() {
  local run="$work/any 1" status task taken statuses=() index
  plan "$run"
  for index in 1 2 3; do
    kaggle-digits work "$run" --any --threads 1 > "$work/worker-$index.out" 2>&1 &
    children+=($!)
  done
  wait_until 90 "the second epochs of three tasks" three_are_taken "$run"
  mapfile -t taken < <(taken_tasks "$run")
  say "three workers are in the middle of the tasks ${taken[*]}"
  task=${taken[0]}
  status=0
  kaggle-digits work "$run" --task "$task" > "$work/elsewhere.out" 2>&1 || status=$?
  say "work --task $task while a worker has it exits with $status: $(tail -n 1 "$work/elsewhere.out")"
  [ "$status" = 1 ] || fail "a task that runs elsewhere has to exit with 1"

  kill -KILL "${children[0]}"
  kill -TERM "${children[1]}"
  for index in 0 1 2; do
    status=0
    wait "${children[index]}" 2> /dev/null || status=$?
    statuses+=("$status")
  done
  children=()
  say "killed the first worker and stopped the second; the three exit with ${statuses[*]}"
  [ "${statuses[*]}" = "137 143 0" ] || fail "the three workers have to exit with 137 143 0"
  for ((task = 0; task < tasks; task++)); do
    is_trained "$run" "$task" || say "task $task is left after epoch $(epochs_of "$run" "$task") of $epochs"
  done

  kaggle-digits work "$run" --any --threads 1 > "$work/worker-4.out" 2>&1 || fail "the last worker exits with $?"
  are_trained "$run" || fail "the last worker left tasks behind"
  local start end
  start=$(date +%s%N)
  kaggle-digits work "$run" --task 0 > "$work/again.out" 2>&1 || fail "a task that is done exits with $?"
  end=$(date +%s%N)
  say "work --task 0 on a task that is done takes $(((end - start) / 1000000)) ms: $(head -n 1 "$work/again.out")"
  kaggle-digits gather "$run" > "$work/gather.out" 2>&1 || fail "gather exits with $?: $(cat "$work/gather.out")"
  same_as_one_machine "$run"
}

choose_epochs 6
one_machine
with_any
if command -v parallel > /dev/null || { [ "$(id -u)" = 0 ] && apt-get install -y -qq parallel > "$work/apt.txt" 2>&1; }; then
  say "$(parallel --version | head -n 1)"
  with_parallel
else
  echo "SKIPPED: GNU parallel is missing and can't be installed"
fi
echo "parallel: nothing found"
