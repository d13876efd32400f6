#!/bin/sh
# Locks oasdiff by the versions and hashes of its Go modules. Needs Go on the PATH.
# Another version: `ci/src/ci/contract/oasdiff.sh v1.37.0`.
set -eu
cd "$(dirname "$0")/oasdiff"
go get -tool "github.com/oasdiff/oasdiff@${1:-v1.37.0}"
go mod tidy
