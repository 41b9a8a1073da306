# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What every virtual machine of the tests needs: the kernel out of Debian's package, its modules,
# whose time it lives in, the data disk, the choice of scenarios.  Sourced, with $here (tests/vm),
# $build and $what (for messages) set; runs nothing by itself.
# shellcheck disable=SC2154,SC2034
smoke="leak/none bomb/none culprit/none thrash/disk busy/disk alloc-loop/none soak/none"

die() {
        echo "$what: $*" >&2
        exit 1
}

# Whose time the guest lives in: sets $clock, $machine (what QEMU is given for it), $disk and, unless
# the caller has chosen, $jobs.
#   virtual  one processor; a nanosecond is half an instruction executed, and waiting takes no time
#            at all.  Whatever else the host does cannot be seen in there, so guests run side by side.
#            The clock on the wall is the same: read anew after a restart, it goes on from there.
#   host     two processors, in the host's time; the disks are throttled.
#   kvm      the same, with KVM: never chosen by itself, a /dev/kvm that opens may still hang the guest
# QEMU's throttle counts the host's time: in virtual time the guest slows its disks down by itself.
choose_machine() {
        clock=${VM_CLOCK:-virtual}
        disk=if=virtio,format=raw
        case $clock in
        virtual)
                # Without erms a page is cleared by eights: to TCG each turn of a `rep` is an
                # instruction, and by the byte a page would take 4,096 of them, 8 us.
                machine="-accel tcg,thread=single -cpu max,-erms,-fsrm -smp 1 \
                        -icount shift=1,sleep=off -rtc clock=vm"
                : "${jobs:=$(nproc)}"
                return
                ;;
        host) machine="-accel tcg,thread=multi -cpu max -smp 2" ;;
        kvm)
                [ -w /dev/kvm ] || die "VM_CLOCK=kvm, but /dev/kvm cannot be opened"
                machine="-accel kvm -cpu host -smp 2"
                ;;
        *) die "VM_CLOCK is virtual, host or kvm" ;;
        esac
        : "${jobs:=1}"
        disk=throttling.bps-total=50000000,throttling.iops-total=3000,$disk
}

# Debian packages, unpacked once: sets $tree.
unpack() { # FOLDER PACKAGE...
        tree=$build/$1
        [ -e "$tree/.done" ] && return
        shift
        rm -rf "$tree"
        mkdir -p "$tree"
        (cd "$tree" && apt-get "${apt_options[@]}" download -q -o APT::Sandbox::User=root "$@" >&2 &&
                for deb in ./*.deb; do dpkg -x "$deb" . || exit 1; done && rm -f ./*.deb) ||
                die "cannot download $*: run apt-get update"
        touch "$tree/.done"
}

# Packages of another suite than this machine's (VM_SUITE): with lists of their own, kept apart.
apt_options=()
use_suite() {
        local lists=$build/suite-$1 mirror
        apt_options=(-o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=-
                -o "Dir::State::lists=$lists/lists" -o "Dir::Cache=$lists/cache"
                -o APT::Sandbox::User=root)
        [ -e "$lists/.done" ] && return
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
                grep -v -- -security | head -n 1)
        mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
        echo "deb $mirror $1 main" > "$lists/sources.list"
        apt-get "${apt_options[@]}" -q update >&2 || die "no package lists of $1"
        touch "$lists/.done"
}

# An image may keep its modules in a package of their own.
find_kernel() {
        local folder=kernel${VM_SUITE:+-$VM_SUITE} packages
        if [ ! -e "$build/$folder/.done" ]; then
                [ ! "${VM_SUITE:-}" ] || use_suite "$VM_SUITE"
                packages=$(apt-cache "${apt_options[@]}" depends --recurse --no-recommends \
                        --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
                        linux-image-cloud-amd64 |
                        grep -E '^linux-(image|modules|binary)-[0-9].*-cloud-amd64$' | sort -u)
                [ "$packages" ] || die "no linux-image-cloud-amd64 known: run apt-get update"
                # shellcheck disable=SC2086 # a list of names
                unpack "$folder" $packages
                apt_options=()
        fi
        kernel_tree=$build/$folder
        kernel=$(find "$kernel_tree/" -name 'vmlinuz*' -print -quit)
        [ "$kernel" ] || die "no kernel in $kernel_tree"
        release=$(find "$kernel_tree/" -path '*/modules/*/kernel' -prune -printf '%h\n')
        release=${release##*/}
}

# A module after those it depends on; what is not there is built in.
copy_module() { # NAME ROOT
        local path need
        path=$(find "$kernel_tree/" -name "${1//_/[-_]}.ko*" -print -quit)
        [ "$path" ] && [ ! -e "$2/modules/$1.ko" ] || return
        case $path in
        *.xz) xz -dc "$path" > "$2/modules/$1.ko" ;;
        *) cp "$path" "$2/modules/$1.ko" ;;
        esac
        for need in $(grep -a -o -m 1 '^depends=[a-z0-9_,-]*\|[^a-z]depends=[a-z0-9_,-]*' \
                "$2/modules/$1.ko" |
                tr -d '\0' | sed 's/.*depends=//' | tr , ' '); do
                copy_module "$need" "$2"
        done
        echo "$1" >> "$2/modules/order"
}

build_data_disk() {
        local tree=$build/data.tree
        [ -e "$build/data.img" ] && return
        rm -rf "$tree"
        mkdir -p "$tree/bin"
        head -c 400 /dev/urandom > "$tree/small"
        # Random, because zeros would become holes that no disk is read for.
        head -c 480M /dev/urandom > "$tree/data.bin"
        chmod -R a+rX "$tree"
        mke2fs -q -t ext4 -O ^has_journal -d "$tree" "$build/data.img.new" 700M ||
                die "cannot make the data disk"
        rm -rf "$tree"
        mv "$build/data.img.new" "$build/data.img"
}

# Names the scenario/swap pairs of the table that VM asks for, in the table's order.
select_scenarios() {
        local all s p
        all=$(awk '$1 == "scenario" { for (i = 3; i <= NF; i++) print $2 "/" $i }' \
                "${table:-$here/scenarios}")
        [ "${VM:-}" = smoke ] && VM=$smoke
        for s in $all; do
                set -f
                for p in ${VM:-*}; do
                        # A name without a swap kind is all of its kinds; globs are wanted.
                        # shellcheck disable=SC2254
                        case $s in
                        $p | $p/*)
                                echo "$s"
                                break
                                ;;
                        esac
                done
                set +f
        done
}
