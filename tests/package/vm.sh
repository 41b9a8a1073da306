# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The package at work: each scene of guest/ in a virtual machine of its own with a full Debian.
# Sourced by run.sh.
# shellcheck disable=SC2154
guest_packages="libsystemd0 libpam-systemd dbus-user-session dunst xvfb strace"

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

# What the guest prints is what it found; a guest that ends without a word has failed.
check_scene() { # NAME
        local scene=$1 script=$here/guest/$1.sh said
        [ "${image:-}" ] || {
                image=$(IMAGE_SIZE=1200M IMAGE_PACKAGES=$guest_packages \
                        "$tree/tests/vm/debian/image.sh" "$vm_build" | tail -n 1)
                [ -f "$image" ] || die "no image of a Debian"
                make_payload
        }
        export BOOT_PAYLOAD=$payload BOOT_LOG=$work/$scene BOOT_TIMEOUT=${PACKAGE_TIMEOUT:-1200}
        case $scene in
        small) said=$(BOOT_MEM=512 boot_scene "$script") ;;
        zram) said=$(BOOT_MEM=512 BOOT_WORDS=guest_zram=1 boot_scene "$here/guest/small.sh") ;;
        *) said=$(boot_scene "$script") ;;
        esac
        echo "$said" | sed '/^END-OF-GUEST/d'
        passed=$((passed + $(echo "$said" | grep -c '^ok ')))
        failed=$((failed + $(echo "$said" | grep -c '^FAIL ')))
        # It says FAIL for whatever went wrong, or else it did not come to its end.
        echo "$said" | grep -q '^END-OF-GUEST [01]$' || {
                echo "FAIL  $scene: the guest did not come to its end (see $work/$scene.console)"
                failed=$((failed + 1))
        }
}
boot_scene() { # SCRIPT
        "$tree/tests/vm/debian/boot.sh" "$vm_build" "$image" "$1" 2>&1
        echo "END-OF-GUEST $?"
}
