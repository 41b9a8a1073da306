#!/bin/bash
# SPDX-License-Identifier: MIT
# Everybody is told: the journal, a person at a desktop, programs on the bus, the hook.  With
# dbus-daemon, and once more with dbus-broker.
. /guest/lib.sh
scene=people
grep -q guest_broker /proc/cmdline && scene=broker

bus_is() { # dbus-daemon|dbus-broker
        local comm
        comm=$(cat "/proc/$(main_pid dbus)/comm")
        echo "$comm"
        [[ $comm == "$1"* ]]
}
if [ $scene = broker ]; then
        check "the system bus is dbus-broker" bus_is dbus-broker
else
        check "the system bus is dbus-daemon" bus_is dbus-daemon
fi

check "the package installs" install_package /guest/oomguard.deb
check "both services are up" both_come_up

# ---- somebody logs in ----

printf '[Service]\nUser=user\nPAMName=login\nWorkingDirectory=/home/user
Environment=XDG_SESSION_TYPE=x11 XDG_SESSION_CLASS=user XDG_SESSION_DESKTOP=guest
StandardOutput=file:/run/desktop.out\nStandardError=file:/run/desktop.err
ExecStart=/guest/desktop.sh\n' > /run/systemd/system/desktop.service
systemctl daemon-reload
dunst_answers() {
        as_user env DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus busctl --user \
                call org.freedesktop.Notifications /org/freedesktop/Notifications \
                org.freedesktop.Notifications GetServerInformation
}
somebody_logs_in() {
        systemctl start desktop
        within 120 dunst_answers > /dev/null 2>&1 && loginctl | grep -q ' user ' && return
        loginctl
        dunst_answers
        cat /run/desktop.err
        return 1
}
check "a person has a graphical session" somebody_logs_in

# ---- the bus ----

check "the bus says how things stand" within 30 guard_says State '"calm"'
check "and to an ordinary user" as_user busctl get-property org.oomguard1 /org/oomguard1 \
        org.oomguard1.Guard MemoryTotal
candidates() {
        as_user busctl call org.oomguard1 /org/oomguard1 org.oomguard1.Guard Candidates u 5 |
                tee /dev/stderr | grep -q '^aa{sv} [1-9].*"Score" t'
}
check "the bus says who would be ended" candidates
same_interface() {
        # As it introspects itself, and as it is installed: each member and argument in order.
        names() {
                awk 'function word(w) { return match($0, " " w "=\"[^\"]*\"") ? substr($0, RSTART, RLENGTH) : "" }
                     match($0, /<(property|method|signal|arg)/) {
                             print substr($0, RSTART, RLENGTH) word("name") word("type") word("direction")
                     }'
        }
        busctl call org.oomguard1 /org/oomguard1 org.freedesktop.DBus.Introspectable Introspect |
                sed 's/\\n/\n/g; s/\\"/"/g' |
                sed -n '/interface name="org.oomguard1.Guard"/,/<\/interface>/p' | names > /run/said
        sed -n '/interface name="org.oomguard1.Guard"/,/<\/interface>/p' \
                /usr/share/dbus-1/interfaces/org.oomguard1.Guard.xml | names > /run/installed
        [ -s /run/said ] && diff /run/said /run/installed
}
check "the interface is the one that is installed" same_interface
nobody_else_may_own_it() {
        ! as_user busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
                RequestName su org.oomguard1 4
}
check "an ordinary user may not own the name" nobody_else_may_own_it
an_ordinary_user_may_not_command() { ! as_user oomguardctl reload; }
check "an ordinary user may not command" an_ordinary_user_may_not_command
check "an ordinary user may look" as_user oomguardctl status
check "root commands" oomguardctl reload

# ---- a real exhaustion, and everybody hears of it ----

printf '#!/bin/sh\necho "hook: $OOMGUARD_EVENT $OOMGUARD_NAME $(id -un)"\n' > /usr/local/bin/hook
chmod 755 /usr/local/bin/hook
settings 50-guest '[notify]' 'exec = /usr/local/bin/hook'
check "the notifier takes a new configuration" systemctl reload oomguard-notify
strace -f -q -Z -o /run/denied -p "$(main_pid oomguard-notify)" &
strace=$!
is_traced() { grep -qE '^TracerPid:[[:space:]]+[1-9]' "/proc/$1/status"; } # PID
check "its calls can be watched" within 20 is_traced "$(main_pid oomguard-notify)"
busctl monitor org.oomguard1 org.freedesktop.LowMemoryMonitor > /run/bus 2>&1 &
monitor=$!
within 30 grep -q Monitoring /run/bus
mark
start_hog runaway 40 4000
check "a real exhaustion is met by SIGTERM" hog_is_ended runaway 15
check "the kernel's own OOM killer had nothing to do" no_kernel_kill

entry_of() { journal -o export "OOMGUARD_NAME=$1" "MESSAGE_ID=$2" | tr -d '\0'; } # NAME MESSAGE_ID
killed=0c523a7d7e924fb9a802babe26a20cce
killing=c7494863252b4273b5bd802cc4a424d2
has_entry_of() { [ "$(entry_of "$1" "$2")" ]; }
structured() { # MESSAGE_ID FIELD=REGEX...
        local id=$1 f
        shift
        within 60 has_entry_of runaway "$id" || return
        entry_of runaway "$id"
        for f in "$@"; do
                entry_of runaway "$id" | grep -qE "^$f" || {
                        echo "no $f"
                        return 1
                }
        done
}
check "the journal has the entry of the signal" structured $killing 'OOMGUARD_EVENT=killing$' \
        'OOMGUARD_SIGNAL=SIGTERM$' 'OOMGUARD_PID=[0-9]+$' 'OOMGUARD_UID=1000$' \
        'OOMGUARD_UNIT=runaway.service$' 'OOMGUARD_AVAILABLE_KIB=[0-9]+$' \
        'OOMGUARD_LIMIT_KIB=[0-9]+$' 'OOMGUARD_SCORE_KIB=[0-9]+$' 'OOMGUARD_CONSUMERS=runaway' \
        'PRIORITY=4$' 'MESSAGE=.*runaway'
check "and that of its end" structured $killed 'OOMGUARD_EVENT=killed$' \
        'OOMGUARD_GAVE_BACK_KIB=[0-9]+$' 'OOMGUARD_PREDICTED_KIB=[0-9]+$' 'OOMGUARD_TOOK_US=[0-9]+$'
explained() {
        journal -x "MESSAGE_ID=$killed" | tee /dev/stderr |
                grep -q 'runaway) has ended and its memory is back' &&
                ! journal -x "MESSAGE_ID=$killed" | grep -q '@OOMGUARD'
}
check "journalctl -x explains it" explained

shown() { grep -qE "$1" /run/desktop.out; }
popup() {
        within 60 shown 'summary:.*runaway.*' && shown 'summary: .*(closed|ended)' && return
        cat /run/desktop.out /run/desktop.err
        systemctl status --no-pager oomguard-notify
        return 1
}
check "the person at the desktop reads of it" popup
heard() { # REGEX
        within 60 grep -qE "$1" /run/bus || {
                tail -n 40 /run/bus
                return 1
        }
}
check "programs are warned on the bus" heard 'Member=LowMemoryWarning'
check "the bus tells of the signal" heard 'Member=Killing'
check "and of the end" heard 'Member=Killed'
warned_before() {
        local warned killed_at
        warned=$(grep -n -m 1 'Member=LowMemoryWarning' /run/bus | cut -d: -f 1)
        killed_at=$(grep -n -m 1 'Member=Killing' /run/bus | cut -d: -f 1)
        [ "$warned" -lt "$killed_at" ]
}
check "the warning came before the signal" warned_before
check "the hook ran, as nobody of importance" told 60 oomguard-notify 'hook: killed runaway oomguard'
kill $monitor
clear_hog runaway
kill $strace
wait $strace 2>/dev/null
nothing_denied() {
        # sd-bus asks for a larger buffer than anybody may have, and takes what it gets.
        grep -E ' = -1 (EPERM|EACCES|ENOSYS)' /run/denied | grep -vE 'SO_(RCV|SND)BUFFORCE' && return 1
        journalctl -q -k -b | grep -E 'type=1326' && return 1
        journalctl -q -b -t oomguard-notify -p warning | grep . && return 1
        return 0
}
check "nothing that the notifier wanted was refused" nothing_denied

# ---- whoever comes and goes ----

recovered() { [ "$(journal -o cat MESSAGE_ID=b6284977893f418a861a164956b599e1)" ]; }
check "recovery is told" within 60 recovered
is_absent_and_back() {
        systemctl stop oomguard && within 30 guard_says State '"absent"' &&
                systemctl start oomguard && within 30 guard_says State '"calm"'
}
check "without the guard the state is absent, and then calm again" is_absent_and_back
history_has() { oomguardctl history | tee /dev/stderr | grep -q runaway; }
check "oomguardctl history has it afterwards" history_has

# ---- journald stands still: it is asked for nothing, and nothing is lost ----

journald=$(main_pid systemd-journald)
is_stopped() { grep -q '^State:[[:space:]]*T' "/proc/$1/status"; } # PID
ended_meanwhile() {
        mark
        kill -STOP "$journald" && within 20 is_stopped "$journald" || return
        start_hog silent 40 4000
        hog_is_ended silent 15 && is_stopped "$journald"
}
person_is_told() { within 60 shown 'summary:.*silent.*' && is_stopped "$journald"; }
check "while journald stands still the hog is ended by SIGTERM" ended_meanwhile
check "before the kernel had to" no_kernel_kill
check "and the person at the desktop reads of it" person_is_told
kill -CONT "$journald"
arrives() { # MESSAGE_ID
        within 60 has_entry_of silent "$1" && return
        journal -u oomguard-notify
        return 1
}
check "then its entries arrive: of the signal" arrives $killing
check "of the end" arrives $killed
check "and the guard's own lines" told 30 oomguard '\(silent\) ended'
clear_hog silent

# ---- names are kept back where this machine keeps processes back ----

names_others() { as_user oomguardctl rank -n 20 | tee /dev/stderr | grep -q systemd-journal; }
restart_both() { systemctl restart oomguard oomguard-notify && within 60 guard_says State '"calm"'; }
keeps_names_back() {
        mount -o remount,hidepid=invisible /proc && restart_both && ! names_others &&
                oomguardctl rank -n 20 | grep -q systemd-journal
}
check "an ordinary user reads the names of other people's processes" names_others
check "but not where /proc hides them; root does" keeps_names_back
mount -o remount,hidepid=off /proc
exit $failed
