#!/bin/bash
# Trains @TASKS@ of @RUN@ on Slurm, then gathers them. From a login node:
#
#   bash jobs.sh
#
# Options for your site, such as a partition or an account, go into `options`. A task that reaches its time limit or is
# preempted saves its state, is requeued and resumes. Each task's log is in the run's folder, logs/task-NNNN.txt. If
# some tasks fail, the gather's log names them, and kaggle-digits jobs with --missing prints a script for these.
kit=@KIT@
run=@RUN_QUOTED@
threads=@THREADS@
minutes=@MINUTES@
at_once=        # such as %20: run at most 20 tasks at once
options=(@OPTIONS@)      # such as (--partition=short --account=me)

# Slurm runs this script again for each task, with the words `task FIRST-LAST`, and at the end with `gather`.
case ${1:-submit} in
  task)
    # Slurm sends TERM to this shell two minutes before the time limit. The shell passes it on, and the kit saves its
    # state and exits with 143. SLURM_ARRAY_TASK_ID counts through FIRST-LAST.
    "$kit" work "$run" --task auto --of "$2" --threads "${SLURM_CPUS_PER_TASK:-1}" & pid=$!
    trap 'kill -TERM "$pid" 2> /dev/null' TERM
    wait "$pid"
    status=$?
    while kill -0 "$pid" 2> /dev/null; do
      wait "$pid"
      status=$?
    done
    # Requeue this task, unless Slurm has requeued or cancelled it already; give up after 50 times.
    job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
    if [ "$status" = 143 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 50 ] &&
      [ "$(squeue --noheader --jobs="$job" --format=%T)" = RUNNING ]; then
      scontrol requeue "$job" && sleep 60
    fi
    exit "$status"
    ;;
  gather)
    exec "$kit" gather "$run"
    ;;
  submit) ;;
  *)
    echo "usage: bash $0" >&2
    exit 64
    ;;
esac

[ -f "${BASH_SOURCE[0]:-}" ] || { echo "save this script to a file, then run it: Slurm copies the file" >&2; exit 64; }
set -eu
mkdir -p "$run/logs"
jobs=
after=()

# What is submitted from here on begins when all that was submitted so far has ended.
after_these() { after=("--dependency=afterany$jobs"); }

# submit FIRST-LAST INDICES submits an array. Most sites allow indices up to 1000, so that an array has at most 1,000
# tasks: index 7 of 1000-1999 is task 1007, and its log task-1007.txt.
submit() {
  local first=${1%-*} job
  job=$(sbatch --parsable --job-name="${run##*/}" --array="$2$at_once" --nodes=1 --ntasks=1 --cpus-per-task="$threads" \
    --mem=@MEMORY@M --time="$minutes" --requeue --open-mode=append --signal=B:TERM@120 \
    --output="${run//%/%%}/logs/task-$((first / 1000))%3a.txt" "${after[@]}" "${options[@]}" "${BASH_SOURCE[0]}" task "$1")
  job=${job%%;*}
  jobs+=:$job
  echo "submitted job $job: tasks $1, indices $2"
}

@SUBMISSIONS@

# afterany: when all tasks have ended, well or not. The gather says which are missing.
gather=$(sbatch --parsable --job-name="${run##*/}-gather" --dependency="afterany$jobs" --nodes=1 --ntasks=1 \
  --cpus-per-task="$threads" --mem=@MEMORY@M --time=@GATHER_MINUTES@ \
  --output="${run//%/%%}/logs/gather-%j.txt" "${options[@]}" "${BASH_SOURCE[0]}" gather)
echo "submitted job ${gather%%;*}, which gathers when they have ended; its log: $run/logs/gather-${gather%%;*}.txt"
