#!/bin/bash
# SPDX-License-Identifier: MIT
# Boots an image of image.sh, runs a script in it as a unit, and prints what the script printed:
#   tests/vm/debian/boot.sh BUILD_FOLDER IMAGE SCRIPT
# Ends with the script's exit status, or 125 where there was none.  README.md beside this file
# explains the variables.
set -u

build=${1:?usage: boot.sh BUILD_FOLDER IMAGE SCRIPT}
image=${2:?usage: boot.sh BUILD_FOLDER IMAGE SCRIPT}
script=${3:?usage: boot.sh BUILD_FOLDER IMAGE SCRIPT}
here=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck disable=SC2034 # for messages of kernel.sh
what=boot
# shellcheck source=tests/vm/kernel.sh
. "$here/kernel.sh"
mem=${BOOT_MEM:-768}
swap_mib=${BOOT_SWAP:-0}
log=${BOOT_LOG:-$build/boot}
modules="nfit nd_pmem virtio_pci virtio_blk lzo lzo_rle zram ${BOOT_MODULES:-}"

build_initramfs() { # FILE
        local root=$1.root m
        rm -rf "$root"
        mkdir -p "$root/bin" "$root/modules" "$root/payload/guest" \
                "$root/payload/etc/systemd/system"
        install -m 755 "$(command -v busybox)" "$root/bin/busybox"
        ln -s busybox "$root/bin/sh"
        install -m 755 "$here/debian/init" "$root/init"
        for m in $modules; do copy_module "$m" "$root"; done
        install -m 644 "$here"/debian/guest-run.service "$here"/debian/guest-run.target \
                "$root/payload/etc/systemd/system/"
        [ ! "${BOOT_PAYLOAD:-}" ] || cp -a "$BOOT_PAYLOAD/." "$root/payload/"
        # Becomes the guest's own root, which everybody has to get through: mktemp makes it 0700, and
        # then not even the bus starts.
        chmod 755 "$root/payload"
        install -m 755 "$script" "$root/payload/guest/run"
        chown -R 0:0 "$root/payload" 2>/dev/null
        (cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet | zstd -q -1) > "$1" ||
                die "cannot make the initramfs"
        rm -rf "$root"
}

# Sets $drives and, for the guest's command line, $words.
list_drives() {
        local letter=({a..z}) n=0
        drives=()
        words=
        if [ "${BOOT_DATA:-}" ]; then
                drives+=(-drive "file=$BOOT_DATA,snapshot=on,$disk")
                words="$words guest_data=/dev/vd${letter[n++]}"
        fi
        if [ "$swap_mib" != 0 ]; then
                truncate -s "${swap_mib}M" "$log.swap"
                drives+=(-drive "file=$log.swap,$disk,cache=unsafe")
                words="$words guest_swap=/dev/vd${letter[n++]}"
        fi
        # The root is memory of another kind, which the guest reads by itself: what a disk takes is up
        # to this machine, and an idle guest's clock runs on meanwhile.  A boot took 450 s of the
        # guest's time on a busy machine, and 7.6 s, always, since.
        drives+=(-machine nvdimm=on -device "nvdimm,memdev=root" -object
                "memory-backend-file,id=root,share=off,mem-path=$image,size=$(stat -L -c %s "$image")")
        words="$words guest_root=/dev/pmem0"
}

boot() {
        # A kernel that panics would start over and over where it may start again: there it halts.
        local restart="-no-reboot" panic=-1
        [ ! "${BOOT_RESTART:-}" ] || restart='' panic=0
        # shellcheck disable=SC2086 # lists of words
        timeout -k 5 "${BOOT_TIMEOUT:-500}" qemu-system-x86_64 $machine -m "$mem,slots=1,maxmem=16G" \
                -nodefaults -display none $restart \
                -kernel "$kernel" -initrd "$log.initramfs" "${drives[@]}" \
                -serial "file:$log.console" -serial "file:$log.out" \
                -append "psi=1 panic=$panic console=ttyS0 loglevel=4 log_buf_len=4M \
systemd.unit=guest-run.target systemd.show_status=0 $words ${BOOT_WORDS:-}" \
                </dev/null >/dev/null 2>"$log.qemu" &
        vm=$!
        # timeout hands the signal on to the machine.
        trap 'kill $vm; exit 130' INT TERM
        wait $vm
        vm_status=$?
}

[ -f "$image" ] || die "no image $image"
[ -f "$script" ] || die "no script $script"
mkdir -p "$build" "$(dirname "$log")"
build=$(cd "$build" && pwd)
find_kernel
choose_machine
trap 'rm -f "$log.swap" "$log.initramfs"' EXIT
build_initramfs "$log.initramfs"
list_drives
rm -f "$log".console "$log".out "$log".qemu
boot
tr -d '\r' < "$log.out" | grep -v '^END [0-9A-Z]*$'
status=$(tr -d '\r' < "$log.out" | sed -n 's/^END \([0-9]*\)$/\1/p' | tail -n 1)
if [ ! "$status" ]; then
        echo "$what: the guest ended with status $vm_status and no result: $(
                cat "$log.qemu" "$log.console" | tr -d '\r' | tail -n 1)" >&2
        status=125
fi
exit "$status"
