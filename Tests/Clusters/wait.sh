# Sourced by the other scripts.

# fail WHAT … ends the test. What the daemons and the tasks wrote is shown if `show_logs` is defined.
fail() {
  echo "FOUND: $*"
  if declare -F show_logs > /dev/null; then show_logs || :; fi
  exit 1
}

# wait_until SECONDS WHAT COMMAND … waits until the command succeeds, and ends the test if it doesn't in time.
wait_until() {
  local limit=$1 what=$2 start=$SECONDS
  shift 2
  until "$@"; do
    [ $((SECONDS - start)) -lt "$limit" ] || fail "waited $limit s for $what, in vain"
    sleep 0.2
  done
}
