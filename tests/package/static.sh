# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What can be seen without installing anything: units, manuals, data files, `make install`.  Sourced
# by run.sh; $work/tree is a copy of the tree that is built here.
# shellcheck disable=SC2154
units="oomguard.service oomguard-notify.service oomguard.slice"

# ---- units ----

# The units as they are installed, with programs that are there.
install_units() {
        rm -rf "$work/root"
        in_tree make -s install PREFIX=/usr UNITDIR=/usr/lib/systemd/system DESTDIR="$work/root" \
                > /dev/null
}
# In the order of the search path: ours first, and this machine's own for all that they refer to.
verify() { # ANALYZE... : the command that is systemd-analyze
        local u said
        for u in $units; do
                sed "s,=/usr/sbin/oomguard\(-notify\)\?\$,=$work/root&,; s,=$work/root=,=$work/root," \
                        "$work/root/usr/lib/systemd/system/$u" > "$work/verify/$u"
        done
        said=$(SYSTEMD_UNIT_PATH="$work/verify:" "$@" verify --man=no \
                "$work"/verify/*.service "$work/verify/oomguard.slice" 2>&1)
        echo "$said"
        [ ! "$said" ]
}
exposed_at_most() { # TENTHS UNIT ANALYZE...
        local tenths=$1 unit=$2
        shift 2
        "$@" security --offline=yes --no-pager --threshold="$tenths" "$work/verify/$unit" > /dev/null
}
# Where this machine has Debian itself from: not its security updates, which are another archive.
own_mirror() {
        apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
                grep -v -- '-security' | head -n 1
}

# The newest systemd that there is a package of, unpacked and run where it lies.
newest_systemd() {
        local root=$work/newest
        [ -e "$root.done" ] && return
        rm -rf "$root"
        mmdebstrap --quiet --variant=essential --include=systemd,dbus,libseccomp2 \
                --aptopt='Acquire::Check-Valid-Until "false"' "${NEWEST_SUITE:-sid}" "$root" \
                "${NEWEST_MIRROR:-$(own_mirror)}" && touch "$root.done"
}
newest() { # COMMAND OF SYSTEMD-ANALYZE...
        rm -rf "$work/newest$work"
        mkdir -p "$work/newest$work"
        cp -r "$work/verify" "$work/root" "$work/newest$work/"
        chroot "$work/newest" env ${SYSTEMD_UNIT_PATH:+SYSTEMD_UNIT_PATH="$SYSTEMD_UNIT_PATH"} \
                systemd-analyze "$@"
}

check_units() {
        mkdir -p "$work/verify"
        check "units: they are installed with their paths" install_units
        check "units: $(systemd-analyze --version | head -n 1 | cut -d ' ' -f 1,2) finds nothing to say" \
                verify systemd-analyze
        check "units: the guard is exposed at most 2.0" \
                exposed_at_most 20 oomguard.service systemd-analyze
        check "units: the notifier is exposed at most 3.0" \
                exposed_at_most 30 oomguard-notify.service systemd-analyze
        check "units: the newest systemd is here" newest_systemd
        check "units: $(newest --version 2> /dev/null | head -n 1 | cut -d ' ' -f 1,2) finds nothing to say" \
                verify newest
        check "units: and the guard is exposed at most 2.0" exposed_at_most 20 oomguard.service newest
}

# ---- manuals ----

# Cross references are looked for on this machine, which need not have them.
lint_manual() { # FILE
        local said
        said=$(mandoc -T lint -W style "$1" 2> /dev/null | grep -v 'referenced manual not found')
        echo "$said"
        [ ! "$said" ]
}
# SECTION.KEY = DEFAULT, a line each, of the manual and of the file with all keys.
manual_keys() {
        awk '/^\.Ss \[/ { gsub(/.*\[|\].*/, ""); section = $0 }
             /^\.It Cm [a-z_]+ =/ { sub(/^\.It Cm /, ""); sub(/ *$/, ""); print section "." $0 }
             /^\.Sh RULES/ { exit }' "$work/tree/man/oomguard.conf.5"
}
template_keys() {
        awk '/^\[/ { gsub(/[][]/, ""); section = $0 }
             /^#[a-z_]+ =/ { sub(/^#/, ""); sub(/ *$/, ""); print section "." $0 }' \
                "$work/tree/oomguard.conf"
}
# Rules have no lines there when there are none.
program_keys() {
        : > "$work/empty.conf"
        "$work/tree/oomguard" --check -c "$work/empty.conf" |
                awk '/^\[/ { gsub(/[][]/, ""); section = $0 }
                     /^[a-z_]+ =/ { sub(/ *$/, ""); print section "." $0 }'
}
same_keys() {
        [ "$(manual_keys | wc -l)" -ge 20 ] &&
                diff <(manual_keys) <(template_keys) &&
                diff <(manual_keys | grep -vE '\.(protect|avoid|prefer) =') <(program_keys)
}
# Of the table in notify/fields.c: column 1 is the key on the bus, column 2 the journal's field.
table_column() { # 1|2
        sed -nE "s/^ *\{ (NULL|\"[A-Za-z]+\"), (NULL|\"[A-Z_]+\"), .*/\\$1/p" \
                "$work/tree/notify/fields.c" | grep -v NULL | tr -d '"' | sort
}
same_fields() {
        [ "$(table_column 2 | wc -l)" -ge 20 ] && diff <(table_column 2) \
                <(sed -n 's/^\.It Va OOMGUARD_//p' "$work/tree/man/oomguard-notify.8" | sort)
}
same_bus_keys() {
        [ "$(table_column 1 | wc -l)" -ge 20 ] && diff <(table_column 1) \
                <(sed -n '/^\.Sh DICTIONARIES/,/^\.Sh FILES/s/^\.It Va \([A-Za-z]*\) .*/\1/p' \
                        "$work/tree/man/org.oomguard1.5" | sort)
}
bus_members() {
        sed -nE 's/.*<(property|method|signal) name="([A-Za-z]+)".*/\2/p' \
                "$work/tree/data/org.oomguard1.Guard.xml" | sort
}
documented_members() {
        sed -nE '/^\.Sh PROPERTIES/,/^\.Sh DICTIONARIES/s/^\.It (Va|Ic) ([A-Z][A-Za-z]+) .*/\2/p' \
                "$work/tree/man/org.oomguard1.5" | sort
}
same_members() { [ "$(bus_members | wc -l)" = 18 ] && diff <(bus_members) <(documented_members); }
# Every option that a program names in its own help.
same_options() { # PROGRAM MANUAL
        local o
        for o in $("$work/tree/$1" --help | grep -oE '(^|[ [])--[a-z-]+' | tr -d ' [' | sort -u); do
                grep -qF -- "$(printf '%s' "$o" | sed 's/^--/\\-/')" "$work/tree/man/$2" || {
                        echo "$o is not in $2"
                        return 1
                }
        done
}

check_manuals() {
        local m
        for m in "$work"/tree/man/*; do check "manuals: ${m##*/} is well formed" lint_manual "$m"; done
        check "manuals: keys and defaults are the program's own" same_keys
        check "manuals: the journal's fields are the program's own" same_fields
        check "manuals: the keys on the bus are the program's own" same_bus_keys
        check "manuals: every member of the interface is there" same_members
        check "manuals: every option of oomguard is there" same_options oomguard oomguard.8
        check "manuals: every option of oomguard-notify is there" \
                same_options oomguard-notify oomguard-notify.8
}

# ---- data ----

ids() { grep -oE "$1" "$2" | grep -oE '[0-9a-f]{32}' | sort; } # REGEX FILE
same_ids() {
        [ "$(ids '"[0-9a-f]{32}"' "$work/tree/notify/catalog.h" | wc -l)" -ge 9 ] &&
                diff <(ids '"[0-9a-f]{32}"' "$work/tree/notify/catalog.h") \
                        <(ids '^-- [0-9a-f]{32}' "$work/tree/data/oomguard.catalog") &&
                diff <(ids '"[0-9a-f]{32}"' "$work/tree/notify/catalog.h") \
                        <(ids '^\.It Li [0-9a-f]{32}' "$work/tree/man/oomguard-notify.8")
}
catalog_compiles() {
        mkdir -p "$work/catalog/usr/lib/systemd/catalog" "$work/catalog/var/lib/systemd/catalog"
        cp "$work/tree/data/oomguard.catalog" "$work/catalog/usr/lib/systemd/catalog/"
        journalctl --root="$work/catalog" --update-catalog &&
                [ "$(journalctl --root="$work/catalog" --list-catalog | wc -l)" -ge 9 ]
}
# What a text of the catalog names has to be a field of the journal's.
catalog_fields() {
        local f
        for f in $(grep -oE '@OOMGUARD_[A-Z_]+@' "$work/tree/data/oomguard.catalog" |
                tr -d @ | sort -u); do
                table_column 2 | grep -qx "${f#OOMGUARD_}" || {
                        echo "$f is no field"
                        return 1
                }
        done
}
bus_accepts_policy() {
        # A bus with this policy in it, which has to come up: it refuses what it does not know.
        sed "s,@DIR@,$work/bus,; s,@POLICY@,$work/tree/data/org.oomguard1.conf," > "$work/bus.conf" << 'EOF'
<busconfig><type>system</type><listen>unix:dir=@DIR@</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><deny own="*"/><deny send_type="method_call"/>
<allow send_type="signal"/><allow receive_type="signal"/><allow receive_type="method_return"/>
<allow receive_type="error"/><allow send_destination="org.freedesktop.DBus"/></policy>
<include>@POLICY@</include></busconfig>
EOF
        mkdir -p "$work/bus"
        dbus-daemon --config-file="$work/bus.conf" --nofork --print-address=1 > "$work/bus.address" \
                2> "$work/bus.log" &
        local bus=$!
        for _ in $(seq 100); do [ -s "$work/bus.address" ] && break; sleep 0.1; done
        DBUS_SYSTEM_BUS_ADDRESS=$(cat "$work/bus.address") busctl --system \
                call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
                RequestName su org.oomguard1 4 > "$work/bus.answer" 2>&1
        kill $bus
        wait $bus 2>/dev/null
        cat "$work/bus.log" "$work/bus.answer"
        grep -qx 'u 1' "$work/bus.answer"
}

check_data() {
        check "data: every message has its number, its text and its place in the manual" same_ids
        check "data: the catalog compiles" catalog_compiles
        check "data: the catalog's texts name fields that there are" catalog_fields
        check "data: the bus takes the policy, and root may own the name" bus_accepts_policy
        check "data: introspection, policy and icon are well formed" xmllint --noout --nonet \
                "$work/tree/data/org.oomguard1.Guard.xml" "$work/tree/data/org.oomguard1.conf" \
                "$work/tree/data/oomguard.svg"
        check "data: the desktop file is well formed" \
                desktop-file-validate "$work/tree/data/oomguard.desktop"
}

# ---- make install ----

files_in() { (cd "$1" && find . -type f -o -type l | sort); }
installs_below_a_prefix() {
        rm -rf "$work/local"
        in_tree make -s install PREFIX=/opt/og DESTDIR="$work/local" &&
                grep -qx 'ExecStart=/opt/og/sbin/oomguard' \
                        "$work/local/opt/og/lib/systemd/system/oomguard.service" &&
                grep -qx 'ExecStart=/opt/og/sbin/oomguard-notify' \
                        "$work/local/opt/og/lib/systemd/system/oomguard-notify.service" &&
                [ -e "$work/local/etc/dbus-1/system.d/org.oomguard1.conf" ] &&
                [ -x "$work/local/opt/og/bin/oomguardctl" ] && [ -d "$work/local/etc/oomguard.conf.d" ]
}
uninstalls_wholly() {
        in_tree make -s uninstall PREFIX=/opt/og DESTDIR="$work/local" && files_in "$work/local" &&
                [ ! "$(files_in "$work/local")" ] && [ ! -e "$work/local/etc/oomguard.conf.d" ]
}
keeps_what_was_changed() {
        in_tree make -s install PREFIX=/opt/og DESTDIR="$work/local" || return
        echo '# mine' >> "$work/local/etc/oomguard.conf"
        in_tree make -s install PREFIX=/opt/og DESTDIR="$work/local" || return
        grep -qx '# mine' "$work/local/etc/oomguard.conf" || return
        in_tree make -s uninstall PREFIX=/opt/og DESTDIR="$work/local" &&
                [ "$(files_in "$work/local")" = ./etc/oomguard.conf ]
}
# In a place where there is no libsystemd to be had.
does_without_libsystemd() {
        rm -rf "$work/without" "$work/without.root"
        cp -r "$work/tree" "$work/without"
        mkdir -p "$work/without/trap/systemd"
        printf '#error libsystemd is used\n' |
                tee "$work/without/trap/systemd/"{sd-bus,sd-event,sd-daemon,sd-journal,sd-login,sd-id128}.h \
                        > /dev/null
        (cd "$work/without" && make -s clean && CPPFLAGS=-Itrap make -s NOTIFY=no &&
                CPPFLAGS=-Itrap make -s NOTIFY=no install DESTDIR="$work/without.root" PREFIX=/usr) &&
                [ ! -e "$work/without/oomguard-notify" ] &&
                ! files_in "$work/without.root" | grep -E 'notify|dbus|catalog|sysusers' &&
                ! ldd "$work/without/oomguard" "$work/without/oomguardctl" | grep systemd
}
# What pkg-config would say there.
with_libsystemd() { # VERSION MAKE...
        local version=$1
        shift
        mkdir -p "$work/old.bin"
        printf '#!/bin/sh\nPKG_CONFIG_PATH=%s exec /usr/bin/pkg-config "$@"\n' "$work/old.bin" \
                > "$work/old.bin/pkg-config"
        printf 'Name: libsystemd\nDescription: made up\nVersion: %s\n' "$version" \
                > "$work/old.bin/libsystemd.pc"
        chmod +x "$work/old.bin/pkg-config"
        PATH=$work/old.bin:$PATH in_tree "$@"
}
leaves_the_notifier_out_where_libsystemd_is_old() {
        local line='oomguard-notify is left out: it needs libsystemd 247 or later, here it is 245'
        with_libsystemd 245 make -n | grep -F "$line" &&
                ! with_libsystemd 245 make -n install DESTDIR=/nowhere | grep -E '^install.*notify' &&
                with_libsystemd 245 make -n NOTIFY=yes install DESTDIR=/nowhere |
                grep oomguard-notify.service > /dev/null &&
                ! with_libsystemd 247 make -n | grep -F 'left out'
}
makes_a_tarball() {
        rm -rf "$work/dist"
        mkdir -p "$work/dist"
        (cd "$work/tree" && rm -rf .git && git init -q . && git add -A &&
                git -c user.name=check -c user.email=check@localhost commit -qm dist &&
                make -s dist && mv oomguard-*.tar.gz "$work/dist/" && rm -rf .git) || return
        tar -xzf "$work"/dist/oomguard-*.tar.gz -C "$work/dist" &&
                make -s -C "$work"/dist/oomguard-*/ > /dev/null &&
                (cd "$work"/dist/oomguard-*/ && ./oomguard --version)
}

check_install() {
        check "install: below a prefix, with its paths in the units" installs_below_a_prefix
        check "install: uninstall leaves nothing" uninstalls_wholly
        check "install: a changed configuration stays, twice" keeps_what_was_changed
        check "install: NOTIFY=no needs no libsystemd and installs nothing for it" \
                does_without_libsystemd
        check "install: nor does an old libsystemd stop the build" \
                leaves_the_notifier_out_where_libsystemd_is_old
        check "install: the tarball builds" makes_a_tarball
}

check_static() {
        check "the tree builds" in_tree make -s
        check_units
        check_manuals
        check_data
        check_install
}
