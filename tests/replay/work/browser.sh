#!/bin/bash
# SPDX-License-Identifier: MIT
# A real browser (Debian's chromium, under Xvfb) in which one tab after the other is opened: a page
# of some 40 MB each, TABS of them, a few closed again on the way.
#   browser.sh prepare FOLDER; browser.sh run FOLDER SECONDS
set -u

step=$1 folder=$2 seconds=${3:-}
tabs=${TABS:-24}

write_page() { # NUMBER
        cat > "$folder/tab$1.html" << EOF
<!DOCTYPE html>
<title>tab $1</title>
<body>
<script>
const kept = [];
function more(n) {
        for (let i = 0; i < n; i++)
                kept.push(new Float64Array(65536).map(Math.random));
        for (let i = 0; i < 20 * n; i++) {
                const p = document.createElement("p");
                p.textContent = "paragraph " + i + " of tab $1: " + Math.random();
                document.body.appendChild(p);
        }
}
more(60);
setInterval(() => { kept.shift(); more(1); }, 500);
if ($1 % 4 === 3)
        setTimeout(() => window.close(), 15000);
</script>
EOF
}

browse() { # URL...
        chromium --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync \
                --disable-background-networking --disable-component-update --disable-breakpad \
                --disable-dev-shm-usage --user-data-dir="$folder/profile" "$@" &
}

case $step in
prepare)
        for i in $(seq "$tabs"); do write_page "$i"; done
        ;;
run)
        Xvfb :77 -screen 0 1280x800x24 -nolisten tcp &
        display=$!
        export DISPLAY=:77
        sleep 2
        browse "file://$folder/tab1.html"
        browser=$!
        sleep "${FIRST:-8}"
        every=$(((seconds - ${FIRST:-8}) * 1000 / tabs))
        for i in $(seq 2 "$tabs"); do
                browse "file://$folder/tab$i.html"
                sleep "$((every / 1000)).$(printf '%03d' $((every % 1000)))"
        done
        kill -0 "$browser" || exit 1
        kill "$browser"
        wait "$browser"
        kill "$display"
        wait "$display"
        true
        ;;
esac
