#!/bin/bash
# SPDX-License-Identifier: MIT
# Records what the guard sees of ordinary work, with a guard that ends nobody:
#   record.sh WORK SECONDS TRACE      WORK is build, browser or database
# Runs from the repository's root, as root.  NEED=MIB: the work takes about so much, and the limits
# are set so that it comes close to TERM; without, they are the defaults.  README.md has the rest.
set -u

work=${1:?usage: record.sh WORK SECONDS TRACE}
seconds=${2:?usage: record.sh WORK SECONDS TRACE}
trace=${3:?usage: record.sh WORK SECONDS TRACE}
guard=${GUARD:-./oomguard}
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d "${SCRATCH:-/var/tmp}/oomguard-work.XXXXXX")
trap '[ ! "${guard_pid:-}" ] || kill "$guard_pid"; rm -rf "$scratch"' EXIT

available_mib() {
        awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo
}

write_config() {
        local now
        now=$(available_mib)
        [ "${NEED:-}" ] || return
        printf '[memory]\nwarn = %uM\nterm = %uM\nkill = %uM\n' $((now - NEED * 7 / 10)) \
                $((now - NEED * 11 / 10)) $((now - NEED * 12 / 10))
}

# What takes long and little memory is done before.
"$here/$work.sh" prepare "$scratch" || exit 1
write_config > "$scratch/conf"
chmod 755 "$scratch"
"$guard" -c "$scratch/conf" --dry-run --record "$trace" --feed "$scratch/feed" 2> "$trace.log" &
guard_pid=$!
sleep 3
before=$(available_mib)
(
        lowest=$before
        while kill -0 "$guard_pid" 2>/dev/null; do
                now=$(available_mib)
                [ "$now" -ge "$lowest" ] || lowest=$now
                echo "$lowest" > "$scratch/lowest"
                sleep 0.2
        done
) &
# Whatever this shell inherited, the work may be ended as anybody's.
sh -c 'echo 0 > /proc/self/oom_score_adj; exec "$@"' sh \
        "$here/$work.sh" run "$scratch" "$seconds" > "$trace.work" 2>&1 ||
        echo "$work: status $?; see $trace.work" >&2
sleep 3
kill "$guard_pid"
wait "$guard_pid"
guard_pid=
echo "$work: $before MiB were available, $(cat "$scratch/lowest") MiB at the least;" \
        "$(grep -c '^s ' "$trace") looks, the highest level $(
                awk '/^s / { n[$(NF - 2)]++ } END { for (w in n) printf " %s %d", w, n[w] }' "$trace")"
