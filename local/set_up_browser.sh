#!/bin/sh
# Installs Debian's Chromium for the browser tests where it is missing and we may. Elsewhere they say how to install it.
# Its headless shell draws no window and needs a fifth of the time for each page; where there is none, Chromium serves.
set -eu
cd "$(dirname "$0")/.."
tried=.venv/installing-headless-shell.log
command -v chromium > /dev/null && { command -v chromium-headless-shell > /dev/null || [ -e "$tried" ]; } && exit 0
command -v apt-get > /dev/null && [ "$(id -u)" = 0 ] || exit 0

echo "Installing Debian's chromium for the browser tests" >&2
log=.venv/installing-browser.log
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -qq chromium fonts-noto-core; } > "$log" 2>&1; then
    echo "Chromium could not be installed ($log); the browser tests will fail, everything else works." >&2
elif ! apt-get install -qq chromium-headless-shell > "$tried" 2>&1; then
    echo "Chromium's headless shell could not be installed ($tried); the browser tests take longer without it." >&2
fi
