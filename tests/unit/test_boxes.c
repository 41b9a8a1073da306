/* SPDX-License-Identifier: MIT */
/*
 * Control groups at their limit: which are followed, what is added up of them, and that nothing
 * stays open.
 * A tree of our own stands in for /sys/fs/cgroup.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include "boxes.h"
#include "fake_proc.h"

#define SECOND UINT64_C(1000000)
#define MOST   UINT64_C(1000000000)

static struct boxes b;
static uint64_t now_us;
static unsigned open_before;
static char vmstat[256];

static int
set_up(void **state)
{
        (void)state;
        fake_open();
        memset(&b, 0, sizeof(b));
        (void)snprintf(vmstat, sizeof(vmstat), "%s/vmstat", fake_root);
        boxes_open(&b, fake_root, vmstat);
        now_us = 100 * SECOND;
        open_before = fake_count_open();
        return 0;
}

static int
tear_down(void **state)
{
        (void)state;
        boxes_close(&b);
        unsigned n_open = fake_count_open();

        fake_close();
        return n_open != open_before;
}

static void
put_text(const char *group, const char *file, const char *text)
{
        char path[256];
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/%s%s%s", fake_root, group, *group ? "/" : "", file);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void
put_stat(const char *group, uint64_t anon, uint64_t file)
{
        char text[256];

        (void)snprintf(text, sizeof(text),
                       "anon 4096\nfile 8192\nworkingset_refault_anon %" PRIu64
                       "\nworkingset_refault_file %" PRIu64 "\nworkingset_activate_anon 7\n",
                       anon, file);
        put_text(group, "memory.stat", text);
}

/* So much came back anywhere. */
static void
put_all(uint64_t refaults)
{
        char text[256];

        (void)snprintf(text, sizeof(text),
                       "workingset_refault_anon 0\nworkingset_refault_file %" PRIu64
                       "\npgsteal_kswapd 1\npgsteal_direct 1\npgscan_kswapd 1\npgscan_direct 1\n",
                       refaults);
        put_text("", "vmstat", text);
}

/* Its own limit is hit; memory.events would have those of all below it, too. */
static void
hit(const char *group, unsigned high, unsigned max)
{
        char text[128];

        (void)snprintf(text, sizeof(text), "low 9\nhigh %u\nmax %u\noom 9\noom_kill 9\n", high,
                       max);
        put_text(group, "memory.events.local", text);
}

static void
put_group(const char *group, const char *max, const char *high, const char *current)
{
        char path[256];

        (void)snprintf(path, sizeof(path), "%s/%s", fake_root, group);
        assert_int_equal(mkdir(path, 0755), 0);
        put_text(group, "memory.max", max);
        put_text(group, "memory.high", high);
        put_text(group, "memory.current", current);
        put_stat(group, 100, 1000);
        hit(group, 0, 0);
}

static uint32_t
look(void)
{
        return boxes_look(&b, MOST, now_us).refault_bp;
}

static uint32_t
look_after(uint64_t us)
{
        now_us += us;
        return look();
}

static void
boxes_look_tells_the_part_that_came_back_in_those_at_their_limit(void **state)
{
        (void)state;
        put_group("full", "1000000\n", "max\n", "990000\n");
        put_group("slice", "max\n", "max\n", "5000000\n");
        put_group("slice/high", "max\n", "2000000\n", "1500000\n");
        put_group("slice/idle", "2000000\n", "max\n", "1999999\n");
        put_all(100000);
        /* what came back before it was looked at is not known to be of now */
        assert_int_equal(look(), 0);
        assert_int_equal(b.n, 3);
        put_stat("full", 103, 1020);
        hit("full", 0, 1);
        put_stat("slice/high", 100, 1300);
        hit("slice/high", 1, 0);
        put_stat("slice/idle", 100, 9000);
        put_all(101000);
        assert_int_equal(look_after(SECOND / 4), 3230);
        /* nothing at all came back */
        assert_int_equal(look(), 0);
        /* never more than all; a counter that ran back did not move */
        put_stat("full", 103, 5000);
        put_all(102000);
        assert_int_equal(look(), 10000);
        put_stat("full", 0, 5000);
        put_all(103000);
        assert_int_equal(look(), 0);
        put_stat("full", 5, 5000);
        put_all(103010);
        assert_int_equal(look(), 5000);
}

/* The statistics of the machine, in which what is reclaimed inside limits counts, too. */
static void
put_steals(uint64_t kswapd, uint64_t direct)
{
        char text[256];

        (void)snprintf(text, sizeof(text),
                       "pgsteal_kswapd %" PRIu64 "\npgsteal_direct %" PRIu64
                       "\npgscan_kswapd 1\npgscan_direct 1\npgpgin 5\nallocstall_normal 3\n",
                       kswapd, direct);
        put_text("", "vmstat", text);
}

static void
put_group_steals(const char *group, uint64_t direct)
{
        char text[256];

        (void)snprintf(text, sizeof(text),
                       "workingset_refault_file 1000\npgsteal_kswapd 7\npgsteal_direct %" PRIu64
                       "\npgsteal 9\n",
                       direct);
        put_text(group, "memory.stat", text);
}

static void
boxes_look_tells_the_part_that_was_reclaimed_in_them_where_it_is_mixed(void **state)
{
        (void)state;
        put_group("full", "1000000\n", "max\n", "990000\n");
        put_group("idle", "1000000\n", "max\n", "990000\n");
        put_group_steals("full", 500);
        put_group_steals("idle", 500);
        put_steals(100, 2000);
        assert_int_equal(boxes_look(&b, MOST, now_us).steal_bp, 0);
        hit("full", 0, 1);
        put_group_steals("full", 800);
        put_group_steals("idle", 600);
        put_steals(9000, 3000);
        assert_int_equal(boxes_look(&b, MOST, now_us).steal_bp, 3000);
        /* nothing, and then more than all */
        assert_int_equal(boxes_look(&b, MOST, now_us).steal_bp, 0);
        put_group_steals("full", 900);
        put_steals(9000, 3050);
        assert_int_equal(boxes_look(&b, MOST, now_us).steal_bp, 10000);
}

/* What the kernel takes from it for others makes room below its limit, for a moment. */
static void
boxes_look_takes_a_limit_to_be_at_work_for_three_seconds(void **state)
{
        (void)state;
        put_group("a", "1000000\n", "max\n", "1000000\n");
        put_all(1000);
        (void)look();
        hit("a", 0, 1);
        put_all(1100);
        assert_int_equal(look(), 0);
        put_stat("a", 100, 1010);
        put_all(1120);
        assert_int_equal(look_after(3 * SECOND - 1), 5000);
        put_stat("a", 100, 1030);
        put_all(1140);
        assert_int_equal(look_after(1), 0);
        /* and again */
        put_stat("a", 100, 1060);
        hit("a", 1, 1);
        put_all(1180);
        assert_int_equal(look(), 7500);
}

/* Short of memory the kernel takes most of it, and so much comes back only slowly. */
static void
boxes_look_stays_with_one_that_was_at_its_limit_and_lost_most_of_it(void **state)
{
        (void)state;
        put_group("a", "1000000\n", "max\n", "1000000\n");
        put_group("b", "1000000\n", "max\n", "1000000\n");
        put_all(1000);
        (void)look();
        hit("a", 0, 1);
        (void)look();
        put_text("a", "memory.current", "300000\n");
        put_text("b", "memory.current", "300000\n");
        put_stat("a", 100, 1030);
        put_stat("b", 100, 1030);
        put_all(1100);
        assert_int_equal(look_after(3 * SECOND - 1), 3000);
        assert_int_equal(b.n, 1);
        (void)look_after(SECOND / 4);
        assert_int_equal(b.n, 0);
}

/* Else one small group at its limit would make everybody's below the same roof count. */
static void
boxes_look_counts_no_hit_of_another_limit_below(void **state)
{
        (void)state;
        put_group("u", "8000000\n", "max\n", "4000000\n");
        put_group("u/hog", "max\n", "max\n", "3900000\n");
        put_group("u/tiny", "8000\n", "max\n", "8000\n");
        put_all(1000);
        (void)look();
        assert_int_equal(b.n, 2);
        hit("u/tiny", 0, 1);
        put_text("u", "memory.events", "low 0\nhigh 0\nmax 1\n");
        put_stat("u", 100, 31000);
        put_stat("u/tiny", 100, 1020);
        put_all(41000);
        assert_int_equal(look(), 5);
        /* Once the one above is at its own, all below it is counted in it. */
        hit("u", 0, 1);
        hit("u/tiny", 0, 2);
        put_stat("u", 100, 32000);
        put_stat("u/tiny", 100, 1500);
        put_all(43000);
        assert_int_equal(look(), 5000);
}

static bool
known_after(uint64_t us)
{
        now_us += us;
        return boxes_look(&b, MOST, now_us).known;
}

/* To be at work a limit has to be hit between two looks. */
static void
boxes_look_takes_nothing_for_an_answer_after_a_second(void **state)
{
        (void)state;
        put_all(1000);
        assert_false(known_after(0));
        assert_false(known_after(SECOND - 1));
        assert_true(known_after(1)); /* there is none */
        boxes_close(&b);
        now_us += SECOND;
        put_group("a", "1000000\n", "max\n", "1000000\n");
        assert_false(known_after(0));
        assert_false(known_after(SECOND - 1));
        assert_true(known_after(1));
        boxes_close(&b);
        assert_false(known_after(SECOND));
        assert_false(known_after(1));
        hit("a", 0, 1);
        assert_true(known_after(1));
}

/* A walk that was dear is not made again at once, whoever asks. */
static void
boxes_look_has_no_answer_before_it_has_searched_again(void **state)
{
        (void)state;
        put_all(1000);
        put_group("a", "1000000\n", "max\n", "1000000\n");
        (void)look();
        boxes_close(&b);
        b.walk_due_us = now_us + 5 * SECOND;
        assert_false(known_after(0));
        assert_false(known_after(5 * SECOND - 1));
        assert_true(known_after(1));
        assert_int_equal(b.n, 1);
}

static void
boxes_look_searches_four_times_a_second(void **state)
{
        (void)state;
        put_group("a", "1000000\n", "max\n", "400000\n");
        put_all(1);
        (void)look();
        assert_int_equal(b.n, 0);
        put_text("a", "memory.current", "500000\n");
        (void)look_after(SECOND / 4 - 1);
        assert_int_equal(b.n, 0);
        (void)look_after(1);
        assert_int_equal(b.n, 1);
        put_text("a", "memory.max", "max\n");
        (void)look_after(SECOND / 4 - 1);
        assert_int_equal(b.n, 1);
        (void)look_after(1);
        assert_int_equal(b.n, 0);
        /* nor sooner because nobody wanted to know meanwhile */
        put_text("a", "memory.max", "1000000\n");
        boxes_close(&b);
        (void)look();
        assert_int_equal(b.n, 0);
        (void)look_after(SECOND / 4);
        assert_int_equal(b.n, 1);
}

static void
boxes_look_follows_who_has_half_of_a_limit_that_is_not_most_of_the_machine(void **state)
{
        static const struct {
                const char *max, *current;
                bool followed;
        } t[] = {
                { "1600000\n", "800000\n", true },
                { "1600000\n", "799999\n", false },
                { "1600000\n", "1700000\n", true },
                { "0\n", "0\n", false },
                { "0\n", "1\n", true },
                { "1000000000\n", "1000000000\n", true },
                { "1000000001\n", "1000000001\n", false },
                { "max\n", "18446744073709551615\n", false },
                /* damage */
                { "1600000", "1600000\n", false },
                { "-1\n", "1600000\n", false },
                { "1600000\n", "", false },
                { "1600000\n", "much\n", false },
                { "18446744073709551616\n", "1600000\n", false },
        };

        (void)state;
        put_all(1);
        put_group("a", "max\n", "max\n", "0\n");
        for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
                put_text("a", "memory.max", t[i].max);
                put_text("a", "memory.current", t[i].current);
                (void)look_after(10 * SECOND);
                assert_int_equal(b.n, t[i].followed ? 1 : 0);
        }
}

static void
boxes_look_goes_as_deep_as_it_has_places_for(void **state)
{
        char group[256] = "d";

        (void)state;
        put_all(1);
        for (unsigned depth = 1; depth < BOXES_DEPTH; depth++) {
                put_group(group, "max\n", "max\n", "0\n");
                strcat(group, "/d");
        }
        put_group(group, "1000000\n", "max\n", "1000000\n");
        (void)look();
        assert_int_equal(b.n, 1);
        strcat(group, "/d");
        put_group(group, "1000000\n", "max\n", "1000000\n");
        (void)look_after(10 * SECOND);
        assert_int_equal(b.n, 1);
}

/* One user may make as many as he likes. */
static void
boxes_look_has_a_share_of_its_time_for_each_folder_of_the_root(void **state)
{
        char group[128];

        (void)state;
        put_all(1);
        put_group("many", "max\n", "max\n", "0\n");
        for (unsigned i = 0; i < BOXES_DIRS + 100; i++) {
                (void)snprintf(group, sizeof(group), "%s/many/%u", fake_root, i);
                assert_int_equal(mkdir(group, 0755), 0);
        }
        for (unsigned i = 0; i < 8; i++) {
                (void)snprintf(group, sizeof(group), "other%u", i);
                put_group(group, "1000000\n", "max\n", "1000000\n");
        }
        (void)look();
        assert_int_equal(b.n, 8);
}

/* Dozens are half full; the one that thrashes gets its place, and keeps it. */
static void
boxes_look_gives_idle_ones_places_to_others(void **state)
{
        enum { MANY = 2 * BOXES_MAX + 5 };
        char group[16];

        (void)state;
        put_all(1000);
        for (unsigned i = 0; i < MANY; i++) {
                (void)snprintf(group, sizeof(group), "g%u", i);
                put_group(group, "1000000\n", "max\n", "1000000\n");
        }
        for (unsigned busy = 0; busy < MANY; busy += 6) {
                bool found = false;

                (void)snprintf(group, sizeof(group), "g%u", busy);
                for (unsigned i = 0; i < 100 && !found; i++) {
                        hit(group, i + 1, busy);
                        put_stat(group, 0, 1000 + 10 * i);
                        put_all(1000 * (busy + 1) + 10 * i);
                        found = look_after(SECOND / 4) == 10000;
                        assert_true(b.n <= BOXES_MAX);
                }
                assert_true(found);
                for (unsigned i = 100; i < 140; i++) {
                        hit(group, i + 1, busy);
                        put_stat(group, 0, 1000 + 10 * i);
                        put_all(1000 * (busy + 1) + 10 * i);
                        now_us += SECOND / 4;
                        assert_int_equal(look(), 10000);
                }
        }
        assert_true(fake_count_open() <= open_before + BOXES_FDS);
        boxes_close(&b);
        assert_int_equal(fake_count_open(), open_before);
}

static void
boxes_look_lets_go_of_one_whose_numbers_are_torn(void **state)
{
        (void)state;
        put_group("a", "1000000\n", "max\n", "1000000\n");
        put_all(1);
        (void)look();
        assert_int_equal(b.n, 1);
        put_text("a", "memory.stat", "workingset_refault_anon x\n");
        assert_int_equal(look(), 0);
        assert_int_equal(b.n, 0);
        put_text("a", "memory.events.local", "max 1");
        (void)look_after(10 * SECOND);
        assert_int_equal(b.n, 0);
        /* Half of what it needs cannot be opened. */
        (void)remove(fake_path("a/memory.stat"));
        (void)look_after(10 * SECOND);
        assert_int_equal(b.n, 0);
        boxes_close(&b);
        assert_int_equal(fake_count_open(), open_before);
}

/* cgroup v1, nothing mounted there, memory that is not controlled, no vmstat. */
static void
boxes_look_finds_nothing_where_there_is_nothing(void **state)
{
        char path[256];

        (void)state;
        assert_int_equal(look(), 0);
        (void)snprintf(path, sizeof(path), "%s/memory", fake_root);
        assert_int_equal(mkdir(path, 0755), 0);
        put_text("memory", "memory.limit_in_bytes", "1000\n");
        assert_int_equal(look_after(10 * SECOND), 0);
        put_text("", "vmstat", "torn");
        assert_int_equal(look_after(10 * SECOND), 0);
        b.root = "/nonexistent";
        assert_int_equal(look_after(10 * SECOND), 0);
        assert_int_equal(b.n, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(boxes_look_tells_the_part_that_came_back_in_those_at_their_limit),
                CASE(boxes_look_tells_the_part_that_was_reclaimed_in_them_where_it_is_mixed),
                CASE(boxes_look_takes_a_limit_to_be_at_work_for_three_seconds),
                CASE(boxes_look_stays_with_one_that_was_at_its_limit_and_lost_most_of_it),
                CASE(boxes_look_counts_no_hit_of_another_limit_below),
                CASE(boxes_look_takes_nothing_for_an_answer_after_a_second),
                CASE(boxes_look_has_no_answer_before_it_has_searched_again),
                CASE(boxes_look_searches_four_times_a_second),
                CASE(boxes_look_follows_who_has_half_of_a_limit_that_is_not_most_of_the_machine),
                CASE(boxes_look_goes_as_deep_as_it_has_places_for),
                CASE(boxes_look_has_a_share_of_its_time_for_each_folder_of_the_root),
                CASE(boxes_look_gives_idle_ones_places_to_others),
                CASE(boxes_look_lets_go_of_one_whose_numbers_are_torn),
                CASE(boxes_look_finds_nothing_where_there_is_nothing),
        };

        return cmocka_run_group_tests_name("boxes", tests, NULL, NULL);
}
