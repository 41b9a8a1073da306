/* SPDX-License-Identifier: MIT */
/*
 * The verdict: counts only, never seconds, because under emulation time means nothing.  Reads
 * the kernel's log; starts and ends nothing.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Since the last count. */
static struct kernel_kills
count_kernel_kills(const struct bench *b)
{
        struct kernel_kills k = { 0, 0 };
        static char record[8192];
        static int fd = -1;
        ssize_t n;

        if (fd < 0)
                fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        while ((n = read(fd, record, sizeof record - 1)) > 0) {
                record[n] = '\0';
                if (!strstr(record, "oom-kill:constraint="))
                        continue;
                if (strstr(record, "CONSTRAINT_MEMCG"))
                        k.limited++;
                else
                        k.global++;
                bench_log(b, "kernel: %s", record);
        }
        return k;
}

/* "leak TERM, swarmling KILL x24": each name and signal once. */
static void
list_deaths(const struct bench *b, char *ret, size_t size)
{
        size_t used = 0;

        snprintf(ret, size, "nobody");
        for (unsigned i = 0; i < b->n_subjects; i++) {
                const struct subject *s = &b->subjects[i];
                unsigned n = 0, before = 0;

                for (unsigned j = 0; j < b->n_subjects; j++) {
                        const struct subject *t = &b->subjects[j];
                        bool same = t->dead && t->status == s->status && !strcmp(t->name, s->name);

                        n += same;
                        before += same && j < i;
                }
                if (!s->dead || before || used >= size)
                        continue;
                used += (size_t)snprintf(ret + used, size - used, "%s%s ", used ? ", " : "",
                                         s->name);
                if (used < size && WIFSIGNALED(s->status))
                        used += (size_t)snprintf(ret + used, size - used, "%s",
                                                 sigabbrev_np(WTERMSIG(s->status)));
                else if (used < size)
                        used += (size_t)snprintf(ret + used, size - used, "exit %d",
                                                 WEXITSTATUS(s->status));
                if (n > 1 && used < size)
                        used += (size_t)snprintf(ret + used, size - used, " x%u", n);
        }
}

static unsigned
count_killed(const struct bench *b, enum role_kind kind)
{
        unsigned n = 0;

        for (unsigned i = 0; i < b->n_subjects; i++)
                n += b->subjects[i].kind == kind && subject_was_killed(&b->subjects[i]);
        return n;
}

/* Those that ended by themselves, and not well: nobody killed them, so they prove nothing. */
static unsigned
count_failed(const struct bench *b)
{
        unsigned n = 0;

        for (unsigned i = 0; i < b->n_subjects; i++) {
                const struct subject *s = &b->subjects[i];

                n += s->dead && WIFEXITED(s->status) && WEXITSTATUS(s->status) != 0;
        }
        return n;
}

/* What went wrong first in weight, or NULL. */
static const char *
find_fault(const struct bench *b, const struct kernel_kills *k, const struct canary_stats *c)
{
        static char text[160];
        unsigned guilty = subject_count(b, ROLE_GUILTY, false);
        unsigned dead = subject_count(b, ROLE_GUILTY, true);
        unsigned need = b->need < 0 ? guilty : (unsigned)b->need;

        if (*b->error)
                return b->error;
        if (b->guard_ended)
                return "the guard ended";
        if (count_failed(b))
                return "a workload could not do its work";
        if (k->global && !b->kernel_may_kill)
                return "the kernel had to kill";
        if (count_killed(b, ROLE_INNOCENT))
                return "an innocent was killed";
        if (count_killed(b, ROLE_BOXED) > k->limited)
                return "killed inside a limit, not by the kernel";
        if (dead < need)
                snprintf(text, sizeof text, "%u guilty still alive", need - dead);
        else if (dead > need)
                snprintf(text, sizeof text, "%u killed after the last needed one", dead - need);
        else if (c->over_1s && !b->canary_may_wait)
                snprintf(text, sizeof text, "canary over 1 s late");
        else
                return NULL;
        return text;
}

/* A canary that stands still at the end is late by now, although it could not say so. */
static struct canary_stats
read_canary(const struct bench *b)
{
        struct canary_stats c = *b->canary;
        const struct subject *s = subject_find((struct bench *)b, "canary");
        uint64_t now_us = role_now_us();

        if (!s || s->dead || !c.beats || now_us - c.last_beat_us < 100000)
                return c;
        c.over_100ms++;
        c.over_1s += now_us - c.last_beat_us > 1000000;
        if (now_us - c.last_beat_us > c.worst_us)
                c.worst_us = now_us - c.last_beat_us;
        return c;
}

void
judge_episode(struct bench *b)
{
        struct canary_stats c = read_canary(b);
        struct kernel_kills k = count_kernel_kills(b);
        struct tally *past = &b->past;
        char deaths[512];

        c.over_1s -= b->began.over_1s;
        c.over_100ms -= b->began.over_100ms;
        const char *fault = find_fault(b, &k, &c);

        list_deaths(b, deaths, sizeof deaths);
        bench_log(b, "episode %s: %s; kernel %u+%u worst %llu ms >100ms %llu%s%s", b->episode,
                  deaths, k.global, k.limited, (unsigned long long)c.worst_us / 1000,
                  (unsigned long long)c.over_100ms, fault ? " -- " : "", fault ? fault : "");
        if (fault && past->failed++ == 0)
                snprintf(past->first, sizeof past->first, "%.39s: %.110s", b->episode, fault);
        past->guilty += subject_count(b, ROLE_GUILTY, false);
        past->guilty_dead += subject_count(b, ROLE_GUILTY, true);
        past->innocent_killed += count_killed(b, ROLE_INNOCENT);
        past->kernel.global += k.global;
        past->kernel.limited += k.limited;
        if (c.worst_us > past->worst_us)
                past->worst_us = c.worst_us;
        for (unsigned i = 0; i < b->n_steady; i++)
                if (b->subjects[i].dead)
                        snprintf(b->error, sizeof b->error, "episode %s: %s was to live through it",
                                 b->episode, b->subjects[i].name);
}

/* What the episodes came to goes on top of what there has been since. */
static const char *
add_past(const struct bench *b, const char *fault, struct kernel_kills *k, struct canary_stats *c,
         char *deaths, size_t size)
{
        static char text[240];
        const struct tally *past = &b->past;

        if (past->episodes == 0) {
                list_deaths(b, deaths, size);
                return fault;
        }
        snprintf(deaths, size, "%u episodes", past->episodes);
        k->global += past->kernel.global;
        k->limited += past->kernel.limited;
        if (past->worst_us > c->worst_us)
                c->worst_us = past->worst_us;
        if (past->failed == 0)
                return fault;
        snprintf(text, sizeof text, "%u episodes were not as they should be; %s", past->failed,
                 past->first);
        return text;
}

bool
judge(struct bench *b)
{
        struct canary_stats c = read_canary(b);
        struct kernel_kills k = count_kernel_kills(b);
        const char *fault = find_fault(b, &k, &c);
        char deaths[512];

        fault = add_past(b, fault, &k, &c, deaths, sizeof deaths);
        printf("RESULT %s %s/%s: %s; kernel %u+%u innocent %u guilty %u/%u lowest %llu MiB "
               "worst %llu ms >100ms %llu >1s %llu, %llu s",
               fault ? "FAIL" : "PASS", b->scenario, b->swap, deaths, k.global, k.limited,
               b->past.innocent_killed + count_killed(b, ROLE_INNOCENT),
               b->past.guilty_dead + subject_count(b, ROLE_GUILTY, true),
               b->past.guilty + subject_count(b, ROLE_GUILTY, false),
               (unsigned long long)b->lowest_kib / 1024, (unsigned long long)c.worst_us / 1000,
               (unsigned long long)c.over_100ms, (unsigned long long)c.over_1s,
               (unsigned long long)(role_now_us() - b->start_us) / 1000000);
        if (b->host_worst_us > 200000)
                printf(" (the host stood still for %llu ms)",
                       (unsigned long long)b->host_worst_us / 1000);
        printf("%s%s\n", fault ? " -- " : "", fault ? fault : "");
        return !fault;
}
