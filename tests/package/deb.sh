# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The Debian package, built from a clean copy of the tree.  Sourced by run.sh.
# shellcheck disable=SC2154
deb=$work/deb

# Once, whatever is asked for: everything after it wants the package.
build_deb() {
        rm -rf "$deb"
        mkdir -p "$deb"
        cp -r "$work/tree" "$deb/tree"
        make -s -C "$deb/tree" clean
        check "deb: dpkg-buildpackage" build_package
        file=$(echo "$deb"/oomguard_*_*.deb)
        [ -f "$file" ] || die "no package: see $deb/log"
}
build_package() {
        (cd "$deb/tree" && dpkg-buildpackage -us -uc -b) > "$deb/log" 2>&1 || {
                tail -n 40 "$deb/log"
                return 1
        }
}

nothing_to_say() {
        local said
        said=$(lintian --fail-on none --tag-display-limit 0 "$deb"/*.changes 2> /dev/null |
                grep -E '^[EW]:')
        echo "$said"
        [ ! "$said" ]
}
contents() { dpkg-deb -c "$file" | awk '{ print $6 }'; }
holds() {
        local p
        for p in ./etc/oomguard.conf ./etc/oomguard.conf.d/ ./usr/sbin/oomguard \
                ./usr/sbin/oomguard-notify ./usr/bin/oomguardctl \
                ./usr/share/dbus-1/system.d/org.oomguard1.conf \
                ./usr/lib/systemd/catalog/oomguard.catalog ./usr/lib/sysusers.d/oomguard.conf \
                ./usr/share/man/man8/oomguard.8.gz ./usr/share/man/man8/oomguard-notify.8.gz \
                ./usr/share/man/man5/oomguard.conf.5.gz ./usr/share/man/man5/org.oomguard1.5.gz \
                ./usr/share/man/man1/oomguardctl.1.gz; do
                contents | grep -qx "$p" || {
                        echo "$p is not in it"
                        return 1
                }
        done
        contents | grep -qE '^./(usr/)?lib/systemd/system/oomguard.service$' &&
                [ "$(dpkg-deb -I "$file" conffiles)" = /etc/oomguard.conf ]
}
# The guard is to need nothing but the C library and inih.
depends_on_little() {
        local needed
        dpkg-deb -x "$file" "$deb/x" || return
        needed=$(objdump -p "$deb/x/usr/sbin/oomguard" | awk '$1 == "NEEDED" { print $2 }' | sort | tr '\n' ' ')
        echo "$needed"
        [ "$needed" = "libc.so.6 libinih.so.1 " ]
}
# In a minimal Debian of its own, by Debian's own tool.
passes_autopkgtest() {
        local root=$work/autopkgtest
        [ -e "$root.done" ] || {
                rm -rf "$root"
                mmdebstrap --quiet --variant=apt --include=apt-utils,procps,util-linux,libinih1,systemd \
                        "$(. /etc/os-release; echo "$VERSION_CODENAME")" "$root" && touch "$root.done"
        } || return
        # Its root has to be a mount point, or the test cannot have mounts of its own.
        unshare --mount sh -c 'mount --bind "$1" "$1" &&
                exec autopkgtest --no-built-binaries -q "$2" "$3" --test-name=kills-the-culprit \
                        -- chroot "$1"' sh "$root" "$file" "$deb/tree"
}

check_deb() {
        check "deb: lintian has no errors and no warnings" nothing_to_say
        check "deb: everything is in it" holds
        check "deb: the guard links libc and inih only" depends_on_little
        check "deb: autopkgtest, a real process is ended" passes_autopkgtest
}
