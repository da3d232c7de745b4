#!/bin/bash
# Runs unit-test programs; shows the output of those that fail; closes with the counts.
set -u
failed=0
passed=0
for test in "$@"; do
    if ! "$test" >"$test.log" 2>&1; then
        cat "$test.log"
        echo "unit test program failed: $test"
        [ "$(grep -c '^\[  FAILED  \] [0-9]* test' "$test.log")" -gt 0 ] || failed=$((failed + 1))
    fi
    passed=$((passed + $(awk '/^\[  PASSED  \]/ {n += $4} END {print n + 0}' "$test.log")))
    failed=$((failed + $(awk '/^\[  FAILED  \] [0-9]+ test/ {n += $4} END {print n + 0}' "$test.log")))
done
echo "unit: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
