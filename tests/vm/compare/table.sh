#!/bin/bash
# SPDX-License-Identifier: MIT
# The table of what compare.sh measured, on stdout.  Only what is in RESULTS: an empty cell was not run.
#   tests/vm/compare/table.sh RESULTS SCENARIOS
set -u

results=${1:?usage: table.sh RESULTS SCENARIOS}
table=${2:?usage: table.sh RESULTS SCENARIOS}
daemons="none earlyoom nohang systemd-oomd oomd oomguard"

# What the scenario says of a verdict: how many must die (- is all), whether the kernel may kill.
terms_of() { # SCENARIO
        awk -v name="$1" '$1 == "scenario" { in_it = $2 == name }
                in_it && $1 == "need" { need = $2 }
                in_it && $1 == "kernel-may-kill" { may = 1 }
                END { print (need ? need : "-"), may + 0 }' "$table"
}

# Services of the guest that were killed, beside the daemon itself.
services() { # FILE
        sed -n "/^SERVICE ${1##*.}/d; s/^SERVICE \([^:]*\):.*/\1/p" "$1" | sort -u | wc -l
}

# One cell, from a line of the judge; bold is what the judge holds against it.
cell() { # FILE NEED MAY
        sed -n 1p "$1" | awk -v need="$2" -v may="$3" -v also="$(services "$1")" '
                function bold(text, bad) { return bad ? "**" text "**" : text }
                {
                        n = match($0, /kernel [0-9]+\+[0-9]+ innocent [0-9]+ guilty [0-9]+\/[0-9]+ /)
                        if (!n) { print "**no result**"; exit }
                        split(substr($0, n), w, /[ +\/]/)
                        match($0, /worst [0-9]+/); late = substr($0, RSTART + 6, RLENGTH - 6)
                        match($0, />1s [0-9]+/); over = substr($0, RSTART + 4, RLENGTH - 4)
                        if (need == "-") need = w[8]
                        text = bold("k" w[2], w[2] > 0 && !may) " " bold("i" w[5] + also, w[5] + also > 0)
                        if (w[8] > 0) text = text " " bold("g" w[7] "/" w[8], w[7] != need)
                        text = text " " bold("d" late, over > 0) ($0 ~ /host stood still/ ? "~" : "")
                        if ($0 ~ /-- the guard ended/) text = text " **ended**"
                        print text
                }'
}

# Each different "with" line once, of one daemon or of all.
facts() { # PATTERN FIELD
        find "$results" -type f -name "$1" ! -name note -exec cat {} + | sed -n 's/^with //p' | awk -F' [|] ' -v f="$2" '{ print $f }' |
                sort -u | paste -s -d, | sed 's/,/, /g; s/^$/(not run)/' | grep . || echo "(not run)"
}

count() { # DAEMON WHAT
        local f n=0
        for f in "$results"/*."$1"; do
                [ -e "$f" ] || continue
                case $2 in
                all) n=$((n + 1)) ;;
                passed) grep -q ^PASS "$f" && [ "$(services "$f")" = 0 ] && n=$((n + 1)) ;;
                esac
        done
        echo "$n"
}

print_rows() {
        local d s p need may row file
        echo "| scenario/swap | ${daemons// / | } |"
        echo "|---|${daemons//[^ ]/}" | sed 's/ /---|/g; s/$/---|/'
        awk '$1 == "scenario" { for (i = 3; i <= NF; i++) print $2, $i }' "$table" |
                while read -r s p; do
                        ls "$results/$s-$p".* >/dev/null 2>&1 || continue
                        read -r need may < <(terms_of "$s")
                        row="| $s/$p |"
                        for d in $daemons; do
                                file=$results/$s-$p.$d
                                if [ -s "$file" ]; then
                                        row="$row $(cell "$file" "$need" "$may") |"
                                else
                                        row="$row |"
                                fi
                        done
                        echo "$row"
                done
        row="| nothing went wrong |"
        for d in $daemons; do row="$row $(count "$d" passed) of $(count "$d" all) |"; done
        echo "$row"
}

cat << EOF
# Beside the others

Written by \`make compare-vm\` (tests/vm/compare.sh). Measured on $(facts '*' 1); kernel $(facts '*' 2).
A guest of ${MEM:-768} MiB, Debian with systemd, software emulation, $(facts '*' 4) (tests/vm/README.md), real exhaustion, one
run each in a fresh boot. Versions: earlyoom $(facts '*.earlyoom' 3); nohang $(facts '*.nohang' 3); systemd-oomd
$(facts '*.systemd-oomd' 3); oomd $(facts '*.oomd' 3); oomguard $(facts '*.oomguard' 3).

k: kernel kills for lack of memory in the whole machine. i: innocents killed, protected ones and system services
included. g: guilty dead of those there were. d: the worst lateness of an ordinary process that wakes every 10 ms,
touches its memory and reads a small file, in ms. Bold is what the judge of tests/vm holds against a run: any kernel
kill (where memory is not held by a tmpfs), any innocent, a guilty one left alive or one killed too many, a delay of more
than a second. *ended*: the daemon itself did not survive. \`~\`: in that run even the real-time supervisor was once late by
more than 200 ms, because the host stood still or the guest's kernel did; that time is taken off d. Counts say something;
delays under emulation only compare rows with each other. An empty cell was not run.

EOF
# What whoever ran it wants to have said of it.
[ -f "$results/note" ] && cat "$results/note" && echo
print_rows
echo
sed -n '/^## How/,$p' "$(dirname "$0")/README.md"
