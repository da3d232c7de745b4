#!/bin/bash
# Runs DIRECTORY/fuzz_tds over the first inputs and what it finds beyond them, in JOBS processes
# that share the RUNS. A finding stays in DIRECTORY as crash-*, oom-* or timeout-*.
set -u
directory=$1
jobs=${JOBS:-2}
here=$(dirname "$0")

rm -rf "$directory/tds-first"
mkdir -p "$directory/tds"
/usr/bin/python3 -B "$here/make_tds_corpus.py" "$directory/tds-first"
/usr/bin/python3 -B "$here/check_tds_corpus.py" "$directory/fuzz_tds" "$directory/tds-first" || exit 1

pids=()
for ((job = 1; job <= jobs; job++)); do
    "$directory/fuzz_tds" -runs=$((RUNS / jobs)) -seed=$((job * 7919)) -max_len=4096 \
        -print_final_stats=1 -close_fd_mask=1 -artifact_prefix="$directory/" \
        "$directory/tds" "$directory/tds-first" >"$directory/tds-$job.log" 2>&1 &
    pids+=($!)
done
failed=0
for ((job = 1; job <= jobs; job++)); do
    wait "${pids[job - 1]}" || { failed=1; tail -40 "$directory/tds-$job.log"; }
done
for ((job = 1; job <= jobs; job++)); do
    sed -n -e 's/^#[0-9]*.DONE *cov: \([0-9]*\).*/edges \1/p' \
        -e 's/^stat::number_of_executed_units: *\([0-9]*\)/runs \1/p' "$directory/tds-$job.log"
done | awk '$1 == "edges" && $2 > edges {edges = $2} $1 == "runs" {runs += $2}
    END {print "edges covered: " edges + 0; print "runs: " runs + 0}'
echo "fuzz-tds: $((1 - failed)) passed, $failed failed"
exit $failed
