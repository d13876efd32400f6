#!/bin/sh
# Locks what .ci/test needs beside the engine, by version and hash, without index URLs. Needs uv on the PATH.
set -eu
cd "$(dirname "$0")/.."
uv pip compile .ci/requirements.in --quiet --universal --generate-hashes --no-emit-index-url \
    --python-version 3.11 --custom-compile-command .ci/lock.sh --output-file .ci/requirements.lock "$@"
