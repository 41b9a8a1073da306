#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the scenarios of real memory exhaustion in a systemd guest under each of the daemons that
# are to be compared, and under none, and writes the table.
#   tests/vm/compare.sh GUARD_BINARY RESULT_FILE
# compare/README.md explains the variables.
set -u

guard=${1:?usage: compare.sh GUARD_BINARY RESULT_FILE}
result=${2:?usage: compare.sh GUARD_BINARY RESULT_FILE}
here=$(cd "$(dirname "$0")" && pwd)
build=${VM_BUILD:-$here/../../build/vm}
out=${COMPARE_BUILD:-$here/../../build/compare}
mem=${VM_GUEST_MEM:-768}
daemons=${DAEMONS:-none earlyoom nohang systemd-oomd oomd oomguard}
jobs=${VM_JOBS:-}
# shellcheck disable=SC2034 # for messages of kernel.sh
what=compare-vm
# shellcheck source=tests/vm/kernel.sh
. "$here/kernel.sh"
# One of each shape.
shapes="leak/none bomb/none culprit/none thrash/disk stubborn/none swarm/disk filethrash/none
leak/zram tmpfs-full/none protected/none crowd/none thrash3/disk busy/disk shift/disk"

need_tools() {
        for t in qemu-system-x86_64 busybox cpio zstd gcc mke2fs dpkg mmdebstrap; do
                command -v $t >/dev/null || die "$t is missing: run ./bootstrap deps check"
        done
}

make_image() {
        image=$(IMAGE_PACKAGES="earlyoom nohang systemd-oomd oomd attr" \
                IMAGE_DISABLE="earlyoom nohang nohang-desktop oomd systemd-oomd.service systemd-oomd.socket" \
                "$here/debian/image.sh" "$build") || exit 1
}

make_payload() {
        payload=$out/payload
        rm -rf "$payload"
        cp -a "$here/compare/root" "$payload"
        gcc -std=gnu17 -O2 -static -o "$payload/guest/bench" "$here"/*.c -pthread -lm ||
                die "the workloads do not build"
        install -m 755 "$guard" "$payload/guest/oomguard" || die "no program $guard"
        cp "$here/scenarios" "$payload/guest/scenarios"
}

version_of() { # DAEMON
        case $1 in
        none) uname -s ;;
        oomguard) echo "$("$guard" --version | sed 's/^oomguard *//')$(
                git -C "$here" describe --always --dirty 2>/dev/null | sed 's/.*/ (&)/')" ;;
        *) awk -v p="$1" '$1 == p { print $2 }' "$image.packages" ;;
        esac
}

# Leaves the line, and under what it came about, in a file that a later run takes as done.
run_one() { # SCENARIO/SWAP DAEMON
        local name=${1%/*} swap=${1#*/} log line file
        file=$out/results/$name-$swap.$2
        log=$out/log/$name-$swap.$2
        [ -s "$file" ] && [ ! "${FORCE:-}" ] && return
        BOOT_MEM=$mem BOOT_SWAP=$((mem * 2)) BOOT_DATA=$build/data.img BOOT_PAYLOAD=$payload \
                BOOT_WORDS="vm_clock=$clock scenario=$name swap=$swap daemon=$2 seed=${SEED:-}" \
                BOOT_LOG=$log BOOT_TIMEOUT=${VM_TIMEOUT:-2400} "$here/debian/boot.sh" "$build" "$image" \
                "$here/compare/guest" > "$log.log" 2>&1 &
        boot=$!
        # It ends the machine.
        trap 'kill $boot; exit 130' TERM
        wait $boot
        line=$(sed -n 's/^RESULT //p' "$log.log" | tail -n 1)
        [ "$line" ] || line="FAIL $1: no result -- $(tail -n 1 "$log.log")"
        {
                echo "$line"
                echo "with $(date -u +%F) | $release | $(version_of "$2") | $clock clock"
                grep ^SERVICE "$log.log"
        } > "$file"
        echo "$2: $line"
        grep ^SERVICE "$log.log"
}

need_tools
mkdir -p "$build" "$out/results" "$out/log"
build=$(cd "$build" && pwd)
out=$(cd "$out" && pwd)
VM=${VM:-$shapes}
# What only looks at this guard's own insides compares nothing.
scenarios=$(select_scenarios | grep -vE '^(alloc-|soak|errand-|own-limit|no-threads)')
[ "$scenarios" ] || die "no scenario is called $VM"
choose_machine
find_kernel
build_data_disk
make_image
make_payload
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM
for s in $scenarios; do
        for d in $daemons; do
                while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
                run_one "$s" "$d" &
        done
done
wait
MEM=$mem "$here/compare/table.sh" "$out/results" "$here/scenarios" > "$out/table.md" ||
        die "cannot make the table"
mkdir -p "$(dirname "$result")"
mv "$out/table.md" "$result"
echo "$result"
