#!/bin/bash
# Runs the named make targets one after the other, tells how long each took, and adds up their
# closing lines "NAME: N passed, N failed". Goes on after a failure, so that one run tells all.
set -u
build=${BUILD:-build}
mkdir -p "$build"
broken=0
log=$build/check.log
: >"$log"
for target in "$@"; do
    started=$SECONDS
    if make --no-print-directory -j2 "$target" 2>&1 | tee -a "$log"; [ "${PIPESTATUS[0]}" -ne 0 ]; then
        broken=$((broken + 1))
        echo "== $target: FAILED after $((SECONDS - started)) s"
    else
        echo "== $target: ok, $((SECONDS - started)) s"
    fi
done
read -r passed failed < <(sed -n 's/^[^ ]*: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log" |
    awk '{p += $1; f += $2} END {print p + 0, f + 0}')
[ "$broken" -eq 0 ] || [ "$failed" -gt 0 ] || failed=$broken
# What failed once more, where the end of a long output is all that is seen.
grep -E ': FAILED: |^\[  FAILED  \] test|program failed: ' "$log"
echo "$passed passed, $failed failed"
[ "$broken" -eq 0 ]
