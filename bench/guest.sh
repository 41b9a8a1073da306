#!/bin/bash
# SPDX-License-Identifier: MIT
# How late the loop is where everything else stands still: a virtual machine that thrashes, with the
# guard's every look on record, beside the canary, an ordinary process that wakes every 10 ms.
# Prints tab-separated lines (see bench.h).
#   guest.sh GUARD_BINARY LATE_PROGRAM
# In the guest's own time, so that other work on this machine does not count (tests/vm/README.md).
set -u

here=$(cd "$(dirname "$0")" && pwd)
guard=${1:?usage: guest.sh GUARD_BINARY LATE_PROGRAM}
late=${2:?usage: guest.sh GUARD_BINARY LATE_PROGRAM}
build=${VM_BUILD:-$here/../build/vm}
scenario=thrash

if ! command -v qemu-system-x86_64 >/dev/null; then
        echo "guest.sh: qemu-system-x86_64 is missing: run ./bootstrap; not run here" >&2
        exit 77
fi
VM=$scenario/disk VM_TRACE=1 VM_BUILD=$build \
        "$here/../tests/vm/run.sh" "$guard" >&2
log=$build/log/$scenario-disk.log
worst=$(sed -n 's/^RESULT .* worst \([0-9]*\) ms.*/\1/p' "$log")
lost=$(sed -n 's/.* \([0-9]*\) records of the loop are lost.*/\1/p' "$log" |
        awk '{ n += $1 } END { if (n) print n }')
if [ ! "$worst" ]; then
        echo "guest.sh: no result from the guest" >&2
        exit 1
fi
tr -d '\r' <"${log%.log}.trace" >"$build/trace"
"$late" "$build/trace" "$worst" ${lost:+"$lost"}
