#!/bin/sh
# Locks the engine's dependencies by version and hash, without index URLs. Needs uv on the PATH.
# A newer version is taken only where asked for: `engine/lock.sh --upgrade`.
set -eu
cd "$(dirname "$0")/.."
uv pip compile engine/pyproject.toml --quiet --universal --generate-hashes --no-emit-index-url \
    --python-version 3.11 --custom-compile-command engine/lock.sh --output-file engine/requirements.lock "$@"
