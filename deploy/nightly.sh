#!/bin/sh
# Features and scores of the whole base as of last midnight, UTC: nightly.sh shop.yaml
# Ends with the exit code of the first command that fails; 3: the scores are written, but the features drifted.
set -eu
config=$1
as_of=$(date -u +%Y-%m-%d)
silentnps features -c "$config" --as-of "$as_of"
silentnps score -c "$config" --as-of "$as_of"
