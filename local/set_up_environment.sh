#!/bin/sh
# Makes .data/environments/NAME with exactly the packages of tests/openai_api/environments/NAME.txt, hashes checked.
# Nothing happens where they are there already, however new the file's date is.
set -eu
cd "$(dirname "$0")/.."
wanted=tests/openai_api/environments/$1.txt
folder=.data/environments/$1

if ! cmp -s "$wanted" "$folder/installed.txt"; then
    echo "Installing the packages of $wanted into $folder" >&2
    rm -rf "$folder"
    mkdir -p "$folder"
    log=$folder/installing.log # what pip and uv only remark is of no interest
    .venv/bin/python -m venv "$folder"
    # As in set_up.sh: uv is quicker, and pip knows corners of a machine's configuration that uv does not.
    .venv/bin/uv pip install --quiet --python "$folder/bin/python" --require-hashes -r "$wanted" > "$log" 2>&1 ||
        "$folder/bin/python" -m pip install --quiet --require-hashes -r "$wanted" >> "$log" 2>&1 ||
        { cat "$log" >&2 && exit 1; }
    cp "$wanted" "$folder/installed.txt"
fi
touch "$folder/installed.txt"
