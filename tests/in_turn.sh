#!/bin/sh
# Makes each target, all of them even if one fails, and says at the end which did.
failed=
for target; do
    printf '\n== %s\n' "$target"
    began=$(date +%s)
    make --no-print-directory "$target" || failed="$failed $target"
    echo "$target took $(($(date +%s) - began)) s"
done
[ -z "$failed" ] && exit 0
echo "Failed:$failed" >&2
exit 1
