/* SPDX-License-Identifier: MIT */
/*
 * /proc/vmstat: the keys that count among those that look like them, damage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "vmstat.h"

/* Some of the lines of kernel 6.1, in their order. */
static const char kernel_6_1[] = "nr_free_pages 105469\n"
                                 "nr_zone_inactive_anon 2032817\n"
                                 "workingset_refault_anon 40128\n"
                                 "workingset_refault_file 1893410\n"
                                 "pgpgin 8912003\n"
                                 "pswpin 40128\n"
                                 "pswpout 196123\n"
                                 "allocstall_normal 512\n"
                                 "pgfault 91823311\n"
                                 "pgmajfault 120411\n"
                                 "pgrefill 3128411\n"
                                 "pgreuse 1203488\n"
                                 "pgsteal_kswapd 8126211\n"
                                 "pgsteal_direct 91233\n"
                                 "pgdemote_kswapd 0\n"
                                 "pgdemote_direct 0\n"
                                 "pgscan_kswapd 9120733\n"
                                 "pgscan_direct 103412\n"
                                 "pgscan_direct_throttle 17\n"
                                 "pgscan_anon 1812003\n"
                                 "pgscan_file 7412142\n"
                                 "pgsteal_anon 196100\n"
                                 "pgsteal_file 8021344\n"
                                 "zone_reclaim_failed 0\n"
                                 "drop_pagecache 0\n"
                                 "drop_slab 0\n"
                                 "oom_kill 3\n"
                                 "swap_ra 12000\n"
                                 "nr_unstable 0\n";

static void
vmstat_parse_adds_kswapd_and_direct(void **state)
{
        struct vmstat v;

        (void)state;
        assert_int_equal(vmstat_parse(kernel_6_1, strlen(kernel_6_1), &v), 0);
        assert_int_equal(v.pgscan, 9120733 + 103412);
        assert_int_equal(v.oom_kill, 3);
        assert_int_equal(v.pgsteal, 8126211 + 91233);
        assert_int_equal(v.refault, 40128 + 1893410);
        assert_int_equal(v.boxed, 196100 + 8021344 - (8126211 + 91233));
        assert_true(v.has_refault);
}

static void
vmstat_parse_tells_what_was_reclaimed_inside_limits(void **state)
{
        static const char front[] = "pgscan_kswapd 1\npgscan_direct 1\n";
        static const struct {
                const char *more;
                uint64_t boxed;
        } t[] = {
                { "pgsteal_kswapd 10\npgsteal_direct 5\npgsteal_anon 4\npgsteal_file 20\n", 9 },
                { "pgsteal_kswapd 10\npgsteal_direct 5\npgsteal_khugepaged 2\n"
                  "pgsteal_proactive 1\npgsteal_anon 4\npgsteal_file 20\n",
                  6 },
                /* before 5.8 nobody knows */
                { "pgsteal_kswapd 10\npgsteal_direct 5\n", 0 },
                { "pgsteal_kswapd 10\npgsteal_direct 5\npgsteal_file 20\n", 0 },
                { "pgsteal_kswapd 10\npgsteal_anon 4\npgsteal_file 20\n", 0 },
                /* summed up one after the other while they run */
                { "pgsteal_kswapd 25\npgsteal_direct 0\npgsteal_anon 4\npgsteal_file 20\n",
                  UINT64_MAX },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
                char text[256];
                struct vmstat v;

                (void)snprintf(text, sizeof(text), "%s%s", front, t[i].more);
                assert_int_equal(vmstat_parse(text, strlen(text), &v), 0);
                assert_true(v.boxed == t[i].boxed);
        }
}

/* Some of the lines of kernel 7.2, in their order: statistics before pgpgin, events from there on.
 */
static const char kernel_7_2[] = "nr_free_pages 105469\n"
                                 "workingset_refault_anon 0\n"
                                 "workingset_refault_file 134034\n"
                                 "pgdemote_kswapd 0\n"
                                 "pgsteal_kswapd 11081\n"
                                 "pgsteal_direct 408802\n"
                                 "pgsteal_khugepaged 0\n"
                                 "pgsteal_proactive 0\n"
                                 "pgsteal_anon 0\n"
                                 "pgsteal_file 419883\n"
                                 "pgscan_kswapd 20222\n"
                                 "pgscan_direct 446508\n"
                                 "pgscan_anon 0\n"
                                 "pgscan_file 466730\n"
                                 "pgrefill 64717\n"
                                 "pgpgin 45\n"
                                 "pswpin 0\n"
                                 "allocstall_dma 1\n"
                                 "allocstall_dma32 20\n"
                                 "allocstall_normal 300\n"
                                 "allocstall_movable 4000\n"
                                 "allocstall_device 0\n"
                                 "pgscan_direct_throttle 7\n"
                                 "oom_kill 0\n";

static void
vmstat_parse_takes_apart_what_counts_inside_limits_too(void **state)
{
        struct vmstat v;

        (void)state;
        assert_int_equal(vmstat_parse(kernel_7_2, strlen(kernel_7_2), &v), 0);
        assert_int_equal(v.stalls, 4321);
        assert_int_equal(v.pgscan, 20222 + 4321);
        assert_int_equal(v.pgsteal, 11081 + 408802);
        assert_int_equal(v.direct, 408802);
        assert_int_equal(v.boxed, 0);
        assert_true(v.has_refault);
        /* Where they are events they are not mixed, whatever else is there. */
        assert_int_equal(vmstat_parse(kernel_6_1, strlen(kernel_6_1), &v), 0);
        assert_int_equal(v.direct, 0);
        assert_int_equal(v.stalls, 0);
}

/* Until 5.9 the kernel counted no refaults of anonymous memory: what came back from swap has to do.
 */
static void
vmstat_parse_counts_what_swap_gave_back_where_no_refaults_of_it_are(void **state)
{
        static const char old[] = "pgscan_kswapd 1\npgscan_direct 1\npgsteal_kswapd 1\n"
                                  "pgsteal_direct 1\nworkingset_refault 7\npswpin 500\n";
        struct vmstat v;

        (void)state;
        assert_int_equal(vmstat_parse(old, strlen(old), &v), 0);
        assert_int_equal(v.refault, 507);
        assert_true(v.has_refault);
}

static void
vmstat_parse_says_where_refaults_are_not_counted(void **state)
{
        static const struct {
                const char *more;
                bool has;
        } t[] = {
                { "", false },
                { "workingset_refault 7\n", false },
                { "workingset_refault 7\npgsteal_kswapd 1\npgsteal_direct 1\n", true },
                { "workingset_refault 7\npgsteal_kswapd 1\n", false },
                { "workingset_refault_anon 7\npgsteal_kswapd 1\npgsteal_direct 1\n", false },
                { "workingset_refault_file 7\npgsteal_kswapd 1\npgsteal_direct 1\n", false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
                char text[256];
                struct vmstat v;

                (void)snprintf(text, sizeof(text), "pgscan_kswapd 1\npgscan_direct 1\n%s",
                               t[i].more);
                assert_int_equal(vmstat_parse(text, strlen(text), &v), 0);
                assert_int_equal(v.has_refault, t[i].has);
        }
}

static void
vmstat_parse_reads_this_machine(void **state)
{
        char text[65536];
        struct vmstat v;
        size_t len = 0, n;
        FILE *f = fopen("/proc/vmstat", "r");

        (void)state;
        assert_non_null(f);
        while ((n = fread(text + len, 1, sizeof(text) - len, f)) > 0)
                len += n;
        assert_int_equal(fclose(f), 0);
        assert_int_equal(vmstat_parse(text, len, &v), 0);
}

static void
vmstat_parse_does_without_oom_kill(void **state)
{
        static const char text[] = "pgscan_direct 18446744073709551615\npgscan_kswapd 00003\n";
        struct vmstat v = { .pgscan = 41, .oom_kill = 42 };

        (void)state;
        assert_int_equal(vmstat_parse(text, strlen(text), &v), 0);
        assert_int_equal(v.pgscan, 2); /* wrapped, as the kernel's own sums do */
        assert_int_equal(v.oom_kill, 0);
}

static void
assert_refused(const char *text, size_t len)
{
        struct vmstat v = { .pgscan = 41, .oom_kill = 42 };

        assert_int_equal(vmstat_parse(text, len, &v), -EINVAL);
        assert_int_equal(v.pgscan, 41);
        assert_int_equal(v.oom_kill, 42);
}

static void
vmstat_parse_refuses_a_text_cut_in_a_line(void **state)
{
        (void)state;
        for (size_t len = 0; len < strlen(kernel_6_1); len++) {
                if (len == 0 || kernel_6_1[len - 1] != '\n')
                        assert_refused(kernel_6_1, len);
        }
}

static void
vmstat_parse_refuses_damage(void **state)
{
        static const char *const damaged[] = {
                "\n",
                "pgscan_kswapd 1\n",
                "pgscan_direct 1\n",
                "pgscan_kswapd 1\npgscan_direct_throttle 1\n",
                "pgscan_kswapd 1\n pgscan_direct 1\n",
                "pgscan_kswapd 1\nx pgscan_direct 1\n",
                "pgscan_kswapd 1\npgscan_direct\t1\n",
                "pgscan_kswapd 1\npgscan_direct  1\n",
                "pgscan_kswapd 1\npgscan_direct 1 \n",
                "pgscan_kswapd 1\npgscan_direct -1\n",
                "pgscan_kswapd 1\npgscan_direct 18446744073709551616\n",
                "pgscan_kswapd 1\npgscan_direct \n",
                "pgscan_kswapd 1\npgscan_direct\n",
                "pgscan_kswapd 1\npgscan_direct 1\npgscan_direct 1\n",
                "pgscan_kswapd 1\npgscan_kswapd 1\npgscan_direct 1\n",
                "pgscan_kswapd 1\npgscan_direct 1\noom_kill x\n",
                "pgscan_kswapd 1\npgscan_direct 1\noom_kill 1\noom_kill 1\n",
                "pgscan_kswapd 1\npgscan_direct 1\noom_kill 1",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
                assert_refused(damaged[i], strlen(damaged[i]));
}

int
main(void)
{
        const struct CMUnitTest cases[] = {
                cmocka_unit_test(vmstat_parse_adds_kswapd_and_direct),
                cmocka_unit_test(vmstat_parse_tells_what_was_reclaimed_inside_limits),
                cmocka_unit_test(vmstat_parse_takes_apart_what_counts_inside_limits_too),
                cmocka_unit_test(
                        vmstat_parse_counts_what_swap_gave_back_where_no_refaults_of_it_are),
                cmocka_unit_test(vmstat_parse_says_where_refaults_are_not_counted),
                cmocka_unit_test(vmstat_parse_reads_this_machine),
                cmocka_unit_test(vmstat_parse_does_without_oom_kill),
                cmocka_unit_test(vmstat_parse_refuses_a_text_cut_in_a_line),
                cmocka_unit_test(vmstat_parse_refuses_damage),
        };

        return cmocka_run_group_tests(cases, NULL, NULL);
}
