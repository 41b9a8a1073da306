/* SPDX-License-Identifier: MIT */
/*
 * What runs away in the guest: it takes memory, and does nothing else.
 *   hog [deaf] MIB_A_SECOND MIB     grows to MIB, then waits; deaf: SIGTERM is ignored
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1024 * 1024 };

/* What cannot be compressed: zram would otherwise swallow it whole. */
static void
fill(uint64_t *at, size_t bytes)
{
        static uint64_t x = 88172645463325252u;

        for (size_t i = 0; i < bytes / sizeof(*at); i++) {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                at[i] = x;
        }
}

int
main(int argc, char **argv)
{
        if (argc > 1 && strcmp(argv[1], "deaf") == 0) {
                (void)signal(SIGTERM, SIG_IGN);
                argv++;
                argc--;
        }
        if (argc != 3) {
                (void)fputs("usage: hog [deaf] MIB_A_SECOND MIB\n", stderr);
                return 2;
        }
        long rate = strtol(argv[1], NULL, 10), size = strtol(argv[2], NULL, 10);
        struct timespec step = { .tv_nsec = rate > 1 ? 999999999 / rate : 999999999 };

        for (long i = 0; i < size; i++) {
                void *p =
                        mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

                if (p == MAP_FAILED)
                        break;
                fill(p, MIB);
                (void)nanosleep(&step, NULL);
        }
        (void)puts("full");
        (void)fflush(stdout);
        for (;;)
                (void)pause();
}
