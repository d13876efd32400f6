#!/bin/sh
# Locks each need of pyproject.toml by version and hash, without index URLs. Needs uv on the PATH.
# A newer version is taken only where asked for: `app/requirements/lock.sh --upgrade`.
set -eu
cd "$(dirname "$0")/../.."

lock() {
    name=$1 python=$2
    shift 2
    uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-emit-index-url \
        --python-version "$python" --custom-compile-command app/requirements/lock.sh \
        --output-file "app/requirements/$name.txt" "$@"
}

lock serve-cpu 3.9 --extra cpu "$@"
lock serve-cuda 3.9 --extra cuda "$@"
lock train 3.9 --extra cpu --extra train "$@"
lock test 3.9 --extra cpu --extra test "$@"
lock load 3.11 --extra load "$@"
lock lint 3.11 --extra cpu --extra train --extra test --extra load --extra lint "$@"
