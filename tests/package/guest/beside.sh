#!/bin/bash
# SPDX-License-Identifier: MIT
# Others who do the same work run beside it: it says so, and two of them do not end two processes.
scene=beside
. /guest/lib.sh

check "the package installs" install_package /guest/oomguard.deb
check "both services are up" both_come_up
doctor_says() { oomguardctl doctor 2>&1 | tee /dev/stderr | grep -qE "$1"; }
check "there is nobody else at first" doctor_says 'other guards.*none'

# Some are ready only a while after their unit is.
runs() { [ "$(cat "/proc/$(main_pid "$1")/comm")" = "$2" ]; } # UNIT COMM
comes_up_beside() { # UNIT COMM
        mark
        systemctl start "$1" && within 60 runs "$1" "$2" && return
        systemctl status --no-pager "$1"
        return 1
}
says_so() {
        mark
        systemctl restart oomguard && told 30 oomguard "$1 runs here as well"
}
names_it_with_a_remedy() { # COMM UNIT
        oomguardctl doctor 2>&1 | tee /run/doctor
        grep -qE "^.*$1" /run/doctor && grep -qF "systemctl disable --now $2" /run/doctor
}
# One of the two ends the hog; the steady one, the other guard and this one all stay.
hog_alone_is_ended() { # UNIT
        local other guard steady
        other=$(main_pid "$1") guard=$(main_pid oomguard)
        start_hog steady 1000 100
        within 60 is_full steady || return
        steady=$(main_pid steady)
        mark
        start_hog runaway 40 4000
        hog_is_ended runaway 15 9 || return
        # Whoever of them is slower has had time for a second one by then.
        sleep 5
        journal -u oomguard -u "$1"
        [ "$(main_pid steady)" = "$steady" ] && [ "$(main_pid "$1")" = "$other" ] &&
                [ "$(main_pid oomguard)" = "$guard" ]
}
history_has() { oomguardctl history | tee /dev/stderr | grep -q "$1"; }

beside() { # UNIT COMM
        check "$2 runs" comes_up_beside "$1" "$2"
        check "the guard says that $2 runs, too" says_so "$2"
        check "doctor names $2 and the remedy" names_it_with_a_remedy "$2" "$1.service"
        check "with $2 beside it the hog is ended, and nobody else" hog_alone_is_ended "$1"
        clear_hog runaway
        clear_hog steady
        systemctl stop "$1"
}
beside earlyoom earlyoom
check "history tells what earlyoom ended" history_has 'earlyoom.*runaway\|runaway.*earlyoom'
beside nohang-desktop nohang
beside systemd-oomd systemd-oomd
beside oomd oomd
check "the kernel's own OOM killer had nothing to do" no_kernel_kill
exit $failed
