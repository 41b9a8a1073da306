#!/bin/bash
# SPDX-License-Identifier: MIT
# From source, as the README has it: make install, what it then asks for, a real kill, make uninstall.
scene=source
. /guest/lib.sh
cd /root/oomguard || exit 1

make_install() { make -s install | tee /run/said; }
start_as_told() {
        local commands
        commands=$(sed -n 's/^now: //p' /run/said)
        echo "$commands"
        [ "$commands" ] && sh -e -c "$commands"
}
check "make install" make_install
check "the commands that it then asks for" start_as_told
check "both services are up" both_come_up
runs_from_there() {
        readlink "/proc/$(main_pid oomguard)/exe" "/proc/$(main_pid oomguard-notify)/exe" |
                diff - <(printf '/usr/local/sbin/%s\n' oomguard oomguard-notify)
}
check "they are those below /usr/local" runs_from_there
no_complaint() { ! journalctl -q -b -u oomguard -u oomguard-notify -p warning | grep .; }
check "they lack nothing that they want" no_complaint
check "the bus says how things stand" within 30 guard_says State '"calm"'
check "and to an ordinary user" as_user busctl get-property org.oomguard1 /org/oomguard1 \
        org.oomguard1.Guard MemoryTotal
exhaust() {
        mark
        start_hog runaway 40 4000
        hog_is_ended runaway 15 && told 30 oomguard '\(runaway\) ended'
}
check "a real exhaustion is met by SIGTERM" exhaust
clear_hog runaway
check "the kernel's own OOM killer had nothing to do" no_kernel_kill
explained() {
        journal -x -u oomguard-notify | tee /dev/stderr |
                grep -q 'runaway) has ended and its memory is back'
}
check "journalctl -x explains it" within 30 explained
check "make uninstall" make -s uninstall
left_over() {
        find / -xdev \( -path /root -o -path /guest -o -path /proc \) -prune -o \
                -name '*oomguard*' -print
        find /run /sys/fs/cgroup -name '*oomguard*' -print
        systemctl list-units --all --plain --no-legend '*oomguard*'
}
nothing_is_left() {
        left_over
        [ ! "$(left_over)" ]
}
check "nothing is left" nothing_is_left
exit $failed
