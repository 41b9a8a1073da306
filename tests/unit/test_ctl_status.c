/* SPDX-License-Identifier: MIT */
/*
 * `status`: how it looks, on a wide and on a narrow terminal, with colours and without, and as
 * JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include "ctl_views.h"

static void
show(struct picture *g, const struct wire_state *s, const char *no_guard, unsigned columns,
     bool colour, const char *heading)
{
        struct ctl ctl = {
                .out = g->out, .err = g->out, .columns = columns, .colour = colour, .root = ""
        };
        const struct view v = { .state = *s, .version = VIEWS_VERSION, .no_guard = no_guard };

        picture_heading(g, heading);
        status_print(&ctl, &v, VIEWS_NOW_S);
}

static void
show_all(const char *file, const struct wire_state *s, const char *no_guard)
{
        struct picture *g = picture_open(file);

        show(g, s, no_guard, 80, false, "80 columns");
        show(g, s, no_guard, 40, false, "40 columns");
        show(g, s, no_guard, 20, false, "20 columns");
        show(g, s, no_guard, 120, false, "120 columns");
        show(g, s, no_guard, 80, true, "80 columns in colour");
        picture_close(g);
}

static void
status_of_a_machine_that_is_well(void **state)
{
        struct wire_state s = views_calm();

        (void)state;
        show_all("status-calm.txt", &s, NULL);
}

static void
status_of_one_in_need_shows_the_limits_and_what_is_done(void **state)
{
        struct wire_state s = views_low();

        (void)state;
        show_all("status-low.txt", &s, NULL);
}

static void
status_tells_of_everything_that_is_off_or_degraded(void **state)
{
        struct wire_state s = views_calm();

        (void)state;
        s.level = LEVEL_WARN;
        s.act = LEVEL_WARN;
        s.reason = REASON_LOW;
        s.flags = WIRE_FLAG_DRY_RUN | WIRE_FLAG_PAUSED | WIRE_FLAG_BLIND;
        s.paused_left_us = UINT64_C(252) * 1000000;
        s.available_kib = 900 * MIB;
        s.swap_total_kib = s.swap_free_kib = 0;
        s.kill_kib = 0;
        s.shmem_kib = 5 * GIB;
        s.hugetlb_kib = 4 * GIB;
        s.fall_kibps = 30 * MIB;
        s.left_us = UINT64_C(12900000);
        s.kills = 1;
        s.last_kill_s = VIEWS_NOW_S - 100000;
        s.missed = 3;
        s.lost = 7;
        memcpy(s.version, "0.0.9", 6);
        show_all("status-degraded.txt", &s, NULL);
}

static void
status_of_a_large_machine_shows_every_limit(void **state)
{
        struct wire_state s = views_calm();

        (void)state;
        s.level = LEVEL_WATCH;
        s.total_kib = 1024 * GIB;
        s.available_kib = 1000 * GIB;
        s.zram_total_kib = 4 * GIB;
        s.zram_free_kib = 3 * GIB;
        s.fall_kibps = 2 * GIB;
        s.left_us = UINT64_C(7200) * 1000000;
        s.full_bp = s.some_bp = 10000;
        show_all("status-large.txt", &s, NULL);
}

static void
status_without_a_guard_says_so(void **state)
{
        struct wire_state s = views_calm();

        (void)state;
        memset(s.version, 0, sizeof(s.version));
        show_all("status-local.txt", &s,
                 "none is running (/run/oomguard/feed: No such file or directory)");
}

static void
status_has_a_sentence_for_every_level_and_reason(void **state)
{
        struct picture *g = picture_open("status-levels.txt");

        (void)state;
        for (uint32_t level = LEVEL_CALM; level <= LEVEL_KILL; level++)
                for (uint32_t reason = REASON_NONE; reason <= REASON_SWAPOFF; reason++) {
                        struct wire_state s = views_calm();
                        struct ctl ctl = { .out = g->out, .columns = 80, .root = "" };
                        struct view one = { .state = s, .version = VIEWS_VERSION };

                        one.state.level = level;
                        one.state.reason = reason;
                        (void)fprintf(g->out, "==== %s, %s\n", level_word((enum level)level),
                                      reason_word((enum reason)reason));
                        status_print(&ctl, &one, VIEWS_NOW_S);
                }
        picture_close(g);
}

static void
status_as_json(void **state)
{
        struct picture *g = picture_open("status.json");
        struct ctl ctl = { .out = g->out, .columns = 80, .json = true, .root = "" };
        struct view v = { .state = views_low(), .version = VIEWS_VERSION };

        (void)state;
        status_json(&ctl, &v);
        v.state = views_calm();
        v.no_guard = "none is running";
        v.partial = true;
        status_json(&ctl, &v);
        picture_close(g);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(status_of_a_machine_that_is_well),
                cmocka_unit_test(status_of_one_in_need_shows_the_limits_and_what_is_done),
                cmocka_unit_test(status_tells_of_everything_that_is_off_or_degraded),
                cmocka_unit_test(status_of_a_large_machine_shows_every_limit),
                cmocka_unit_test(status_without_a_guard_says_so),
                cmocka_unit_test(status_has_a_sentence_for_every_level_and_reason),
                cmocka_unit_test(status_as_json),
        };

        return cmocka_run_group_tests(tests, pictures_begin, pictures_end);
}
