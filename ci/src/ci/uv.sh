#!/bin/sh
# Locks the installer that every Python container gets, by version and hash, without index URLs. Needs uv on the PATH.
# A newer version is taken only where asked for: `ci/src/ci/uv.sh --upgrade`.
set -eu
cd "$(dirname "$0")"
echo uv | uv pip compile - --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
    --python-version 3.9 --custom-compile-command ci/src/ci/uv.sh --output-file uv.txt "$@"
