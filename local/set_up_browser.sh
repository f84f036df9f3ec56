#!/bin/sh
# Installs Debian's Chromium for the browser tests where it is missing and we may. Elsewhere they say how to install it.
set -eu
command -v chromium > /dev/null && exit 0
command -v apt-get > /dev/null && [ "$(id -u)" = 0 ] || exit 0

cd "$(dirname "$0")/.."
echo "Installing Debian's chromium for the browser tests" >&2
log=.venv/installing-browser.log
if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq chromium fonts-noto-core; } \
    > "$log" 2>&1; then
    echo "Chromium could not be installed ($log); the browser tests will fail, everything else works." >&2
fi
