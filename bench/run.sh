#!/bin/bash
# SPDX-License-Identifier: MIT
# All benchmarks, one table: printed, and kept in bench/results/host.md.
#   run.sh [GUARD_BINARY [LIBRARY]]
# The programs beside this file are built against the guard's own objects, LIBRARY; oomguard-notify
# is the one beside the guard.  About a quarter of an hour.
# BENCH_ROUNDS=100 is the number of rounds of kill (as many of them as the time allows); fewer are
# faster.  Nothing outside the PID namespaces that it makes is signalled or changed.
set -u

here=$(cd "$(dirname "$0")" && pwd)
guard=$(realpath "${1:-$here/../oomguard}")
library=$(realpath "${2:-$here/../build/liboomguard.a}")
programs=$(dirname "$library")/bench
out=${BENCH_OUT:-$here/results/host.md}
rounds=${BENCH_ROUNDS:-100}
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT

build() {
        local p
        mkdir -p "$programs"
        for p in tick scan kill late; do
                # shellcheck disable=SC2046 # what else it is made of, if anything
                ${CC:-cc} -std=gnu17 -D_GNU_SOURCE -O2 -g -I"$here/.." -o "$programs/$p" \
                        "$here/$p.c" $([ $p != kill ] || echo "$here"/{filler,subject}.c) \
                        "$here/bench.c" "$library" -linih -pthread || exit 1
        done
}

# nohang out of Debian's package, not installed: its service would start.  It takes no limit above
# half of memory, and here the limit lies where memory is: that one check is lifted, nothing else.
find_nohang() {
        export build=$programs what=bench # for unpack
        mkdir -p "$programs"
        # shellcheck source=tests/vm/kernel.sh disable=SC1091
        (. "$here/../tests/vm/kernel.sh" && unpack nohang nohang) || return
        sed 's/mem_total \* 0\.5/mem_total/' "$programs/nohang/usr/sbin/nohang" \
                >"$programs/nohang/usr/sbin/nohang-any"
        nohang=$programs/nohang/usr/sbin/nohang-any
        nohang_version=$(zcat "$programs/nohang/usr/share/doc/nohang/changelog.Debian.gz" |
                sed -n '1s/.*(\(.*\)).*/\1/p')
}

step() { # WHAT COMMAND...
        local what=$1 status
        shift
        echo "bench: $what" >&2
        "$@" >>"$rows"
        status=$?
        case $status in
        0) ;;
        77) printf '%s\t%s: not run here\t-\t-\t-\t-\t-\tnot run\n' "$what" "$what" >>"$rows" ;;
        *) printf '%s\t%s: ended with status %s\t-\t-\t-\t-\t-\tfailed\n' "$what" "$what" \
                "$status" >>"$rows" ;;
        esac
}

head_of_table() {
        echo "# What it costs, measured"
        echo
        echo "$(date -u +%Y-%m-%d), Linux $(uname -r), $(nproc) CPUs, $(uname -m)," \
                "$(awk '/^MemTotal/ { printf "%.0f MiB", $2 / 1024 }' /proc/meminfo)," \
                "load $(cut -d ' ' -f 1-3 /proc/loadavg) before;" \
                "$("$guard" --version), $(earlyoom -v 2>&1 | head -n 1)," \
                "nohang ${nohang_version:-missing}."
        echo "Take ratios, not microseconds: other work runs on this machine."
        echo
        echo "| measured | oomguard | beside | | ratio | to reach | |"
        echo "|---|---:|---|---:|---:|---:|---|"
}

# Rows that are not what was to be reached, or where another is better, stand with their reason.
table() {
        awk -F '\t' '
        { printf "| %s | %s | %s | %s | %s | %s | %s |\n", $2, $3, $4, $5, $6, $7, $8 }' "$rows"
        echo
        echo "Where it is not as it should be, or another does better:"
        echo
        awk -F '\t' '
        FNR == NR { if ($0 !~ /^#/ && NF > 1) { key[++n] = $1; why[n] = $2 }; next }
        $8 ~ /missed|peer better|failed|not run/ {
                said = "no reason is known yet"
                if ($8 == "not run")
                        said = "what it needs is not here, or other work disturbed every round"
                else
                        for (i = n; i > 0; i--)
                                if ($1 ~ ("^(" key[i] ")$"))
                                        said = why[i]
                print "- " $2 ": " said
        }' "$here/reasons.tsv" "$rows"
}

command -v earlyoom >/dev/null || echo "bench: earlyoom is missing: run ./bootstrap" >&2
build
nohang=
find_nohang || echo "bench: nohang cannot be had; its rows are missing" >&2
head=$(head_of_table)
step tick env BENCH_ROUNDS=300 "$programs/tick"
step memory "$here/memory.sh" "$guard" "$programs/tick"
step scan env BENCH_ROUNDS=8 "$programs/scan"
step kill env BENCH_ROUNDS="$rounds" BENCH_SECONDS=75 \
        "$programs/kill" "$guard" "$(dirname "$guard")/oomguard-notify" ${nohang:+"$nohang"}
step guest "$here/guest.sh" "$guard" "$programs/late"
mkdir -p "$(dirname "$out")"
{
        printf '%s\n' "$head"
        table
} | tee "$out"
! grep -q '	failed$' "$rows"
