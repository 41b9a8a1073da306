#!/bin/bash
# SPDX-License-Identifier: MIT
# What goes wrong to either side of each default that a verdict depends on: replays every trace with
# the value moved, and writes a table, one line a default.
#   tests/replay/tune.sh BUILD_FOLDER > bench/results/tuning.md
# Keys of the configuration are set over the trace's own policy; constants of the modules are changed
# in a copy of them (`settings` says both; a constant that is not found ends it).  Runs from the
# repository's root, after `make`.
set -u

build=${1:?usage: tune.sh BUILD_FOLDER}
here=tests/replay
work=$build/tune
traces=$(echo $here/*.trace)

die() {
        echo "tune: $*" >&2
        exit 1
}

compile() { # FOLDER_OF_THE_MODULES PROGRAM
        gcc -std=gnu17 -O1 -D_GNU_SOURCE -I"$1" -I. -o "$2" "$here/outcome.c" "$here/reader.c" \
                "$1/decide.c" "$1/window.c" "$build/liboomguard.a" -linih -pthread ||
                die "does not compile"
}

# One line of what every trace comes to with one value: of a key, or of a constant.
outcomes() { # SETTING VALUE
        local folder=$work/changed file
        # shellcheck disable=SC2086 # $traces is a list of words
        case $1 in
        *.*)
                "$work/outcome" -s "$1=$2" "$here/expect" $traces || die "$1=$2"
                ;;
        *)
                rm -rf "$folder"
                mkdir -p "$folder"
                cp ./*.h decide.c window.c "$folder"
                file=$(grep -l "^#define $1 " "$folder"/*) || die "no constant $1"
                sed -i "s|^#define $1 .*|#define $1 $2|" "$file"
                compile "$folder" "$work/changed.bin"
                "$work/changed.bin" "$here/expect" $traces || die "$1=$2"
                ;;
        esac
}

compare() {
        awk -v base="$work/base" -f "$here/tune.awk"
}

# As a person would write it.
plain() { # VALUE
        sed 's/(\(.*\) \* UINT64_C(1024))/\1M/; s/(\(.*\) \* SECOND_US)/\1s/; s/u$//' <<< "$1"
}

mkdir -p "$work"
compile . "$work/outcome"
# shellcheck disable=SC2086
"$work/outcome" "$here/expect" $traces > "$work/base" || die "the traces do not replay"
cat "$here/tuning.head"
# shellcheck disable=SC2086 # $traces is a list of words
echo "$(echo $traces | wc -w) traces: $(grep -c ' act ' "$work/base") in which somebody must be ended," \
        "$(grep -c ' live ' "$work/base") in which nobody may be."
printf '\n| default | less | what changes | more | what changes |\n|---|---|---|---|---|\n'
grep -v '^#\|^$' "$here/settings" | while IFS='|' read -r name value below above; do
        [ "$value" ] || die "settings: $name"
        printf '| %s = %s | %s | %s | %s | %s |\n' "$name" "$(plain "$value")" \
                "$(plain "$below")" "$(outcomes "$name" "$below" | compare)" \
                "$(plain "$above")" "$(outcomes "$name" "$above" | compare)"
done
cat "$here/tuning.tail"
