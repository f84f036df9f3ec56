#!/bin/sh
# Runs a command, which are the tests, and `make lint` beside it. Fails if either does; lint's output comes last.
lint=$(mktemp)
make --no-print-directory lint >"$lint" 2>&1 &
linting=$!
trap 'kill "$linting" 2>/dev/null; rm -f "$lint"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$@"
tested=$?
wait "$linting"
linted=$?
cat "$lint"
if [ "$linted" -ne 0 ]; then
    echo "make lint failed, as printed above" >&2
    exit "$linted"
fi
exit "$tested"
