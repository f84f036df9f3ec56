#!/bin/sh
# Makes two targets at once, both even if one fails, since neither keeps two cores busy by itself. Shows the output of
# the first as it comes, and that of the second after it. Says at the end which failed.
output=$(mktemp)
trap 'rm -f "$output"' EXIT
# A command in the background ignores Ctrl-C, so all that this started ends by another signal.
trap 'trap "" TERM; kill -TERM 0; exit 130' INT TERM
began=$(date +%s)
run() {
    make --no-print-directory "$1"
    made=$?
    echo "$1 took $(($(date +%s) - began)) s"
    return "$made"
}

run "$2" >"$output" 2>&1 &
second=$!
failed=
printf '\n== %s\n' "$1"
run "$1" || failed=" $1"
printf '\n== %s\n' "$2"
wait "$second" || failed="$failed $2"
cat "$output"
[ -z "$failed" ] && exit 0
echo "Failed:$failed" >&2
exit 1
