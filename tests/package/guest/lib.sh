# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the guest's scripts have in common.  Sourced; each check prints one line, `ok` or `FAIL`.
# Nothing here trusts a sleep: what has to happen is waited for.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C SYSTEMD_PAGER=
scene=${scene:-guest}
# shellcheck disable=SC2034 # the exit status of whoever sources this
failed=0

ok() { echo "ok    $scene: $*"; }
fail() {
        echo "FAIL  $scene: $*"
        failed=1
}

# One check: a sentence, and the command that proves it.
check() { # SENTENCE COMMAND...
        local sentence=$1 said
        shift
        if said=$("$@" 2>&1); then
                ok "$sentence"
        else
                fail "$sentence"
                echo "$said" | tail -n 15 | sed 's/^/      | /'
        fi
}

now_ms() { awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime; }

# Looks once a second: waiting costs nothing in virtual time, looking does.
within() { # SECONDS COMMAND...
        local end=$(($(now_ms) + $1 * 1000))
        shift
        until "$@"; do
                [ "$(now_ms)" -lt "$end" ] || return 1
                sleep 1
        done
}

not() { ! "$@"; }

main_pid() { systemctl show -P MainPID "$1"; } # UNIT
is_up() { systemctl -q is-active "$1"; }
both_up() { is_up oomguard && is_up oomguard-notify; }
both_come_up() {
        within 60 both_up && return
        systemctl status --no-pager oomguard oomguard-notify
        return 1
}
has_new_pid() { # UNIT OLD_PID
        local pid
        pid=$(main_pid "$1")
        [ "$pid" != 0 ] && [ "$pid" != "$2" ] && is_up "$1"
}

# The journal since this scene's start, or since mark was called.  By time: with a cursor, systemd
# 252 passes over the first entry that a filter lets through.
mark() { since=@$(date +%s.%6N); }
journal() { journalctl -q -b --since "$since" "$@"; }
says() { journal -o cat -u "$1" | grep -qE -- "$2"; } # UNIT REGEX
told() { # SECONDS UNIT REGEX
        within "$1" says "$2" "$3" || {
                journal -u "$2"
                return 1
        }
}

kernel_kills() { awk '$1 == "oom_kill" { print $2 }' /proc/vmstat; }
no_kernel_kill() { [ "$(kernel_kills)" = "$kernel_kills_before" ]; }
available_mib() { awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo; }

# A hog called NAME, from an executable of that name, as an ordinary user and a unit of its own.
start_hog() { # NAME ARGUMENT...
        local name=$1
        shift
        install -D -m 755 /guest/hog "/home/user/bin/$name"
        systemctl reset-failed "$name.service" 2>/dev/null
        systemd-run -q --unit="$name" --uid=user -p StandardOutput=file:/run/"$name".out \
                -p RemainAfterExit=yes "/home/user/bin/$name" "$@"
}
is_full() { grep -q full "/run/$1.out"; }
hog_ended_by() { # NAME SIGNAL_NUMBER
        [ "$(systemctl show -P ExecMainCode "$1")" = 2 ] &&
                [ "$(systemctl show -P ExecMainStatus "$1")" = "$2" ]
}
# By one of these signals.
hog_is_ended() { # NAME SIGNAL_NUMBER...
        local name=$1 signal
        shift
        ended() {
                for signal in "$@"; do hog_ended_by "$name" "$signal" && return; done
                return 1
        }
        within 120 ended "$@" && return
        systemctl status --no-pager "$name"
        journal -u oomguard
        free -m
        return 1
}
clear_hog() {
        systemctl stop "$1" 2>/dev/null
        systemctl reset-failed "$1" 2>/dev/null
        rm -f "/run/$1.out"
}

# Writes a file of settings; whoever wants them in force reloads.
settings() { # NAME LINE...
        local file=/etc/oomguard.conf.d/$1.conf
        shift
        printf '%s\n' "$@" > "$file"
}

# oomguard.service takes the settings in force; its own line is waited for.
reload() {
        mark
        systemctl reload oomguard && told 30 oomguard 'reloaded; '
}

# As the ordinary user that the image has.
as_user() { setpriv --reuid 1000 --regid 1000 --clear-groups "$@"; }
guard_says() { # PROPERTY VALUE
        busctl get-property org.oomguard1 /org/oomguard1 org.oomguard1.Guard "$1" | grep -q "$2"
}

install_package() { # FILE [OPTION...]
        local file=$1
        shift
        dpkg -i "$@" "$file" </dev/null
}

kernel_kills_before=$(kernel_kills)
mark
