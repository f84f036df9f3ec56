#!/bin/sh
# Runs a command, which are the tests, and `make lint-python` or `make lint-web` beside it, as the first argument says.
# Fails if either does; lint's output comes last.
target=$1
shift
lint=$(mktemp)
make --no-print-directory "$target" >"$lint" 2>&1 &
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
    echo "make $target failed, as printed above" >&2
    exit "$linted"
fi
exit "$tested"
