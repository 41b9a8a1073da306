#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs test programs one after the other and counts their cases: `N passed, N failed` at the end.
#   tests/run.sh COMMAND...    each argument is one command line
# A command counts by cmocka's lines for each case, by its own closing line, or else as one case.
# One that ends badly without having told of a failure is a failure too.  What failed is told where
# it happens, and once more by name before the closing line: of a long log often only the end is kept.
set -u
passed=0 failed=0
log=$(mktemp)
red=$(mktemp)
trap 'rm -f "$log" "$red"' EXIT

for command in "$@"; do
        sh -c "$command" > "$log" 2>&1
        status=$?
        closing=$(tail -n 3 "$log" | grep -E '^[0-9]+ passed, [0-9]+ failed' | tail -n 1)
        if [ "$closing" ]; then
                good=${closing%% passed*}
                bad=${closing#*, }
                bad=${bad%% *}
        elif grep -qE '^\[ *(PASSED|FAILED) *\]' "$log"; then
                good=$(grep -c '^\[       OK \]' "$log")
                # cmocka names a failure where it happens and once more at the end.
                bad=$(grep -E '^\[  FAILED  \] [A-Za-z_0-9]+$' "$log" | sort -u | wc -l)
        else
                good=$([ $status = 0 ] && echo 1 || echo 0)
                bad=0
        fi
        [ $status = 0 ] || [ "$bad" != 0 ] || bad=1
        [ $status != 0 ] || [ "$good$bad" != 00 ] || bad=1
        passed=$((passed + good))
        failed=$((failed + bad))
        if [ "$bad" != 0 ]; then
                echo "FAILED  $command"
                grep -vE '^\[ RUN|^\[       OK' "$log" | tail -n 60
                {
                        echo "FAILED  $command"
                        grep -E '^(FAILED|\[  FAILED  \] [A-Za-z_0-9]+$)' "$log" | sort -u | head -n 20
                } >> "$red"
        else
                echo "ok      $command ($good)"
        fi
done
[ ! -s "$red" ] || { echo "What failed:" && cat "$red"; }
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
