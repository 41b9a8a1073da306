/* SPDX-License-Identifier: MIT */
/*
 * The roster: sizes read anew from held descriptors, growth over time, and what is taken over
 * from the roster before.  Files in memory stand in for those in /proc.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "roster.h"

#define MS       1000ull
#define SECOND   1000000ull
#define START_US (100 * SECOND)

static struct roster r, before;

static struct candidate *
add(struct roster *to, int32_t pid)
{
        struct candidate *c = &to->c[to->n++];

        memset(c, 0, sizeof(*c));
        c->pid = pid;
        c->start_ticks = 7;
        c->size_fd = c->pidfd = -1;
        c->sharers = 1;
        return c;
}

static void
set_up(void)
{
        memset(&r, 0, sizeof(r));
        memset(&before, 0, sizeof(before));
}

static void
write_file(int fd, const char *text)
{
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
}

static int
file_of(const char *text)
{
        int fd = memfd_create("file", MFD_CLOEXEC);

        assert_true(fd >= 0);
        write_file(fd, text);
        return fd;
}

static const char status[] = "Name:\tx\nUid:\t1\t2\t3\t4\nVmSize:\t 999 kB\nRssAnon:\t 100 kB\n"
                             "RssFile:\t 50 kB\nRssShmem:\t 30 kB\nVmPTE:\t 20 kB\n"
                             "VmSwap:\t 40 kB\nThreads:\t1\n";

/* ---- sizes ---- */

static void
roster_read_takes_all_sizes_from_status(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(&r, 1);

        c->size_fd = file_of(status);
        c->size_is_status = true;
        assert_true(roster_read(c));
        assert_int_equal(c->anon_kib, 100);
        assert_int_equal(c->shmem_kib, 30);
        assert_int_equal(c->pagetables_kib, 20);
        assert_int_equal(c->swap_kib, 40);
        (void)close(c->size_fd);
}

/* Swapped shared memory is counted nowhere: see census_shmem_stays(). */
static void
roster_refresh_lets_nobody_lose_shared_memory_to_swap(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(&r, 1);

        c->size_fd = file_of(status);
        c->size_is_status = true;
        c->shmem_kib = 900;
        r.shmem_stays = true;
        (void)roster_refresh(&r, 1000000);
        assert_int_equal(c->shmem_kib, 900);
        assert_int_equal(c->anon_kib, 100);
        c->shmem_kib = 29;
        (void)roster_refresh(&r, 2000000);
        assert_int_equal(c->shmem_kib, 30);
        r.shmem_stays = false;
        c->shmem_kib = 900;
        (void)roster_refresh(&r, 3000000);
        assert_int_equal(c->shmem_kib, 30);
        /* It has gone, and all that it had. */
        r.shmem_stays = true;
        c->shmem_kib = 900;
        write_file(c->size_fd, "Name:\tx\nUid:\t1\t2\t3\t4\nThreads:\t1\n");
        (void)roster_refresh(&r, 4000000);
        assert_int_equal(c->shmem_kib, 0);
        c->shmem_kib = 900;
        write_file(c->size_fd, "");
        (void)roster_refresh(&r, 5000000);
        assert_int_equal(c->shmem_kib, 0);
        (void)close(c->size_fd);
}

static void
roster_refresh_counts_no_shared_memory_that_was_unmapped(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(&r, 1);

        c->size_fd = file_of(status); /* 30 KiB of it, in less than a MiB of addresses */
        c->size_is_status = true;
        c->shmem_kib = 9 * 1024;
        c->mapped_mib = 5;
        r.shmem_stays = true;
        (void)roster_refresh(&r, 1000000);
        assert_int_equal(c->shmem_kib, 4 * 1024);
        (void)roster_refresh(&r, 2000000);
        assert_int_equal(c->shmem_kib, 4 * 1024);
        (void)close(c->size_fd);
}

static void
roster_read_takes_anonymous_memory_alone_from_statm(void **state)
{
        const uint64_t page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;

        (void)state;
        set_up();
        struct candidate *c = add(&r, 1);

        c->size_fd = file_of("900 500 100 1 0 300 0\n");
        c->shmem_kib = 30;
        c->swap_kib = 40;
        assert_true(roster_read(c));
        assert_int_equal(c->anon_kib, 400 * page_kib);
        assert_int_equal(c->shmem_kib, 30);
        assert_int_equal(c->swap_kib, 40);
        write_file(c->size_fd, "900 500 500 1 0 300 0\n");
        assert_true(roster_read(c));
        assert_int_equal(c->anon_kib, 0);
        assert_int_equal(c->shmem_kib, 30);
        (void)close(c->size_fd);
}

static void
roster_read_takes_one_past_its_end_for_empty(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(&r, 1);

        c->anon_kib = c->shmem_kib = c->swap_kib = c->pagetables_kib = 9;
        c->size_fd = file_of("0 0 0 0 0 0 0\n");
        assert_true(roster_read(c));
        assert_int_equal(c->anon_kib + c->shmem_kib + c->swap_kib + c->pagetables_kib, 0);
        (void)close(c->size_fd);
}

static void
roster_read_takes_what_cannot_be_read_for_gone(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(&r, 1);

        c->anon_kib = c->shmem_kib = c->swap_kib = c->pagetables_kib = 9;
        c->size_fd = file_of("");
        assert_false(roster_read(c));
        assert_int_equal(c->anon_kib + c->shmem_kib + c->swap_kib + c->pagetables_kib, 0);
        (void)close(c->size_fd);
}

static void
roster_read_leaves_sizes_that_nobody_can_tell(void **state)
{
        static const char *const damaged[] = { "x\n", "1 2\n", "Name:\tx\nUid:\t1\t2\t3" };

        (void)state;
        set_up();
        struct candidate *c = add(&r, 1);

        c->anon_kib = 9;
        assert_false(roster_read(c)); /* no descriptor */
        assert_int_equal(c->anon_kib, 9);
        for (unsigned i = 0; i < 3; i++) {
                c->size_is_status = i == 2;
                c->size_fd = file_of(damaged[i]);
                assert_false(roster_read(c));
                assert_int_equal(c->anon_kib, 9);
                (void)close(c->size_fd);
        }
}

/* ---- growth ---- */

static void
measure(struct candidate *c, uint64_t after_us, uint64_t kib)
{
        c->anon_kib = kib;
        roster_measure(c, START_US + after_us);
}

static void
roster_measure_sees_no_growth_in_one_first_seen(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(&r, 1);

        c->growth_kibps = 55;
        measure(c, 0, 1000000);
        assert_int_equal(c->growth_kibps, 0);
        measure(c, 99999, 2000000);
        assert_int_equal(c->growth_kibps, 0);
        measure(c, 100 * MS, 1010000);
        assert_int_equal(c->growth_kibps, 100000);
}

static void
roster_measure_counts_swap_and_shared_memory(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(&r, 1);

        measure(c, 0, 1000);
        c->swap_kib = 200;
        c->shmem_kib = 30;
        measure(c, 100 * MS, 1000);
        assert_int_equal(c->growth_kibps, 2300);
}

static void
roster_measure_knows_no_negative_growth(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(&r, 1);

        measure(c, 0, 1000);
        measure(c, 100 * MS, 2000);
        assert_int_equal(c->growth_kibps, 10000);
        measure(c, 200 * MS, 900);
        assert_int_equal(c->growth_kibps, 0);
}

static void
roster_measure_compares_with_a_tenth_to_a_fifth_of_a_second_ago(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(&r, 1);

        /* stands still, then grows: all growth of before is forgotten in time */
        measure(c, 0, 5000);
        assert_int_equal(c->ref_kib[0], 5000);
        assert_int_equal(c->ref_kib[1], 5000);
        measure(c, 99999, 0);
        assert_int_equal(c->ref_us[1], START_US);
        measure(c, 100 * MS, 0);
        assert_int_equal(c->ref_us[1], START_US + 100 * MS);
        assert_int_equal(c->ref_us[0], START_US);
        measure(c, 200 * MS, 0);
        assert_int_equal(c->ref_us[0], START_US + 100 * MS);
        measure(c, 250 * MS, 15000);
        assert_int_equal(c->growth_kibps, 100000);
        measure(c, 300 * MS, 15000);
        assert_int_equal(c->growth_kibps, 75000);
        measure(c, 400 * MS, 15000);
        assert_int_equal(c->growth_kibps, 75000);
        measure(c, 450 * MS, 15000);
        assert_int_equal(c->growth_kibps, 0);
}

static void
roster_measure_counts_all_that_a_process_takes(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(&r, 1);

        measure(c, 0, 5000);
        c->swap_kib = 100;
        c->shmem_kib = 30;
        c->pagetables_kib = 7;
        measure(c, 100 * MS, 5000);
        assert_int_equal(c->growth_kibps, 1370);
}

static void
write_size(unsigned i, unsigned anon_kib)
{
        char text[sizeof(status) + 8];

        (void)snprintf(text, sizeof(text),
                       "Name:\tx\nUid:\t1\t2\t3\t4\nRssAnon:\t %u kB\nRssShmem:\t 30 kB\n"
                       "VmPTE:\t 20 kB\nVmSwap:\t 40 kB\nThreads:\t1\n",
                       anon_kib);
        write_file(r.c[i].size_fd, text);
}

static void
roster_refresh_adds_up_the_growth_of_those_who_may_be_ended(void **state)
{
        (void)state;
        set_up();
        for (int32_t i = 0; i < 5; i++)
                add(&r, i + 1)->size_fd = file_of(status);
        for (unsigned i = 0; i < 5; i++)
                r.c[i].size_is_status = true;
        r.c[1].standing.effect = RULE_PROTECT;
        r.c[2].struck = true;
        r.c[3].adj = -1000;
        assert_int_equal(roster_refresh(&r, START_US), 0);
        for (unsigned i = 0; i < 5; i++)
                write_size(i, 100 + 1000 * (i + 1));
        assert_int_equal(roster_refresh(&r, START_US + 100 * MS), 10000 + 50000);
        assert_int_equal(r.c[4].growth_kibps, 50000);
        assert_int_equal(r.c[1].growth_kibps, 20000);
        /* one that has gone keeps its place */
        write_file(r.c[4].size_fd, "");
        assert_int_equal(roster_refresh(&r, START_US + 200 * MS), 5000);
        assert_int_equal(r.n, 5);
        assert_int_equal(r.c[4].anon_kib, 0);
        for (unsigned i = 0; i < 5; i++)
                (void)close(r.c[i].size_fd);
}

static void
roster_growers_tells_among_how_many_growth_is_shared(void **state)
{
        static const struct {
                uint64_t kibps[4];
                uint32_t growers;
        } rows[] = {
                { { 0, 0, 0, 0 }, 0 },
                { { 0, 7, 0, 0 }, 1 },
                { { 900, 900, 900, 900 }, 4 },
                { { 900, 900, 900, 0 }, 3 },
                /* a little noise is nobody */
                { { 100000, 500, 0, 900 }, 1 },
                { { 1000, 1000, 500, 500 }, 3 },
                { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX }, 4 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                set_up();
                for (int32_t k = 0; k < 4; k++)
                        add(&r, k + 1)->growth_kibps = rows[i].kibps[k];
                add(&r, 5)->growth_kibps = 1000000;
                r.c[4].standing.effect = RULE_PROTECT;
                assert_int_equal(roster_growers(&r), rows[i].growers);
        }
}

static unsigned
with_anon(uint64_t anon_kib)
{
        unsigned n = 0;

        for (unsigned i = 0; i < r.n; i++)
                n += r.c[i].anon_kib == anon_kib;
        return n;
}

static void
roster_refresh_in_turns_reads_the_steady_by_turns_and_growers_always(void **state)
{
        (void)state;
        set_up();
        for (unsigned i = 0; i < 2 * ROSTER_TURNS; i++) {
                struct candidate *c = add(&r, (int32_t)i + 1);

                c->size_fd = file_of(status);
                c->size_is_status = true;
                write_size(i, 1000);
        }
        assert_int_equal(roster_refresh_in_turns(&r, START_US), 0);
        assert_int_equal(with_anon(1000), r.n); /* never measured: there is nothing to go by */
        for (unsigned i = 0; i < r.n; i++)
                write_size(i, 2000);
        assert_int_equal(roster_refresh_in_turns(&r, START_US + 100 * MS), 2 * 10000);
        assert_int_equal(with_anon(2000), 2);
        for (unsigned i = 0; i < r.n; i++)
                write_size(i, 3000);
        (void)roster_refresh_in_turns(&r, START_US + 200 * MS);
        assert_int_equal(with_anon(3000), 4);
        assert_int_equal(with_anon(1000), r.n - 4);
        /* all of them, for whoever is to choose */
        (void)roster_refresh(&r, START_US + 300 * MS);
        assert_int_equal(with_anon(3000), r.n);
        for (unsigned i = 0; i < r.n; i++)
                (void)close(r.c[i].size_fd);
}

/* ---- from the roster before ---- */

static void
roster_adopt_takes_what_was_measured_of_the_same_process(void **state)
{
        (void)state;
        set_up();
        for (int32_t i = 1; i <= 3; i++) {
                struct candidate *c = add(&before, i);

                c->ref_us[0] = 10 * (uint64_t)i;
                c->ref_us[1] = 20 * (uint64_t)i;
                c->ref_kib[0] = 30 * (uint64_t)i;
                c->ref_kib[1] = 40 * (uint64_t)i;
                c->growth_kibps = 50 * (uint64_t)i;
                c->anon_kib = 60;
        }
        before.c[1].start_ticks = 6; /* the number belongs to another one now */
        (void)add(&r, 4);
        (void)add(&r, 3);
        (void)add(&r, 2);
        roster_adopt(&r, &before);
        assert_int_equal(r.c[0].ref_us[0], 0);
        assert_int_equal(r.c[1].ref_us[0], 30);
        assert_int_equal(r.c[1].ref_us[1], 60);
        assert_int_equal(r.c[1].ref_kib[0], 90);
        assert_int_equal(r.c[1].ref_kib[1], 120);
        assert_int_equal(r.c[1].growth_kibps, 150);
        assert_int_equal(r.c[1].anon_kib, 0);
        assert_int_equal(r.c[2].ref_us[0], 0);
        assert_int_equal(r.c[2].growth_kibps, 0);
}

/* Who was given up while this one was being made, whatever file it reads. */
static void
roster_adopt_leaves_the_given_up_given_up(void **state)
{
        (void)state;
        set_up();
        add(&before, 1)->struck = true;
        before.c[0].size_is_status = true;
        (void)add(&before, 2);
        (void)add(&r, 1);
        add(&r, 2)->struck = true;
        roster_adopt(&r, &before);
        assert_true(r.c[0].struck && r.c[1].struck);
}

/* The loop could not open a pidfd; the errand thread may have. */
static void
roster_adopt_takes_back_whom_nobody_could_open_until_somebody_has(void **state)
{
        struct roster next;

        (void)state;
        set_up();
        for (int32_t i = 1; i <= 2; i++) {
                struct candidate *c = add(&before, i);

                c->struck = c->unopened = true;
                add(&r, i)->pidfd = -1;
        }
        r.c[1].pidfd = 7;
        roster_adopt(&r, &before);
        assert_true(r.c[0].struck && r.c[0].unopened);
        assert_false(r.c[1].struck || r.c[1].unopened);
        next = r;
        next.c[0].struck = next.c[0].unopened = false;
        next.c[0].pidfd = 8;
        roster_adopt(&next, &r);
        assert_false(next.c[0].struck);
}

static void
roster_adopt_takes_no_sizes_that_another_file_told(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(&before, 1);

        c->ref_us[0] = 10;
        c->growth_kibps = 50;
        c->size_is_status = true;
        (void)add(&r, 1);
        roster_adopt(&r, &before);
        assert_int_equal(r.c[0].ref_us[0], 0);
        assert_int_equal(r.c[0].growth_kibps, 0);
        r.c[0].size_is_status = true;
        roster_adopt(&r, &before);
        assert_int_equal(r.c[0].ref_us[0], 10);
        assert_int_equal(r.c[0].growth_kibps, 50);
}

static void
roster_adopt_past_takes_sizes_of_moments_that_were_not_seen(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(&before, 1);

        c->first_kib = 5;
        c->copied_kib = 4;
        c->copied_since_kib[1] = 3;
        c->growth_kibps = 6;
        for (unsigned m = 0; m < MARK_MAX; m++) {
                c->mark_kib[m] = 10 + m;
                c->mark_above_kib[m] = 20 + m;
        }
        (void)add(&r, 2);
        (void)add(&r, 1);
        roster_adopt_past(&r, &before);
        assert_int_equal(r.c[0].mark_kib[0], 0);
        for (unsigned m = 0; m < MARK_MAX; m++) {
                assert_int_equal(r.c[1].mark_kib[m], 10 + m);
                assert_int_equal(r.c[1].mark_above_kib[m], 20 + m);
        }
        assert_int_equal(r.c[1].first_kib, 5);
        assert_int_equal(r.c[1].copied_kib, 4);
        assert_int_equal(r.c[1].copied_since_kib[1], 3);
        assert_int_equal(r.c[1].growth_kibps, 0);
        /* Shared memory that reclaim had unmapped by then, where that counts. */
        before.c[0].shmem_kib = 8;
        roster_adopt_past(&r, &before);
        assert_int_equal(r.c[1].shmem_kib, 0);
        r.shmem_stays = true;
        roster_adopt_past(&r, &before);
        assert_int_equal(r.c[1].shmem_kib, 8);
        r.c[1].shmem_kib = 9;
        roster_adopt_past(&r, &before);
        assert_int_equal(r.c[1].shmem_kib, 9);
        before.c[0].shmem_kib = 2048;
        before.c[0].mapped_mib = 1;
        roster_adopt_past(&r, &before);
        assert_int_equal(r.c[1].shmem_kib, 1024);
        /* Of another program: an exec. */
        r.c[1].exe_id = 7;
        before.c[0].shmem_kib = 4096;
        roster_adopt_past(&r, &before);
        assert_int_equal(r.c[1].shmem_kib, 1024);
}

static void
mark_moved_tells_a_step_in_either_direction(void **state)
{
        const struct mark m = { .boot_us = 1, .supply_kib = 1000 }, none = { 0 };

        (void)state;
        assert_false(mark_moved(&m, 1000, 100));
        assert_false(mark_moved(&m, 1099, 100));
        assert_false(mark_moved(&m, 901, 100));
        assert_true(mark_moved(&m, 1100, 100));
        assert_true(mark_moved(&m, 900, 100));
        assert_true(mark_moved(&none, 0, 100));
}

static void
mark_is_due_at_once_for_a_fall_and_after_a_second_for_a_rise(void **state)
{
        static const struct {
                struct mark m;
                uint64_t boot_us, supply_kib;
                bool due;
        } rows[] = {
                { { .boot_us = 5000000, .supply_kib = 100 }, 5999999, 200, false },
                { { .boot_us = 5000000, .supply_kib = 100 }, 6000000, 200, true },
                { { .boot_us = 5000000, .supply_kib = 100 }, 4000000, 200, false },
                { { .boot_us = 5000000, .supply_kib = 100 }, 5000001, 99, true },
                { { .boot_us = 5000000, .supply_kib = 100, .plateau = true }, 5000001, 200, true },
                { { .boot_us = 0 }, 1, 200, true },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct mark now = { .boot_us = rows[i].boot_us, .supply_kib = rows[i].supply_kib };

                assert_int_equal(mark_is_due(&rows[i].m, &now), rows[i].due);
        }
}

static void
candidate_eligible_leaves_out_the_protected_the_struck_and_minus_1000(void **state)
{
        struct candidate c = { .adj = -999 };

        (void)state;
        assert_true(candidate_eligible(&c));
        c.adj = -1000;
        assert_false(candidate_eligible(&c));
        c.adj = 0;
        c.struck = true;
        assert_false(candidate_eligible(&c));
        c.struck = false;
        c.standing.effect = RULE_PROTECT;
        assert_false(candidate_eligible(&c));
        c.standing.effect = RULE_AVOID;
        assert_true(candidate_eligible(&c));
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(roster_read_takes_all_sizes_from_status),
                cmocka_unit_test(roster_refresh_lets_nobody_lose_shared_memory_to_swap),
                cmocka_unit_test(roster_refresh_counts_no_shared_memory_that_was_unmapped),
                cmocka_unit_test(roster_read_takes_anonymous_memory_alone_from_statm),
                cmocka_unit_test(roster_read_takes_one_past_its_end_for_empty),
                cmocka_unit_test(roster_read_takes_what_cannot_be_read_for_gone),
                cmocka_unit_test(roster_read_leaves_sizes_that_nobody_can_tell),
                cmocka_unit_test(roster_measure_sees_no_growth_in_one_first_seen),
                cmocka_unit_test(roster_measure_counts_swap_and_shared_memory),
                cmocka_unit_test(roster_measure_knows_no_negative_growth),
                cmocka_unit_test(roster_measure_compares_with_a_tenth_to_a_fifth_of_a_second_ago),
                cmocka_unit_test(roster_measure_counts_all_that_a_process_takes),
                cmocka_unit_test(roster_refresh_adds_up_the_growth_of_those_who_may_be_ended),
                cmocka_unit_test(roster_growers_tells_among_how_many_growth_is_shared),
                cmocka_unit_test(
                        roster_refresh_in_turns_reads_the_steady_by_turns_and_growers_always),
                cmocka_unit_test(roster_adopt_takes_what_was_measured_of_the_same_process),
                cmocka_unit_test(roster_adopt_leaves_the_given_up_given_up),
                cmocka_unit_test(roster_adopt_takes_back_whom_nobody_could_open_until_somebody_has),
                cmocka_unit_test(roster_adopt_takes_no_sizes_that_another_file_told),
                cmocka_unit_test(roster_adopt_past_takes_sizes_of_moments_that_were_not_seen),
                cmocka_unit_test(mark_moved_tells_a_step_in_either_direction),
                cmocka_unit_test(mark_is_due_at_once_for_a_fall_and_after_a_second_for_a_rise),
                cmocka_unit_test(
                        candidate_eligible_leaves_out_the_protected_the_struck_and_minus_1000),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
