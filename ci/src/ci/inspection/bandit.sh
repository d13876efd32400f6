#!/bin/sh
# Locks Bandit by version and hash, for sources that lock none themselves, without index URLs. Needs uv on the PATH.
# A newer version is taken only where asked for: `ci/src/ci/inspection/bandit.sh --upgrade`.
set -eu
cd "$(dirname "$0")"
echo bandit | uv pip compile - --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
    --python-version 3.11 --custom-compile-command ci/src/ci/inspection/bandit.sh --output-file bandit.txt "$@"
