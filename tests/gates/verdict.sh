# SPDX-License-Identifier: MIT
# The count of a gate's verdicts, for the scripts beside this one to source.
passed=0 failed=0

verdict() { # NAME STATUS
        if [ "$2" = 0 ]; then
                echo "ok     $1"
                passed=$((passed + 1))
        else
                echo "FAILED $1"
                failed=$((failed + 1))
        fi
}
