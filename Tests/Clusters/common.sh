# Sourced by slurm.sh and parallel.sh: a plan of four small tasks, what is asked about its tasks, and the comparison with
# one machine's run. Sets `bin`, `work` (a temporary folder) and `PATH`; needs `here`, and the folder with the kit's
# executables as $1.

. "$here/wait.sh"

say() { printf '%3d s: %s\n' "$SECONDS" "$*"; }

# Whatever else fails is said too.
set -E
trap 'echo "FOUND: line $LINENO of ${BASH_SOURCE[0]##*/}: $BASH_COMMAND"' ERR

[ $# -eq 1 ] && [ -x "$1/kaggle-digits" ] || { echo "usage: $0 BIN, a folder with kaggle-digits" >&2; exit 64; }
bin=$(cd "$1" && pwd)
PATH=$bin:$PATH
work=$(mktemp -d /tmp/kaggle-digits-clusters.XXXXXX)
chmod 755 "$work"

tasks=4
folds=2
members=2
options=(--data "$work/data" --network compact --batch 64 --folds "$folds" --members "$members")

# choose_epochs SECONDS makes the data, and chooses the epochs so that a task takes about so long here and now.
choose_epochs() {
  kaggle-digits sample --output "$work/data" --train-rows 2000 --test-rows 10 --quiet > "$work/sample.out" 2>&1
  kaggle-digits train --data "$work/data" --network compact --batch 64 --validation 0.5 --epochs 4 --threads 1 \
    --output "$work/probe" --quiet > "$work/probe.out" 2>&1
  epochs=$(awk -F, -v wanted="$1" 'NR > 2 { sum += $2; count++ }
    END { epochs = int(wanted / (sum / count) + 0.5); print (epochs < 8 ? 8 : (epochs > 200 ? 200 : epochs)) }' \
    "$work/probe/member-1/timings.csv")
  options+=(--epochs "$epochs")
  say "a task is $epochs epochs of 1,000 rows, about $1 s on one thread"
}

# plan RUN plans the tasks, and checks that nothing is trained by that.
plan() {
  kaggle-digits cross-validate --plan "${options[@]}" --output "$1" > "$work/plan.out" 2>&1 ||
    fail "planning failed: $(cat "$work/plan.out")"
  [ -e "$1/plan.json" ] || fail "no plan.json was written"
  [ -e "$1/configuration.json" ] || fail "no configuration.json was written"
  [ -z "$(find "$1" -name '*.safetensors')" ] || fail "planning has trained something"
}

# folder_of RUN TASK is where the task writes.
folder_of() { echo "$1/fold-$(($2 / members + 1))/member-$(($2 % members + 1))"; }

# epochs_of RUN TASK counts the epochs that the task has finished.
epochs_of() {
  local history
  history=$(folder_of "$1" "$2")/history.csv
  if [ -e "$history" ]; then awk 'END { print (NR ? NR - 1 : 0) }' "$history"; else echo 0; fi
}
has_epochs() { [ "$(epochs_of "$1" "$2")" -ge "$3" ]; }
is_trained() { has_epochs "$1" "$2" "$epochs"; }

# kit_processes RUN VARIABLE=VALUE … are the kit's processes that work on the run and have these in their environment.
kit_processes() {
  local run=$1 file pid name each
  shift
  for file in /proc/[0-9]*/environ; do
    pid=${file//[!0-9]/}
    { read -r name < "/proc/$pid/comm"; } 2> /dev/null || continue
    case $name in kaggle-digits*) ;; *) continue ;; esac
    grep -qF -- "$run" "/proc/$pid/cmdline" 2> /dev/null || continue
    for each in "$@"; do
      tr '\0' '\n' 2> /dev/null < "$file" | grep -qxF -- "$each" || continue 2
    done
    echo "$pid"
  done
}

# kill_task SIGNAL RUN TASK VARIABLE=VALUE … sends the signal to the kit's process, in the middle of the task.
kill_task() {
  local signal=$1 run=$2 task=$3 pids
  shift 3
  pids=$(kit_processes "$run" "$@")
  [ -n "$pids" ] || fail "task $task runs no process of the kit"
  # shellcheck disable=SC2086
  kill -"$signal" $pids
  is_trained "$run" "$task" && fail "task $task was done before SIG$signal reached it: the test is too slow"
  say "SIG$signal to task $task, process ${pids//$'\n'/ }, after epoch $(epochs_of "$run" "$task") of $epochs"
}

# gather_lacks RUN TASK … checks that gather exits with 75 and names exactly these tasks.
gather_lacks() {
  local run=$1 status=0
  shift
  kaggle-digits gather "$run" > "$work/gather.out" 2>&1 || status=$?
  say "gather exits with $status: $(head -n 1 "$work/gather.out")"
  [ "$status" = 75 ] || fail "gather has to exit with 75 while tasks are missing, but exits with $status"
  names_tasks "$work/gather.out" "$@"
}

# names_tasks FILE TASK … checks that gather's message, such as "… tasks are done; 0-2 and 7 are missing", names these tasks
# and no other. What is in parentheses is about a task.
names_tasks() {
  local file=$1 named=() number
  shift
  for number in $(sed -n 's/([^)]*)//g; s/.* done[;,] *\(.*\) \(is\|are\) missing.*/\1/p' "$file" | tr -c '0-9\n-' ' '); do
    mapfile -t -O ${#named[@]} named < <(seq "${number%-*}" "${number#*-}")
  done
  [ "${named[*]}" = "$*" ] || fail "gather names the tasks '${named[*]}', and not '$*': $(cat "$file")"
}

# one_machine trains the same in one process, to compare with.
one_machine() {
  local start=$SECONDS
  kaggle-digits cross-validate "${options[@]}" --threads 2 --output "$work/one-machine" --quiet > "$work/one-machine.out" 2>&1
  say "one process without a plan, on two threads: $((SECONDS - start)) s"
}

# same_as_one_machine RUN compares every promised byte.
same_as_one_machine() {
  python3 "$here/compare.py" "$1" "$work/one-machine" > "$work/compare.out" || fail "$(cat "$work/compare.out")"
  say "$(cat "$work/compare.out")"
}
