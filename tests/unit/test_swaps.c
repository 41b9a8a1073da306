/* SPDX-License-Identifier: MIT */
/*
 * /proc/swaps, mm_stat and arcstats: real texts and damage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "swaps.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define HEADER "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

static void
swaps_parse_finds_zram_among_others(void **state)
{
        static const char text[] =
                HEADER "/dev/zram0                              partition\t8388604\t\t2048\t\t100\n"
                       "/dev/dm-1                               partition\t1048572\t\t512\t\t-2\n"
                       "/swap\\040file                           file\t\t524284\t\t0\t\t-3\n"
                       "/dev/zram12\\040(deleted)                partition\t1024\t\t1024\t\t5\n"
                       "/home/dev/zram3                         file\t\t64\t\t64\t\t-4\n"
                       "/dev/zram4.img                          file\t\t64\t\t64\t\t-4\n"
                       "/dev/zramp                              file\t\t64\t\t64\t\t-4\n"
                       "/dev/zram4294967296                     file\t\t64\t\t64\t\t-4\n";
        struct swaps sw;

        (void)state;
        assert_int_equal(swaps_parse(text, strlen(text), &sw), 0);
        assert_int_equal(sw.zram_total_kib, 8389628);
        assert_int_equal(sw.zram_used_kib, 3072);
        assert_int_equal(sw.n_zram, 2);
        assert_int_equal(sw.zram[0], 0);
        assert_int_equal(sw.zram[1], 12);
}

static void
swaps_parse_takes_tabs_for_blanks(void **state)
{
        static const char text[] = HEADER "/dev/zram3\tpartition\t10\t1\t1\n";
        struct swaps sw;

        (void)state;
        assert_int_equal(swaps_parse(text, strlen(text), &sw), 0);
        assert_int_equal(sw.n_zram, 1);
        assert_int_equal(sw.zram[0], 3);
        assert_int_equal(sw.zram_total_kib, 10);
}

static void
swaps_parse_takes_no_swap_for_an_answer(void **state)
{
        struct swaps sw = { .n = 40,
                            .zram_total_kib = 41,
                            .zram_used_kib = 42,
                            .n_zram = 43,
                            .zram_unlisted = true };

        (void)state;
        assert_int_equal(swaps_parse(HEADER, strlen(HEADER), &sw), 0);
        assert_true(sw.zram_total_kib == 0 && sw.zram_used_kib == 0 && sw.n_zram == 0);
        assert_false(sw.zram_unlisted);
        assert_true(sw.n == 0 && sw.total_kib == 0);
}

static void
swaps_parse_lists_every_area(void **state)
{
        static const char text[] = HEADER "/dev/dm-1 partition 1000 300 -2\n"
                                          "none virtual 0 0 0\n"
                                          "/of no form\n"
                                          "/swap\\040file file 500 600 -3\n"
                                          "/dev/zram0 partition 200 100 100\n";
        struct swaps sw;

        (void)state;
        assert_int_equal(swaps_parse(text, strlen(text), &sw), 0);
        assert_int_equal(sw.n, 3);
        assert_int_equal(sw.total_kib, 1200);
        assert_true(sw.area[0].size_kib == 1000 && sw.area[0].used_kib == 300);
        assert_true(sw.area[2].size_kib == 200 && sw.area[2].used_kib == 100);
        assert_true(sw.area[2].zram && !sw.area[0].zram);
}

static void
swaps_parse_passes_over_areas_that_no_kernel_has(void **state)
{
        static const char line[] = "/swap file 10 1 -2\n",
                          huge[] = "/s file 18446744073709551615 0 1\n";
        char text[2048] = HEADER;
        struct swaps sw;

        (void)state;
        assert_int_equal(SWAPS_AREAS_MAX, 32);
        (void)strcat(text, line);
        (void)strcat(text, huge);
        for (unsigned i = 0; i < 40; i++)
                (void)strcat(text, line);
        assert_int_equal(swaps_parse(text, strlen(text), &sw), 0);
        assert_int_equal(sw.n, 32);
        assert_int_equal(sw.total_kib, 320);
}

/* SwapTotal has of that area only what is in use any more. */
static void
swaps_going_finds_the_area_that_is_switched_off(void **state)
{
        enum { NONE = -1, NEAR = 65536 };
        static const struct {
                struct swap_area area[3];
                uint64_t total;
                int going;
        } rows[] = {
                /* none is */
                { { { 1000, 300, false } }, 1000, NONE },
                { { { 1000, 300, false } }, 2000, NONE },
                { { { 0, 0, false } }, 0, NONE },
                /* the only one, at once and on its way */
                { { { 1000, 300, false } }, 300, 0 },
                { { { 1000, 290, false } }, 300, 0 },
                { { { 1000, 301, false } }, 300, NONE },
                { { { 1000, 999, false } }, 999, 0 },
                /* the second of three, then the third */
                { { { 1000, 300, false }, { 500, 100, false }, { 200, 150, true } }, 1300, 1 },
                { { { 1000, 300, false }, { 500, 100, false }, { 200, 150, true } }, 1650, 2 },
                /* two alike in what is free: the one that asks for less, in any order */
                { { { 1000, 300, false }, { 800, 100, false } }, 1100, 1 },
                { { { 800, 100, false }, { 1000, 300, false } }, 1100, 0 },
                /* one that has nothing in use */
                { { { 1000, 300, false }, { 500, 0, false } }, 1000, 1 },
                /* none is near: two at once, or somebody else's list */
                { { { 9000000, 9000000 - NEAR - 1, false } }, 9000000 - 1, 0 },
                { { { 9000000, 9000000 - NEAR - 2, false } }, 9000000 - 1, NONE },
                { { { 9000000, 9000000, false } }, 9000000 - 1, NONE },
                /* what has been read in since is free, so it is the first and not the second */
                { { { 600000, 299800, false }, { 8000000, 7700050, false } }, 8300000, 0 },
                { { { 2000000, 1000000, false },
                    { 2000000, 1000000, false },
                    { 8000000, 6900000, false } },
                  9900000,
                  NONE },
        };

        (void)state;
        for (size_t i = 0; i < N(rows); i++) {
                struct swaps sw = { .n = 0 };

                while (sw.n < 3 && rows[i].area[sw.n].size_kib > 0) {
                        sw.total_kib += rows[i].area[sw.n].size_kib;
                        sw.area[sw.n] = rows[i].area[sw.n];
                        sw.n++;
                }
                const struct swap_area *going = swaps_going(&sw, rows[i].total);

                assert_int_equal(going ? (int)(going - sw.area) : NONE, rows[i].going);
        }
}

static void
swaps_parse_lists_eight_and_counts_all(void **state)
{
        static const char text[] = HEADER "/dev/zram0 partition 10 1 1\n"
                                          "/dev/zram1 partition 10 1 1\n"
                                          "/dev/zram2 partition 10 1 1\n"
                                          "/dev/zram3 partition 10 1 1\n"
                                          "/dev/zram4 partition 10 1 1\n"
                                          "/dev/zram5 partition 10 1 1\n"
                                          "/dev/zram6 partition 10 1 1\n"
                                          "/dev/zram4294967295 partition 10 1 1\n"
                                          "/dev/zram8 partition 10 1 1\n";
        struct swaps sw;

        (void)state;
        assert_int_equal(swaps_parse(text, strlen(text), &sw), 0);
        assert_int_equal(sw.zram_total_kib, 90);
        assert_int_equal(sw.zram_used_kib, 9);
        assert_int_equal(sw.n_zram, 8);
        assert_int_equal(SWAPS_ZRAM_MAX, 8);
        assert_true(sw.zram[7] == UINT32_MAX);
        assert_true(sw.zram_unlisted);
        /* Without the last line they are eight. */
        assert_int_equal(
                swaps_parse(text, strlen(text) - strlen("/dev/zram8 partition 10 1 1\n"), &sw), 0);
        assert_int_equal(sw.n_zram, 8);
        assert_false(sw.zram_unlisted);
}

static void
swaps_parse_refuses_damage(void **state)
{
        static const char *const damaged[] = {
                "",
                "\n",
                "/dev/zram0 partition 10 1 1\n",
                "Filename",
                HEADER "/dev/zram0 partition 10 1 1",
                HEADER "/dev/zram0 partition 10 11 1\n",
                HEADER "/dev/zram0 partition 10 1\n",
                HEADER "/dev/zram0 partition 10\n",
                HEADER "/dev/zram0\n",
                HEADER "/dev/zram0 partition -10 1 1\n",
                HEADER "/dev/zram0 partition 10 1x 1\n",
                HEADER "/dev/zram0 partition 18446744073709551616 1 1\n",
                HEADER "/dev/zram0 partition 18446744073709551615 1 1\n"
                       "/dev/zram1 partition 1 1 1\n",
        };

        (void)state;
        for (size_t i = 0; i < N(damaged); i++) {
                struct swaps sw = { .zram_total_kib = 41, .n_zram = 42 };

                assert_int_equal(swaps_parse(damaged[i], strlen(damaged[i]), &sw), -EINVAL);
                assert_int_equal(sw.zram_total_kib, 41);
                assert_int_equal(sw.n_zram, 42);
        }
}

static void
zram_parse_reads_the_first_four(void **state)
{
        static const char text[] = " 1462272   281088   983040  4194304  1056768      114        0 "
                                   "       3        0\n";
        struct zram_stat z = { 41, 42, 43, 44 };

        (void)state;
        for (size_t len = 0; len < strlen(text); len++) {
                assert_int_equal(zram_parse(text, len, &z), -EINVAL);
                assert_true(z.stored_bytes == 41 && z.used_bytes == 42 && z.data_bytes == 43);
        }
        assert_int_equal(zram_parse(text, strlen(text), &z), 0);
        assert_int_equal(z.stored_bytes, 1462272);
        assert_int_equal(z.used_bytes, 983040);
        assert_int_equal(z.data_bytes, 281088);
        assert_int_equal(z.limit_bytes, 4194304);
        /* A kernel without limits. */
        assert_int_equal(zram_parse("1 2 3\n", 6, &z), 0);
        assert_int_equal(z.limit_bytes, 0);
}

static void
zram_parse_refuses_damage(void **state)
{
        static const char *const damaged[] = { "",
                                               "\n",
                                               "1 2\n",
                                               "1 2 x\n",
                                               "1 -2 3\n",
                                               "1\n2 3\n",
                                               "1 2 18446744073709551616\n",
                                               "1 2 3" };

        (void)state;
        for (size_t i = 0; i < N(damaged); i++) {
                struct zram_stat z = { 41, 42, 43, 44 };

                assert_int_equal(zram_parse(damaged[i], strlen(damaged[i]), &z), -EINVAL);
                assert_true(z.stored_bytes == 41 && z.used_bytes == 42 && z.data_bytes == 43);
        }
}

#define ARC_HEAD                                          \
        "13 1 0x01 147 39984 15838512345 1234567890\n"    \
        "name                            type data\n"     \
        "hits                            4    1234\n"     \
        "memory_available_bytes          3    -1048576\n" \
        "c_minimum                       4    5\n"        \
        "hdr_size                        4    6\n"

static void
arcstats_parse_subtracts_the_minimum(void **state)
{
        static const struct {
                const char *text;
                uint64_t kib;
        } t[] = {
                { ARC_HEAD "c_min                           4    1048576\n"
                           "size                            4    52428800\n",
                  50176 },
                { ARC_HEAD "size 4 1048575\nc_min 4 1048576\n", 0 },
                { ARC_HEAD "size 4 2047\nc_min 4 1024\n", 0 },
                { ARC_HEAD "size 4 2048\nc_min 4 1024\n", 1 },
        };

        (void)state;
        for (size_t i = 0; i < N(t); i++) {
                uint64_t kib = 42;

                assert_int_equal(arcstats_parse(t[i].text, strlen(t[i].text), &kib), 0);
                assert_int_equal(kib, t[i].kib);
        }
}

static void
arcstats_parse_refuses_damage(void **state)
{
        static const char *const damaged[] = {
                "",
                ARC_HEAD,
                ARC_HEAD "size 4 10\n",
                ARC_HEAD "c_min 4 10\n",
                ARC_HEAD "c_min 4 10\nsize 4 10",
                ARC_HEAD "c_min 4 10\nsize 10\n",
                ARC_HEAD "c_min 4 10\nsize x 10\n",
                ARC_HEAD "c_min 4 10\nsize 4 -10\n",
                ARC_HEAD "c_min 4 10\nsize 4 10 1\n",
                ARC_HEAD "c_min 4 10\nsize 4 10\nsize 4 10\n",
                ARC_HEAD "c_min 4 10\nsize 4 18446744073709551616\n",
        };

        (void)state;
        for (size_t i = 0; i < N(damaged); i++) {
                uint64_t kib = 42;

                assert_int_equal(arcstats_parse(damaged[i], strlen(damaged[i]), &kib), -EINVAL);
                assert_int_equal(kib, 42);
        }
}

int
main(void)
{
        const struct CMUnitTest cases[] = {
                cmocka_unit_test(swaps_parse_finds_zram_among_others),
                cmocka_unit_test(swaps_parse_takes_tabs_for_blanks),
                cmocka_unit_test(swaps_parse_takes_no_swap_for_an_answer),
                cmocka_unit_test(swaps_parse_lists_every_area),
                cmocka_unit_test(swaps_parse_passes_over_areas_that_no_kernel_has),
                cmocka_unit_test(swaps_going_finds_the_area_that_is_switched_off),
                cmocka_unit_test(swaps_parse_lists_eight_and_counts_all),
                cmocka_unit_test(swaps_parse_refuses_damage),
                cmocka_unit_test(zram_parse_reads_the_first_four),
                cmocka_unit_test(zram_parse_refuses_damage),
                cmocka_unit_test(arcstats_parse_subtracts_the_minimum),
                cmocka_unit_test(arcstats_parse_refuses_damage),
        };

        return cmocka_run_group_tests(cases, NULL, NULL);
}
