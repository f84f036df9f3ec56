#!/bin/sh
# Prints the path of the Python that .python-version names; says on stderr where it was found.
# Looked for in pyenv and on the PATH; fetched through uv where it is missing.
set -eu
cd "$(dirname "$0")/.."
wanted=$(cat .python-version)

fits() { # an interpreter of the wanted version that can make a virtual environment
    [ -n "$1" ] && [ "$("$1" -c 'import ensurepip, ssl, sys, venv; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$wanted" ]
}

found() {
    echo "Python $wanted: $2 ($1)" >&2
    echo "$1"
    exit 0
}

for candidate in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$wanted"*/bin/python"$wanted"; do
    [ -x "$candidate" ] && fits "$candidate" && found "$candidate" "from pyenv"
done
for name in "python$wanted" python3 python; do
    candidate=$(command -v "$name" 2>/dev/null || true)
    fits "$candidate" && found "$candidate" "from the system"
done

uv=$(command -v uv 2>/dev/null || true)
if [ -z "$uv" ]; then
    any=$(command -v python3 || command -v python || true)
    if [ -z "$any" ]; then
        echo "There is no Python at all on this machine, and uv is not there to fetch one. Please install Python $wanted and run this again." >&2
        exit 1
    fi
    mkdir -p .data
    uv_line='/^uv==/ { on = 1 } on { print } on && !/\\$/ { exit }' # its pin and hashes
    awk "$uv_line" requirements-dev.txt > .data/uv.txt
    "$any" -m venv .data/uv >&2 && .data/uv/bin/python -m pip install --quiet --require-hashes -r .data/uv.txt >&2 || {
        echo "There is no Python $wanted on this machine, and uv could not be had to fetch it. Please install Python $wanted and run this again." >&2
        exit 1
    }
    uv=.data/uv/bin/uv
fi
echo "Python $wanted is neither in pyenv nor on this system: uv fetches it from GitHub." >&2
"$uv" python install "$wanted" >&2 || true
candidate=$("$uv" python find --managed-python "$wanted" 2>/dev/null || true)
fits "$candidate" && found "$candidate" "fetched by uv"
echo "It could not be fetched from GitHub. Please install Python $wanted and run this again." >&2
exit 1
