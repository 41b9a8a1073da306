#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples of a configuration in the manuals and in README.md: each is given to the guard's own
# --check, so that what people copy is taken.  It proves first that it can refuse.
#   tests/gates/examples.sh GUARD BUILD_FOLDER
set -u
guard=$1 out=$2/examples
rm -rf "$out"
mkdir -p "$out"
# shellcheck source=tests/gates/verdict.sh
. "${0%/*}/verdict.sh"

# A block of literal text (of mdoc, or indented by four blanks) that begins with a section goes into
# a file of its own, and what is written by printf into one together, as it is there.
extract() { # DOCUMENT
        awk -v to="$out/${1##*/}" -v quote="'" '
        /^\.Bd -literal/ { literal = 1; next }
        /^\.Ed/ { literal = 0 }
        {
                line = $0
                inside = literal || sub(/^    /, "", line) || line == ""
        }
        !inside { file = ""; next }
        { gsub(/\\-/, "-", line); gsub(/\\&/, "", line) }
        line ~ ("printf " quote "\\[") {
                split(line, part, quote)
                gsub(/\\e?n/, "\n", part[2])
                gsub(/%%/, "%", part[2])
                printf "%s", part[2] > (to "-printf.conf")
                next
        }
        file == "" && line ~ /^\[/ { file = to "-" ++n ".conf" }
        file != "" { print line > file }' "$1"
}

# True when there is one and all of them are taken.
examples() { # DOCUMENT
        extract "$1"
        bad=0
        for f in "$out/${1##*/}"-*.conf; do
                "$guard" --check -c "$f" > "$f.out" 2>&1 || { bad=1 && cat "$f.out"; }
        done
        return $bad
}

refuse() { # TITLE DOCUMENT TEXT
        printf '%b' "$3" > "$out/$2"
        ! examples "$out/$2" > /dev/null
        verdict "$1" $?
}

refuse "a manual whose second example is wrong is refused" bad.5 \
        '.Bd -literal\n[kill]\ngrace = 1s\n.Ed\n.Bd -literal -offset indent\n[kill]\ngrace = 1\n.Ed\n'
refuse "a text with a wrong example is refused" bad.md 'So:\n\n    [swap]\n    # one\n\n    trem = 5%\n'
refuse "a wrong example that is printed is refused" printed.md "    printf '[swap]\\\\ntrem = 5%%\\\\n' > x\n"
refuse "a text without an example is refused" none.md 'None.\n'

# shellcheck disable=SC2013
for document in $(grep -lE "^( {4})?\[[a-z]+\]|printf '\[" README.md man/*); do
        examples "$document"
        verdict "its examples are taken: $document" $?
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
