/* SPDX-License-Identifier: MIT */
/*
 * Who is chosen, where no rule says anything: by size, growth, blame, and what is really its own.
 */
#include "cases.h"

static void
the_largest_is_ended_first(void)
{
        memory_make_up();
        struct actor *small = actor_start_ready("hold=30 wait");
        struct actor *large = actor_start_ready("hold=50 wait");
        struct actor *middle = actor_start_ready("hold=40 wait");

        memory_leave(300);
        guard_begin_with(LIMITS("120M", "100M", "0%"));
        guard_looks(5);
        memory_leave(80);
        actor_dies(large, SIGTERM);
        (void)guard_says("%d (subject) ended", (int)large->pid);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(small) && actor_lives(middle), "one too many");
        CHECK(guard_said("SIGTERM to ") == 1, "said too much");
}

static void
memory_that_is_low_from_the_start_is_acted_on(void)
{
        memory_make_up();
        struct actor *small = actor_start_ready("hold=30 wait");
        struct actor *large = actor_start_ready("hold=50 wait");

        memory_leave(80);
        guard_begin_with(LIMITS("120M", "100M", "0%"));
        actor_dies(large, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(small), "one too many");
}

static void
a_growing_process_is_ended_before_a_larger_steady_one(void)
{
        memory_make_up();
        struct actor *steady = actor_start_ready("hold=60 wait");
        struct actor *growing = actor_start_ready("hold=10 wait grow=0:8");

        memory_leave(130);
        guard_begin_with(LIMITS("115M", "100M", "0%"));
        guard_looks(5);
        actor_go(growing, 1);
        actor_dies(growing, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(steady), "the steady one was ended");
}

static void
a_slow_leak_is_blamed_though_it_is_not_the_largest(void)
{
        memory_make_up();
        struct actor *steady = actor_start_ready("hold=80 wait");
        struct actor *leak = actor_start_ready("hold=10 wait grow=45:8");

        memory_leave(140);
        guard_begin_with(LIMITS("115M", "100M", "0%") "[victim]\ngrowth_horizon = 0s\n");
        guard_looks(10);
        actor_go(leak, 1);
        actor_dies(leak, SIGTERM);
        const char *line = guard_says("SIGTERM to %d ", (int)leak->pid);

        CHECK(strstr(line, "; took ") && strstr(line, " that went missing since "), "%s", line);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(steady), "the steady one was ended");
}

static void
a_fork_swarm_is_ended_as_one_and_its_parent_lives(void)
{
        enum { N = 12 };

        memory_make_up();
        struct actor *steady = actor_start_ready("hold=50 wait");
        struct actor *swarm = actor_start("fork=12 { wait grow=0:1 } reap");

        actor_ready(swarm, N);
        memory_leave(140);
        guard_begin_with(LIMITS("115M", "100M", "0%"));
        guard_looks(10);
        actor_go(swarm, N);
        for (int i = 0; i < N; i++)
                actor_child_dies(swarm, i, SIGTERM);
        (void)guard_says("SIGTERM to 12 processes like ");
        guard_looks(CASES_LOOKS);
        CHECK(guard_said("SIGTERM to ") == 1, "not one victim");
        CHECK(actor_lives(swarm), "the parent was ended");
        CHECK(actor_lives(steady), "the steady one was ended");
}

static void
a_copy_on_write_child_is_spared(void)
{
        memory_make_up();
        struct actor *store =
                actor_start_sharing("name=store hold=60 fork=1 { name=snapshot wait } wait");
        struct actor *hog = actor_start_sharing("hold=30 wait");

        actor_ready(store, 2);
        actor_ready(hog, 1);
        memory_leave(300);
        guard_begin_with(LIMITS("100M", "90M", "0%") "[victim]\nprotect = name:store\n");
        guard_looks(5);
        memory_leave(80);
        actor_dies(hog, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(store), "the store was ended");
        CHECK(guard_said("(snapshot)") == 0, "the snapshot was ended");
}

static void
a_pool_shared_by_many_is_not_counted_for_each(void)
{
        memory_make_up();
        struct actor *pool =
                actor_start_sharing("name=pool shm=60 fork=10 { touch hold=2 wait } wait");
        struct actor *hog = actor_start_sharing("hold=30 wait");

        actor_ready(pool, 11);
        actor_ready(hog, 1);
        memory_leave(300);
        guard_begin_with(LIMITS("100M", "90M", "0%"));
        guard_looks(5);
        memory_leave(80);
        actor_dies(hog, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(pool) && guard_said("(pool)") == 0, "a part of the pool was ended");
}

static void
two_hogs_take_two_kills_one_after_the_other_and_no_third(void)
{
        memory_make_up();
        struct actor *first = actor_start_ready("slow=700 hold=50 wait");
        struct actor *second = actor_start_ready("slow=700 hold=45 wait");
        struct actor *third = actor_start_ready("hold=40 wait");

        memory_leave(300);
        guard_begin_with(LIMITS("130M", "120M", "0%"));
        guard_looks(5);
        memory_leave(60);
        actor_dies(first, 0);
        actor_dies(second, 0);
        (void)guard_says("%d (subject) ended", (int)second->pid);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(third), "the third was ended");
        CHECK(guard_said("SIGTERM to ") == 2, "not two signals");
        CHECK(guard_line_of("%d (subject) ended", (int)first->pid) <
                      guard_line_of("SIGTERM to %d ", (int)second->pid),
              "two at a time");
}

static void
a_large_process_that_forks_all_the_time_lives(void)
{
        memory_make_up();
        struct actor *mother = actor_start_ready("hold=410 wait every=1000 { exit }");
        struct actor *leak = actor_start_ready("hold=5 wait grow=0:10");

        memory_leave(200);
        actor_go(mother, 1);
        guard_begin_with(LIMITS("180M", "150M", "0%"));
        guard_looks(30);
        CHECK(guard_said("SIG") == 0, "something was ended");
        actor_go(leak, 1);
        actor_dies(leak, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(mother), "the one that forks was ended");
}

static void
a_positive_oom_score_adj_weighs_more(void)
{
        memory_make_up();
        struct actor *tab = actor_start_ready("adj=1000 hold=30 wait");
        struct actor *larger = actor_start_ready("hold=50 wait");

        memory_leave(300);
        guard_begin_with(LIMITS("100M", "90M", "0%"));
        guard_looks(5);
        memory_leave(80);
        actor_dies(tab, SIGTERM);
        (void)guard_says("oom_score_adj 1000");
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(larger), "one too many");
}

static void
process_number_two_and_its_child_are_like_any_other(void)
{
        struct actor *two =
                actor_start("fork=1 { exec=/proc/self/exe hold=60 wait } hold=40 wait reap");
        struct actor *other = actor_start_ready("hold=20 wait");

        CHECK(two->pid == 2, "it is number %d", (int)two->pid);
        memory_make_up();
        actor_ready(two, 2);
        actor_go(two, 2);
        memory_leave(300);
        guard_begin_with(LIMITS("170M", "160M", "0%"));
        guard_looks(5);
        memory_leave(80);
        actor_child_dies(two, 0, SIGTERM);
        actor_dies(two, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(other), "one too many");
}

static void
whoever_gets_a_number_again_is_not_who_had_it(void)
{
        memory_make_up();
        struct actor *gone = actor_start_ready("hold=60 wait exit");
        struct actor *hog = actor_start_ready("hold=30 wait");

        memory_leave(130);
        /* By size alone: on a busy machine the heir takes a fifth of a second for its 20 MiB. */
        guard_begin_with(LIMITS("100M", "90M", "0%") "[victim]\ngrowth_horizon = 0s\n");
        guard_level("watch");
        guard_looks(10);
        actor_go(gone, 1);
        actor_dies(gone, 0);
        struct actor *heir = actor_start_numbered(gone->pid, "hold=20 wait");

        actor_ready(heir, 1);
        CHECK(heir->pid == gone->pid, "not the same number");
        memory_leave(80);
        actor_dies(hog, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(heir), "the heir was ended");
}

/* Where there is swap, reclaim takes shared pages out of page tables, and no file counts them. */
static void
shared_memory_that_reclaim_has_unmapped_is_still_its_owners(void)
{
        memory_make_up();
        struct actor *steady = actor_start_ready("hold=40 wait");
        struct actor *shared = actor_start_ready("shm=60 wait unmap wait");

        memory_swap(512, 400);
        memory_fix(300);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_looks(5);
        memory_fix(140);
        guard_level("watch");
        actor_go(shared, 1);
        actor_ready(shared, 1);
        guard_looks(2 * CASES_LOOKS); /* all processes are looked at once a second */
        memory_swap(512, 30);
        memory_fix(80);
        (void)guard_says("SIGTERM to %d ", (int)shared->pid);
        int first = guard_line_of("SIGTERM to %d ", (int)shared->pid);
        int other = guard_line_of(" to %d ", (int)steady->pid);

        CHECK(other < 0 || first < other, "the steady one was ended first");
        actor_dies(shared, SIGTERM);
}

const struct system_case cases_choice[] = {
        CASE(the_largest_is_ended_first),
        CASE(memory_that_is_low_from_the_start_is_acted_on),
        CASE(a_growing_process_is_ended_before_a_larger_steady_one),
        CASE(a_slow_leak_is_blamed_though_it_is_not_the_largest),
        CASE(a_fork_swarm_is_ended_as_one_and_its_parent_lives),
        CASE(a_copy_on_write_child_is_spared),
        CASE(a_pool_shared_by_many_is_not_counted_for_each),
        CASE(shared_memory_that_reclaim_has_unmapped_is_still_its_owners),
        CASE(two_hogs_take_two_kills_one_after_the_other_and_no_third),
        CASE(a_large_process_that_forks_all_the_time_lives),
        CASE(a_positive_oom_score_adj_weighs_more),
        CASE(process_number_two_and_its_child_are_like_any_other),
        CASE(whoever_gets_a_number_again_is_not_who_had_it),
        CASE_END,
};
