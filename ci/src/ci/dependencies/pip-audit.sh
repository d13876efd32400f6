#!/bin/sh
# Locks pip-audit by version and hash, without index URLs. Needs uv on the PATH.
# A newer version is taken only where asked for: `ci/src/ci/dependencies/pip-audit.sh --upgrade`.
set -eu
cd "$(dirname "$0")"
echo pip-audit | uv pip compile - --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
    --python-version 3.11 --custom-compile-command ci/src/ci/dependencies/pip-audit.sh --output-file pip-audit.txt "$@"
