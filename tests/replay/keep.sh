#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes a trace that can be kept of one that was recorded:
#   tests/replay/keep.sh NAME act|live RAW [LAST_SECOND]
# writes tests/replay/NAME.trace and its line in tests/replay/expect.  It keeps the head, what was
# said, and the looks from five seconds before the first that is not calm (`live`: all) to five
# after the last that asks for somebody's end; not after LAST_SECOND of the recording.  What
# was decided at each look is decided again without what lies before, and has to be the same: from
# the first look on that is not, looks are missing, and the trace ends before it.
#
# NEAR=1, for work on a machine with plenty of memory: the limits are put just under what was
# available at the least (WARN above it by a quarter of what the work took), and the verdicts are
# those under these limits.
#
# Runs from the repository's root, after `make build/replay`.
set -u

name=${1:?usage: keep.sh NAME act|live RAW [LAST_SECOND]}
must=${2:?usage: keep.sh NAME act|live RAW [LAST_SECOND]}
raw=${3:?usage: keep.sh NAME act|live RAW [LAST_SECOND]}
last_s=${4:-1000000}
table=tests/replay/expect
out=tests/replay/$name.trace

# The list of what is protected is comments, in every head the same, and no part of any verdict.
choose_looks() {
        tr -d '\r' < "$raw" | awk -v must="$must" -v last_s="$last_s" '
                /^# built-in/ { next }
                { line[++n] = $0 }
                /^s / {
                        at[n] = $2 / 1e6
                        if (!first) first = at[n]
                        if ($(NF - 2) != "calm" && !noted) noted = at[n]
                        if ($(NF - 1) == "term" || $(NF - 1) == "kill") acted = at[n]
                }
                END {
                        from = must == "live" ? first : noted - 5
                        to = must == "live" || !acted ? first + 1000000 : acted + 5
                        if (to > first + last_s) to = first + last_s
                        for (i = 1; i <= n; i++) {
                                if (line[i] ~ /^s /) {
                                        seen = 1
                                        good = at[i] >= from && at[i] <= to
                                }
                                if (!seen || good) print line[i]
                        }
                }'
}

# Everything that a verdict needs was recorded if the level was WATCH all the time.
move_limits() {
        local most least
        read -r most least < <(awk '/^s / { if (!n++) most = least = $7
                        if ($7 > most) most = $7
                        if ($7 < least) least = $7 }
                END { print most, least }' "$out")
        sed -i "1,/^\[swap\]/ {
                s/^warn = .*/warn = $((least + (most - least) / 4))K/
                s/^term = .*/term = $((least - (most - least) / 50))K/
                s/^kill = .*/kill = $((least - (most - least) / 20))K/
        }" "$out"
        build/replay -w "$table" "$out" > /dev/null
}

grep -q "^$name $must" "$table" || echo "$name $must" >> "$table"
choose_looks > "$out"
[ ! "${NEAR:-}" ] || move_limits
wrong=$(build/replay "$table" "$out" | sed -n 's/^[^:]*:\([0-9]*\): recorded.*/\1/p' | head -n 1)
if [ "$wrong" ]; then
        echo "$name: ends at line $wrong of $(wc -l < "$out"): looks are missing there"
        sed -i "$wrong,\$d" "$out"
fi
build/replay "$table" "$out" | head -n 5
echo "  $out: $(grep -c "^s " "$out") looks, $(stat -c %s "$out") bytes"
