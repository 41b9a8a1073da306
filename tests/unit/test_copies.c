/* SPDX-License-Identifier: MIT */
/*
 * What forks have copied, told from AnonPages and from what processes show: a tree of our own
 * stands in for /proc.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "census.h"
#include "copies.h"
#include "fake_proc.h"

#define MIB    1024ull
#define SECOND 1000000ull

enum { BROWSER = PID, PARENT, CHILD, SIBLING, MAX_ROWS = 16 };

static struct census c;
static struct row row[MAX_ROWS];
static uint16_t slot[2 * MAX_ROWS];
static uint64_t now_us;

/* What meminfo says, in MiB. */
struct said {
        uint64_t anon, swap_used, swap_cached;
};

static void
say(struct said s)
{
        int fd = open(fake_path("meminfo"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        (void)dprintf(fd,
                      "MemTotal: 9000000 kB\nMemFree: 10 kB\nMemAvailable: 10 kB\n"
                      "SwapCached: %llu kB\nSwapTotal: 9000000 kB\nSwapFree: %llu kB\n"
                      "AnonPages: %llu kB\n",
                      (unsigned long long)(s.swap_cached * MIB),
                      (unsigned long long)(9000000 - s.swap_used * MIB),
                      (unsigned long long)(s.anon * MIB));
        (void)close(fd);
}

/* Forks have their parent's stack: so have all of them but the browser. */
static void
put(int32_t pid, uint64_t anon_mib, uint64_t swap_mib)
{
        fake_put((struct fake){ .pid = pid,
                                .ppid = pid > PARENT ? PARENT : 1,
                                .start_ticks = pid > PARENT ? 20000 : 7,
                                .stack = pid == BROWSER ? 111 : 222,
                                .anon_kib = anon_mib * MIB,
                                .swap_kib = swap_mib * MIB });
}

static void
scan(bool swap)
{
        now_us += SECOND;
        assert_int_equal(census_scan(&c, now_us, swap), 0);
}

static uint64_t
copied_mib(int32_t pid)
{
        const struct row *r = census_find(&c, pid);

        assert_non_null(r);
        return copies_kib(&c, r) / MIB;
}

static uint64_t
since_mib(int32_t pid)
{
        const struct row *r = census_find(&c, pid);

        assert_non_null(r);
        return copies_since_kib(&c, r, MARK_CALM) / MIB;
}

static void
calm(void)
{
        const struct mark now = { .boot_us = now_us, .supply_kib = 1 };

        census_mark(&c, &now, true);
}

/* A browser of 300 MiB and a parent of 400, who has no forks yet; all is well. */
static int
set_up(void **state)
{
        (void)state;
        fake_open();
        memset(row, 0xa5, sizeof(row));
        memset(slot, 0, sizeof(slot));
        now_us = 100 * SECOND;
        assert_int_equal(census_open(&c, fake_root, row, MAX_ROWS, slot, 2 * MAX_ROWS, 0), 0);
        c.may_wait = c.sees_all = true;
        put(BROWSER, 300, 0);
        put(PARENT, 400, 0);
        say((struct said){ .anon = 700 });
        scan(false);
        calm();
        return 0;
}

static int
tear_down(void **state)
{
        (void)state;
        census_close(&c);
        fake_close();
        return 0;
}

/* Two forks that show all of their parent's; what the kernel counts beyond are copies. */
static void
fork_twice(uint64_t anon_mib)
{
        put(CHILD, 400, 0);
        put(SIBLING, 400, 0);
        say((struct said){ .anon = anon_mib });
        scan(false);
}

static void
forks_that_nobody_writes_to_have_copied_nothing(void **state)
{
        (void)state;
        fork_twice(700);
        assert_int_equal(copied_mib(CHILD), 0);
        assert_int_equal(copied_mib(SIBLING), 0);
        assert_int_equal(copied_mib(PARENT), 0);
}

static void
copies_are_what_there_is_more_than_anybody_shows_of_his_own(void **state)
{
        (void)state;
        fork_twice(700 + 500);
        assert_int_equal(copied_mib(CHILD), 250);
        assert_int_equal(copied_mib(SIBLING), 250);
        assert_int_equal(copied_mib(PARENT), 0);
        assert_int_equal(copied_mib(BROWSER), 0);
        /* More than all of it cannot be a copy. */
        say((struct said){ .anon = 5000 });
        scan(false);
        assert_int_equal(copied_mib(CHILD), 400);
}

static void
what_a_fork_grows_by_is_no_copy(void **state)
{
        (void)state;
        fork_twice(700);
        put(CHILD, 400 + 250, 0);
        say((struct said){ .anon = 700 + 250 });
        scan(false);
        assert_int_equal(copied_mib(CHILD), 0);
        assert_int_equal(copied_mib(SIBLING), 0);
}

static void
what_the_browser_grows_by_is_no_copy(void **state)
{
        (void)state;
        fork_twice(700);
        put(BROWSER, 800, 0);
        say((struct said){ .anon = 1200 });
        scan(false);
        assert_int_equal(copied_mib(CHILD), 0);
}

/* A database that writes slowly: most of it is copied before memory is short, and comes back. */
static void
what_had_been_copied_when_all_was_well_is_given_back_and_was_not_taken_since(void **state)
{
        (void)state;
        fork_twice(700 + 300);
        assert_int_equal(since_mib(CHILD), 150);
        calm();
        scan(false);
        assert_int_equal(since_mib(CHILD), 0);
        assert_int_equal(copied_mib(CHILD), 150);
        say((struct said){ .anon = 700 + 300 + 200 });
        scan(false);
        assert_int_equal(since_mib(CHILD), 100);
        assert_int_equal(since_mib(SIBLING), 100);
        assert_int_equal(copied_mib(CHILD), 250);
        assert_int_equal(copied_mib(SIBLING), 250);
}

/* Memory that has been short for long: what was copied since each of the marks. */
static void
each_mark_tells_what_was_copied_since(void **state)
{
        (void)state;
        fork_twice(700 + 100);
        for (unsigned i = 1; i <= 3; i++) {
                const struct mark now = { .boot_us = now_us, .supply_kib = 1 };

                census_mark(&c, &now, false);
                say((struct said){ .anon = 700 + 100 + i * 100 });
                scan(false);
        }
        const struct row *r = census_find(&c, CHILD);

        for (unsigned m = 0; m <= MARK_CALM; m++)
                assert_int_equal(copies_since_kib(&c, r, m) / MIB, 50 * (m + 1));
        assert_int_equal(copied_mib(CHILD), 200);
        /* Marks that are gone are not known. */
        calm();
        say((struct said){ .anon = 700 + 500 });
        scan(false);
        for (unsigned m = 0; m <= MARK_CALM; m++)
                assert_int_equal(copies_since_kib(&c, r, m) / MIB, m == MARK_CALM ? 50 : 0);
        assert_int_equal(copied_mib(CHILD), 250);
}

static void
marks_of_time_tell_what_was_copied_since(void **state)
{
        (void)state;
        fork_twice(700 + 100);
        for (unsigned i = 1; i <= 2; i++) {
                census_mark_time(&c, &(struct mark){ .boot_us = now_us, .supply_kib = 1 });
                say((struct said){ .anon = 700 + 100 + i * 100 });
                scan(false);
        }
        const struct row *r = census_find(&c, CHILD);

        assert_int_equal(copies_since_kib(&c, r, MARK_HALF) / MIB, 50);
        assert_int_equal(copies_since_kib(&c, r, MARK_MINUTE) / MIB, 100);
        calm();
        assert_int_equal(copies_since_kib(&c, r, MARK_MINUTE) / MIB, 100);
}

/* Workers that have been there for hours beside one that has just been forked. */
static void
forks_started_since_have_it_before_those_of_before(void **state)
{
        (void)state;
        put(SIBLING, 400, 0);
        scan(false);
        now_us = 300 * SECOND;
        calm();
        fake_put((struct fake){ .pid = CHILD,
                                .ppid = PARENT,
                                .start_ticks = 30100,
                                .stack = 222,
                                .anon_kib = 400 * MIB });
        say((struct said){ .anon = 700 + 350 });
        scan(false);
        assert_int_equal(since_mib(CHILD), 350);
        assert_int_equal(since_mib(SIBLING), 0);
        say((struct said){ .anon = 700 + 400 + 150 });
        scan(false);
        assert_int_equal(since_mib(CHILD), 400);
        assert_int_equal(since_mib(SIBLING), 150);
        assert_int_equal(copied_mib(CHILD), 400);
        assert_int_equal(copied_mib(SIBLING), 275);
}

/* Old workers have copied what they had in common long ago; what starts then has not. */
static void
who_starts_later_has_nothing_of_what_was_copied_before(void **state)
{
        (void)state;
        put(SIBLING, 400, 0);
        scan(false);
        say((struct said){ .anon = 700 + 350 });
        scan(false);
        assert_int_equal(copied_mib(SIBLING), 350);
        put(CHILD, 400, 0);
        scan(false);
        assert_int_equal(copied_mib(CHILD), 0);
        assert_int_equal(copied_mib(SIBLING), 350);
        /* ... but its part of what is copied from there on. */
        say((struct said){ .anon = 700 + 350 + 200 });
        scan(false);
        assert_int_equal(copied_mib(CHILD), 550 * 200 / (200 + 400));
        assert_int_equal(copied_mib(SIBLING), 550 * 400 / (200 + 400));
}

static void
who_was_there_before_anything_was_known_has_copied_nothing(void **state)
{
        (void)state;
        c.sees_all = false;
        scan(false);
        put(CHILD, 400, 0);
        scan(false);
        c.sees_all = true;
        say((struct said){ .anon = 1000 });
        scan(false);
        assert_int_equal(copied_mib(CHILD), 0);
        put(SIBLING, 400, 0);
        say((struct said){ .anon = 1200 });
        scan(false);
        assert_int_equal(copied_mib(CHILD), 0);
        assert_int_equal(copied_mib(SIBLING), 200);
        /* All is well: from here on it is compared, too. */
        calm();
        say((struct said){ .anon = 1400 });
        scan(false);
        assert_int_equal(since_mib(CHILD), 100);
        assert_int_equal(since_mib(SIBLING), 100);
        assert_int_equal(copied_mib(CHILD), 200);
}

/* It shows nothing any more, and AnonPages counts it until it is given back. */
static void
what_somebody_had_who_has_just_ended_is_no_copy(void **state)
{
        (void)state;
        put(BROWSER, 600, 0);
        fork_twice(1000);
        assert_int_equal(copied_mib(CHILD), 0);
        fake_end(BROWSER);
        scan(false);
        assert_int_equal(copied_mib(CHILD), 0);
        /* Less and less of it; what is there for longer than two seconds is something else. */
        scan(false);
        assert_int_equal(copied_mib(CHILD), 150);
        now_us += 2 * SECOND;
        scan(false);
        assert_int_equal(copied_mib(CHILD), 300);
}

static void
copies_in_swap_count_where_the_parent_has_nothing_there(void **state)
{
        (void)state;
        put(PARENT, 390, 10);
        put(CHILD, 150, 250);
        say((struct said){ .anon = 300 + 390 + 150, .swap_used = 250 });
        scan(true);
        assert_int_equal(copied_mib(CHILD), 150 + 240);
        /* No more of it than is in swap at all, */
        say((struct said){ .anon = 300 + 390 + 150, .swap_used = 100 });
        scan(true);
        assert_int_equal(copied_mib(CHILD), 150 + 90);
        /* than others leave of that, ... */
        put(BROWSER, 300, 60);
        scan(true);
        assert_int_equal(copied_mib(CHILD), 150 + 30);
        /* wherever it is on its way to. */
        say((struct said){ .anon = 300 + 390 + 150, .swap_used = 100, .swap_cached = 100 });
        scan(true);
        assert_int_equal(copied_mib(CHILD), 150 + 30);
}

/* A fork that reads in what its parent has in swap: its end gives it back. */
static void
what_only_the_fork_has_read_in_is_as_good_as_a_copy(void **state)
{
        (void)state;
        put(PARENT, 50, 350);
        put(CHILD, 400, 0);
        say((struct said){ .anon = 300 + 400, .swap_used = 350, .swap_cached = 350 });
        scan(true);
        assert_int_equal(copied_mib(CHILD), 350);
}

/* In swap or in memory: what a fork shares may have gone there for both. */
static void
what_went_to_swap_for_both_is_no_copy(void **state)
{
        (void)state;
        put(PARENT, 100, 300);
        put(CHILD, 100, 300);
        say((struct said){ .anon = 300 + 100, .swap_used = 300 });
        scan(true);
        assert_int_equal(copied_mib(CHILD), 0);
}

static void
of_two_looks_the_smaller_one_counts(void **state)
{
        const struct meminfo little = { .anon_kib = 800 * MIB }, much = { .anon_kib = 1200 * MIB };

        (void)state;
        fork_twice(1200);
        copies_count(&c, &little, &much);
        assert_int_equal(copied_mib(CHILD), 50);
        copies_count(&c, &much, &little);
        assert_int_equal(copied_mib(CHILD), 50);
        /* For what is compared with it later it is the larger one. */
        calm();
        copies_count(&c, &much, &much);
        assert_int_equal(since_mib(CHILD), 0);
}

static void
nothing_is_known_where_not_everybody_can_be_seen(void **state)
{
        const struct meminfo much = { .anon_kib = 1200 * MIB };

        (void)state;
        fork_twice(1200);
        assert_int_equal(copied_mib(CHILD), 250);
        c.n_unreadable = 1;
        copies_count(&c, &much, &much);
        assert_int_equal(copied_mib(CHILD), 0);
        c.sees_all = false;
        scan(false);
        assert_int_equal(copied_mib(CHILD), 0);
        c.sees_all = true;
        scan(false);
        assert_int_equal(copied_mib(CHILD), 250);
        c.may_wait = false;
        scan(false);
        assert_int_equal(copied_mib(CHILD), 0);
        c.may_wait = true;
        assert_int_equal(unlink(fake_path("meminfo")), 0);
        scan(false);
        assert_int_equal(copied_mib(CHILD), 0);
}

static void
nothing_was_copied_since_all_was_well_where_it_never_was(void **state)
{
        (void)state;
        c.unowned.mark_kib[MARK_CALM] = UINT64_MAX;
        fork_twice(1200);
        assert_int_equal(since_mib(CHILD), 0);
        assert_int_equal(copied_mib(CHILD), 250);
        /* Nor where nothing was known then. */
        assert_int_equal(unlink(fake_path("meminfo")), 0);
        scan(false);
        calm();
        say((struct said){ .anon = 1200 });
        scan(false);
        assert_int_equal(since_mib(CHILD), 0);
        assert_int_equal(copied_mib(CHILD), 250);
        census_forget(&c);
        assert_int_equal(c.unowned.most_kib, UINT64_MAX);
}

/* Those for whom there is no row may have it. */
static void
what_those_without_a_row_have_is_no_copy(void **state)
{
        const struct meminfo much = { .anon_kib = 1200 * MIB };

        (void)state;
        fork_twice(1200);
        c.unkept_kib = 300 * MIB;
        copies_count(&c, &much, &much);
        assert_int_equal(copied_mib(CHILD), 100);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(forks_that_nobody_writes_to_have_copied_nothing),
                CASE(copies_are_what_there_is_more_than_anybody_shows_of_his_own),
                CASE(what_a_fork_grows_by_is_no_copy),
                CASE(what_the_browser_grows_by_is_no_copy),
                CASE(what_had_been_copied_when_all_was_well_is_given_back_and_was_not_taken_since),
                CASE(each_mark_tells_what_was_copied_since),
                CASE(marks_of_time_tell_what_was_copied_since),
                CASE(forks_started_since_have_it_before_those_of_before),
                CASE(who_starts_later_has_nothing_of_what_was_copied_before),
                CASE(who_was_there_before_anything_was_known_has_copied_nothing),
                CASE(what_somebody_had_who_has_just_ended_is_no_copy),
                CASE(what_only_the_fork_has_read_in_is_as_good_as_a_copy),
                CASE(copies_in_swap_count_where_the_parent_has_nothing_there),
                CASE(what_went_to_swap_for_both_is_no_copy),
                CASE(of_two_looks_the_smaller_one_counts),
                CASE(nothing_is_known_where_not_everybody_can_be_seen),
                CASE(nothing_was_copied_since_all_was_well_where_it_never_was),
                CASE(what_those_without_a_row_have_is_no_copy),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
