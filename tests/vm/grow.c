/* SPDX-License-Identifier: MIT */
/*
 * The roles that take memory and keep it: steady holders, leaks, bombs, thrashers.  Owns the pace
 * at which memory is taken; never gives any back.
 */
#define _GNU_SOURCE
#include "role.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define ENDLESS_KIB (16u << 20) /* more than any guest of the bench has */

static volatile sig_atomic_t terminated;

static void
on_term(int signal)
{
        (void)signal;
        terminated = 1;
}

/* The new process holds the same pages and goes on where the old one was. */
static void
fork_away(const struct role_options *o)
{
        char name[16];
        pid_t pid;

        terminated = 0;
        prctl(PR_GET_NAME, name);
        pid = fork();
        if (pid < 0)
                role_fail("fork");
        if (pid > 0) {
                role_report(o, "child %c %d %s", ROLE_GUILTY, pid, name);
                _exit(0);
        }
}

static void
set_term(const struct role_options *o)
{
        struct sigaction sa = { .sa_handler = on_term };

        if (o->term == ROLE_TERM_IGNORE)
                signal(SIGTERM, SIG_IGN);
        else if (o->term == ROLE_TERM_FORK)
                sigaction(SIGTERM, &sa, NULL);
}

/* Returns how much it took: the size asked for, or less where until= ended it. */
static uint64_t
grow_to_size(const struct role_options *o, char *base, uint64_t size_kib)
{
        uint64_t start_us = role_now_us();
        uint64_t done_kib = 0;

        while (done_kib < size_kib) {
                uint64_t elapsed_us = role_now_us() - start_us;

                if (terminated)
                        fork_away(o);
                if (o->until_kib && role_available_kib() <= o->until_kib)
                        break;
                if (o->rate_kib_s && done_kib >= o->rate_kib_s * elapsed_us / 1000000) {
                        role_sleep_us(4000);
                        continue;
                }
                for (int i = 0; i < 16 && done_kib < size_kib; i++, done_kib += 4)
                        role_fill_page(base + done_kib * 1024, o->half_random);
        }
        return done_kib;
}

/* Walks over the memory at touch= and never returns. */
static void
stay(const struct role_options *o, const char *base, uint64_t size_kib)
{
        uint64_t start_us = role_now_us();
        uint64_t walked_kib = 0;

        for (;;) {
                uint64_t due_kib = o->touch_kib_s * (role_now_us() - start_us) / 1000000;

                if (terminated)
                        fork_away(o);
                for (; size_kib && walked_kib < due_kib; walked_kib += 4)
                        (void)*(volatile const char *)(base + walked_kib % size_kib * 1024);
                role_sleep_us(o->touch_kib_s ? 20000 : 200000);
        }
}

int
grow_main(struct role_options *o)
{
        uint64_t size_kib = o->size_kib ? o->size_kib : ENDLESS_KIB;
        char *base = role_map(o, size_kib);

        set_term(o);
        size_kib = grow_to_size(o, base, size_kib);
        role_report(o, "ready");
        stay(o, base, size_kib);
        return 0;
}

/* Random writes over the whole set: the order in which the kernel evicts is never right. */
int
thrash_main(struct role_options *o)
{
        char *base = role_map(o, o->size_kib);

        grow_to_size(o, base, o->size_kib);
        role_report(o, "ready");
        for (;;)
                base[role_random() % (o->size_kib / 4) * ROLE_PAGE + 64]++;
        return 0;
}
