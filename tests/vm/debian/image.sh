#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes the disk image of a minimal Debian with systemd, once, and prints its path:
#   tests/vm/debian/image.sh BUILD_FOLDER
# README.md beside this file explains the variables.
set -u

build=${1:?usage: image.sh BUILD_FOLDER}
here=$(cd "$(dirname "$0")/.." && pwd)
what=image
# shellcheck source=tests/vm/kernel.sh
. "$here/kernel.sh"
packages="systemd systemd-sysv dbus udev procps libinih1 ${IMAGE_PACKAGES:-}"
disable=${IMAGE_DISABLE:-}
size=${IMAGE_SIZE:-900M}

for t in mmdebstrap mke2fs apt-get sha256sum flock; do
        command -v $t >/dev/null || die "$t is missing: run ./bootstrap deps check"
done

# This machine's own sources, as far as they are the distribution's; nobody else's packages.
list_sources() {
        # shellcheck disable=SC2016 # these are for apt
        apt-get indextargets --format \
                'deb $(REPO_URI) $(RELEASE) $(COMPONENT)|$(ORIGIN)|$(ARCHITECTURE)' \
                'Created-By: Packages' |
                awk -F'|' -v arch="$(dpkg --print-architecture)" \
                        '($2 == "Debian" || $2 == "Ubuntu") && $3 == arch && !seen[$1]++ { print $1 }'
}

# Of how packages are fetched here (a proxy, a dated mirror), all but the lists of what to fetch.
list_apt_options() {
        apt-config dump --no-empty --format '%f "%v";%n' Acquire |
                grep -v 'IndexTargets\|GzipIndexes\|Changelogs\|CompressionTypes'
}

# Runs with the tree as its argument, and with this machine's programs.
write_hook() { # FILE
        cat > "$1" << 'EOF'
#!/bin/sh
set -eu
# A machine-id makes the boot an ordinary one; a first boot would enable every service.
echo 0123456789abcdef0123456789abcdef > "$1/etc/machine-id"
echo guest > "$1/etc/hostname"
printf '127.0.0.1 localhost guest\n' > "$1/etc/hosts"
: > "$1/etc/fstab"
echo "user:x:1000:1000::/home/user:/bin/sh" >> "$1/etc/passwd"
echo "user:x:1000:" >> "$1/etc/group"
echo "user:*:19000:0:99999:7:::" >> "$1/etc/shadow"
mkdir -p "$1/home/user"
chown 1000:1000 "$1/home/user"
chroot "$1" passwd -q -d root
for unit in getty@tty1.service serial-getty@ttyS0.service apt-daily.timer apt-daily-upgrade.timer \
        dpkg-db-backup.timer e2scrub_all.timer fstrim.timer e2scrub_reap.service; do
        ln -sf /dev/null "$1/etc/systemd/system/$unit"
done
for unit in $DISABLE; do systemctl -q --root="$1" disable "$unit"; done
rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/usr/share/doc/* "$1"/usr/share/man/* \
        "$1"/usr/share/locale/* "$1"/etc/apt/sources.list* "$1"/etc/apt/apt.conf.d/99mmdebstrap
mkdir -p "$1/etc/apt/sources.list.d" "$1/d"
touch "$1/etc/.updated" "$1/var/.updated"
EOF
        chmod 755 "$1"
}

build_image() { # FILE
        local work=$1.work
        # A tree made in a user namespace can only be read and removed in the same.
        local as=()
        [ "$(id -u)" = 0 ] || as=(mmdebstrap --unshare-helper)
        [ ! -d "$work" ] || "${as[@]}" rm -rf "$work" || die "cannot remove $work"
        mkdir -p "$work"
        write_hook "$work/hook"
        list_sources > "$work/sources.list"
        [ -s "$work/sources.list" ] || die "no package lists known here: run apt-get update"
        list_apt_options > "$work/apt.conf"
        # shellcheck disable=SC2086 # a list of names
        DISABLE=$disable mmdebstrap --quiet --variant=apt --aptopt="$work/apt.conf" \
                --include="$(printf '%s,' $packages)" \
                --customize-hook="$work/hook \"\$1\"" "" "$work/tree" "$work/sources.list" >&2 ||
                die "mmdebstrap could not make the tree"
        "${as[@]}" mke2fs -q -t ext4 -O ^has_journal -d "$work/tree" "$1.new" "$size" >&2 ||
                die "cannot make the image ($size)"
        "${as[@]}" chroot "$work/tree" dpkg-query -W > "$1.packages"
        "${as[@]}" rm -rf "$work"
        mv "$1.new" "$1"
}

mkdir -p "$build/images"
build=$(cd "$build" && pwd)
hash=$( (cat "$0"; echo "$packages|$disable|$size"; list_sources) | sha256sum | cut -c 1-12)
image=$build/images/$hash.img
exec 9> "$image.lock"
flock 9
[ -e "$image" ] || build_image "$image"
echo "$image"
