#!/bin/bash
# Trains @TASKS@ of @RUN@ with GNU parallel, then gathers them:
#
#   bash jobs.sh
#
# Run it again after a crash or Ctrl-C: what is done is not trained again, what was stopped resumes. For several machines
# that see the folder, add --sshlogin or --sshloginfile to parallel's options.
kit=@KIT@
run=@RUN_QUOTED@
at_once=@AT_ONCE@  # tasks side by side, each with @THREADS_TEXT@
mkdir -p "$run/logs"
export kit run
parallel --env kit --env run --jobs "$at_once"@JOBLOG@ \
  '"$kit" work "$run" @WORK_SHELL@ --threads @THREADS@ --quiet' ::: @NUMBERS@
"$kit" gather "$run"
