#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs scenarios of real memory exhaustion, each in a virtual machine of its own.
#   tests/vm/run.sh GUARD_BINARY
# README.md beside this file explains the variables and the lines it prints.
set -u

guard=${1:?usage: run.sh GUARD_BINARY}
here=$(cd "$(dirname "$0")" && pwd)
build=${VM_BUILD:-$here/../../build/vm}
mem=${VM_GUEST_MEM:-768}
daemon=${VM_DAEMON:-oomguard}
jobs=${VM_JOBS:-}
repeat=${REPEAT:-1}
minutes=${SOAK_MINUTES:-3}
seed=${SEED:-}
modules="virtio_pci virtio_blk lzo lzo_rle zram"
what=check-vm
# shellcheck source=tests/vm/kernel.sh
. "$here/kernel.sh"

need_tools() {
        for t in qemu-system-x86_64 busybox cpio zstd xz gcc mke2fs dpkg ldd; do
                command -v $t >/dev/null || die "$t is missing: run ./bootstrap deps check"
        done
}

# The program with what it is linked against, under /guard and at its libraries' own paths.
copy_program() { # FILE ROOT NAME
        local lib
        install -D -m 755 "$1" "$2/guard/$3" || die "no program $1"
        for lib in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
                install -D -m 755 "$lib" "$2$lib"
        done
}

# Where in the guest's C library memory is allocated, for probes: its path, then ADDRESS NAME.
list_allocators() {
        local libc
        libc=$(ldd "$guard" | grep -o '/[^ ]*libc\.so[^ ]*')
        echo "$libc"
        nm -D "$libc" | awk '{ sub(/@.*/, "", $3) } $3 ~ /^(malloc|calloc|realloc)$/ { print $1, $3 }'
}

build_initramfs() {
        local root=$build/root m
        rm -rf "$root"
        mkdir -p "$root/bin" "$root/etc"
        gcc -std=gnu17 -O2 -static -o "$root/bin/bench" "$here"/*.c -pthread -lm ||
                die "the workloads do not build"
        install -m 755 "$(command -v busybox)" "$root/bin/busybox"
        ln -s busybox "$root/bin/sh"
        install -m 755 "$here/init" "$root/init"
        install -m 755 "$here/probe" "$root/bin/probe"
        cp "$table" "$root/scenarios"
        printf 'root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n' > "$root/etc/passwd"
        mkdir -p "$root/modules"
        for m in $modules; do copy_module "$m" "$root"; done
        case $daemon in
        oomguard)
                copy_program "$guard" "$root" oomguard
                list_allocators > "$root/guard/libc"
                ;;
        earlyoom)
                unpack earlyoom earlyoom
                copy_program "$tree/usr/bin/earlyoom" "$root" earlyoom
                ;;
        none) ;;
        *) die "VM_DAEMON is oomguard, earlyoom or none" ;;
        esac
        (cd "$root" && find . | cpio -o -H newc --quiet | zstd -q -3) > "$build/initramfs" ||
                die "cannot make the initramfs"
}

boot() { # SCENARIO SWAP LOG
        # The clock that is to wake a sleeping machine stands still with it, in virtual time.
        [ "$clock/$1" != virtual/suspend ] || VM_CLOCK=host choose_machine
        local words="log_buf_len=4M vm_clock=$clock scenario=$1 swap=$2 daemon=$daemon seed=$seed"
        local port=
        words="$words settings=${VM_SETTINGS:-}"
        [ "${VM_TRACE:-}" ] && port="-serial file:$3.trace" words="$words trace=$VM_TRACE"
        truncate -s "$((mem * 2))M" "$3.swap"
        # shellcheck disable=SC2086 # $machine and $port are lists of words
        timeout -k 5 "${VM_TIMEOUT:-$((900 + minutes * 240))}" qemu-system-x86_64 $machine -m "$mem" \
                -nodefaults -display none -no-reboot \
                -kernel "$kernel" -initrd "$build/initramfs" \
                -drive "file=$build/data.img,snapshot=on,$disk" \
                -drive "file=$3.swap,$disk,cache=unsafe" \
                -serial "file:$3.console" -serial "file:$3.log" $port \
                -append "psi=1 panic=-1 console=ttyS0 loglevel=4 $words" \
                </dev/null >/dev/null 2>"$3.qemu" &
        vm=$!
        # timeout hands the signal on to the machine.
        trap 'kill $vm; exit 130' TERM
        wait $vm
        status=$?
        rm -f "$3.swap"
}

# Prints the one line of a run; the log keeps everything else.
run_one() { # SCENARIO/SWAP ROUND
        local name=${1%/*} swap=${1#*/}
        local log=$build/log/$name-$swap
        local line
        [ "$repeat" -gt 1 ] && log=$log.$2
        rm -f "$log".*
        boot "$name" "$swap" "$log"
        line=$(tr -d '\r' < "$log.log" 2>/dev/null | sed -n 's/^RESULT //p' | tail -n 1)
        if [ ! "$line" ]; then
                line="FAIL $1: no result -- the guest ended with status $status: $(
                        cat "$log.qemu" "$log.console" | tr -d '\r' | tail -n 1)"
        fi
        echo "$line" | tee -a "$build/lines"
        case $line in
        PASS*) [ "${VM_KEEP:-}" ] || rm -f "$log.console" "$log.qemu" ;;
        esac
}

run_all() {
        local s i
        for i in $(seq "$repeat"); do
                for s in $scenarios; do
                        while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
                        run_one "$s" "$i" &
                done
        done
        wait
}

trap 'kill $(jobs -p) 2>/dev/null' EXIT
trap 'exit 130' INT TERM
need_tools
mkdir -p "$build/log"
build=$(cd "$build" && pwd)
choose_machine
table=$build/scenarios
{ cat "$here/scenarios" && "$here/soak.sh" "${seed:-1}" "$minutes"; } > "$table" ||
        die "the table cannot be written"
scenarios=$(select_scenarios)
[ "$scenarios" ] || die "no scenario is called ${VM:-}"
find_kernel
build_data_disk
build_initramfs
echo "$release, $mem MiB, daemon $daemon, $clock clock${seed:+, SEED=$seed}"
: > "$build/lines"
run_all
passed=$(grep -c ^PASS "$build/lines")
failed=$(grep -vc ^PASS "$build/lines")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
