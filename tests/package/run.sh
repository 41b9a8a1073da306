#!/bin/bash
# SPDX-License-Identifier: MIT
# The package: units, manuals, what is installed, the Debian package, and it at work in virtual
# machines.  README.md beside this file explains the variables.
#   tests/package/run.sh
set -u
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
work=${PACKAGE_BUILD:-$tree/build/package}
vm_build=${VM_BUILD:-$tree/build/vm}
passed=0
failed=0

die() {
        echo "check-package: $*" >&2
        exit 1
}

wants() { case " $parts " in *" $1 "*) return 0 ;; *) return 1 ;; esac }

# One check: a sentence, and the command that proves it.
check() { # SENTENCE COMMAND...
        local sentence=$1 said
        shift
        if said=$("$@" 2>&1); then
                echo "ok    $sentence"
                passed=$((passed + 1))
        else
                echo "FAIL  $sentence"
                echo "$said" | tail -n 25 | sed 's/^/      | /'
                failed=$((failed + 1))
        fi
}

need_tools() {
        local t
        for t in systemd-analyze mandoc desktop-file-validate xmllint dpkg-buildpackage dh lintian \
                mmdebstrap qemu-system-x86_64; do
                command -v $t > /dev/null || die "$t is missing: run ./bootstrap deps check"
        done
}

# What is checked is what a checkout would have: files that git knows or would take, built anew.
copy_tree() {
        rm -rf "$work/tree"
        mkdir -p "$work/tree"
        if [ -d "$tree/.git" ]; then
                (cd "$tree" && git ls-files -z --cached --others --exclude-standard) |
                        (cd "$tree" && tar -c --null --ignore-failed-read -T - 2>/dev/null) |
                        tar -x -C "$work/tree"
        else
                (cd "$tree" && tar -c --exclude=./build --exclude=./oomguard --exclude=./oomguardctl \
                        --exclude=./oomguard-notify .) | tar -x -C "$work/tree"
        fi
        [ -f "$work/tree/Makefile" ] || die "cannot copy the tree to $work/tree"
}

in_tree() { (cd "$work/tree" && "$@"); }

# shellcheck source=tests/package/static.sh
. "$here/static.sh"
# shellcheck source=tests/package/deb.sh
. "$here/deb.sh"
# shellcheck source=tests/package/vm.sh
. "$here/vm.sh"
parts=${PACKAGE:-static deb $scenes}

need_tools
mkdir -p "$work" "$vm_build"
work=$(cd "$work" && pwd)
vm_build=$(cd "$vm_build" && pwd)
copy_tree
if wants static; then check_static; fi
[ "$parts" = static ] || build_deb
if wants deb; then check_deb; fi
wanted=()
for scene in $scenes; do
        if wants "$scene"; then wanted+=("$scene"); fi
done
[ ${#wanted[@]} = 0 ] || check_scenes "${wanted[@]}"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
