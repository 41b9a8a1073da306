#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs test programs one after the other and counts their cases: `N passed, N failed` at the end.
#   tests/run.sh COMMAND...    each argument is one command line
# A command counts by cmocka's lines for each case, by its own closing line, or else as one case.
# One that ends badly without having told of a failure is a failure too.
set -u
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

for command in "$@"; do
        sh -c "$command" > "$log" 2>&1
        status=$?
        good=$(grep -c '^\[       OK \]' "$log")
        bad=$(grep -c '^\[  FAILED  \] [A-Za-z_]*$' "$log")
        if grep -qE '^\[ *PASSED *\]|^\[ *FAILED *\]' "$log"; then
                # cmocka names each failure twice: where it happens, and in the closing list.
                bad=$(grep -E '^\[  FAILED  \] [A-Za-z_0-9]+$' "$log" | sort -u | wc -l)
        elif closing=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1) && [ "$closing" ]; then
                good=${closing%% passed*}
                bad=${closing#*, }
                bad=${bad%% *}
        elif [ $status = 0 ]; then
                good=1
        fi
        [ $status = 0 ] || [ "$bad" != 0 ] || bad=1
        [ $status != 0 ] || [ "$good$bad" != 00 ] || bad=1
        passed=$((passed + good))
        failed=$((failed + bad))
        if [ "$bad" != 0 ]; then
                echo "FAILED  $command"
                grep -vE '^\[ RUN|^\[       OK' "$log" | tail -n 60
        else
                echo "ok      $command ($good)"
        fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
