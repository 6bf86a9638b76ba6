#!/usr/bin/env bash
# The pipeline over an object store: no machine shares a disk with another. The same bytes as `cladus run`.
#
#   SETTINGS="--model gpt-5-mini" SHARES=8 pipelines/objects.sh s3://bucket/my-run clusters.jsonl
#
# SETTINGS      settings for RUN/cladus.toml, as `cladus init` takes them
# SHARES        shares of embed, propose, label and rename [1]
# SUBMIT        what runs N shares of a stage and waits for them: called as SUBMIT NAME N COMMAND…, it runs COMMAND N
#               times, with CLADUS_SHARE from 1 to N in its environment [all at once, on this machine]
# IMPORT_FLAGS  how the input is read: "--name-column title"
#
# Every step is `cladus remote`: it fetches what it reads, and puts what it made. Answers of every attempt stay in
# RUN/answers/, so a step that was killed goes on; run the same command again. Stages look at rows (--if-stale): what
# is there and up to date is not made again. Keys are read from the environment, as `cladus remote --help` says.
set -euo pipefail

case "${1:-}" in
    *://*) ;;
    *) echo "usage: ${0##*/} ADDRESS [INPUT], as in s3://bucket/my-run clusters.jsonl" >&2; exit 2 ;;
esac
run="${1%/}" input="${2:-}" shares="${SHARES:-1}"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# Where `cladus remote` has the copy of the run folder.
here="$work/files/${run%%://*}/${run#*://}"

remote() { cladus remote --quiet --work "$work" -- "$@"; }

on_this_machine() {
    local n="$2" i pids=() code=0
    shift 2
    for ((i = 1; i <= n; i++)); do
        CLADUS_SHARE="$i" "$@" &
        pids+=("$!")
    done
    for pid in "${pids[@]}"; do wait "$pid" || code=$?; done
    return "$code"
}

# What every share runs: its number is known where it runs.
# shellcheck disable=SC2016
share='cladus remote --quiet -- "$@" --shard "$CLADUS_SHARE/$SHARES_IN_ALL" \
    --answers "$RUN_ADDRESS/answers/shard-$CLADUS_SHARE-of-$SHARES_IN_ALL"'

# $1: the stage, $2: what it writes, $3…: what it reads of the same iteration.
stage() {
    local name="$1" out="$run/iteration-$k/$2.parquet" input flags line given=() inputs=()
    shift 2
    for input in "$@"; do inputs+=("--$input" "$run/iteration-$k/$input.parquet"); done
    flags="$(remote cladus plan "$run" --iteration "$k" --flags "$name")"
    # They are quoted for a shell, and name this machine's copy.
    eval "given=(${flags//"$here"/$run})"
    line=("cladus-$name" --quiet --if-stale --clusters "$clusters" "${inputs[@]}" --out "$out" "${given[@]}")
    if [ "$name" = group ]; then
        remote "${line[@]}"
    elif [ "$shares" -gt 1 ]; then
        RUN_ADDRESS="$run" SHARES_IN_ALL="$shares" \
            "${SUBMIT:-on_this_machine}" "$name-$k" "$shares" bash -c "$share" share "${line[@]}"
        remote "${line[@]}" --gather "$shares" --answers "$run/answers"
    else
        remote "${line[@]}" --answers "$run/answers"
    fi
}

if [ -n "$input" ]; then
    # shellcheck disable=SC2086
    remote cladus import "$input" --out "$run/clusters.parquet" ${IMPORT_FLAGS:-} >/dev/null
fi
# shellcheck disable=SC2086
remote cladus init "$run" ${SETTINGS:-} >/dev/null

clusters="$run/clusters.parquet" parents=()
for ((k = 1; ; k++)); do
    code=0
    remote cladus plan "$run" --iteration "$k" >/dev/null 2>"$work/said" || code=$?
    [ "$code" != 4 ] || break
    [ "$code" = 0 ] || { cat "$work/said" >&2; exit "$code"; }
    stage embed embeddings
    stage group groups embeddings
    stage propose candidates groups embeddings
    stage label labels groups candidates embeddings
    stage rename parents labels candidates embeddings
    clusters="$run/iteration-$k/parents.parquet"
    parents+=(--parents "$clusters")
done
remote cladus hierarchy --clusters "$run/clusters.parquet" "${parents[@]}" --if-stale \
    --out "$run/hierarchy.parquet" --closure "$run/closure.parquet"
