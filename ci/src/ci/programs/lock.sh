#!/bin/sh
# Locks requirements.in by version and hash, without index URLs. Needs uv on the PATH.
# A newer version is taken only where asked for: `ci/src/ci/programs/lock.sh --upgrade`.
set -eu
cd "$(dirname "$0")"
uv pip compile requirements.in --quiet --universal --generate-hashes --no-emit-index-url \
    --python-version 3.11 --custom-compile-command ci/src/ci/programs/lock.sh --output-file requirements.txt "$@"
