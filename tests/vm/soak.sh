#!/bin/bash
# SPDX-License-Identifier: MIT
# Prints the scenario `soak`: random episodes, drawn from SEED, for at least MINUTES of the guest's time.
#   tests/vm/soak.sh SEED MINUTES
# The same seed prints the same steps.  Starts nothing.
set -u

state=${1:?usage: soak.sh SEED MINUTES}
minutes=${2:?usage: soak.sh SEED MINUTES}
spent=0

# A number from $1 to $2, in $drawn; $RANDOM is not the same in every bash.
draw() {
        state=$((state * 6364136223846793005 + 1442695040888963407))
        drawn=$(($1 + ((state >> 33) & 0x7fffffff) % ($2 - $1 + 1)))
}

pick() { # one of its arguments, in $picked
        draw 1 $#
        picked=${!drawn}
}

step() {
        echo "        $*"
}

run() { # a shell command, in the guest
        step "do $*"
}

# What takes until memory is gone, and must end.  Some 370 MiB are there to be taken.
leak() { # NAME
        local rate
        pick 5 10 20 20 40 40 80 160
        rate=$picked
        pick "" "" "" "back=huge" "back=shm" "back=memfd" "term=ignore" "term=fork" "adj=300"
        step start guilty "$1" grow "rate=${rate}M" "$picked"
        spent=$((spent + 370 / rate))
}

episode_leak() {
        leak leak
        step dead
}

episode_bomb() {
        step start guilty bomb grow
        step dead
}

episode_twins() {
        leak hog1
        leak hog2
        step dead
}

episode_swarm() {
        local n
        draw 6 20
        n=$drawn
        pick 2 4 8
        step start innocent parent swarm "n=$n" "rate=${picked}M"
        step dead
        spent=$((spent + 10))
}

# A quarter of memory thrown away and taken anew all the time.
episode_churn() {
        step start innocent churner churn size=20%
        step wait 5
        leak leak
        step dead
        spent=$((spent + 5))
}

episode_thrash() {
        swap_disk
        step start guilty thrash thrash size=115% rate=40M
        step dead
        spent=$((spent + 30))
}

episode_quiet() {
        draw 20 120
        step idle "$drawn"
        spent=$((spent + drawn))
}

episode_crowd() {
        draw 100 400
        step start innocent crowd crowd "n=$drawn"
        step ready crowd
        leak leak
        step dead
}

episode_mayflies() {
        step start innocent mayflies brief
        step ready mayflies
        step start guilty leak grow rate=60M
        step dead
        spent=$((spent + 6))
}

# What a tmpfs holds is nobody's: it goes with the file.
episode_tmpfs() {
        draw 20 50
        step start innocent writer spill "until=$drawn%"
        step ready writer
        leak leak
        step dead
        run rm /spill/data
}

episode_build() {
        step start innocent make build n=4 size=6% ms=300
        step wait 5
        spent=$((spent + 5))
}

# Inside its own limit the kernel may do what it likes.
episode_box() {
        run 'mkdir -p /sys/fs/cgroup/box && echo 100M > /sys/fs/cgroup/box/memory.max'
        run 'echo 0 > /sys/fs/cgroup/box/memory.swap.max'
        step start boxed box grow rate=50M cg=/sys/fs/cgroup/box
        step wait 5
        spent=$((spent + 5))
}

episode_listeners() {
        draw 1 12
        step start innocent ears listen "n=$drawn" uid=0
        step start innocent deaf listen n=2
        step ready ears
        step ready deaf
        step stop deaf
        leak leak
        step dead
        # shellcheck disable=SC2016 # the guest's own
        run 'kill -HUP $(pidof oomguard)'
}

# The wall clock is nobody's measure of anything.
episode_clock() {
        leak leak
        step wait 1
        pick + -
        run "date -s @\$((\$(date +%s) $picked 86400))"
        step dead
}

swap_disk() {
        run 'mkswap /dev/vdb 1000000 >/dev/null && swapon /dev/vdb'
}

swap_zram() {
        run 'echo 300M > /sys/block/zram0/disksize && mkswap /dev/zram0 >/dev/null && swapon /dev/zram0'
}

# A leak once more, where there is swap.
episode_disk() {
        swap_disk
        step start guilty leak grow rate=80M
        step dead
        spent=$((spent + 20))
}

episode_zram() {
        swap_zram
        step start guilty leak grow rate=40M
        step dead
        spent=$((spent + 20))
}

# Back to where each began: nothing of it is left, nobody is followed any more.
ending() { # KIND
        step over
        case $1 in
        thrash | disk) run swapoff /dev/vdb ;;
        zram) run 'swapoff /dev/zram0 && echo 1 > /sys/block/zram0/reset' ;;
        box) run rmdir /sys/fs/cgroup/box ;;
        esac
        step idle 22
        run probe "$2"
        spent=$((spent + 35))
}

# In rounds, each of which has each kind once.  The first two do what a guard does, all of it, so
# that nothing later is the first of its kind.
next_kind() {
        case $n in
        1) kind=leak ;;
        2) kind=listeners ;;
        *)
                [ ${#bag[@]} -gt 0 ] || bag=(bomb twins swarm churn thrash quiet crowd mayflies tmpfs build
                        box clock disk zram leak listeners)
                draw 0 $((${#bag[@]} - 1))
                kind=${bag[drawn]}
                bag=("${bag[@]:0:drawn}" "${bag[@]:drawn+1}")
                ;;
        esac
}

bag=()
echo "scenario soak none"
step start innocent browser grow size=25% touch=10M
step start innocent resting grow size=8%
step ready browser
step ready resting
step wait 12
for ((n = 1; spent < minutes * 60; n++)); do
        next_kind
        step begin "$kind"
        "episode_$kind"
        ending "$kind" "$([ "$n" -ge 2 ] && echo flat || echo size)"
done
