#!/bin/bash
# Runs the end-to-end test programs, JOBS of them at a time (they mostly wait), and shows the output
# of each whole, once it has ended. Each works in directories and ports of its own.
#
# What measures how long a person waits runs first, with nothing beside it. The longest come next,
# so that none of them is what the others are waited for at the end.
set -u
alone=(tests/e2e/check_console.py)
longest=(tests/e2e/check_{runs,methods,situations,restore,commands}.py)
mapfile -t others < <(printf '%s\n' tests/e2e/check_*.py |
    grep -vxF "$(printf '%s\n' "${alone[@]}" "${longest[@]}")")
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
run() {
    local log=$1/${2##*/} status=0
    /usr/bin/python3 -B "$2" >"$log" 2>&1 || status=1
    flock "$1" cat "$log"
    return "$status"
}
export -f run
failed=0
for test in "${alone[@]}"; do
    run "$logs" "$test" || failed=1
done
printf '%s\0' "${longest[@]}" "${others[@]}" |
    xargs -0 -n 1 -P "${JOBS:-4}" bash -c 'run "$0" "$1"' "$logs" || failed=1
exit "$failed"
