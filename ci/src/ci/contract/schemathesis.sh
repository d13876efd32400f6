#!/bin/sh
# Locks Schemathesis by version and hash, without index URLs. Needs uv on the PATH.
# A newer version is taken only where asked for: `ci/src/ci/contract/schemathesis.sh --upgrade`.
set -eu
cd "$(dirname "$0")"
echo schemathesis | uv pip compile - --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
    --python-version 3.11 --custom-compile-command ci/src/ci/contract/schemathesis.sh \
    --output-file schemathesis.txt "$@"
