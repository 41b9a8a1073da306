/* SPDX-License-Identifier: MIT */
/*
 * Episodes: parts of a long scenario that are judged one by one, each of which ends all that it has
 * started.  What was started before the first of them lives through them all.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#define END_DEADLINE_US 60000000u

void
episode_begin(struct bench *b, const char *name)
{
        if (b->past.episodes == 0)
                b->n_steady = b->n_subjects;
        snprintf(b->episode, sizeof b->episode, "%u %s", ++b->past.episodes, name);
        b->need = -1;
        b->began = *b->canary;
        b->canary->worst_us = 0;
        bench_log(b, "episode %s", b->episode);
}

/* Each program of a scenario is a group of its own, with all that it has forked. */
static bool
end_groups(struct bench *b)
{
        bool gone = true;

        for (unsigned i = b->n_steady; i < b->n_subjects; i++)
                gone &= kill(-b->subjects[i].pid, SIGKILL) < 0 && errno == ESRCH;
        return gone;
}

void
episode_over(struct bench *b)
{
        uint64_t end_us = role_now_us() + END_DEADLINE_US;

        judge_episode(b);
        while (!end_groups(b) && role_now_us() < end_us)
                watch(b, 100000, NULL, false);
        if (!end_groups(b))
                snprintf(b->error, sizeof b->error, "episode %s cannot be ended", b->episode);
        /* What they had still to say is not the next one's. */
        watch(b, 200000, NULL, false);
        b->n_subjects = b->n_steady;
        b->need = -1;
        *b->episode = '\0';
}
