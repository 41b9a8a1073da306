/* SPDX-License-Identifier: MIT */
/*
 * /proc/meminfo: real texts, stand-ins for missing keys, damage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "meminfo.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const char kernel_6_1[] = "MemTotal:       16106640 kB\n"
                                 "MemFree:          421876 kB\n"
                                 "MemAvailable:    6893412 kB\n"
                                 "Buffers:          312004 kB\n"
                                 "Cached:          6104532 kB\n"
                                 "SwapCached:        18320 kB\n"
                                 "Active:          4412392 kB\n"
                                 "Inactive:        9870180 kB\n"
                                 "Active(anon):      98120 kB\n"
                                 "Inactive(anon):  8131268 kB\n"
                                 "Active(file):    4314272 kB\n"
                                 "Inactive(file):  1738912 kB\n"
                                 "Unevictable:       81936 kB\n"
                                 "Mlocked:              96 kB\n"
                                 "SwapTotal:       8388604 kB\n"
                                 "SwapFree:        7604112 kB\n"
                                 "Zswap:                 0 kB\n"
                                 "Zswapped:              0 kB\n"
                                 "Dirty:              1420 kB\n"
                                 "Writeback:             0 kB\n"
                                 "AnonPages:       7870432 kB\n"
                                 "Mapped:          1431012 kB\n"
                                 "Shmem:            389120 kB\n"
                                 "KReclaimable:     478204 kB\n"
                                 "Slab:             731804 kB\n"
                                 "SReclaimable:     478204 kB\n"
                                 "SUnreclaim:       253600 kB\n"
                                 "KernelStack:       27632 kB\n"
                                 "PageTables:        89640 kB\n"
                                 "SecPageTables:         0 kB\n"
                                 "NFS_Unstable:          0 kB\n"
                                 "Bounce:                0 kB\n"
                                 "WritebackTmp:          0 kB\n"
                                 "CommitLimit:    16441924 kB\n"
                                 "Committed_AS:   24802356 kB\n"
                                 "VmallocTotal:   34359738367 kB\n"
                                 "VmallocUsed:      109376 kB\n"
                                 "VmallocChunk:          0 kB\n"
                                 "Percpu:            13056 kB\n"
                                 "HardwareCorrupted:     0 kB\n"
                                 "AnonHugePages:    432128 kB\n"
                                 "ShmemHugePages:        0 kB\n"
                                 "ShmemPmdMapped:        0 kB\n"
                                 "FileHugePages:         0 kB\n"
                                 "FilePmdMapped:         0 kB\n"
                                 "HugePages_Total:      64\n"
                                 "HugePages_Free:       64\n"
                                 "HugePages_Rsvd:        0\n"
                                 "HugePages_Surp:        0\n"
                                 "Hugepagesize:       2048 kB\n"
                                 "Hugetlb:         1179648 kB\n"
                                 "DirectMap4k:      587580 kB\n"
                                 "DirectMap2M:    12955648 kB\n"
                                 "DirectMap1G:     3145728 kB\n";

static const char kernel_6_18[] = "MemTotal:       24684092 kB\n"
                                  "MemFree:        22970000 kB\n"
                                  "MemAvailable:   23433960 kB\n"
                                  "Buffers:            1340 kB\n"
                                  "Cached:           649380 kB\n"
                                  "SwapCached:            0 kB\n"
                                  "Active:           174912 kB\n"
                                  "Inactive:        1361932 kB\n"
                                  "Active(anon):       1552 kB\n"
                                  "Inactive(anon):   893596 kB\n"
                                  "Active(file):     173360 kB\n"
                                  "Inactive(file):   468336 kB\n"
                                  "Unevictable:       14212 kB\n"
                                  "Mlocked:           13312 kB\n"
                                  "SwapTotal:             0 kB\n"
                                  "SwapFree:              0 kB\n"
                                  "Zswap:                 0 kB\n"
                                  "Zswapped:              0 kB\n"
                                  "Dirty:               176 kB\n"
                                  "Writeback:             0 kB\n"
                                  "AnonPages:        900548 kB\n"
                                  "Mapped:            37872 kB\n"
                                  "Shmem:              8856 kB\n"
                                  "KReclaimable:      77444 kB\n"
                                  "Slab:             100924 kB\n"
                                  "SReclaimable:      77444 kB\n"
                                  "SUnreclaim:        23480 kB\n"
                                  "KernelStack:        1648 kB\n"
                                  "PageTables:         4032 kB\n"
                                  "SecPageTables:         0 kB\n"
                                  "NFS_Unstable:          0 kB\n"
                                  "Bounce:                0 kB\n"
                                  "WritebackTmp:          0 kB\n"
                                  "CommitLimit:    12342044 kB\n"
                                  "Committed_AS:    2277136 kB\n"
                                  "VmallocTotal:   34359738367 kB\n"
                                  "VmallocUsed:       14460 kB\n"
                                  "VmallocChunk:          0 kB\n"
                                  "Percpu:              664 kB\n"
                                  "AnonHugePages:    835584 kB\n"
                                  "ShmemHugePages:        0 kB\n"
                                  "ShmemPmdMapped:        0 kB\n"
                                  "FileHugePages:         0 kB\n"
                                  "FilePmdMapped:         0 kB\n"
                                  "Balloon:               0 kB\n"
                                  "HugePages_Total:       0\n"
                                  "HugePages_Free:        0\n"
                                  "HugePages_Rsvd:        0\n"
                                  "HugePages_Surp:        0\n"
                                  "Hugepagesize:       2048 kB\n"
                                  "Hugetlb:               0 kB\n"
                                  "DirectMap4k:       28672 kB\n"
                                  "DirectMap2M:     2068480 kB\n"
                                  "DirectMap1G:    25165824 kB\n";

static void
meminfo_parse_reads_kernel_6_1(void **state)
{
        struct meminfo m;

        (void)state;
        assert_int_equal(meminfo_parse(kernel_6_1, strlen(kernel_6_1), &m), 0);
        assert_int_equal(m.total_kib, 16106640);
        assert_int_equal(m.free_kib, 421876);
        assert_int_equal(m.available_kib, 6893412);
        assert_int_equal(m.swap_total_kib, 8388604);
        assert_int_equal(m.swap_free_kib, 7604112);
        assert_int_equal(m.swap_cached_kib, 18320);
        assert_int_equal(m.shmem_kib, 389120);
        assert_int_equal(m.anon_kib, 7870432);
        assert_int_equal(m.hugetlb_kib, 1179648); /* one page of 1 GiB is not in HugePages_Total */
        assert_false(m.estimated);
}

static void
meminfo_parse_reads_kernel_6_18_without_swap(void **state)
{
        struct meminfo m;

        (void)state;
        assert_int_equal(meminfo_parse(kernel_6_18, strlen(kernel_6_18), &m), 0);
        assert_int_equal(m.total_kib, 24684092);
        assert_int_equal(m.swap_total_kib, 0);
        assert_int_equal(m.swap_free_kib, 0);
        assert_int_equal(m.hugetlb_kib, 0);
        assert_false(m.estimated);
}

static void
meminfo_parse_reads_this_machine(void **state)
{
        char text[16384];
        struct meminfo m;
        FILE *f = fopen("/proc/meminfo", "r");

        (void)state;
        assert_non_null(f);
        size_t len = fread(text, 1, sizeof(text), f);

        assert_int_equal(fclose(f), 0);
        assert_int_equal(meminfo_parse(text, len, &m), 0);
        assert_in_range(m.available_kib, 1, m.total_kib);
}

static void
assert_refused(const char *text, size_t len)
{
        struct meminfo m = { .total_kib = 41, .hugetlb_kib = 42 };

        assert_int_equal(meminfo_parse(text, len, &m), -EINVAL);
        assert_int_equal(m.total_kib, 41);
        assert_int_equal(m.hugetlb_kib, 42);
}

static void
meminfo_parse_refuses_a_text_cut_in_a_line(void **state)
{
        (void)state;
        for (size_t len = 0; len < strlen(kernel_6_1); len++) {
                if (len == 0 || kernel_6_1[len - 1] != '\n')
                        assert_refused(kernel_6_1, len);
        }
}

#define BASE "MemTotal: 1000 kB\nMemFree: 10 kB\nSwapTotal: 100 kB\nSwapFree: 50 kB\n"
#define WITH "MemAvailable: 300 kB\n"

static void
meminfo_parse_fills_what_is_missing(void **state)
{
        static const struct {
                const char *text;
                struct meminfo m;
        } t[] = {
                { BASE WITH, { 1000, 10, 300, 100, 50, 0, 0, 0, 0, 0, false } },
                { WITH BASE "Shmem: 7 kB\n", { 1000, 10, 300, 100, 50, 0, 0, 7, 0, 0, false } },
                { WITH BASE "AnonPages: 9 kB\n", { 1000, 10, 300, 100, 50, 0, 0, 0, 9, 0, false } },
                { WITH BASE "SwapCached: 8 kB\n",
                  { 1000, 10, 300, 100, 50, 8, 0, 0, 0, 0, false } },
                { WITH BASE "Zswap: 6 kB\nZswapped: 9 kB\n",
                  { 1000, 10, 300, 100, 50, 0, 6, 0, 0, 0, false } },
                { BASE, { 1000, 10, 10, 100, 50, 0, 0, 0, 0, 0, true } },
                { BASE "Active(file): 200 kB\n", { 1000, 10, 110, 100, 50, 0, 0, 0, 0, 0, true } },
                { BASE "Inactive(file): 40 kB\nActive(file): 200 kB\n",
                  { 1000, 10, 130, 100, 50, 0, 0, 0, 0, 0, true } },
                { BASE WITH "HugePages_Total:  3\nHugepagesize: 64 kB\n",
                  { 1000, 10, 300, 100, 50, 0, 0, 0, 0, 192, false } },
                { BASE WITH "HugePages_Total: 3\nHugepagesize: 64 kB\nHugetlb: 5 kB\n",
                  { 1000, 10, 300, 100, 50, 0, 0, 0, 0, 5, false } },
                { BASE WITH "HugePages_Total: 3\n",
                  { 1000, 10, 300, 100, 50, 0, 0, 0, 0, 0, false } },
                { "MemTotal: 1000 kB\nMemFree: 2000 kB\nMemAvailable: 1000 kB\nHugetlb: 1000 kB\n"
                  "SwapTotal: 0 kB\nSwapFree: 0 kB\n",
                  { 1000, 2000, 1000, 0, 0, 0, 0, 0, 0, 1000, false } },
        };

        (void)state;
        for (size_t i = 0; i < N(t); i++) {
                struct meminfo m;

                memset(&m, 0, sizeof(m));
                assert_int_equal(meminfo_parse(t[i].text, strlen(t[i].text), &m), 0);
                assert_int_equal(m.total_kib, t[i].m.total_kib);
                assert_int_equal(m.free_kib, t[i].m.free_kib);
                assert_int_equal(m.available_kib, t[i].m.available_kib);
                assert_int_equal(m.swap_total_kib, t[i].m.swap_total_kib);
                assert_int_equal(m.swap_free_kib, t[i].m.swap_free_kib);
                assert_int_equal(m.swap_cached_kib, t[i].m.swap_cached_kib);
                assert_int_equal(m.zswap_kib, t[i].m.zswap_kib);
                assert_int_equal(m.shmem_kib, t[i].m.shmem_kib);
                assert_int_equal(m.anon_kib, t[i].m.anon_kib);
                assert_int_equal(m.hugetlb_kib, t[i].m.hugetlb_kib);
                assert_int_equal(m.estimated, t[i].m.estimated);
        }
}

static void
meminfo_parse_passes_over_what_it_does_not_know(void **state)
{
        static const char text[] =
                BASE WITH "Junk\n: 4 kB\n\nMemTotalX: -3 MB\nBig: 99999999999999999999999\n"
                          " MemTotal: 5 kB\nXMemTotal: 5 kB\nShmemHugePages: x\n";
        struct meminfo m;

        (void)state;
        assert_int_equal(meminfo_parse(text, strlen(text), &m), 0);
        assert_int_equal(m.total_kib, 1000);
        assert_int_equal(m.shmem_kib, 0);
}

static void
meminfo_parse_takes_negative_counters_for_zero(void **state)
{
        static const char text[] =
                "MemTotal: 1000 kB\nMemFree: 18446744073709551612 kB\nMemAvailable: 000300 kB\n"
                "SwapTotal: 100 kB\nSwapFree: 18446744073709551612 kB\n"
                "Shmem: 9223372036854775808 kB\n";
        static const char large[] = BASE WITH "Shmem: 9223372036854775807 kB\n";
        struct meminfo m;

        (void)state;
        assert_int_equal(meminfo_parse(text, strlen(text), &m), 0);
        assert_int_equal(m.free_kib, 0);
        assert_int_equal(m.available_kib, 300);
        assert_int_equal(m.swap_free_kib, 0);
        assert_int_equal(m.shmem_kib, 0);
        assert_int_equal(meminfo_parse(large, strlen(large), &m), 0);
        assert_true(m.shmem_kib == INT64_MAX);
}

/* lxcfs gives a container's MemTotal and leaves the host's huge pages beside it. */
static void
meminfo_parse_counts_no_huge_pages_of_a_larger_machine(void **state)
{
        static const char *const hosts[] = {
                BASE WITH "Hugetlb: 1001 kB\n",
                BASE WITH "HugePages_Total: 512\nHugepagesize: 2048 kB\nHugetlb: 1048576 kB\n",
                BASE WITH "HugePages_Total: 1001\nHugepagesize: 1 kB\n",
        };

        (void)state;
        for (size_t i = 0; i < N(hosts); i++) {
                struct meminfo m = { .hugetlb_kib = 42 };

                assert_int_equal(meminfo_parse(hosts[i], strlen(hosts[i]), &m), 0);
                assert_int_equal(m.total_kib, 1000);
                assert_int_equal(m.hugetlb_kib, 0);
        }
}

static void
meminfo_parse_refuses_damage(void **state)
{
        static const char *const damaged[] = {
                "",
                "\n",
                "some junk\nmore junk\n",
                "MemFree: 10 kB\nSwapTotal: 100 kB\nSwapFree: 50 kB\n" WITH,
                "MemTotal: 1000 kB\nSwapTotal: 100 kB\nSwapFree: 50 kB\n" WITH,
                "MemTotal: 1000 kB\nMemFree: 10 kB\nSwapFree: 50 kB\n" WITH,
                "MemTotal: 1000 kB\nMemFree: 10 kB\nSwapTotal: 100 kB\n" WITH,
                "MemTotal: 1000 kB\nMemFree: 10 kB\nSwapFree: 0 kB\n" WITH,
                BASE WITH "MemTotal: 1000 kB\n",
                BASE WITH "MemFree: 10 kB\n",
                BASE WITH "SwapTotal: 100 kB\n",
                BASE WITH "SwapFree: 50 kB\n",
                BASE WITH WITH,
                BASE WITH "Shmem: 1 kB trailing\n",
                BASE WITH "Shmem: 1\n",
                BASE WITH "Shmem: 1 MB\n",
                BASE WITH "HugePages_Total: 1 kB\n",
                BASE "MemAvailable: -1 kB\n",
                BASE "MemAvailable: kB\n",
                BASE "MemAvailable: 18446744073709551616 kB\n",
                BASE "MemAvailable: 18446744073709551612 kB\n",
                BASE "MemAvailable: 1001 kB\n",
                BASE "Active(file): 1982 kB\n",
                BASE WITH "HugePages_Total: 4\nHugepagesize: 4611686018427387904 kB\n",
                "MemTotal: 0 kB\nMemFree: 0 kB\nMemAvailable: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 "
                "kB\n",
                "MemTotal: 9 kB\nMemFree: 0 kB\nMemAvailable: 0 kB\nSwapTotal: 9 kB\nSwapFree: 10 "
                "kB\n",
                BASE WITH "x",
        };

        (void)state;
        for (size_t i = 0; i < N(damaged); i++)
                assert_refused(damaged[i], strlen(damaged[i]));
}

int
main(void)
{
        const struct CMUnitTest cases[] = {
                cmocka_unit_test(meminfo_parse_reads_kernel_6_1),
                cmocka_unit_test(meminfo_parse_reads_kernel_6_18_without_swap),
                cmocka_unit_test(meminfo_parse_reads_this_machine),
                cmocka_unit_test(meminfo_parse_refuses_a_text_cut_in_a_line),
                cmocka_unit_test(meminfo_parse_fills_what_is_missing),
                cmocka_unit_test(meminfo_parse_passes_over_what_it_does_not_know),
                cmocka_unit_test(meminfo_parse_takes_negative_counters_for_zero),
                cmocka_unit_test(meminfo_parse_counts_no_huge_pages_of_a_larger_machine),
                cmocka_unit_test(meminfo_parse_refuses_damage),
        };

        return cmocka_run_group_tests(cases, NULL, NULL);
}
