#!/bin/sh
# SPDX-License-Identifier: MIT
# A desktop of one window system and one notification server, which prints what it shows.
Xvfb :7 -screen 0 640x480x24 -nolisten tcp &
n=0
until [ -S /tmp/.X11-unix/X7 ] || [ $n = 300 ]; do
        sleep 0.2
        n=$((n + 1))
done
exec env DISPLAY=:7 dunst -print -conf /dev/null
