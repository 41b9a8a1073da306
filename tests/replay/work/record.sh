#!/bin/bash
# SPDX-License-Identifier: MIT
# Records what the guard sees of ordinary work, with a guard that ends nobody:
#   record.sh WORK SECONDS TRACE      WORK is build, browser or database
# Runs from the repository's root, as root.  WATCH=1 has the guard look as closely as it does when
# memory is short; without, its limits are the defaults.  README.md has the rest.
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

# Where memory is plentiful the guard is to look closely all the same: it does from WATCH on.
write_config() {
        [ "${WATCH:-}" ] || return
        printf '[memory]\nwarn = %uM\nterm = 1G\nkill = 500M\n' $(($(available_mib) * 9 / 10))
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
        "$(grep -c '^s ' "$trace") looks:$(
                awk '/^s / { n[$(NF - 2)]++ } END { for (w in n) printf " %s %d", w, n[w] }' "$trace")"
