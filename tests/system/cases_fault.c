/* SPDX-License-Identifier: MIT */
/*
 * The kernel's files gone bad: the guard goes on, says so once, and still ends who has to be.
 */
#include "cases.h"

#include <errno.h>
#include <sys/mount.h>

static void
broken(enum memory_fault fault)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_looks(5);
        memory_break(fault);
        (void)guard_says("/proc/meminfo: ");
        guard_looks(2 * CASES_LOOKS);
        CHECK(guard_said("/proc/meminfo: ") == 1, "said more than once");
        CHECK(actor_lives(hog), "it was ended");
        memory_break(MEMORY_GOOD);
        (void)guard_says("/proc/meminfo can be read again");
        memory_leave(80);
        actor_dies(hog, SIGTERM);
}

static void
an_empty_meminfo_is_said_once(void)
{
        broken(MEMORY_EMPTY);
}

static void
a_torn_meminfo_is_said_once(void)
{
        broken(MEMORY_TORN);
}

static void
an_absurd_meminfo_is_said_once(void)
{
        broken(MEMORY_ABSURD);
}

static void
a_meminfo_of_words_is_said_once(void)
{
        broken(MEMORY_WORDS);
}

static void
a_meminfo_that_is_torn_now_and_then_does_not_fill_the_log(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        memory_break(MEMORY_FLAPPING);
        (void)guard_says("/proc/meminfo: ");
        guard_looks(60);
        memory_break(MEMORY_GOOD);
        memory_leave(80);
        actor_dies(hog, SIGTERM);
        CHECK(guard_said("/proc/meminfo") <= 4, "said %u times", guard_said("/proc/meminfo"));
}

static void
without_pressure_the_memory_limits_go_on_alone(void)
{
        CHECK(mount("none", "/proc/pressure", "tmpfs", 0, "mode=755") == 0, "/proc/pressure: %s",
              strerror(errno));
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        (void)guard_says("the kernel does not measure memory pressure");
        guard_looks(5);
        memory_leave(80);
        actor_dies(hog, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(guard_said("pressure") == 1, "said more than once");
}

const struct system_case cases_fault[] = {
        CASE(an_empty_meminfo_is_said_once),
        CASE(a_torn_meminfo_is_said_once),
        CASE(an_absurd_meminfo_is_said_once),
        CASE(a_meminfo_of_words_is_said_once),
        CASE(a_meminfo_that_is_torn_now_and_then_does_not_fill_the_log),
        CASE(without_pressure_the_memory_limits_go_on_alone),
        CASE_END,
};
