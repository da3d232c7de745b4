#!/bin/bash
# Runs end-to-end test programs, JOBS of them at a time (they mostly wait), and shows the output of
# each whole, once it has ended. Each works in directories and ports of its own.
set -u
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
run() {
    local log=$1/${2##*/} status=0
    /usr/bin/python3 -B "$2" >"$log" 2>&1 || status=1
    flock "$1" cat "$log"
    return "$status"
}
export -f run
printf '%s\0' "$@" | xargs -0 -n 1 -P "${JOBS:-4}" bash -c 'run "$0" "$1"' "$logs"
