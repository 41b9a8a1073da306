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

static int
set_up(void **state)
{
        (void)state;
        fake_open();
        memset(&b, 0, sizeof(b));
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

        (void)snprintf(path, sizeof(path), "%s/%s/%s", fake_root, group, file);
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

/* Its limit is hit. */
static void
hit(const char *group, unsigned high, unsigned max)
{
        char text[128];

        (void)snprintf(text, sizeof(text), "low 9\nhigh %u\nmax %u\noom 9\noom_kill 9\n", high,
                       max);
        put_text(group, "memory.events", text);
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

static uint64_t
look(void)
{
        boxes_look(&b, fake_root, MOST, now_us);
        return b.refaults;
}

static void
boxes_look_adds_up_what_comes_back_in_those_at_their_limit(void **state)
{
        (void)state;
        put_group("full", "1000000\n", "max\n", "990000\n");
        put_group("slice", "max\n", "max\n", "5000000\n");
        put_group("slice/high", "max\n", "2000000\n", "1500000\n");
        put_group("slice/idle", "2000000\n", "max\n", "1999999\n");
        /* what came back before it was looked at is not known to be of now */
        assert_int_equal(look(), 0);
        assert_int_equal(b.n, 3);
        put_stat("full", 103, 1020);
        hit("full", 0, 1);
        put_stat("slice/high", 100, 1300);
        hit("slice/high", 1, 0);
        put_stat("slice/idle", 100, 9000);
        now_us += SECOND / 4;
        assert_int_equal(look(), 323);
        assert_int_equal(look(), 323);
        /* a counter that ran back did not move */
        put_stat("full", 0, 1020);
        assert_int_equal(look(), 323);
        put_stat("full", 5, 1020);
        assert_int_equal(look(), 328);
}

/* What the kernel takes from it for others makes room below its limit, for a moment. */
static void
boxes_look_takes_a_limit_to_be_at_work_for_a_second(void **state)
{
        (void)state;
        put_group("a", "1000000\n", "max\n", "1000000\n");
        (void)look();
        hit("a", 0, 1);
        assert_int_equal(look(), 0);
        put_stat("a", 100, 1010);
        now_us += SECOND - 1;
        assert_int_equal(look(), 10);
        put_stat("a", 100, 1030);
        now_us++;
        assert_int_equal(look(), 10);
        /* and again */
        put_stat("a", 100, 1060);
        hit("a", 1, 1);
        assert_int_equal(look(), 40);
}

static void
boxes_look_searches_once_a_second_and_in_five_once_somebody_is_at_his_limit(void **state)
{
        (void)state;
        put_group("a", "1000000\n", "max\n", "400000\n");
        (void)look();
        assert_int_equal(b.n, 0);
        put_text("a", "memory.current", "500000\n");
        now_us += SECOND - 1;
        (void)look();
        assert_int_equal(b.n, 0);
        now_us++;
        (void)look();
        assert_int_equal(b.n, 1);
        /* It has no limit any more: once it has not been hit for a second. */
        hit("a", 0, 1);
        (void)look();
        put_text("a", "memory.max", "max\n");
        for (unsigned i = 2; i < 10; i++) {
                hit("a", 0, i);
                now_us += SECOND / 2;
                (void)look();
                assert_int_equal(b.n, 1);
        }
        now_us += SECOND;
        (void)look();
        assert_int_equal(b.n, 0);
        assert_int_equal(fake_count_open(), open_before);
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
                { "0\n", "0\n", true },
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
        put_group("a", "max\n", "max\n", "0\n");
        for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
                put_text("a", "memory.max", t[i].max);
                put_text("a", "memory.current", t[i].current);
                now_us += 5 * SECOND;
                (void)look();
                assert_int_equal(b.n, t[i].followed ? 1 : 0);
        }
}

/* What is below one that is followed is counted in it. */
static void
boxes_look_counts_nothing_twice(void **state)
{
        (void)state;
        put_group("a", "1000000\n", "max\n", "1000000\n");
        put_group("a/b", "1000000\n", "max\n", "1000000\n");
        (void)look();
        hit("a", 0, 1);
        hit("a/b", 0, 1);
        put_stat("a", 100, 1010);
        put_stat("a/b", 100, 1010);
        assert_int_equal(look(), 10);
}

static void
boxes_look_goes_no_deeper_than_it_has_places_for(void **state)
{
        char group[256] = "d";

        (void)state;
        for (unsigned depth = 1; depth <= BOXES_DEPTH + 2; depth++) {
                put_group(group, "max\n", "max\n", "0\n");
                strcat(group, "/d");
        }
        put_group(group, "1000000\n", "max\n", "1000000\n");
        (void)look();
        assert_int_equal(b.n, 0);
        assert_int_equal(fake_count_open(), open_before);
}

static void
boxes_look_follows_no_more_than_it_has_places_for(void **state)
{
        (void)state;
        for (unsigned i = 0; i < BOXES_MAX + 5; i++) {
                char group[16];

                (void)snprintf(group, sizeof(group), "g%u", i);
                put_group(group, "1000000\n", "max\n", "1000000\n");
        }
        (void)look();
        assert_int_equal(b.n, BOXES_MAX);
        assert_int_equal(fake_count_open(), open_before + 2 * BOXES_MAX);
        boxes_close(&b);
        assert_int_equal(fake_count_open(), open_before);
        (void)look();
        assert_int_equal(b.n, BOXES_MAX);
}

static void
boxes_look_lets_go_of_one_whose_numbers_are_torn(void **state)
{
        (void)state;
        put_group("a", "1000000\n", "max\n", "1000000\n");
        (void)look();
        put_text("a", "memory.stat", "workingset_refault_anon x\n");
        assert_int_equal(look(), 0);
        assert_int_equal(b.n, 0);
        put_text("a", "memory.events", "max 1");
        now_us += 5 * SECOND;
        (void)look();
        assert_int_equal(b.n, 0);
        assert_int_equal(fake_count_open(), open_before);
        /* Half of what it needs cannot be opened. */
        (void)remove(fake_path("a/memory.events"));
        now_us += 5 * SECOND;
        (void)look();
        assert_int_equal(b.n, 0);
        assert_int_equal(fake_count_open(), open_before);
}

/* cgroup v1, nothing mounted there, or memory that is not controlled. */
static void
boxes_look_finds_nothing_where_there_is_nothing(void **state)
{
        char path[256];

        (void)state;
        (void)look();
        (void)snprintf(path, sizeof(path), "%s/memory", fake_root);
        assert_int_equal(mkdir(path, 0755), 0);
        put_text("memory", "memory.limit_in_bytes", "1000\n");
        now_us += 5 * SECOND;
        (void)look();
        boxes_look(&b, "/nonexistent", MOST, now_us + 5 * SECOND);
        assert_int_equal(b.n, 0);
        assert_int_equal(b.refaults, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(boxes_look_adds_up_what_comes_back_in_those_at_their_limit),
                CASE(boxes_look_takes_a_limit_to_be_at_work_for_a_second),
                CASE(boxes_look_searches_once_a_second_and_in_five_once_somebody_is_at_his_limit),
                CASE(boxes_look_follows_who_has_half_of_a_limit_that_is_not_most_of_the_machine),
                CASE(boxes_look_counts_nothing_twice),
                CASE(boxes_look_goes_no_deeper_than_it_has_places_for),
                CASE(boxes_look_follows_no_more_than_it_has_places_for),
                CASE(boxes_look_lets_go_of_one_whose_numbers_are_torn),
                CASE(boxes_look_finds_nothing_where_there_is_nothing),
        };

        return cmocka_run_group_tests_name("boxes", tests, NULL, NULL);
}
