/* SPDX-License-Identifier: MIT */
/*
 * Thousands of processes: coming and going while the guard chooses, and there before the one that
 * matters.
 */
#include "cases.h"

#include <stdlib.h>
#include <string.h>

static void
it_finds_them_among_five_thousand_short_lives(void)
{
        enum { N = 5 };
        struct actor *hog[N];

        memory_make_up();
        for (unsigned i = 0; i < N; i++) {
                char words[64];

                (void)snprintf(words, sizeof(words), "hold=%u wait", 40 - i);
                hog[i] = actor_start_ready(words);
        }
        struct actor *other = actor_start_ready("hold=30 wait");
        struct actor *churn = actor_start_uncounted("wait churn=5000");

        actor_ready(churn, 1);
        memory_leave(400);
        guard_begin_with(LIMITS("245M", "235M", "0%"));
        guard_looks(5);
        actor_go(churn, 1);
        memory_leave(60);
        for (unsigned i = 0; i < N; i++)
                actor_dies(hog[i], SIGTERM);
        actor_done(churn);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(other) && actor_lives(churn), "one too many");
        CHECK(guard_said("SIGTERM to ") == N, "said too much");
}

/* The one that grows has come last, so it is the last in /proc.  Each part of the crowd is waited
 * for by itself: twenty thousand forks took a busy machine half a minute. */
static void
crowd(unsigned n_parts, unsigned part)
{
        char words[256] = "wait";

        for (unsigned i = 0; i < n_parts; i++) {
                size_t n = strlen(words);

                (void)snprintf(words + n, sizeof(words) - n, " crowd=%u { } wait", part);
        }
        memory_make_up();
        struct actor *idle = actor_start_uncounted(words);

        actor_ready(idle, 1);
        for (unsigned i = 0; i < n_parts; i++) {
                actor_go(idle, 1);
                actor_ready(idle, 1);
        }
        struct actor *large = actor_start_ready("hold=60 wait");
        struct actor *growing = actor_start_ready("hold=10 wait grow=0:10");

        memory_leave(150);
        guard_begin_with(LIMITS("115M", "100M", "0%"));
        guard_looks(5);
        actor_go(growing, 1);
        actor_dies(growing, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(large) && actor_lives(idle), "one too many");
        CHECK(guard_said("SIGTERM to ") == 1, "said too much");
}

static void
it_finds_the_last_of_two_thousand(void)
{
        crowd(1, 2000);
}

static void
it_finds_the_last_of_twenty_thousand(void)
{
        crowd(8, 2500);
}

const struct system_case cases_crowd[] = {
        CASE(it_finds_them_among_five_thousand_short_lives),
        CASE(it_finds_the_last_of_two_thousand),
        CASE(it_finds_the_last_of_twenty_thousand),
        CASE_END,
};
