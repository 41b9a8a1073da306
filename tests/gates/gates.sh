#!/bin/sh
# SPDX-License-Identifier: MIT
# The gates: what a module may call, read from its symbol table.  The files are compiled here, with
# flags of this script's own, so that no build option can open a gate; and each gate proves first
# that it can refuse.
#   PURE="text psi ..." LOOP="sampler ..." tests/gates/gates.sh BUILD_FOLDER
set -u
out=$1/gates
mkdir -p "$out"
cc=${CC:-gcc}
# Without -fno-pie the address of another module's function is a reference to the linker's own
# _GLOBAL_OFFSET_TABLE_, which nobody calls.
flags="-std=gnu17 -D_GNU_SOURCE -O2 -fno-pie -fno-lto -fno-builtin -fno-stack-protector -mgeneral-regs-only"
# shellcheck source=tests/gates/verdict.sh
. "${0%/*}/verdict.sh"

# Of the C library, a pure module may use this and nothing more.
pure_libc='mem[a-z]*|str[a-z]*'
# The loop, beside that: system calls that neither allocate in user space nor wait, and those of a
# scan of its own.  No malloc, no stdio, no locale, nothing of a name service.
loop_libc="$pure_libc|__errno_location|clock_gettime|eventfd|pthread_attr_[a-z]*|pthread_create|pthread_join|close|statx|getpid|getppid|lseek|madvise|open|openat|poll|ppoll|pread|read|readlinkat|sysconf|syscall|write|fnmatch"

compile() { # SOURCE OBJECT
        # shellcheck disable=SC2086
        $cc $flags -I. -c -o "$2" "$1"
}

# Symbols that OBJECT needs and that are neither in the list nor defined by OTHERS.
strangers() { # OBJECT LIBC OTHERS...
        object=$1 libc=$2
        shift 2
        nm -g --defined-only "$@" | awk 'NF == 3 { print $3 }' | sort -u > "$out/defined"
        nm -u "$object" | awk '{ print $NF }' | grep -vxE "$libc" | grep -vxF -f "$out/defined"
}

objects() { # NAMES
        for name in $1; do echo "$out/$name.o"; done
}

gate() { # TITLE LIBC MODULES OTHERS
        for name in $3; do
                # shellcheck disable=SC2046
                found=$(strangers "$out/$name.o" "$2" $(objects "$4"))
                [ -z "$found" ] || echo "$name.c calls:" $found
                verdict "$1: $name" "$([ -z "$found" ] && echo 0 || echo 1)"
        done
}

# A gate that cannot refuse is none.
prove() { # TITLE LIBC BAD_SOURCE
        echo "$3" > "$out/bad.c"
        if compile "$out/bad.c" "$out/bad.o" 2>/dev/null; then
                found=$(strangers "$out/bad.o" "$2" "$out/bad.o")
                verdict "$1" "$([ -n "$found" ] && echo 0 || echo 1)"
        else
                verdict "$1" "$([ "${4:-}" = must_not_compile ] && echo 0 || echo 1)"
        fi
}

prove "the pure gate refuses a clock" "$pure_libc" \
        '#include <time.h>
long now(void); long now(void) { return (long)time(0); }'
prove "the pure gate refuses floating point" "$pure_libc" \
        'double half(double x); double half(double x) { return x / 2; }' must_not_compile
prove "the loop's gate refuses malloc" "$loop_libc" \
        '#include <stdlib.h>
void *get(void); void *get(void) { return malloc(9); }'
prove "the loop's gate refuses stdio" "$loop_libc" \
        '#include <stdio.h>
void say(int x); void say(int x) { printf("%d", x); }'

for name in $PURE $LOOP; do
        compile "$name.c" "$out/$name.o" || verdict "compiles without floating point: $name" 1
done
gate "pure" "$pure_libc" "$PURE" "$PURE"
gate "loop" "$loop_libc" "$LOOP" "$PURE $LOOP"

# Every header stands alone.
for header in *.h; do
        $cc -std=gnu17 -D_GNU_SOURCE -Wall -Werror -fsyntax-only -x c "$header"
        verdict "stands alone: $header" $?
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
