#!/bin/bash
# SPDX-License-Identifier: MIT
# The machine is restarted with the package installed: this runs twice, and the second time finds what
# the first one left behind.
scene=reboot
. /guest/lib.sh
left=/var/lib/left-by-first-boot

exhaust() {
        start_hog "$1" 40 4000
        hog_is_ended "$1" 15 && told 30 oomguard "\\($1\\) ended"
}
configuration() { sha256sum /etc/oomguard.conf /etc/oomguard.conf.d/*; }

if [ ! -e $left ]; then
        check "the package installs" install_package /guest/oomguard.deb
        check "both services are up" both_come_up
        echo '# a line of the administrator' >> /etc/oomguard.conf
        settings 50-guest '[memory]' 'warn = 123M' 'term = 60M' 'kill = 30M'
        check "systemctl reload takes a new configuration" reload
        check "a real exhaustion is met by SIGTERM" exhaust before
        check "the kernel's own OOM killer had nothing to do" no_kernel_kill
        configuration > $left
        systemctl reboot
        sleep infinity
fi

check "after a restart both services come up by themselves" both_come_up
ended_with_the_machine() { # UNIT
        journalctl -q -b -1 -o cat -u "$1" | tee /dev/stderr |
                grep -q 'Deactivated successfully' &&
                ! journalctl -q -b -1 -o cat -u "$1" | grep -E 'timed out|Failed with result'
}
check "the guard ended with the machine, in good order" ended_with_the_machine oomguard
check "the notifier as well" ended_with_the_machine oomguard-notify
is_as_it_was() { configuration | diff $left -; }
check "the configuration is as it was" is_as_it_was
boot_says() { journalctl -q -b -o cat -u oomguard | tee /dev/stderr | grep -q "$1"; }
check "and in force" boot_says 'guards .* warn 123 MiB, term 60 MiB, kill 30 MiB'
check "the bus says how things stand" within 30 guard_says State '"calm"'
check "a real exhaustion is met by SIGTERM" exhaust after
check "the kernel's own OOM killer had nothing to do" no_kernel_kill
history_has_both() {
        local said
        said=$(oomguardctl history)
        echo "$said"
        [[ $said == *before* && $said == *after* ]]
}
check "oomguardctl history goes back beyond the restart" history_has_both
exit $failed
