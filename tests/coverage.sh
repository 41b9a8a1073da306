#!/bin/sh
# SPDX-License-Identifier: MIT
# How many branches of the pure modules the tests without a machine take: the unit tests, the
# recorded traces and the fuzzers' corpora.  Everything has been built with --coverage before; this
# runs it, prints a table and each branch that was not taken, and fails below MIN percent a module.
#   PURE="text psi ..." tests/coverage.sh BUILD_FOLDER COMMAND...
set -u
build=$1
shift
min=${MIN:-95}
passed=0 failed=0
work=$build/coverage
rm -rf "$work"
mkdir -p "$work"
find "$build" -name '*.gcda' -delete

for command in "$@"; do
        sh -c "$command" > "$work/log" 2>&1 && continue
        echo "FAILED  $command"
        tail -n 20 "$work/log"
        failed=$((failed + 1))
done

# Why a branch cannot be taken: the text of its line and the reason, with # in between.
reasons() {
        cat << 'END'
return then ? fall_kibps(then->supply_kib, supply_kib, now_us - then->now_us) : 0;#the caller has found a point; it stays so that nobody else can follow NULL
return span_us ? mul_div(sub_floor(then_kib, now_kib), SECOND_US, span_us) : 0;#the caller has asked for at least RATE_US; it stays so that nobody else can divide by 0
END
}

reason_of() { # TEXT
        reasons | while IFS='#' read -r text why; do
                case $1 in *"$text"*) echo "$why" ;; esac
        done
}

report() { # MODULE
        (cd "$work" && gcov -b -c -s "$PWD" -o "$build" "$build/$1.o" > "$1.txt" 2> /dev/null)
        awk -v file="$1.c" '
                # The lines of the listing that stand before their branches.
                /^ *([0-9]+\*?|#####|-): *[0-9]+:/ {
                        split($0, part, ":")
                        line = part[2] + 0
                        text = $0
                        sub(/^[^:]*:[^:]*:/, "", text)
                }
                /^branch / {
                        n++
                        if ($0 ~ /never executed/ || $4 == 0)
                                missed[++m] = line ":" text
                        else
                                taken++
                }
                END {
                        printf "%s %d %d\n", file, taken, n
                        for (i = 1; i <= m; i++)
                                print file ":" missed[i] > "/dev/stderr"
                }' "$work/$1.c.gcov"
}

printf '%-12s %8s %8s %8s\n' module branches taken percent
for module in $PURE; do
        # shellcheck disable=SC2046
        set -- $(report "$module" 2> "$work/$module.missed")
        # Counted in tenths of a percent: the shell knows no fractions.
        tenths=$(($3 > 0 ? $2 * 1000 / $3 : 1000))
        printf '%-12s %8d %8d %6d.%d\n' "$module" "$3" "$2" $((tenths / 10)) $((tenths % 10))
        if [ "$3" -gt 0 ] && [ "$tenths" -ge $((min * 10)) ]; then
                passed=$((passed + 1))
        else
                failed=$((failed + 1))
        fi
done
echo
echo "not taken:"
for module in $PURE; do
        sort -u "$work/$module.missed" | sed -E 's/: +/: /' | while IFS= read -r branch; do
                why=$(reason_of "$branch")
                echo "  $branch"
                echo "      ${why:-no test takes it}"
        done
done
echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
