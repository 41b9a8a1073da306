/* SPDX-License-Identifier: MIT */
/*
 * Roles that take memory in ways in which few do: a program that is started again whenever it ends,
 * page tables, memory that is locked, many threads, shared memory that is given back.
 */
#define _GNU_SOURCE
#include "role.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TABLE_REACH_KIB 2048                /* of one page of the lowest page table */
#define ADDRESSES_KIB   (UINT64_C(1) << 30) /* a TiB of addresses: 2 GiB of such pages */

/* n= times, one after the other, what leaks at rate=: whoever starts it holds nothing himself. */
int
respawn_main(struct role_options *o)
{
        role_report(o, "ready");
        for (uint64_t i = 0; i < o->count; i++) {
                char rate[40];
                int status;
                pid_t pid = fork();

                if (pid < 0)
                        role_fail("fork");
                if (pid == 0) {
                        snprintf(rate, sizeof rate, "rate=%llu", (unsigned long long)o->rate_kib_s);
                        execl(ROLE_BIN_DIR "/again", "again", "grow", "slot=-", rate, (char *)NULL);
                        role_fail("again");
                }
                role_report(o, "child %c %d again", ROLE_GUILTY, pid);
                if (waitpid(pid, &status, 0) == pid)
                        role_report(o, "died %d %d", pid, status);
                role_sleep_us(100000);
        }
        for (;;)
                pause();
}

/* Nothing but page tables: a page of them for each 2 MiB in which the page of zeros is read. */
int
tables_main(struct role_options *o)
{
        char *base = mmap(NULL, ADDRESSES_KIB * 1024, PROT_READ,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        uint64_t start_us = role_now_us();

        if (base == MAP_FAILED)
                role_fail("mmap");
        role_report(o, "ready");
        for (uint64_t n = 0; n < ADDRESSES_KIB / TABLE_REACH_KIB;) {
                uint64_t due = o->rate_kib_s * (role_now_us() - start_us) / 1000000 / 4;

                for (; n < due; n++)
                        (void)*(volatile const char *)(base + n * TABLE_REACH_KIB * 1024);
                role_sleep_us(5000);
        }
        for (;;)
                pause();
}

/* Like grow, and what it has can never be swapped. */
int
locked_main(struct role_options *o)
{
        if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
                role_fail("mlockall");
        return grow_main(o);
}

static void *
grow_thread(void *arg)
{
        grow_main(arg);
        return NULL;
}

/* n= threads in one process, each of which grows. */
int
threads_main(struct role_options *o)
{
        for (uint64_t i = 1; i < o->count; i++) {
                pthread_t t;

                if (pthread_create(&t, NULL, grow_thread, o) != 0)
                        role_fail("pthread_create");
        }
        return grow_main(o);
}

/* size= of shared memory, from until= on given back at rate=, with its addresses kept. */
int
cache_main(struct role_options *o)
{
        char *base = role_map(o, o->size_kib);
        uint64_t start_us, given_kib = 0;

        for (uint64_t kib = 0; kib < o->size_kib; kib += 4)
                role_fill_page(base + kib * 1024, o->half_random);
        role_report(o, "ready");
        while (role_available_kib() > o->until_kib)
                role_sleep_us(20000);
        start_us = role_now_us();
        while (given_kib < o->size_kib) {
                uint64_t due_kib = o->rate_kib_s * (role_now_us() - start_us) / 1000000;

                for (; given_kib < due_kib && given_kib < o->size_kib; given_kib += 4)
                        if (madvise(base + given_kib * 1024, ROLE_PAGE, MADV_REMOVE) < 0)
                                role_fail("madvise");
                role_sleep_us(20000);
        }
        for (;;)
                pause();
}
