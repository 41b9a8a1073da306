/* SPDX-License-Identifier: MIT */
/*
 * Trace lines: what is written is read back whole, and damage is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "trace.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Every number another one, every flag set. */
static const struct sample full = {
        .now_us = 101,
        .boot_us = 102,
        .mem = { .total_kib = 103,
                 .free_kib = 104,
                 .available_kib = 105,
                 .swap_total_kib = 106,
                 .swap_free_kib = 107,
                 .swap_cached_kib = 122,
                 .shmem_kib = 108,
                 .hugetlb_kib = 109,
                 .estimated = true },
        .psi = { .some = { 112, 110 }, .full = { 113, 111 } },
        .pgscan = 114,
        .zram_total_kib = 115,
        .zram_free_kib = 116,
        .zram_ratio_bp = 117,
        .zram_cost_kib = 123,
        .arc_kib = 118,
        .owned_kibps = 119,
        .pgsteal = 120,
        .refault = 121,
        .inside = 124,
        .swap_barred_kib = 125,
        .pcp_kib = 126,
        .rivals = 127,
        .swap_off_kib = 128,
        .swap_off_in_kib = 129,
        .has_psi = true,
        .has_pgscan = true,
        .has_refault = true,
        .stale = true,
};

static const char golden[] = "s 101 102 31 103 104 105 106 107 108 109 110 111 112 113 114 115 116 "
                             "117 118 119 120 121 122 123 124 125 126 127 128 129 warn term stall";

static void
assert_same(const struct sample *a, const struct sample *b)
{
        assert_int_equal(a->now_us, b->now_us);
        assert_int_equal(a->boot_us, b->boot_us);
        assert_int_equal(a->mem.total_kib, b->mem.total_kib);
        assert_int_equal(a->mem.free_kib, b->mem.free_kib);
        assert_int_equal(a->mem.available_kib, b->mem.available_kib);
        assert_int_equal(a->mem.swap_total_kib, b->mem.swap_total_kib);
        assert_int_equal(a->mem.swap_free_kib, b->mem.swap_free_kib);
        assert_int_equal(a->mem.swap_cached_kib, b->mem.swap_cached_kib);
        assert_int_equal(a->mem.shmem_kib, b->mem.shmem_kib);
        assert_int_equal(a->mem.hugetlb_kib, b->mem.hugetlb_kib);
        assert_int_equal(a->mem.estimated, b->mem.estimated);
        assert_int_equal(a->psi.some.total_us, b->psi.some.total_us);
        assert_int_equal(a->psi.full.total_us, b->psi.full.total_us);
        assert_int_equal(a->psi.some.avg10_bp, b->psi.some.avg10_bp);
        assert_int_equal(a->psi.full.avg10_bp, b->psi.full.avg10_bp);
        assert_int_equal(a->pgscan, b->pgscan);
        assert_int_equal(a->zram_total_kib, b->zram_total_kib);
        assert_int_equal(a->zram_free_kib, b->zram_free_kib);
        assert_int_equal(a->zram_ratio_bp, b->zram_ratio_bp);
        assert_int_equal(a->zram_cost_kib, b->zram_cost_kib);
        assert_int_equal(a->swap_barred_kib, b->swap_barred_kib);
        assert_int_equal(a->pcp_kib, b->pcp_kib);
        assert_int_equal(a->rivals, b->rivals);
        assert_int_equal(a->swap_off_kib, b->swap_off_kib);
        assert_int_equal(a->swap_off_in_kib, b->swap_off_in_kib);
        assert_int_equal(a->arc_kib, b->arc_kib);
        assert_int_equal(a->owned_kibps, b->owned_kibps);
        assert_int_equal(a->has_psi, b->has_psi);
        assert_int_equal(a->pgsteal, b->pgsteal);
        assert_int_equal(a->refault, b->refault);
        assert_int_equal(a->inside, b->inside);
        assert_int_equal(a->has_pgscan, b->has_pgscan);
        assert_int_equal(a->has_refault, b->has_refault);
        assert_int_equal(a->stale, b->stale);
        assert_int_equal(a->after_kill, b->after_kill);
}

static void
trace_format_writes_the_golden_line(void **state)
{
        const struct verdict v = { .level = LEVEL_WARN, .act = LEVEL_TERM, .reason = REASON_STALL };
        char line[TRACE_LINE_MAX];

        (void)state;
        size_t n = trace_format(&full, &v, line, sizeof(line));

        assert_int_equal(n, sizeof(golden));
        assert_memory_equal(line, golden, sizeof(golden) - 1);
        assert_string_equal(line + n - 1, "\n");
}

static void
trace_parse_reads_the_golden_line(void **state)
{
        struct trace_verdict v;
        struct sample s;

        (void)state;
        assert_int_equal(trace_parse(golden, strlen(golden), &s, &v), 0);
        assert_same(&s, &full);
        assert_int_equal(v.level, LEVEL_WARN);
        assert_int_equal(v.act, LEVEL_TERM);
        assert_int_equal(v.reason, REASON_STALL);
}

static void
trace_parse_reads_a_line_from_before_there_were_the_last_numbers(void **state)
{
        static const char old[] =
                "s 101 102 31 103 104 105 106 107 108 109 110 111 112 113 114 115 "
                "116 117 118 119 120 121 warn term stall";
        struct sample want = full;
        struct trace_verdict v;
        struct sample s;

        (void)state;
        want.mem.swap_cached_kib = want.zram_cost_kib = want.inside = 0;
        want.swap_barred_kib = want.pcp_kib = want.swap_off_kib = want.swap_off_in_kib = 0;
        want.rivals = 0;
        assert_int_equal(trace_parse(old, strlen(old), &s, &v), 0);
        assert_same(&s, &want);
        assert_int_equal(v.act, LEVEL_TERM);
}

static void
trace_keeps_each_flag_apart(void **state)
{
        (void)state;
        for (unsigned bits = 0; bits < 64; bits++) {
                const struct verdict v = { .level = LEVEL_CALM };
                struct sample s = {
                        .has_psi = bits & 1,
                        .has_pgscan = bits & 2,
                        .stale = bits & 4,
                        .after_kill = bits & 32,
                        .mem.estimated = bits & 8,
                        .has_refault = bits & 16,
                };
                struct sample got;
                struct trace_verdict got_v;
                char line[TRACE_LINE_MAX], want[32];
                size_t n = trace_format(&s, &v, line, sizeof(line));

                (void)snprintf(want, sizeof(want), "s 0 0 %u 0 ", bits);
                assert_memory_equal(line, want, strlen(want));
                assert_int_equal(trace_parse(line, n - 1, &got, &got_v), 0);
                assert_same(&got, &s);
        }
}

static void
trace_keeps_every_verdict(void **state)
{
        const struct sample s = { .now_us = 1 };

        (void)state;
        for (unsigned i = 0; i < 5 * 5 * 5; i++) {
                struct verdict v = { .level = (enum level)(i % 5),
                                     .act = (enum level)(i / 5 % 5),
                                     .reason = (enum reason)(i / 25) };
                struct trace_verdict got_v;
                struct sample got;
                char line[TRACE_LINE_MAX];
                size_t n = trace_format(&s, &v, line, sizeof(line));

                assert_int_equal(trace_parse(line, n - 1, &got, &got_v), 0);
                assert_int_equal(got_v.level, v.level);
                assert_int_equal(got_v.act, v.act);
                assert_int_equal(got_v.reason, v.reason);
        }
}

static void
trace_line_of_the_largest_numbers_fits(void **state)
{
        struct verdict v = { .level = LEVEL_WATCH, .act = LEVEL_WATCH, .reason = REASON_SWAPOFF };
        struct sample s, got;
        struct trace_verdict got_v;
        char line[TRACE_LINE_MAX];

        (void)state;
        memset(&s, 0xff, sizeof(s));
        s.has_psi = s.has_pgscan = s.has_refault = s.after_kill = s.stale = true;
        s.mem.estimated = true;
        size_t n = trace_format(&s, &v, line, sizeof(line));

        assert_true(n == strlen(line) && n < sizeof(line));
        assert_int_equal(trace_parse(line, n - 1, &got, &got_v), 0);
        assert_same(&got, &s);
}

static void
assert_refused(const char *line, size_t len)
{
        struct trace_verdict v = { LEVEL_WATCH, LEVEL_WATCH, REASON_RACE };
        struct sample s = { .now_us = 42, .owned_kibps = 43 };

        assert_int_equal(trace_parse(line, len, &s, &v), -EINVAL);
        assert_int_equal(s.now_us, 42);
        assert_int_equal(s.owned_kibps, 43);
        assert_int_equal(v.level, LEVEL_WATCH);
        assert_int_equal(v.reason, REASON_RACE);
}

static void
trace_parse_refuses_every_prefix(void **state)
{
        (void)state;
        for (size_t len = 0; len < strlen(golden); len++)
                assert_refused(golden, len);
}

#define FRONT "s 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21"

static void
trace_parse_refuses_damage(void **state)
{
        static const char *const damaged[] = {
                "",
                "s",
                " " FRONT " 22 calm calm none",
                "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 calm calm none",
                FRONT " 22 calm calm none ",
                FRONT " 22 calm calm none\n",
                FRONT " 22 calm calm nonesuch",
                FRONT " 22 calm calm",
                FRONT " 22  calm calm none",
                FRONT " 22 Calm calm none",
                FRONT " 22  calm none",
                FRONT " 22 calm  none",
                FRONT " 22 calm calm ",
                FRONT " 22 none calm calm",
                FRONT " 22 calm low none",
                FRONT " 22 calm calm calm",
                FRONT " calm calm none",
                FRONT " 22 23 24 25 26 27 28 29 30 31 calm calm none",
                FRONT " 22 23 24 25 26 27 4294967296 calm calm none",
                FRONT " -1 calm calm none",
                FRONT " +1 calm calm none",
                FRONT " 0x1 calm calm none",
                FRONT "  22 calm calm none",
                FRONT "\t22 calm calm none",
                FRONT " 18446744073709551616 calm calm none",
                "s 1 2 3 4 5 6 7 8 9 10 11 12 4294967296 14 15 16 17 18 19 20 21 22 calm calm none",
                "s 1 2 3 4 5 6 7 8 9 10 11 12 13 4294967296 15 16 17 18 19 20 21 22 calm calm none",
                "s 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 4294967296 19 20 21 22 calm calm none",
        };
        struct trace_verdict v;
        struct sample s;

        (void)state;
        for (size_t i = 0; i < N_OF(damaged); i++)
                assert_refused(damaged[i], strlen(damaged[i]));
        /* the same in good order */
        assert_int_equal(
                trace_parse(FRONT " 22 calm calm none", strlen(FRONT " 22 calm calm none"), &s, &v),
                0);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(trace_format_writes_the_golden_line),
                cmocka_unit_test(trace_parse_reads_the_golden_line),
                cmocka_unit_test(trace_parse_reads_a_line_from_before_there_were_the_last_numbers),
                cmocka_unit_test(trace_keeps_each_flag_apart),
                cmocka_unit_test(trace_keeps_every_verdict),
                cmocka_unit_test(trace_line_of_the_largest_numbers_fits),
                cmocka_unit_test(trace_parse_refuses_every_prefix),
                cmocka_unit_test(trace_parse_refuses_damage),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
