#!/bin/bash
# SPDX-License-Identifier: MIT
# The package installed, the guard at work under its own unit, and everything gone again.
scene=${scene:-service}
. /guest/lib.sh

# ---- it installs and comes up ----

check "the package installs" install_package /guest/oomguard.deb
check "both services are up" both_come_up
check "both services are enabled" systemctl is-enabled oomguard oomguard-notify

real_time_for_the_loop_alone() {
        local threads
        threads=$(ps -L -o cls=,rtprio= -p "$(main_pid oomguard)")
        echo "$threads"
        [ "$(echo "$threads" | grep -c 'FF *1')" = 1 ] && [ "$(echo "$threads" | grep -c TS)" -ge 2 ]
}
status_says() { # FIELD REGEX
        grep "^$1:" "/proc/$(main_pid oomguard)/status" | tee /dev/stderr | grep -qE "$2"
}
# CAP_KILL 5, CAP_SYS_PTRACE 19, CAP_SYS_RESOURCE 24.
check "the loop alone runs in real time" real_time_for_the_loop_alone
check "its memory is locked" status_says VmLck '[1-9][0-9]* kB'
check "it has three capabilities and no more" status_says CapEff '0000000001080020$'
check "its system calls are filtered" status_says Seccomp '[^0-9]2$'
check "the kernel never takes it" grep -qx -- -1000 "/proc/$(main_pid oomguard)/oom_score_adj"

memory_is_protected_up_the_tree() {
        local file slice=/sys/fs/cgroup/oomguard.slice
        for file in $slice/memory.min $slice/oomguard.service/memory.min; do
                echo "$file $(cat $file)"
                [ "$(cat $file)" = 8388608 ] || return 1
        done
}
check "its memory is protected up to the root" memory_is_protected_up_the_tree
no_complaint() { ! journalctl -q -b -o short -u oomguard -p warning | grep .; }
check "it lacks nothing that it wants" no_complaint

writable_places() {
        # As the guard sees it: what is not mounted read-only, kernel file systems left aside.
        nsenter -m -t "$(main_pid oomguard)" sh -c '
                for d in / /etc /usr /var /var/lib /home /tmp /run /run/systemd /root /boot /dev/shm; do
                        if touch "$d/oomguard-probe" 2>/dev/null; then echo "$d"; fi
                        rm -f "$d/oomguard-probe" 2>/dev/null
                done'
}
writes_nowhere_else() {
        writable_places
        [ ! "$(writable_places)" ]
}
check "nothing is writable but its run directory" writes_nowhere_else

check "the package's own test of its services passes" /guest/services

# ---- it works under its own unit ----

# Every call of the guard's that is refused is written down from here on: a sandbox that is too
# tight shows there and nowhere else.
denied=/run/denied
strace -f -q -Z -o $denied -p "$(main_pid oomguard)" &
strace=$!
is_traced() { grep -qE '^TracerPid:[[:space:]]+[1-9]' "/proc/$1/status"; } # PID
check "its calls can be watched" within 20 is_traced "$(main_pid oomguard)"

term() {
        mark
        start_hog runaway 40 4000
        hog_is_ended runaway 15 && told 30 oomguard 'SIGTERM to [0-9]+ \(runaway\)' &&
                told 30 oomguard '\(runaway\) ended'
}
kill_deaf() {
        mark
        start_hog deafhog deaf 40 4000
        hog_is_ended deafhog 9 && told 30 oomguard '\(deafhog\) ended'
}
check "a real exhaustion is met by SIGTERM" term
clear_hog runaway
check "a process that ignores SIGTERM gets SIGKILL" kill_deaf
clear_hog deafhog
check "the kernel's own OOM killer had nothing to do" no_kernel_kill

# ---- reload ----

settings 50-guest '[victim]' 'prefer = name:somebody'
check "systemctl reload takes a new configuration" reload
is_watching() { [ "$(main_pid oomguard)" = "$1" ]; }
before=$(main_pid oomguard)
settings 60-fault '[memory]' 'term = 500%'
refuses_a_fault() {
        mark
        systemctl reload oomguard && told 30 oomguard '60-fault.conf:2: .*500%'
}
check "a fault is refused with its file and line" refuses_a_fault
check "and the guard goes on" is_watching "$before"
rm -f /etc/oomguard.conf.d/60-fault.conf

# ---- a victim that cannot die: its memory is taken all the same ----

# Frozen by the old freezer, it does not even notice SIGKILL.
mkdir -p /run/freezer
check "there is a freezer" mount -t cgroup -o freezer none /run/freezer
mkdir -p /run/freezer/cold
hog_pid() { main_pid "$1.service"; }
freeze() { # NAME
        hog_pid "$1" > /run/freezer/cold/cgroup.procs
        echo FROZEN > /run/freezer/cold/freezer.state
        within 20 grep -qx FROZEN /run/freezer/cold/freezer.state
}
start_hog stuck 1000 250
check "a process of 250 MiB stands still" within 60 is_full stuck
check "it is frozen" freeze stuck
stuck_pid=$(hog_pid stuck)
kill $strace
wait $strace 2>/dev/null
strace -f -q -e trace=process_mrelease -o /run/mrelease -p "$(main_pid oomguard)" &
strace=$!
within 20 is_traced "$(main_pid oomguard)"
free_before_mib=$(available_mib)
# So that memory is "low" now, and would be well again without it.
settings 50-guest '[memory]' "warn = $((free_before_mib + 120))M" \
        "term = $((free_before_mib + 100))M" 'kill = 48M' 'new_low = 0s' \
        '[victim]' 'prefer = name:stuck' '[kill]' 'grace = 1s'
reaped() {
        reload && told 60 oomguard 'SIGTERM to [0-9]+ \(stuck\)' && told 60 oomguard 'SIGKILL' &&
                within 60 grep -qE 'process_mrelease\(.*= 0' /run/mrelease && return
        cat /run/mrelease
        journal -u oomguard
        return 1
}
is_back() { [ "$(available_mib)" -ge $((free_before_mib + 150)) ]; }
memory_is_back() {
        within 60 is_back && return
        free -m
        cat /run/mrelease
        return 1
}
check "process_mrelease takes the memory of a victim that cannot die" reaped
check "the memory is back" memory_is_back
check "while the victim is still there" test -d "/proc/$stuck_pid"
echo THAWED > /run/freezer/cold/freezer.state
rm -f /etc/oomguard.conf.d/50-guest.conf
check "and back to the old limits" reload
within 60 not test -d "/proc/$stuck_pid"
clear_hog stuck
kill $strace
wait $strace 2>/dev/null

nothing_denied() {
        grep -E 'EPERM|EACCES|ENOSYS' $denied && return 1
        journalctl -q -k -b | grep -E 'type=1326' && return 1
        journalctl -q -b -u oomguard | grep -iE 'not permitted|denied' && return 1
        return 0
}
check "nothing that the guard wanted was refused" nothing_denied

# ---- who is protected is so in the guard's sandbox, too ----

# A window manager by its path, and a file of root's; it is the larger one.
protected() {
        install -m 755 /guest/hog /usr/local/bin/dwm
        systemd-run -q --unit=dwm --uid=user -p RemainAfterExit=yes \
                -p StandardOutput=file:/run/dwm.out /usr/local/bin/dwm 1000 250
        systemd-run -q --unit=sandboxed --uid=user -p RemainAfterExit=yes -p PrivateTmp=yes \
                -p ProtectSystem=strict -p StandardOutput=file:/run/sandboxed.out \
                /usr/local/bin/dwm 1000 100
        start_hog plain 1000 80
        within 60 is_full dwm && within 60 is_full sandboxed && within 60 is_full plain || return 1
        local free_mib
        free_mib=$(available_mib)
        settings 50-guest '[memory]' "warn = $((free_mib + 45))M" "term = $((free_mib + 40))M" \
                'kill = 48M' 'new_low = 0s'
        reload && hog_is_ended plain 15 && is_up dwm && is_up sandboxed &&
                [ "$(main_pid dwm)" != 0 ] && [ "$(main_pid sandboxed)" != 0 ] &&
                ! says oomguard '\(dwm\)'
        local status=$?
        [ $status = 0 ] || journal -u oomguard
        rm -f /etc/oomguard.conf.d/50-guest.conf
        return $status
}
check "who is protected stays so, in a sandbox and out of it" protected
systemctl stop dwm sandboxed
clear_hog plain
check "and back to the old limits" reload

# ---- it comes back ----

restart() {
        local old
        old=$(main_pid oomguard)
        systemctl restart oomguard && has_new_pid oomguard "$old"
}
check "restart" restart
is_given_up() { [ "$(systemctl show -P ActiveState oomguard)" = failed ]; }
does_not_start_over_and_over() {
        settings 60-fault '[memory]' 'term = 500%'
        mark
        ! systemctl restart oomguard && within 30 is_given_up && told 30 oomguard 'not started'
        local status=$?
        sleep 3
        [ $status = 0 ] && [ "$(journal -o cat -u oomguard | grep -c 'not started')" = 1 ]
        status=$?
        [ $status = 0 ] || journal -u oomguard | tail
        rm -f /etc/oomguard.conf.d/60-fault.conf
        systemctl reset-failed oomguard
        systemctl start oomguard && return $status
}
check "a fault in the configuration is told once, not over and over" does_not_start_over_and_over
comes_back_from() { # UNIT SIGNAL SECONDS
        local old start
        old=$(main_pid "$1")
        start=$(now_ms)
        kill "-$2" "$old"
        if within "$3" has_new_pid "$1" "$old"; then
                echo "      $1 was back $(($(now_ms) - start)) ms after SIG$2" > /dev/ttyS1
                return
        fi
        systemctl status --no-pager "$1"
        return 1
}
check "stopped, the guard is back within 15 s" comes_back_from oomguard STOP 15
check "killed, the guard is back" comes_back_from oomguard KILL 15
check "killed, the notifier is back" comes_back_from oomguard-notify KILL 30
check "both are up" both_up
check "and the guard still guards" term
clear_hog runaway

# ---- upgrade and purge ----

sha() { sha256sum /etc/oomguard.conf; }
upgrade() {
        local old old_notify
        echo '# a line of the administrator' >> /etc/oomguard.conf
        sha > /run/sha
        old=$(main_pid oomguard)
        old_notify=$(main_pid oomguard-notify)
        install_package /guest/oomguard-next.deb && sha | cmp - /run/sha &&
                within 60 has_new_pid oomguard "$old" &&
                within 60 has_new_pid oomguard-notify "$old_notify"
}
upgrade_with_a_new_default() {
        install_package /guest/oomguard-next-conf.deb --force-confold && sha | cmp - /run/sha &&
                within 60 both_up
}
check "an upgrade leaves a changed configuration alone and starts both anew" upgrade
check "so does one that brings a changed default" upgrade_with_a_new_default
check "the package's files are whole" dpkg --verify oomguard
left_over() {
        find / -xdev -path /guest -prune -o -path /proc -prune -o -name '*oomguard*' -print
        find /run /sys/fs/cgroup -name '*oomguard*' ! -path '/run/systemd/*' -print
        systemctl list-units --all --plain --no-legend '*oomguard*'
}
purge() {
        settings 70-mine '[memory]' 'warn = 20%'
        dpkg -P oomguard </dev/null || return
        left_over
        [ ! "$(left_over)" ]
}
check "purged, nothing is left" purge
check "but its user, whose number must not go to somebody else" getent passwd oomguard
exit $failed
