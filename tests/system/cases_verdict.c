/* SPDX-License-Identifier: MIT */
/*
 * Shortages other than that of memory alone: stall, and swap.
 */
#include "cases.h"

#define STALL "[pressure]\nhold = 500ms\n"

/* It is over as soon as memory has come back. */
static void
stall(unsigned percent)
{
        memory_leave(150);
        guard_begin_with(LIMITS("110M", "100M", "70M") STALL);
        guard_looks(5);
        memory_stall(percent, 170, MEMORY_THRASHES);
}

static void
a_stall_ends_one_and_not_two(void)
{
        memory_make_up();
        struct actor *large = actor_start_ready("hold=50 wait");
        struct actor *small = actor_start_ready("hold=40 wait");

        stall(50);
        actor_dies(large, SIGTERM);
        (void)guard_says("programs stood still for memory ");
        guard_looks(3 * CASES_LOOKS);
        CHECK(actor_lives(small), "one too many");
}

static void
a_stall_that_leaves_no_time_kills_one_and_not_two(void)
{
        memory_make_up();
        struct actor *large = actor_start_ready("hold=50 wait");
        struct actor *small = actor_start_ready("hold=40 wait");

        stall(95);
        AWAIT(!actor_lives(large), "the end");
        guard_looks(3 * CASES_LOOKS);
        CHECK(actor_lives(small), "one too many");
}

static void
a_stall_that_goes_on_ends_the_next_one(void)
{
        memory_make_up();
        struct actor *large = actor_start_ready("hold=50 wait");
        struct actor *small = actor_start_ready("hold=40 wait");

        memory_leave(150);
        guard_begin_with(LIMITS("110M", "100M", "70M") STALL);
        guard_looks(5);
        memory_stall(50, MEMORY_TOTAL_MIB, MEMORY_THRASHES);
        actor_dies(large, SIGTERM);
        actor_dies(small, SIGTERM);
}

static void
low_memory_counts_when_swap_is_low_too(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_swap(512, 400);
        memory_leave(300);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_looks(5);
        memory_leave(60);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(hog), "it was ended too soon");
        memory_swap(512, 30);
        actor_dies(hog, SIGTERM);
        (void)guard_says("30 MiB of swap free (limit ");
}

static void
low_memory_counts_when_swap_is_switched_off(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_swap(512, 400);
        memory_leave(60);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(hog), "it was ended too soon");
        memory_swap(0, 0);
        actor_dies(hog, SIGTERM);
        (void)guard_says(", no swap");
}

static void
free_swap_below_zero_is_none(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_swap(512, 400);
        memory_leave(60);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(hog), "it was ended too soon");
        memory_swap_underflow();
        actor_dies(hog, SIGTERM);
}

const struct system_case cases_verdict[] = {
        CASE(a_stall_ends_one_and_not_two),
        CASE(a_stall_that_leaves_no_time_kills_one_and_not_two),
        CASE(a_stall_that_goes_on_ends_the_next_one),
        CASE(low_memory_counts_when_swap_is_low_too),
        CASE(low_memory_counts_when_swap_is_switched_off),
        CASE(free_swap_below_zero_is_none),
        CASE_END,
};
