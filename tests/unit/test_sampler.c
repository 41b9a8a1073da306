/* SPDX-License-Identifier: MIT */
/*
 * The sampler against a made-up /proc and /sys in a temporary directory whose files are torn,
 * emptied, absurd, gone, or something else than files.  Never against the real ones, but once.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "sampler.h"
#include "zram.h"

#define MIB (1024ull * 1024)
#define MEMINFO(available, swap_total)                                   \
        "MemTotal: 1000000 kB\nMemFree: 10 kB\nMemAvailable: " available \
        " kB\nSwapTotal: " swap_total " kB\nSwapFree: 0 kB\n"
#define PRESSURE(total)                                       \
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=" total \
        "\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=" total "\n"
#define SWAPS "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

static char root[64];

static void
path_of(char ret[128], const char *name)
{
        assert_in_range(snprintf(ret, 128, "%s/%s", root, name), 1, 127);
}

/* Writes into the file that is there, so that a held descriptor sees it too. */
static void
put_bytes(const char *name, const char *text, size_t len)
{
        char path[128];

        path_of(path, name);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, len), len);
        assert_int_equal(close(fd), 0);
}

static void
put(const char *name, const char *text)
{
        put_bytes(name, text, strlen(text));
}

static void
put_dir(const char *name)
{
        char path[128];

        path_of(path, name);
        assert_int_equal(mkdir(path, 0700), 0);
}

static void
drop(const char *name)
{
        char path[128];

        path_of(path, name);
        assert_int_equal(remove(path), 0);
}

static void
put_zram(unsigned n, uint64_t stored_mib, uint64_t used_mib)
{
        char name[64], text[128];

        snprintf(name, sizeof(name), "block/zram%u/mm_stat", n);
        snprintf(text, sizeof(text), "%8llu 1 %8llu 0 0 0 0 0 0\n",
                 (unsigned long long)(stored_mib * MIB), (unsigned long long)(used_mib * MIB));
        put(name, text);
}

/* 1000000 KiB of memory, as MEMINFO has it; `listed` pages of it on the lists of two CPUs. */
static void
put_zones(const char *name, unsigned listed)
{
        char text[256];
        uint64_t page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;

        (void)snprintf(
                text, sizeof(text),
                "Node 0, zone DMA\n        managed  %llu\n    cpu: 0\n              count: %u\n"
                "    cpu: 1\n              count: 1\n",
                (unsigned long long)(1000000 / page_kib), listed - 1);
        put(name, text);
}

static int
set_up(void **state)
{
        (void)state;
        strcpy(root, "/tmp/test_sampler.XXXXXX");
        if (!mkdtemp(root))
                return -1;
        put_dir("pressure");
        put_dir("spl");
        put_dir("spl/kstat");
        put_dir("spl/kstat/zfs");
        put_dir("block");
        put_dir("block/zram0");
        put_dir("block/zram4294967295");
        put("meminfo", MEMINFO("500", "100"));
        put("pressure/memory", PRESSURE("7"));
        put("vmstat", "pgscan_kswapd 1\npgscan_direct 2\noom_kill 3\n");
        put("swaps", SWAPS "/dev/zram0 partition 8000 1000 100\n");
        put("spl/kstat/zfs/arcstats", "size 4 3072\nc_min 4 1024\n");
        put_zones("zoneinfo", 2);
        put_zram(0, 300, 100);
        return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

static int
tear_down(void **state)
{
        (void)state;
        return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int
open_fds(void)
{
        int n = 0;

        for (int fd = 0; fd < 256; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

static void
look_reads_everything_when_deep(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;
        int before = open_fds();

        (void)state;
        assert_int_equal(sampler_open(&s, root, root), 0);
        for (int i = 0; i < SAMPLER_N_FILES; i++)
                assert_true(fcntl(s.fd[i], F_GETFD) & FD_CLOEXEC);
        assert_true(fcntl(s.zram_fd[0], F_GETFD) & FD_CLOEXEC);
        assert_int_equal(open_fds(), before + SAMPLER_N_FILES + 1);
        uint64_t start_us = sampler_now_us();

        sampler_take(&s, true, &m);
        assert_in_range(m.now_us, start_us, sampler_now_us());
        assert_true(m.boot_us >= m.now_us);
        assert_int_equal(m.mem.available_kib, 500);
        assert_int_equal(m.psi.full.total_us, 7);
        assert_int_equal(m.pgscan, 3);
        assert_int_equal(s.oom_kill, 3);
        assert_int_equal(m.zram_total_kib, 8000);
        assert_int_equal(m.zram_free_kib, 7000);
        assert_int_equal(m.zram_ratio_bp, 30000);
        assert_int_equal(m.zram_cost_kib, 100 * 1024);
        assert_int_equal(m.arc_kib, 2);
        assert_int_equal(m.owned_kibps, 0);
        assert_true(m.has_psi && m.has_pgscan && !m.stale);
        for (int i = 0; i < SAMPLER_N_FILES; i++)
                assert_true(s.faults[i] == 0 && s.last_error[i] == 0);
        sampler_close(&s);
        sampler_close(&s);
        assert_int_equal(open_fds(), before);
}

static void
look_reads_two_files_when_not_deep(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        assert_int_equal(sampler_open(&s, root, root), 0);
        put("meminfo", MEMINFO("400", "100"));
        put("pressure/memory", PRESSURE("8"));
        put("vmstat", "");
        put("swaps", "");
        put("spl/kstat/zfs/arcstats", "");
        put("block/zram0/mm_stat", "");
        sampler_take(&s, false, &m);
        assert_int_equal(m.mem.available_kib, 400);
        assert_int_equal(m.psi.some.total_us, 8);
        assert_int_equal(m.pgscan, 3);
        assert_int_equal(m.arc_kib, 2);
        assert_true(m.has_psi && !m.has_pgscan && !m.stale);
        for (int i = 0; i < SAMPLER_N_FILES; i++)
                assert_int_equal(s.faults[i], 0);
        sampler_close(&s);
}

static void
open_needs_a_good_meminfo_only(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;
        int before = open_fds();

        (void)state;
        put("meminfo", "");
        assert_int_equal(sampler_open(&s, root, root), -EINVAL);
        drop("meminfo");
        assert_int_equal(sampler_open(&s, root, root), -ENOENT);
        put_dir("meminfo");
        assert_int_equal(sampler_open(&s, root, root), -EISDIR);
        drop("meminfo");
        assert_int_equal(sampler_open(&s, "/nonexistent/proc", root), -ENOENT);
        assert_int_equal(open_fds(), before);

        s = (struct sampler)SAMPLER_INIT;
        put("meminfo", MEMINFO("500", "100"));
        drop("pressure/memory");
        drop("vmstat");
        drop("swaps");
        drop("spl/kstat/zfs/arcstats");
        drop("zoneinfo");
        assert_int_equal(sampler_open(&s, root, root), 0);
        sampler_take(&s, true, &m);
        assert_true(!m.has_psi && !m.has_pgscan && !m.stale);
        assert_int_equal(m.pcp_kib, 0);
        assert_int_equal(m.zram_ratio_bp, 20000);
        for (int i = 0; i < SAMPLER_N_FILES; i++)
                assert_true((i == SAMPLER_MEMINFO) == (s.fd[i] >= 0) && s.faults[i] == 0);
        sampler_close(&s);
}

static void
open_takes_what_is_no_file_for_absent_and_says_why(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;
        char path[128];

        (void)state;
        /* A directory refuses the read, as psi=0 does; a FIFO must not hold up the start. */
        drop("pressure/memory");
        put_dir("pressure/memory");
        drop("vmstat");
        path_of(path, "vmstat");
        assert_int_equal(mkfifo(path, 0600), 0);
        assert_int_equal(sampler_open(&s, root, root), 0);
        assert_int_equal(s.fd[SAMPLER_PRESSURE], -1);
        assert_int_equal(s.last_error[SAMPLER_PRESSURE], -EISDIR);
        assert_int_equal(s.fd[SAMPLER_VMSTAT], -1);
        assert_int_equal(s.last_error[SAMPLER_VMSTAT], -ESPIPE);
        sampler_take(&s, true, &m);
        assert_true(!m.has_psi && !m.has_pgscan && !m.stale);
        assert_int_equal(s.faults[SAMPLER_PRESSURE], 1);
        sampler_close(&s);
}

static void
open_drops_a_pressure_file_it_cannot_read(void **state)
{
        struct sampler s = SAMPLER_INIT;

        (void)state;
        put("pressure/memory", "some 0.00 0.00 0.00\n");
        assert_int_equal(sampler_open(&s, root, root), 0);
        assert_int_equal(s.fd[SAMPLER_PRESSURE], -1);
        assert_int_equal(s.last_error[SAMPLER_PRESSURE], -EINVAL);
        sampler_close(&s);
}

static void
bad_reads_leave_the_last_good_numbers(void **state)
{
        static const char *const bad[] = {
                "",
                "\n",
                "junk",
                "MemTotal: 1 kB\n",
                "MemTotal: 1000000 kB\nMemFree: 10 kB\nMemAvailable: 500 kB\nSwapTotal: 1",
                MEMINFO("99999999999999999999", "100"),
                MEMINFO("1000001", "100"),
        };
        struct sampler s = SAMPLER_INIT;
        struct sample m;
        uint64_t n = 0;

        (void)state;
        assert_int_equal(sampler_open(&s, root, root), 0);
        sampler_take(&s, true, &m);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                put("meminfo", bad[i]);
                put("pressure/memory", bad[i]);
                put("vmstat", bad[i]);
                put("swaps", bad[i]);
                put("spl/kstat/zfs/arcstats", bad[i]);
                put("zoneinfo", bad[i]);
                put("block/zram0/mm_stat", bad[i]);
                sampler_take(&s, true, &m);
                n++;
                assert_true(m.stale && m.has_psi && m.has_pgscan);
                assert_int_equal(m.mem.available_kib, 500);
                assert_int_equal(m.psi.full.total_us, 7);
                assert_int_equal(m.pgscan, 3);
                assert_int_equal(m.zram_free_kib, 7000);
                assert_int_equal(m.zram_ratio_bp, 30000);
                assert_int_equal(m.arc_kib, 2);
                for (int f = 0; f < SAMPLER_N_FILES; f++) {
                        /* not beside such a meminfo */
                        if (f == SAMPLER_ZONES) {
                                assert_int_equal(s.faults[f], 0);
                                continue;
                        }
                        /* swaps and mm_stat count together */
                        assert_int_equal(s.faults[f], f == SAMPLER_SWAPS ? 2 * n : n);
                        assert_int_equal(s.last_error[f], -EINVAL);
                }
        }
        put("meminfo", MEMINFO("450", "100"));
        sampler_take(&s, false, &m);
        assert_false(m.stale);
        assert_int_equal(m.mem.available_kib, 450);
        assert_int_equal(s.faults[SAMPLER_MEMINFO], n);
        sampler_close(&s);
}

static void
pgscan_of_long_ago_is_not_that_of_now(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        assert_int_equal(sampler_open(&s, root, root), 0);
        put("vmstat", "torn");
        sampler_take(&s, true, &m);
        assert_false(m.has_pgscan);
        put("vmstat", "pgscan_kswapd 1\npgscan_direct 5\n");
        sampler_take(&s, true, &m);
        assert_true(m.has_pgscan);
        assert_int_equal(m.pgscan, 6);
        sampler_take(&s, false, &m);
        put("vmstat", "torn");
        sampler_take(&s, true, &m);
        assert_false(m.has_pgscan);
        sampler_close(&s);
}

static void
meminfo_that_stays_bad_is_opened_anew_each_second(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        assert_int_equal(sampler_open(&s, root, root), 0);
        put("meminfo", "torn");
        drop("meminfo"); /* the held one stays torn */
        sampler_take(&s, false, &m);
        assert_int_equal(s.reopen_us - m.now_us, 1000000);
        sampler_take(&s, false, &m);
        s.reopen_us = m.now_us; /* the second is over, but there is nothing to open */
        sampler_take(&s, false, &m);
        assert_true(m.stale);
        assert_int_equal(s.reopen_us - m.now_us, 1000000);

        put("meminfo", MEMINFO("300", "100"));
        sampler_take(&s, false, &m);
        assert_true(m.stale);
        s.reopen_us = m.now_us;
        sampler_take(&s, false, &m);
        assert_true(m.stale);
        sampler_take(&s, false, &m);
        assert_false(m.stale);
        assert_int_equal(m.mem.available_kib, 300);
        assert_int_equal(s.reopen_us, 0);
        assert_int_equal(s.faults[SAMPLER_MEMINFO], 5);
        sampler_close(&s);
}

/* A file of `size` bytes: `head`, and then lines that say nothing. */
static void
put_long(const char *name, const char *head, size_t size)
{
        char *text = malloc(size);
        size_t len = strlen(head);

        assert_non_null(text);
        memcpy(text, head, len);
        for (size_t i = len; i < size; i++)
                text[i] = i % 32 == 31 || i == size - 1 ? '\n' : 'x';
        put_bytes(name, text, size);
        free(text);
}

static uint64_t
pages_kib(uint64_t n)
{
        return n * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static void
free_pages_on_lists_of_the_processors_are_counted(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        put_zones("zoneinfo", 100);
        assert_int_equal(sampler_open(&s, root, root), 0);
        assert_int_equal(s.last.pcp_kib, pages_kib(100));
        put_zones("zoneinfo", 200);
        sampler_take(&s, false, &m);
        assert_int_equal(m.pcp_kib, pages_kib(200));
        assert_int_equal(m.mem.available_kib, 500);
        sampler_close(&s);
}

/* Five eighths of memory are 625000 KiB. */
static void
lists_are_read_at_each_look_unless_there_is_plenty(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        put("meminfo", MEMINFO("625001", "100"));
        put_zones("zoneinfo", 200);
        assert_int_equal(sampler_open(&s, root, root), 0);
        put_zones("zoneinfo", 3000);
        sampler_take(&s, false, &m);
        assert_int_equal(m.pcp_kib, pages_kib(200));
        sampler_take(&s, true, &m);
        assert_int_equal(m.pcp_kib, pages_kib(3000));
        put_zones("zoneinfo", 3100);
        sampler_take(&s, false, &m);
        assert_int_equal(m.pcp_kib, pages_kib(3000));
        put("meminfo", MEMINFO("625000", "100"));
        sampler_take(&s, false, &m);
        assert_int_equal(m.pcp_kib, pages_kib(3100));
        sampler_close(&s);
}

/* Shown at once they would be a leak of as much in a tenth of a second, and WATCH would look. */
static void
lists_that_empty_go_down_slowly_while_half_is_available(void **state)
{
        const unsigned full_kib = 40000, less_kib = 25600, step_kib = 1000000 / 128;
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        put("meminfo", MEMINFO("500001", "100"));
        put_zones("zoneinfo", (unsigned)(full_kib / pages_kib(1)));
        assert_int_equal(sampler_open(&s, root, root), 0);
        put_zones("zoneinfo", (unsigned)(less_kib / pages_kib(1)));
        sampler_take(&s, true, &m);
        assert_int_equal(m.pcp_kib, full_kib - step_kib);
        sampler_take(&s, false, &m);
        assert_int_equal(m.pcp_kib, less_kib);
        put_zones("zoneinfo", 1);
        sampler_take(&s, false, &m);
        assert_int_equal(m.pcp_kib, less_kib - step_kib);
        put("meminfo", MEMINFO("500000", "100"));
        sampler_take(&s, false, &m);
        assert_int_equal(m.pcp_kib, pages_kib(1));
        sampler_close(&s);
}

/* Memory that was on lists when they were last read, and is nobody's by now. */
static void
lists_that_can_no_longer_be_read_are_soon_forgotten(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        put_zones("zoneinfo", 100);
        assert_int_equal(sampler_open(&s, root, root), 0);
        put_long("zoneinfo", "managed 250000\ncount: 5\n", SAMPLER_ZONES_MAX);
        sampler_take(&s, false, &m);
        assert_int_equal(m.pcp_kib, pages_kib(100));
        assert_int_equal(s.faults[SAMPLER_ZONES], 1);
        assert_int_equal(s.last_error[SAMPLER_ZONES], -EFBIG);
        /* As if that had been a second ago, and a bit. */
        s.zones_us -= 1000001;
        sampler_take(&s, false, &m);
        assert_int_equal(m.pcp_kib, 0);
        put_zones("zoneinfo", 50);
        sampler_take(&s, false, &m);
        assert_int_equal(m.pcp_kib, pages_kib(50));
        assert_int_equal(s.faults[SAMPLER_ZONES], 2);
        sampler_close(&s);
}

/* The sum of an old number and a new one is that of no time. */
static void
lists_are_not_read_beside_a_meminfo_of_the_past(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        put_zones("zoneinfo", 100);
        assert_int_equal(sampler_open(&s, root, root), 0);
        put("meminfo", "torn");
        put_zones("zoneinfo", 1);
        sampler_take(&s, true, &m);
        assert_true(m.stale);
        assert_int_equal(m.pcp_kib, pages_kib(100));
        sampler_close(&s);
}

/* In a container lxcfs puts its own meminfo over the kernel's, and the zones are the host's. */
static void
lists_of_another_machine_are_not_counted(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;
        char path[128];

        (void)state;
        drop("zoneinfo");
        path_of(path, "zoneinfo");
        assert_int_equal(symlink("/proc/zoneinfo", path), 0);
        if (access(path, R_OK) != 0)
                skip();
        assert_int_equal(sampler_open(&s, root, root), 0);
        assert_int_equal(s.fd[SAMPLER_ZONES], -1);
        sampler_take(&s, true, &m);
        assert_int_equal(m.pcp_kib, 0);
        assert_int_equal(s.faults[SAMPLER_ZONES], 0);
        sampler_close(&s);
}

static void
lists_that_cannot_be_read_whole_are_not_counted(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        put_long("zoneinfo", "managed 250000\ncount: 5\n", SAMPLER_ZONES_MAX);
        assert_int_equal(sampler_open(&s, root, root), 0);
        assert_int_equal(s.fd[SAMPLER_ZONES], -1);
        sampler_take(&s, true, &m);
        assert_int_equal(m.pcp_kib, 0);
        assert_int_equal(s.faults[SAMPLER_ZONES], 0);
        sampler_close(&s);
}

static void
long_texts_are_read_whole_or_refused(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        assert_int_equal(sampler_open(&s, root, root), 0);
        put_long("vmstat", "pgscan_kswapd 4\npgscan_direct 5\n", 16383);
        put_long("meminfo", MEMINFO("499", "100"), 16383);
        sampler_take(&s, true, &m);
        assert_int_equal(m.pgscan, 9);
        assert_int_equal(m.mem.available_kib, 499);
        put_long("vmstat", "pgscan_kswapd 5\npgscan_direct 5\n", 16384);
        put_long("meminfo", MEMINFO("498", "100"), 16384);
        sampler_take(&s, true, &m);
        assert_int_equal(m.pgscan, 9);
        assert_int_equal(m.mem.available_kib, 499);
        assert_int_equal(s.last_error[SAMPLER_VMSTAT], -EFBIG);
        assert_int_equal(s.last_error[SAMPLER_MEMINFO], -EFBIG);
        /* mm_stat has nine numbers of at most 20 digits. */
        put_long("block/zram0/mm_stat", "419430400 1 104857600 ", 255);
        sampler_take(&s, true, &m);
        assert_int_equal(m.zram_ratio_bp, 40000);
        put_long("block/zram0/mm_stat", "419430400 1 209715200 ", 256);
        sampler_take(&s, true, &m);
        assert_int_equal(m.zram_ratio_bp, 40000);
        assert_int_equal(s.faults[SAMPLER_SWAPS], 1);
        sampler_close(&s);
}

static void
texts_handed_out_by_the_page_are_read_to_their_end(void **state)
{
        struct sampler s = SAMPLER_INIT;
        char path[128];

        (void)state;
        /* Like vmstat it comes by the page, and is longer than any vmstat: too long, not torn. */
        drop("vmstat");
        path_of(path, "vmstat");
        assert_int_equal(symlink("/proc/self/smaps", path), 0);
        if (access(path, R_OK) != 0)
                skip();
        assert_int_equal(sampler_open(&s, root, root), 0);
        assert_int_equal(s.last_error[SAMPLER_VMSTAT], -EFBIG);
        sampler_close(&s);
}

static void
long_swaps_lose_the_line_that_is_cut(void **state)
{
        static const char line[] = "/dev/zram0 partition 10 1 1\n"; /* 28 bytes */
        char text[8192];
        size_t len = strlen(SWAPS);
        struct sampler s = SAMPLER_INIT;

        (void)state;
        strcpy(text, SWAPS);
        for (; len < 6000; len += strlen(line))
                strcpy(text + len, line);
        put("swaps", text);
        assert_int_equal(sampler_open(&s, root, root), 0);
        assert_int_equal(s.last.zram_total_kib, (4096 - strlen(SWAPS)) / strlen(line) * 10);
        put_long("swaps", "Filename", 4095);
        sampler_find_zram(&s, root);
        assert_int_equal(s.faults[SAMPLER_SWAPS], 0);
        memset(text, 'x', sizeof(text));
        put_bytes("swaps", text, sizeof(text));
        sampler_find_zram(&s, root);
        assert_int_equal(s.faults[SAMPLER_SWAPS], 1);
        put_bytes("swaps", SWAPS "/dev/zram0 partition 10 1 1", strlen(SWAPS) + strlen(line) - 1);
        sampler_find_zram(&s, root);
        assert_int_equal(s.faults[SAMPLER_SWAPS], 2);
        sampler_close(&s);
}

/* What is in memory already, in the swap cache or packed by zswap, has not to be read in. */
static void
what_is_to_be_read_in_when_swap_is_switched_off_is_told(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        put("swaps", SWAPS "/dev/sda1 partition 600000 400000 -2\n/swap file 400000 1000 -3\n");
        put("meminfo", MEMINFO("500", "1000000"));
        assert_int_equal(sampler_open(&s, root, root), 0);
        sampler_take(&s, true, &m);
        assert_int_equal(m.swap_off_kib, 0);
        put("meminfo", MEMINFO("500", "800000"));
        sampler_take(&s, false, &m);
        assert_int_equal(m.swap_off_kib, 400000);
        put("swaps", SWAPS "/dev/sda1 partition 600000 300000 -2\n/swap file 400000 1000 -3\n");
        put("meminfo", MEMINFO("500", "700000") "SwapCached: 50000 kB\nZswap: 7000 kB\n");
        sampler_take(&s, false, &m);
        assert_int_equal(m.swap_off_kib, 300000);
        assert_int_equal(m.swap_off_in_kib, 57000);
        put("swaps", SWAPS "/dev/sda1 partition 600000 20");
        put("meminfo", MEMINFO("500", "600000"));
        sampler_take(&s, false, &m);
        assert_int_equal(m.swap_off_kib, 0);
        assert_int_equal(m.swap_off_in_kib, 0);
        put("swaps", SWAPS "/swap file 400000 1000 -3\n");
        put("meminfo", MEMINFO("500", "400000"));
        sampler_take(&s, false, &m);
        assert_int_equal(m.swap_off_kib, 0);
        sampler_close(&s);
}

/* zram gives back what was packed; its free part is no swap any more. */
static void
zram_that_is_switched_off_takes_less_to_read_in(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        put("swaps",
            SWAPS "/dev/sda1 partition 600000 1000 -2\n/dev/zram0 partition 400000 307200 5\n");
        put("meminfo", MEMINFO("500", "1000000"));
        assert_int_equal(sampler_open(&s, root, root), 0);
        sampler_take(&s, true, &m);
        assert_int_equal(m.zram_ratio_bp, 30000);
        assert_true(m.zram_total_kib == 400000 && m.zram_free_kib == 92800);
        put("meminfo", MEMINFO("500", "907200"));
        sampler_take(&s, false, &m);
        assert_int_equal(m.zram_ratio_bp, 30000);
        assert_int_equal(m.swap_off_kib, 307200);
        assert_int_equal(m.swap_off_in_kib, 102400);
        assert_true(m.zram_total_kib == 307200 && m.zram_free_kib == 0);
        /* the other one: zram stays what it is */
        put("meminfo", MEMINFO("500", "401000"));
        sampler_take(&s, false, &m);
        assert_int_equal(m.swap_off_kib, 1000);
        assert_int_equal(m.swap_off_in_kib, 0);
        assert_true(m.zram_total_kib == 400000 && m.zram_free_kib == 92800);
        sampler_close(&s);
}

static void
swaps_that_come_and_go_are_followed(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;
        int before = open_fds();

        (void)state;
        assert_int_equal(sampler_open(&s, root, root), 0);
        int zram0 = s.zram_fd[0];

        /* SwapTotal moves: at once, in a shallow look too. */
        put_zram(4294967295, 100, 100);
        put("swaps", SWAPS "/dev/zram4294967295 partition 50 0 1\n/dev/zram0 partition 50 0 1\n");
        put("meminfo", MEMINFO("500", "200"));
        sampler_take(&s, false, &m);
        assert_int_equal(m.zram_total_kib, 100);
        assert_int_equal(s.n_zram, 2);
        assert_int_equal(s.zram_fd[1], zram0);
        assert_int_equal(open_fds(), before + SAMPLER_N_FILES + 2);
        sampler_take(&s, true, &m);
        assert_int_equal(m.zram_ratio_bp, 20000); /* 400 MiB for 200 */

        /* SwapTotal stands still: at the next deep look. */
        put("swaps", SWAPS "/dev/zram4294967295 partition 50 0 1\n");
        sampler_take(&s, false, &m);
        assert_int_equal(s.n_zram, 2);
        sampler_take(&s, true, &m);
        assert_int_equal(s.n_zram, 1);
        assert_int_equal(m.zram_ratio_bp, 10000);
        assert_int_equal(open_fds(), before + SAMPLER_N_FILES + 1);

        put("swaps", SWAPS "/dev/zram0 partition 50 0 1\n");
        sampler_take(&s, true, &m);
        assert_int_equal(s.zram_id[0], 0);
        assert_int_equal(m.zram_ratio_bp, 30000);

        put("swaps", SWAPS);
        put("meminfo", MEMINFO("500", "0"));
        sampler_take(&s, true, &m);
        assert_int_equal(m.zram_total_kib, 0);
        assert_int_equal(m.zram_ratio_bp, 20000);
        assert_int_equal(open_fds(), before + SAMPLER_N_FILES);

        put_dir("block/zram10");
        put("block/zram10/mm_stat", "268435456 1 107374182\n");
        put("swaps", SWAPS "/dev/zram10 partition 50 0 1\n");
        sampler_take(&s, true, &m);
        assert_int_equal(m.zram_ratio_bp, 25000);

        put("swaps", SWAPS "/dev/zram7 partition 50 0 1\n");
        sampler_take(&s, true, &m);
        assert_int_equal(s.zram_fd[0], -1);
        assert_int_equal(s.last_error[SAMPLER_SWAPS], -ENOENT);
        assert_int_equal(m.zram_ratio_bp, 20000);
        sampler_close(&s);
        assert_int_equal(open_fds(), before);
}

static void
zram_costs_what_nobody_knows_when_there_are_more_than_can_be_listed(void **state)
{
        char text[1024] = SWAPS;
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        for (unsigned n = 0; n < SWAPS_ZRAM_MAX; n++) {
                char name[32];

                snprintf(name, sizeof(name), "block/zram%u", n);
                if (n > 0)
                        put_dir(name);
                put_zram(n, 30, 10);
                snprintf(text + strlen(text), sizeof(text) - strlen(text),
                         "/dev/zram%u partition 50 10 1\n", n);
        }
        put("swaps", text);
        assert_int_equal(sampler_open(&s, root, root), 0);
        sampler_take(&s, true, &m);
        assert_int_equal(m.zram_cost_kib, SWAPS_ZRAM_MAX * 10 * 1024);
        put_dir("block/zram8");
        put_zram(8, 30, 10);
        strcat(text, "/dev/zram8 partition 50 10 1\n");
        put("swaps", text);
        sampler_take(&s, true, &m);
        assert_int_equal(m.zram_total_kib, (SWAPS_ZRAM_MAX + 1) * 50);
        assert_int_equal(m.zram_cost_kib, 0);
        assert_int_equal(m.zram_ratio_bp, 30000);
        sampler_close(&s);
}

static void
zram_ratio_is_that_of_all_within_limits(void **state)
{
        static const struct {
                uint64_t stored_mib, used_mib;
                uint32_t bp;
        } t[] = {
                { 0, 0, 20000 },
                { 3, 3, 20000 },
                { 4, 4, 10000 },
                { 4, 1, 40000 },
                { 1000, 1100, 10000 },
                { 900, 100, 90000 },
                { 1000, 100, 100000 },
                { 1100, 100, 100000 },
                { 1000, 0, 100000 },
                { 300, 200, 15000 },
                { 4000000000ull * 4096, 2000000000ull * 4096, 20000 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
                struct sampler s = SAMPLER_INIT;

                put_zram(0, t[i].stored_mib, t[i].used_mib);
                assert_int_equal(sampler_open(&s, root, root), 0);
                assert_int_equal(s.last.zram_ratio_bp, t[i].bp);
                sampler_close(&s);
        }
}

static uint32_t
take_ratio(struct sampler *s, uint64_t stored_mib, uint64_t used_mib)
{
        struct sample m;

        put_zram(0, stored_mib, used_mib);
        sampler_take(s, true, &m);
        return m.zram_ratio_bp;
}

static void
zram_ratio_of_late_counts_when_it_is_worse(void **state)
{
        struct sampler s = SAMPLER_INIT;

        (void)state;
        assert_int_equal(sampler_open(&s, root, root), 0); /* 300 MiB for 100 */
        assert_int_equal(s.zram.mark[0].stored_bytes, 300 * MIB);
        /* Too little to tell: the ratio of all. */
        assert_in_range(take_ratio(&s, 303, 103), 29417, 29418);
        /* 4 MiB for 4. */
        assert_int_equal(take_ratio(&s, 304, 104), 10000);
        /* 40 for 20. */
        assert_int_equal(take_ratio(&s, 340, 120), 20000);
        /* Nothing more is stored: the last still counts. */
        assert_int_equal(take_ratio(&s, 340, 120), 20000);
        /* Of late it is better than over all, and does not count. */
        assert_in_range(take_ratio(&s, 400, 120), 33333, 33334);
        /* Pages freed meanwhile may leave the cost below what it was. */
        assert_in_range(take_ratio(&s, 400, 110), 36363, 36364);
        sampler_close(&s);
}

/* What compressed well before does not make up for it, however fast it was. */
static void
zram_ratio_of_late_is_that_of_the_last_two_or_three_steps(void **state)
{
        struct zram_window w = { 0 };
        struct zram_stat all = { .stored_bytes = 300 * MIB, .used_bytes = 50 * MIB };
        uint64_t step = 10 * MIB;

        (void)state;
        assert_int_equal(zram_judge(&w, 64 * 10240, &all), 60000);
        for (int i = 0; i < 5; i++) {
                all.stored_bytes += step;
                all.used_bytes += step / 5;
                assert_in_range(zram_judge(&w, 64 * 10240, &all), 50000, 60000);
        }
        all.stored_bytes += step;
        all.used_bytes += step;
        assert_int_equal(zram_judge(&w, 64 * 10240, &all), 21428); /* 30 for 2 + 2 + 10 */
        all.stored_bytes += step;
        all.used_bytes += step;
        assert_int_equal(zram_judge(&w, 64 * 10240, &all), 13636); /* 30 for 2 + 10 + 10 */
        all.stored_bytes += step;
        all.used_bytes += step;
        assert_int_equal(zram_judge(&w, 64 * 10240, &all), 10000);
}

static void
zram_has_to_hold_a_part_of_the_swap_to_tell(void **state)
{
        static const struct {
                uint64_t total_kib, stored_mib;
                uint32_t bp;
        } t[] = {
                { 64 * 4096, 4, 10000 },   { 64 * 10240, 9, ZRAM_UNKNOWN_BP },
                { 64 * 10240, 10, 10000 }, { 64 * 65536, 63, ZRAM_UNKNOWN_BP },
                { 64 * 65536, 64, 10000 }, { 64 * 1048576, 64, 10000 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
                struct zram_stat all = { .stored_bytes = t[i].stored_mib * MIB,
                                         .used_bytes = t[i].stored_mib * MIB };
                struct zram_window w = { 0 };

                assert_int_equal(zram_judge(&w, t[i].total_kib, &all), t[i].bp);
        }
}

/* The first MiB tells by its data alone, and never anything better than what is not known. */
static void
zram_that_does_not_compress_is_known_early(void **state)
{
        static const struct {
                uint64_t stored, data;
                uint32_t bp;
        } t[] = {
                { 1 * MIB - 1, 1 * MIB, ZRAM_UNKNOWN_BP },
                { 1 * MIB, 1 * MIB, 10000 },
                { 1 * MIB, 2 * MIB, 10000 },
                { 1 * MIB, MIB / 4 * 3, 13333 },
                { 9 * MIB, 6 * MIB, 15000 },
                { 9 * MIB, 3 * MIB, ZRAM_UNKNOWN_BP },
                { 9 * MIB, 0, ZRAM_UNKNOWN_BP },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
                struct zram_stat all = { .stored_bytes = t[i].stored,
                                         .used_bytes = 99 * MIB,
                                         .data_bytes = t[i].data };
                struct zram_window w = { 0 };

                assert_int_equal(zram_judge(&w, 64 * 10240, &all), t[i].bp);
        }
}

static void
zram_ratio_of_late_is_forgotten_with_what_was_stored(void **state)
{
        struct sampler s = SAMPLER_INIT;

        (void)state;
        assert_int_equal(sampler_open(&s, root, root), 0);
        assert_int_equal(take_ratio(&s, 350, 150), 10000);
        assert_int_equal(take_ratio(&s, 347, 147), 10000);
        assert_int_equal(s.zram.mark[ZRAM_MARKS - 1].stored_bytes, 350 * MIB);
        assert_in_range(take_ratio(&s, 346, 146), 23698, 23699);
        assert_int_equal(s.zram.mark[0].stored_bytes, 346 * MIB);
        assert_int_equal(s.zram.ratio_bp, 0);
        /* A little less than where it began anew: overall still tells. */
        assert_in_range(take_ratio(&s, 345, 145), 23793, 23794);
        assert_int_equal(s.zram.mark[0].stored_bytes, 346 * MIB);
        sampler_close(&s);
}

/* A limit of 200 MiB, of which 100 are used: at 3:1 there is room for 300 MiB. */
static void
zram_with_a_limit_takes_no_more_than_fits(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        put("swaps", SWAPS "/dev/zram0 partition 1000000 100 100\n");
        assert_int_equal(sampler_open(&s, root, root), 0);
        sampler_take(&s, true, &m);
        assert_int_equal(m.swap_barred_kib, 0);
        put("block/zram0/mm_stat", "314572800 1 104857600 209715200 0 0 0 0 0\n");
        sampler_take(&s, true, &m);
        assert_int_equal(m.swap_barred_kib, 999900 - 300 * 1024);
        put("block/zram0/mm_stat", "314572800 1 104857600 104857600 0 0 0 0 0\n");
        sampler_take(&s, true, &m);
        assert_int_equal(m.swap_barred_kib, 999900);
        /* Another device without a limit takes what there is. */
        put("swaps", SWAPS "/dev/zram0 partition 1000000 100 100\n"
                           "/dev/zram4294967295 partition 50 0 1\n");
        put_zram(4294967295, 100, 100);
        sampler_take(&s, true, &m);
        assert_int_equal(m.swap_barred_kib, 0);
        sampler_close(&s);
}

static void
absurd_zram_counts_as_a_fault(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        put("swaps", SWAPS "/dev/zram4294967295 partition 50 0 1\n/dev/zram0 partition 50 0 1\n");
        put("block/zram4294967295/mm_stat", "18446744073709551615 1 1\n");
        assert_int_equal(sampler_open(&s, root, root), 0);
        sampler_take(&s, true, &m);
        assert_int_equal(s.last_error[SAMPLER_SWAPS], -EOVERFLOW);
        assert_int_equal(m.zram_ratio_bp, 20000);
        put("block/zram4294967295/mm_stat", "1 1 18446744073709551615\n");
        sampler_take(&s, true, &m);
        assert_int_equal(s.faults[SAMPLER_SWAPS], 3);
        sampler_close(&s);
}

static void
clock_is_monotonic_in_microseconds(void **state)
{
        struct timespec ts;
        uint64_t before_us = sampler_now_us();

        (void)state;
        assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
        assert_in_range((uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000, before_us,
                        sampler_now_us());
}

static void
real_files_of_this_machine_are_read(void **state)
{
        struct sampler s = SAMPLER_INIT;
        struct sample m;

        (void)state;
        assert_int_equal(sampler_open(&s, "/proc", "/sys"), 0);
        sampler_take(&s, true, &m);
        assert_false(m.stale);
        assert_true(m.mem.available_kib > 0 && m.has_pgscan);
        for (int i = 0; i < SAMPLER_N_FILES; i++)
                assert_true(s.fd[i] < 0 || s.faults[i] == 0);
        sampler_close(&s);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
        const struct CMUnitTest cases[] = {
                CASE(look_reads_everything_when_deep),
                CASE(look_reads_two_files_when_not_deep),
                CASE(open_needs_a_good_meminfo_only),
                CASE(open_takes_what_is_no_file_for_absent_and_says_why),
                CASE(open_drops_a_pressure_file_it_cannot_read),
                CASE(bad_reads_leave_the_last_good_numbers),
                CASE(pgscan_of_long_ago_is_not_that_of_now),
                CASE(meminfo_that_stays_bad_is_opened_anew_each_second),
                CASE(free_pages_on_lists_of_the_processors_are_counted),
                CASE(lists_are_read_at_each_look_unless_there_is_plenty),
                CASE(lists_that_empty_go_down_slowly_while_half_is_available),
                CASE(lists_that_can_no_longer_be_read_are_soon_forgotten),
                CASE(lists_are_not_read_beside_a_meminfo_of_the_past),
                CASE(lists_of_another_machine_are_not_counted),
                CASE(lists_that_cannot_be_read_whole_are_not_counted),
                CASE(long_texts_are_read_whole_or_refused),
                CASE(texts_handed_out_by_the_page_are_read_to_their_end),
                CASE(long_swaps_lose_the_line_that_is_cut),
                CASE(what_is_to_be_read_in_when_swap_is_switched_off_is_told),
                CASE(zram_that_is_switched_off_takes_less_to_read_in),
                CASE(swaps_that_come_and_go_are_followed),
                CASE(zram_costs_what_nobody_knows_when_there_are_more_than_can_be_listed),
                CASE(zram_ratio_is_that_of_all_within_limits),
                CASE(zram_ratio_of_late_counts_when_it_is_worse),
                CASE(zram_ratio_of_late_is_that_of_the_last_two_or_three_steps),
                CASE(zram_has_to_hold_a_part_of_the_swap_to_tell),
                CASE(zram_that_does_not_compress_is_known_early),
                CASE(zram_ratio_of_late_is_forgotten_with_what_was_stored),
                CASE(zram_with_a_limit_takes_no_more_than_fits),
                CASE(absurd_zram_counts_as_a_fault),
                CASE(clock_is_monotonic_in_microseconds),
                CASE(real_files_of_this_machine_are_read),
        };

        return cmocka_run_group_tests(cases, NULL, NULL);
}
