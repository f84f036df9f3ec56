#!/bin/sh
# Checks the types of functions/. Each has a `main`, and imports its own modules by their bare names: mypy sees links to
# them in one folder, where a function's `main` bears the function's name too.
links=.mypy_cache/functions
rm -rf "$links" && mkdir -p "$links"
for file in functions/*/*.py; do
    folder=${file%/*} name=${file##*/}
    [ "$name" = main.py ] && name=${folder##*/}_main.py
    ln -s "../../$file" "$links/$name" || exit 1
done
for package in functions/*/*/__init__.py; do
    folder=${package%/*}
    ln -s "../../$folder" "$links/${folder##*/}" || exit 1
done
MYPYPATH=$links exec "$1" -m mypy --exclude '^$' "$links"
