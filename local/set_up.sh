#!/bin/sh
# Makes .venv with exactly the packages of requirements-dev.txt, hashes checked. Run by `make` when that file changed.
set -eu
cd "$(dirname "$0")/.."
wanted=$(cat .python-version)

if [ "$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" != "$wanted" ]; then
    python=$(sh local/find_python.sh)
    rm -rf .venv
    "$python" -m venv .venv
fi

echo "Installing the packages of requirements-dev.txt into .venv" >&2
log=.venv/installing.log # what pip and uv only remark is not worth a newcomer's time
: > "$log"
fails() {
    cat "$log" >&2
    echo "The packages could not be installed; above is what pip and uv said. Is this machine online?" >&2
    exit 1
}
uv_line='/^uv==/ { on = 1 } on { print } on && !/\\$/ { exit }'
awk "$uv_line" requirements-dev.txt > .venv/uv.txt
.venv/bin/python -m pip install --quiet --require-hashes -r .venv/uv.txt >> "$log" 2>&1 || fails
# uv is ten times quicker; pip knows corners of a machine's configuration (find-links, netrc) that uv does not.
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements-dev.txt >> "$log" 2>&1 ||
    .venv/bin/python -m pip install --quiet --require-hashes -r requirements-dev.txt >> "$log" 2>&1 || fails
cp requirements-dev.txt .venv/installed.txt
