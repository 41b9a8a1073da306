#!/bin/bash
# SPDX-License-Identifier: MIT
# A small machine, with and without zram: the limits' floors hold, and nothing is ended for nothing.
. /guest/lib.sh
scene=small
grep -q guest_zram /proc/cmdline && scene=zram

if [ $scene = zram ]; then
        zram() {
                echo lzo-rle > /sys/block/zram0/comp_algorithm
                echo 256M > /sys/block/zram0/disksize
                mkswap /dev/zram0 && swapon -p 100 /dev/zram0
        }
        check "there is swap on zram" zram
fi
check "the package installs" install_package /guest/oomguard.deb
check "both services are up" both_come_up
idle_ends_nobody() {
        sleep 5
        ! journal -u oomguard | grep -E 'SIG[A-Z]+ to'
}
check "nobody is ended while nothing happens" idle_ends_nobody
# On zram there may be no time left for asking.
exhaust() {
        start_hog runaway 30 4000
        if [ $scene = zram ]; then hog_is_ended runaway 15 9; else hog_is_ended runaway 15; fi
}
check "a real exhaustion is met" exhaust
clear_hog runaway
kill_deaf() {
        start_hog deafhog deaf 30 4000
        hog_is_ended deafhog 9
}
check "a process that ignores SIGTERM gets SIGKILL" kill_deaf
clear_hog deafhog
check "the kernel's own OOM killer had nothing to do" no_kernel_kill
nobody_else() { ! journal -u oomguard | grep -E 'SIG[A-Z]+ to' | grep -vE '\((runaway|deafhog)\)'; }
check "nobody else was ended" nobody_else
check "both services are still up" both_up
exit $failed
