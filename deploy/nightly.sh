#!/bin/sh
# Checks, features and scores of the whole base as of last midnight, UTC: nightly.sh shop.yaml
# Ends with the exit code of the first command that fails. 3: the scores are written, but somebody should look at
# validation.html, or at the features that drifted.
set -eu
config=$1
as_of=$(date -u +%Y-%m-%d)
attention=0
silentnps validate -c "$config" || attention=$?
[ "$attention" -eq 0 ] || [ "$attention" -eq 3 ] || exit "$attention"
silentnps features -c "$config" --as-of "$as_of"
silentnps score -c "$config" --as-of "$as_of"
exit "$attention"
