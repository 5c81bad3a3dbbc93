#!/bin/sh
# Checks, features and scores of the whole base as of last midnight, UTC, and whether the model is still good:
# nightly.sh shop.yaml
# Ends with the exit code of the first command that fails, else with the highest. 3: the scores are written, but somebody
# should look at validation.html, monitor.html, or at the features that drifted. 4: the model should not be used as it is.
set -eu
config=$1
as_of=$(date -u +%Y-%m-%d)
highest=0
noted() {
    code=0
    "$@" || code=$?
    [ "$code" -eq 0 ] || [ "$code" -eq 3 ] || [ "$code" -eq 4 ] || exit "$code"
    [ "$code" -le "$highest" ] || highest=$code
}
noted silentnps validate -c "$config"
silentnps features -c "$config" --as-of "$as_of"
noted silentnps score -c "$config" --as-of "$as_of"
noted silentnps monitor -c "$config" --as-of "$as_of"  # without a survey there is no model: leave this line out
exit "$highest"
