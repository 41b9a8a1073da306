#!/bin/bash
# SPDX-License-Identifier: MIT
# A big build: the kernel's own source (Debian's linux-source), as many compilers as JOBS says.
#   build.sh prepare FOLDER; build.sh run FOLDER SECONDS
# LINUX=FOLDER: a source that is unpacked and configured already.
set -u

step=$1 folder=$2 seconds=${3:-}

source_folder() {
        echo "${LINUX:-$(echo "$folder"/linux-source-*)}"
}

case $step in
prepare)
        [ ! "${LINUX:-}" ] || exit 0
        tar -C "$folder" -xf /usr/src/linux-source-*.tar.xz &&
                make -s -C "$(source_folder)" "${CONFIG:-defconfig}" prepare >/dev/null
        ;;
run)
        timeout "$seconds" make -s -k -C "$(source_folder)" -j "${JOBS:-8}" vmlinux
        # Ended by the clock, as ordered.
        [ $? -eq 124 ] || [ -e "$(source_folder)/vmlinux" ]
        ;;
esac
