#!/bin/bash
# SPDX-License-Identifier: MIT
# What the running guard weighs: memory, descriptors, threads, CPU time and system calls while
# nothing happens, beside earlyoom; and what WATCH costs, the state close to a limit.  Prints one
# line of tab-separated fields each (see bench.h).
#   memory.sh GUARD_BINARY FLOOR_PROGRAM
# All only look (--dry-run), in a PID namespace of their own with 200 idle processes, at last 5,000.
set -u

guard=$(realpath "${1:?usage: memory.sh GUARD_BINARY FLOOR_PROGRAM}")
floor=$(realpath "${2:?usage: memory.sh GUARD_BINARY FLOOR_PROGRAM}")
seconds=${BENCH_SECONDS:-20}

if [ $$ != 1 ]; then
        exec unshare --pid --fork --mount-proc --kill-child "$0" "$guard" "$floor"
fi

row() { # KEY WHAT GUARD EARLYOOM UNIT [MOST]
        awk -v OFS="\t" -v key="$1" -v what="$2" -v a="$3" -v b="$4" -v unit="$5" -v most="${6:-}" '
        BEGIN {
                says = "-"
                if (most != "")
                        says = a + 0 <= most + 0 ? "reached" : "missed"
                if (b != "" && a + 0 > b + 0 && says != "missed")
                        says = says == "-" ? "peer better" : says "; peer better"
                peer = b == "" ? "-" : "earlyoom"
                theirs = b == "" ? "-" : b " " unit
                ratio = b + 0 > 0 ? sprintf("%.2f", a / b) : "-"
                limit = most == "" ? "-" : most " " unit
                sub(/ $/, "", theirs)
                print key, what, a (unit == "" ? "" : " " unit), peer, theirs, ratio, limit, says
        }'
}

status() { # PID KEY
        awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"
}

rollup() { # PID KEY
        awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/smaps_rollup"
}

cpu_ns() { # PID [THREAD]
        # shellcheck disable=SC2086 # a pattern when no thread is named
        cat /proc/"$1"/task/${2:-*}/schedstat | awk '{ ns += $1 } END { printf "%.0f", ns }'
}

# Microseconds of CPU time a second.
per_second() { # NS_BEFORE NS_AFTER
        awk -v a="$1" -v b="$2" -v s="$seconds" 'BEGIN { printf "%.0f", (b - a) / 1000 / s }'
}

# Calls a look: each thread's lines of an strace, to the number of its waits.
calls() { # TRACE THREAD WAIT
        awk -v tid="$2" -v wait="$3" '
        $1 == tid && /\(/ && !/resumed/ { n++; if (index($2, wait "(") == 1) looks++ }
        END { printf "%.2f", looks ? n / looks : 0 }' "$1"
}

weigh() {
        row rss "resident" "$(status "$g" VmRSS)" "$(status "$e" VmRSS)" KiB 2048
        row pss "resident, what is shared divided" "$(rollup "$g" Pss)" "$(rollup "$e" Pss)" KiB
        row anon "resident and anonymous" "$(status "$g" RssAnon)" "$(status "$e" RssAnon)" KiB
        row locked "locked (address space)" "$(status "$g" VmLck)" "$(status "$e" VmLck)" KiB
        row swapable "resident, not locked" $(($(rollup "$g" Rss) - $(rollup "$g" Locked))) \
                $(($(rollup "$e" Rss) - $(rollup "$e" Locked))) KiB
        row threads "threads" "$(status "$g" Threads)" "$(status "$e" Threads)" ""
        row fds "descriptors" "$(find "/proc/$g/fd" -type l | wc -l)" \
                "$(find "/proc/$e/fd" -type l | wc -l)" ""
}

idle() {
        local g0 l0 e0 f0 g1 l1 e1 f1
        g0=$(cpu_ns "$g") l0=$(cpu_ns "$g" "$g") e0=$(cpu_ns "$e") f0=$(cpu_ns "$f")
        sleep "$seconds"
        g1=$(cpu_ns "$g") l1=$(cpu_ns "$g" "$g") e1=$(cpu_ns "$e") f1=$(cpu_ns "$f")
        g0=$(per_second "$g0" "$g1") l0=$(per_second "$l0" "$l1")
        e0=$(per_second "$e0" "$e1") f0=$(per_second "$f0" "$f1")
        row cpu "CPU time a second, idle, all threads" "$g0" "$e0" us 1000
        row cpu-loop "CPU time a second, idle, the loop" "$l0" "" us
        printf 'cpu-floor\tCPU time a second, idle, the loop\t%s us\tfloor\t%s us\t%s\t-\t-\n' \
                "$l0" "$f0" "$(awk -v a="$l0" -v b="$f0" 'BEGIN { printf "%.2f", b ? a / b : 0 }')"
        row cpu-look "CPU time a look, idle, all threads" $((g0 / 10)) "$e0" us
}

trace() {
        local errand
        # Threads are numbered as they were made: the loop, the errand thread, others.
        errand=$(find "/proc/$g/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | sed -n 2p)
        timeout 10 strace -f -qq -o "$dir/guard" -p "$g" 2>/dev/null &
        timeout 10 strace -f -qq -o "$dir/earlyoom" -p "$e" 2>/dev/null &
        wait $!
        sleep 0.5
        row calls "system calls a look, idle, the loop" "$(calls "$dir/guard" "$g" ppoll)" \
                "$(calls "$dir/earlyoom" "$e" clock_nanosleep)" ""
        row calls-errand "system calls a wake-up, idle, the errand thread, one census of 200" \
                "$(calls "$dir/guard" "${errand:-0}" poll)" "" ""
}

# Somewhat above the limits at which people are warned: from 1.5 times that on the guard keeps sizes
# fresh, and earlyoom looks ten times a second.
watch() { # OTHERS
        local kib g0 g1 e0 e1
        kib=$(awk '/^MemAvailable/ { print int($2 * 0.8) }' /proc/meminfo)
        printf '[memory]\nwarn = %sK\nterm = %sK\nkill = 1M\n[pressure]\nterm = 0%%\nkill = 0%%\n' \
                "$kib" $((kib / 2)) >"$dir/watch"
        "$guard" -c "$dir/watch" --dry-run --feed "$dir/feed.watch" 2>"$dir/says" &
        g=$!
        earlyoom --dryrun -r 0 -s 100 -M "$kib" >/dev/null 2>&1 &
        e=$!
        sleep 3
        g0=$(cpu_ns "$g") e0=$(cpu_ns "$e")
        sleep "$seconds"
        g1=$(cpu_ns "$g") e1=$(cpu_ns "$e")
        kill "$g" "$e"
        row "watch-$1" "CPU time a second in WATCH, $1 others" "$(per_second "$g0" "$g1")" \
                "$(per_second "$e0" "$e1")" us 10000
}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
: >"$dir/conf"
for _ in $(seq 200); do
        sleep infinity &
done
"$guard" -c "$dir/conf" --dry-run --feed "$dir/feed" 2>"$dir/says" &
g=$!
earlyoom --dryrun -r 0 >/dev/null 2>&1 &
e=$!
# In the loop's own scheduling class: to wake a thread of another costs less.
chrt -f 1 "$floor" --sleep &
f=$!
sleep 2
if [ ! -d "/proc/$g" ] || [ ! -d "/proc/$e" ]; then
        cat "$dir/says" >&2
        echo "memory.sh: oomguard or earlyoom did not start; not run here" >&2
        exit 77
fi
weigh
idle
command -v strace >/dev/null && trace
kill "$g" "$e" "$f"
watch 200
"$floor" --crowd 4800 >"$dir/crowd" &
until grep -q there "$dir/crowd"; do sleep 0.1; done
watch 5000
exit 0
