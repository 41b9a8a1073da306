# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The package at work: each scene of guest/ in a virtual machine of its own with a full Debian.
# Sourced by run.sh.
# shellcheck disable=SC2154
scenes="service people small zram reboot broker beside source"
guest_packages="libsystemd0 libpam-systemd dbus-user-session dunst xvfb strace make"
# They would all start by themselves; dbus-broker does, in dbus-daemon's place.
other_guards="earlyoom nohang systemd-oomd oomd"
other_units="earlyoom nohang nohang-desktop oomd systemd-oomd.service systemd-oomd.socket"

find_image() { # SCENE: sets $image
        local more=
        case $1 in broker | beside) more="dbus-broker $other_guards" ;; esac
        image=$(IMAGE_SIZE=1200M IMAGE_PACKAGES="$guest_packages $more" \
                IMAGE_DISABLE=${more:+$other_units} "$tree/tests/vm/debian/image.sh" "$vm_build" |
                tail -n 1)
        [ -f "$image" ] || die "no image of a Debian"
}

# The package as a later version, and as one that brings another default as well.
make_later_versions() {
        local x=$work/later
        rm -rf "$x"
        dpkg-deb -R "$file" "$x" &&
                sed -i 's/^Version: .*/&+1/' "$x/DEBIAN/control" &&
                dpkg-deb --root-owner-group -b "$x" "$payload/guest/oomguard-next.deb" > /dev/null &&
                sed -i 's/^Version: .*/&+2/' "$x/DEBIAN/control" &&
                echo '# a new default' >> "$x/etc/oomguard.conf" &&
                dpkg-deb --root-owner-group -b "$x" "$payload/guest/oomguard-next-conf.deb" > /dev/null
}

make_payload() {
        payload=$work/payload
        rm -rf "$payload"
        mkdir -p "$payload/guest"
        gcc -std=gnu17 -O2 -static -o "$payload/guest/hog" "$here/hog.c" || die "hog.c does not build"
        cp "$here"/guest/* "$tree/debian/tests/services" "$payload/guest/"
        cp "$file" "$payload/guest/oomguard.deb"
        make_later_versions || die "cannot make the package's later versions"
}

# The same, with the tree as it is after `make`: there is no compiler in the guest.
make_source_payload() {
        in_tree make -s > /dev/null || die "the tree does not build"
        rm -rf "$payload-source"
        cp -a "$payload" "$payload-source"
        mkdir -p "$payload-source/root"
        cp -a "$work/tree" "$payload-source/root/oomguard"
}

boot_scene() { # NAME
        export BOOT_MEM=768 BOOT_PAYLOAD=$payload BOOT_LOG=$work/$1 BOOT_TIMEOUT=${PACKAGE_TIMEOUT:-1800}
        local script=$1
        case $1 in
        small) BOOT_MEM=512 ;;
        zram) export BOOT_MEM=512 BOOT_WORDS=guest_zram=1 script=small ;;
        broker) export BOOT_WORDS=guest_broker=1 script=people ;;
        reboot) export BOOT_RESTART=1 ;;
        source) BOOT_PAYLOAD=$payload-source ;;
        esac
        find_image "$1"
        exec "$tree/tests/vm/debian/boot.sh" "$vm_build" "$image" "$here/guest/$script.sh"
}

# What the guest prints is what it found; a guest that ends without a word has failed.
count_scene() { # NAME STATUS
        cat "$work/$1.said"
        passed=$((passed + $(grep -c '^ok ' "$work/$1.said")))
        failed=$((failed + $(grep -c '^FAIL ' "$work/$1.said")))
        # It says FAIL for whatever went wrong, or else it did not come to its end.
        [ "$2" = 0 ] || { [ "$2" = 1 ] && grep -q '^FAIL ' "$work/$1.said"; } || {
                echo "FAIL  $1: the guest did not come to its end (see $work/$1.console)"
                failed=$((failed + 1))
        }
}

# Side by side: a guest sees nothing of what else there is.
check_scenes() { # NAME...
        local scene build=$vm_build what=check-package jobs=${VM_JOBS:-}
        local -A pid
        # shellcheck source=tests/vm/kernel.sh
        . "$tree/tests/vm/kernel.sh"
        (find_kernel) || exit 1
        choose_machine
        make_payload
        make_source_payload
        trap 'kill $(jobs -p) 2>/dev/null' EXIT
        for scene in "$@"; do
                while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
                boot_scene "$scene" > "$work/$scene.said" 2>&1 &
                pid[$scene]=$!
        done
        for scene in "$@"; do
                wait "${pid[$scene]}"
                count_scene "$scene" $?
        done
}
