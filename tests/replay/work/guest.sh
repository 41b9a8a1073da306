#!/bin/bash
# SPDX-License-Identifier: MIT
# The same in a virtual machine with Debian, where memory is really tight:
#   guest.sh WORK SECONDS TRACE
# MEM: memory in MiB; SWAP: of a swap disk in MiB.  What else the work asks for (JOBS=, TABS=, ...) is
# handed on.  For WORK build, DATA is an image file with the kernel's source in it, configured, as `linux`.
set -u

work=${1:?usage: guest.sh WORK SECONDS TRACE}
seconds=${2:?usage: guest.sh WORK SECONDS TRACE}
trace=${3:?usage: guest.sh WORK SECONDS TRACE}
here=$(cd "$(dirname "$0")" && pwd)
vm=$here/../../vm/debian
build=${VM_BUILD:-$here/../../../build/vm}
payload=$(mktemp -d)
trap 'rm -rf "$payload"' EXIT

mkdir -p "$payload/guest/work"
cp "${GUARD:-./oomguard}" "$payload/guest/oomguard"
cp "$here"/*.sh "$payload/guest/work/"
{
        cat << EOF
#!/bin/bash
export GUARD=/guest/oomguard SCRATCH=/var/tmp HOME=/root ${JOBS:+JOBS=$JOBS} ${TABS:+TABS=$TABS} \
${FIRST:+FIRST=$FIRST} ${SHARED:+SHARED=$SHARED} ${SCALE:+SCALE=$SCALE} ${KEYS:+KEYS=$KEYS}
work=$work seconds=$seconds
EOF
        cat << 'EOF'
read -r words < /proc/cmdline
for w in $words; do case $w in guest_*) declare "$w" ;; esac; done
[ ! "${guest_swap:-}" ] || { mkswap "$guest_swap" >/dev/null; swapon "$guest_swap"; }
if [ "${guest_data:-}" ]; then
        mount "$guest_data" /d
        export LINUX=/d/linux
fi
/guest/work/record.sh "$work" "$seconds" /run/trace
status=$?
cat /run/trace.log
tail -n 20 /run/trace.work
sed 's/^/TRACE /' /run/trace
exit $status
EOF
} > "$payload/script"

image=$(IMAGE_SIZE=3G IMAGE_DISABLE="redis-server.service postgresql.service" \
        IMAGE_PACKAGES="chromium xvfb redis-server postgresql gcc make libc6-dev bc flex bison" \
        "$vm/image.sh" "$build") || exit 1
BOOT_MEM=${MEM:-1024} BOOT_SWAP=${SWAP:-0} BOOT_DATA=${DATA:-} BOOT_PAYLOAD=$payload \
        BOOT_LOG=$build/work-$work BOOT_TIMEOUT=${BOOT_TIMEOUT:-1800} \
        "$vm/boot.sh" "$build" "$image" "$payload/script" > "$payload/out"
status=$?
sed -n 's/^TRACE //p' "$payload/out" > "$trace"
grep -v '^TRACE ' "$payload/out"
exit "$status"
