/* SPDX-License-Identifier: MIT */
/*
 * The census: who is in the table, with which sizes, growth and marks.  A tree of our own stands in
 * for /proc, and time is whatever a test says; real children where only a kernel can answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include "census.h"
#include "fake_proc.h"
#include "hidden.h"
#include "procfs.h"

#define MS       1000ull
#define SECOND   1000000ull
#define START_US (100 * SECOND)

enum { NOBODY_UID = 65534, PATIENCE_MS = 20000 };

static struct census c;
static struct row row[CENSUS_ROWS];
static uint16_t slot[2 * CENSUS_ROWS];
static uint64_t now_us;

static void
open_census(const char *proc, uint32_t max, uint32_t n_slots)
{
        memset(row, 0xa5, sizeof(row));
        memset(slot, 0, sizeof(slot));
        now_us = START_US;
        assert_int_equal(census_open(&c, proc, row, max, slot, n_slots, 0), 0);
}

static int
set_up(void **state)
{
        (void)state;
        fake_open();
        open_census(fake_root, 64, 128);
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

/* As many rows as `max`, and the next power of two above twice that of slots. */
static void
reopen(uint32_t max)
{
        uint32_t n_slots = 2;

        while (n_slots < 2 * max)
                n_slots *= 2;
        census_close(&c);
        open_census(fake_root, max, n_slots);
}

static void
scan_after(uint64_t us, bool swap)
{
        now_us += us;
        assert_int_equal(census_scan(&c, now_us, swap), 0);
}

static void
scan(void)
{
        scan_after(SECOND, true);
}

/* A steady process without anything special. */
static void
put(int32_t pid, uint64_t anon_kib)
{
        fake_put((struct fake){ .pid = pid, .ppid = 1, .start_ticks = 7, .anon_kib = anon_kib });
}

static struct row *
find(int32_t pid)
{
        struct row *r = census_find(&c, pid);

        assert_non_null(r);
        assert_int_equal(r->pid, pid);
        return r;
}

static void
assert_unknown(int32_t pid)
{
        assert_null(census_find(&c, pid));
}

static uint32_t
size_of(int32_t pid)
{
        return census_row_kib(find(pid));
}

/* ---- opening ---- */

static void
census_open_says_why_not(void **state)
{
        static struct census other;

        (void)state;
        assert_int_equal(census_open(&other, fake_path("none"), row, 8, slot, 16, 0), -ENOENT);
        assert_int_equal(census_open(&other, "/dev/null", row, 8, slot, 16, 0), -ENOTDIR);
        census_close(&other);
}

static void
census_close_leaves_nothing_open(void **state)
{
        unsigned open_before = fake_count_open();

        (void)state;
        census_close(&c);
        assert_int_equal(fake_count_open(), open_before - 1);
        census_close(&c);
        assert_int_equal(fake_count_open(), open_before - 1);
        open_census(fake_root, 64, 128);
        assert_true(fcntl(c.proc_fd, F_GETFD) & FD_CLOEXEC);
}

static void
census_row_stays_small(void **state)
{
        (void)state;
        assert_true(sizeof(struct row) <= 136);
}

/* ---- sizes ---- */

static void
census_scan_takes_all_sizes_from_status_while_there_is_swap(void **state)
{
        (void)state;
        fake_put((struct fake){ .pid = PID,
                                .ppid = 3,
                                .start_ticks = 5,
                                .stack = 9,
                                .anon_kib = 100,
                                .file_kib = 40,
                                .shmem_kib = 32,
                                .swap_kib = 20,
                                .pagetables_kib = 8 });
        scan();
        const struct row *r = find(PID);

        assert_int_equal(r->ppid, 3);
        assert_int_equal(r->start_ticks, 5);
        assert_int_equal(r->stack, 9);
        assert_int_equal(r->anon_kib, 100);
        assert_int_equal(r->shmem_kib, 32);
        assert_int_equal(r->swap_kib, 20);
        assert_int_equal(r->pagetables_kib, 8);
        assert_int_equal(r->first_kib, 120);
        assert_int_equal(census_row_kib(r), 160);
        assert_int_equal(c.n_seen, 1);
        assert_int_equal(c.unkept_kib, 0);
}

static void
put_shared(uint64_t shmem_kib, uint64_t addresses_kib)
{
        fake_put((struct fake){ .pid = PID,
                                .ppid = 1,
                                .start_ticks = 7,
                                .anon_kib = 10,
                                .shmem_kib = shmem_kib,
                                .addresses_kib = addresses_kib });
}

static void
census_scan_lets_nobody_lose_shared_memory_to_swap(void **state)
{
        (void)state;
        put_shared(500, 2048);
        scan();
        c.low = true;
        put_shared(900, 2048);
        scan();
        assert_int_equal(find(PID)->shmem_kib, 900);
        put_shared(200, 2048);
        scan();
        assert_int_equal(find(PID)->shmem_kib, 900);
        /* What goes where nothing is short, or without swap, has been given back. */
        c.low = false;
        for (int i = 0; i < 4; i++) /* it is steady: read whole by turns */
                scan();
        assert_int_equal(find(PID)->shmem_kib, 200);
        c.low = true;
        put_shared(100, 2048);
        scan_after(SECOND, false);
        assert_true(find(PID)->shmem_kib < 200);
}

/* 900 MiB of video that a program is done with are not to be held against it. */
static void
census_scan_counts_no_shared_memory_that_was_unmapped(void **state)
{
        const uint64_t mib = 1024, more = UINT64_C(1) << 30; /* KiB: a TiB that is mapped besides */

        (void)state;
        c.low = true;
        put_shared(900 * mib, more + 1000 * mib);
        scan();
        put_shared(150 * mib, more + 400 * mib); /* 600 let go, 150 in swap */
        scan();
        assert_int_equal(find(PID)->shmem_kib, 300 * mib);
        for (int i = 0; i < 4; i++) /* told once */
                scan();
        assert_int_equal(find(PID)->shmem_kib, 300 * mib);
        put_shared(150 * mib, more + 900 * mib); /* something else is mapped, and let go again */
        scan();
        put_shared(150 * mib, more + 400 * mib);
        scan();
        assert_int_equal(find(PID)->shmem_kib, 300 * mib);
        put_shared(20 * mib, 100 * mib); /* a terabyte less: never below what is seen */
        scan();
        assert_int_equal(find(PID)->shmem_kib, 20 * mib);
}

/* What there is of shared memory in all, and what is in swap. */
static void
put_memory(uint64_t shmem_kib, uint64_t swapped_kib)
{
        char text[256];
        int n = snprintf(text, sizeof(text),
                         "MemTotal: 9000000 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\n"
                         "Shmem: %" PRIu64 " kB\nSwapTotal: 9000000 kB\nSwapFree: %" PRIu64 " kB\n",
                         shmem_kib, 9000000 - swapped_kib);
        int fd = open(fake_path("meminfo"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, (size_t)n), n);
        (void)close(fd);
}

/* Of 400 MiB 300 have gone to swap. */
static void
hide_300_mib(void)
{
        put_shared(400 * 1024, 900 * 1024);
        put_memory(400 * 1024, 0);
        scan();
        c.low = c.may_wait = true;
        put_shared(100 * 1024, 900 * 1024);
        put_memory(100 * 1024, 300 * 1024);
}

/* As many as it takes to believe them; the answer is in MiB. */
static uint32_t
shared_after_scans(void)
{
        for (unsigned i = 0; i < CENSUS_STEADY; i++)
                scan();
        return find(PID)->shmem_kib / 1024;
}

static void
put_swapped(int32_t pid, int32_t ppid, uint64_t stack, uint64_t swap_mib)
{
        fake_put((struct fake){ .pid = pid,
                                .ppid = ppid,
                                .start_ticks = 7,
                                .stack = stack,
                                .anon_kib = 10,
                                .swap_kib = swap_mib * 1024,
                                .addresses_kib = 500 * 1024 });
}

/* A cache that a browser gives back with MADV_REMOVE keeps its addresses. */
static void
census_scan_hides_no_more_shared_memory_than_there_is_room_for(void **state)
{
        (void)state;
        hide_300_mib();
        assert_int_equal(shared_after_scans(), 400);
        put_memory(100 * 1024, 20 * 1024);
        /* Fewer scans may be wrong. */
        for (unsigned i = 1; i < CENSUS_STEADY; i++)
                scan();
        assert_int_equal(find(PID)->shmem_kib / 1024, 400);
        scan();
        assert_int_equal(find(PID)->shmem_kib / 1024, 100 + 20 + 1);
        /* It shows again. */
        put_shared(350 * 1024, 900 * 1024);
        put_memory(350 * 1024, 0);
        assert_int_equal(shared_after_scans(), 350);
}

/* What was given back is not taken off once more when its addresses go. */
static void
census_scan_takes_off_once_what_was_given_back_and_then_unmapped(void **state)
{
        (void)state;
        put_shared(600 * 1024, 900 * 1024);
        put_memory(600 * 1024, 0);
        scan();
        c.low = c.may_wait = true;
        put_shared(0, 900 * 1024);
        put_memory(0, 400 * 1024);
        assert_int_equal(shared_after_scans(), 401);
        put_shared(0, 700 * 1024);
        assert_int_equal(shared_after_scans(), 400);
}

/* In memory that others map, or in swap that nobody else has: both are room. */
static void
census_scan_leaves_hidden_what_may_be_anywhere(void **state)
{
        (void)state;
        hide_300_mib();
        put_memory(250 * 1024, 150 * 1024);
        assert_int_equal(shared_after_scans(), 400);
        put_shared(0, 900 * 1024);
        put_memory(400 * 1024, 0);
        fake_put((struct fake){ .pid = PID + 1,
                                .ppid = PID,
                                .anon_kib = 10,
                                .shmem_kib = 400 * 1024,
                                .addresses_kib = 900 * 1024 });
        assert_int_equal(shared_after_scans(), 400);
}

/* Four show 100 MiB each, and there are no more than 100: whether their parent is there or not. */
static void
census_scan_counts_what_forks_have_in_swap_once(void **state)
{
        (void)state;
        hide_300_mib();
        for (int32_t i = 1; i <= 4; i++)
                put_swapped(PID + i, i == 1 ? 1 : PID + 9, 64, 100);
        put_memory(100 * 1024, 400 * 1024);
        assert_int_equal(shared_after_scans(), 400);
        /* Who has exec'd has his own; of one whose stack is not known nobody knows. */
        put_swapped(PID + 5, PID + 1, 65, 100);
        put_swapped(PID + 6, PID + 1, 0, 100);
        assert_int_equal(shared_after_scans(), 100 + 200 + 1);
}

/* More stacks than there is room to tell them apart: too little in swap, and more is left hidden.
 */
static void
census_scan_counts_too_little_in_swap_where_there_are_too_many(void **state)
{
        static struct row many[CENSUS_ROWS];
        uint32_t n = CENSUS_ROWS - 1;

        (void)state;
        census_close(&c);
        memset(&c, 0, sizeof(c));
        c.row = many;
        c.n = CENSUS_ROWS;
        hidden_forget(&c);
        for (uint32_t i = 0; i < n; i++)
                many[i] = (struct row){ .stack = 16 * (i + 1), .swap_kib = 1024 };
        many[n] = (struct row){ .shmem_kib = 8000 * 1024, .hidden_mib = 8000 };
        const struct meminfo m = { .swap_total_kib = n * 1024, .total_kib = 1 };

        for (c.pass = 0; c.pass < CENSUS_STEADY; c.pass++)
                hidden_bound(&c, &m, &m);
        assert_in_range(many[n].hidden_mib, 1 + n - CENSUS_STACKS, n / 2 + n / 4);
        memset(&c, 0, sizeof(c));
        c.proc_fd = -1;
}

/* Who lets go of what he has in swap shows that at his turn only. */
static void
census_scan_believes_no_swap_that_may_be_of_before(void **state)
{
        (void)state;
        for (unsigned at = 0; at < CENSUS_STEADY; at++) {
                hide_300_mib();
                put_swapped(PID + 1, 1, 64, 300);
                put_memory(100 * 1024, 600 * 1024);
                for (unsigned i = 0; i < at; i++)
                        scan();
                assert_int_equal(shared_after_scans(), 400);
                put_swapped(PID + 1, 1, 64, 0);
                put_memory(100 * 1024, 300 * 1024);
                assert_int_equal(shared_after_scans(), 400);
                assert_int_equal(shared_after_scans(), 400);
                c.low = c.may_wait = false;
                fake_end(PID);
                fake_end(PID + 1);
                scan();
        }
}

/* Of whom more is hidden than a row can tell is let be, and what is others' stays theirs. */
static void
census_scan_bounds_nobody_of_whom_too_much_is_hidden_to_be_told(void **state)
{
        const uint64_t gib = 1024 * 1024;
        struct fake big = { .pid = PID + 1,
                            .ppid = 1,
                            .anon_kib = 10,
                            .shmem_kib = 120 * gib,
                            .addresses_kib = 200 * gib };

        (void)state;
        fake_put(big);
        hide_300_mib();
        big.shmem_kib = 0;
        fake_put(big);
        assert_int_equal(shared_after_scans(), 400);
        assert_int_equal(find(PID + 1)->shmem_kib, 120 * gib);
}

static void
census_scan_bounds_nothing_that_is_hidden_by_what_it_cannot_read(void **state)
{
        (void)state;
        hide_300_mib();
        put_memory(100 * 1024, 0);
        for (unsigned i = 0; i < 2 * CENSUS_STEADY; i++) {
                if (i % 3 == 0)
                        assert_int_equal(truncate(fake_path("meminfo"), 40), 0);
                scan();
                put_memory(100 * 1024, 0);
        }
        assert_int_equal(find(PID)->shmem_kib / 1024, 400);
        /* Nor does the loop's own scan, which has seen one moment only. */
        c.may_wait = false;
        assert_int_equal(shared_after_scans(), 400);
        c.may_wait = true;
        for (unsigned i = 1; i < CENSUS_STEADY; i++)
                scan();
        /* One that fails is none. */
        int proc_fd = c.proc_fd;

        c.proc_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        assert_true(census_scan(&c, now_us, true) < 0);
        (void)close(c.proc_fd);
        c.proc_fd = proc_fd;
        for (unsigned i = 1; i < CENSUS_STEADY; i++)
                scan();
        assert_int_equal(find(PID)->shmem_kib / 1024, 400);
        scan();
        assert_int_equal(find(PID)->shmem_kib / 1024, 101);
}

/* How many of the four have so much swap. */
static unsigned
with_swap(uint64_t swap_kib)
{
        unsigned n = 0;

        for (int32_t i = 0; i < 4; i++)
                n += find(PID + i)->swap_kib == swap_kib;
        return n;
}

static void
put_four(uint64_t anon_kib, uint64_t swap_kib)
{
        for (int32_t i = 0; i < 4; i++)
                fake_put((struct fake){ .pid = PID + i,
                                        .ppid = 1,
                                        .start_ticks = 7,
                                        .anon_kib = anon_kib,
                                        .swap_kib = swap_kib });
}

static void
census_scan_reads_the_steady_whole_by_turns(void **state)
{
        (void)state;
        put_four(1000, 0);
        scan();
        scan();
        put_four(1000, 5000);
        for (unsigned i = 1; i <= 4; i++) {
                scan();
                assert_int_equal(with_swap(5000), i);
                assert_int_equal(find(PID)->anon_kib, 1000);
        }
        /* who has moved by a page is no steady one */
        put_four(996, 6000);
        scan();
        assert_int_equal(with_swap(6000), 4);
        /* without swap it is not remembered what statm said then */
        scan_after(SECOND, false);
        put_four(996, 7000);
        scan();
        assert_int_equal(with_swap(7000), 4);
}

static void
census_forget_knows_nobody_any_more(void **state)
{
        (void)state;
        put(PID, 1000);
        scan();
        census_mark(&c, &(struct mark){ 50 * SECOND, 0, 0, 0, false }, false);
        census_forget(&c);
        assert_int_equal(c.n, 0);
        assert_null(census_find(&c, PID));
        put(PID, 2000);
        scan();
        assert_int_equal(size_of(PID), 2000);
        assert_int_equal(find(PID)->growth_kibps, 0);
}

static void
census_scan_takes_anonymous_memory_from_statm_without_swap(void **state)
{
        (void)state;
        fake_put((struct fake){
                .pid = PID, .anon_kib = 128, .file_kib = 4096, .shmem_kib = 64, .swap_kib = 20 });
        scan_after(0, false);
        assert_int_equal(size_of(PID), 128);
        assert_int_equal(find(PID)->shmem_kib, 0);
}

static void
census_scan_takes_the_resident_size_of_the_new_and_little_for_once(void **state)
{
        (void)state;
        fake_put((struct fake){ .pid = PID, .anon_kib = 92, .file_kib = 4000 });
        fake_put((struct fake){ .pid = PID + 1, .anon_kib = 96, .file_kib = 4000 });
        scan_after(0, false);
        assert_int_equal(size_of(PID), 4092);
        assert_int_equal(size_of(PID + 1), 96);
        assert_int_equal(c.n_seen, 2);
        scan_after(SECOND, false);
        assert_int_equal(size_of(PID), 92);
        assert_int_equal(size_of(PID + 1), 96);
        fake_put((struct fake){ .pid = PID + 2, .anon_kib = 92, .file_kib = 4000 });
        scan_after(SECOND, true);
        assert_int_equal(size_of(PID + 2), 92);
}

static void
census_scan_takes_status_of_the_large_without_swap_too(void **state)
{
        (void)state;
        fake_put((struct fake){ .pid = PID, .anon_kib = 16384 - 64, .shmem_kib = 64 });
        fake_put((struct fake){ .pid = PID + 1, .anon_kib = 16384 - 128, .shmem_kib = 64 });
        scan_after(0, false);
        assert_int_equal(find(PID)->shmem_kib, 64);
        assert_int_equal(find(PID + 1)->shmem_kib, 0);
}

static void
census_scan_takes_status_of_who_may_have_many_page_tables_without_swap_too(void **state)
{
        /* An entry of 8 bytes a page: so many addresses can take 16 MiB of them. */
        const uint64_t kib = UINT64_C(16384) * 128 * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;

        (void)state;
        for (int32_t i = 0; i < 2; i++)
                fake_put((struct fake){ .pid = PID + i,
                                        .anon_kib = 128,
                                        .file_kib = 4096,
                                        .pagetables_kib = 900,
                                        .addresses_kib = i ? kib - 4096 : kib });
        scan_after(0, false);
        assert_int_equal(size_of(PID), 128 + 900);
        assert_int_equal(find(PID)->pagetables_kib, 900);
        assert_int_equal(size_of(PID + 1), 128);
}

static void
census_scan_counts_one_that_is_swapped_out_whole(void **state)
{
        (void)state;
        fake_put((struct fake){ .pid = PID, .swap_kib = 5000 });
        scan();
        assert_int_equal(find(PID)->anon_kib, 0);
        assert_int_equal(find(PID)->swap_kib, 5000);
        assert_int_equal(find(PID)->first_kib, 5000);
}

static void
census_scan_takes_absurd_sizes_for_the_largest(void **state)
{
        const uint64_t huge_kib = UINT64_C(1) << 60;

        (void)state;
        fake_put((struct fake){ .pid = PID,
                                .anon_kib = huge_kib,
                                .shmem_kib = huge_kib,
                                .swap_kib = huge_kib,
                                .pagetables_kib = huge_kib });
        scan();
        assert_int_equal(find(PID)->anon_kib, UINT32_MAX);
        assert_int_equal(find(PID)->pagetables_kib, UINT32_MAX);
        assert_int_equal(size_of(PID), UINT32_MAX);
}

static void
census_scan_makes_do_with_statm_when_status_cannot_be_understood(void **state)
{
        (void)state;
        put(PID, 20000);
        fake_text(PID, "status", "Name:\tx\nUid:\t1\t2\t3\t4\nRssAnon:\ta lot kB\n");
        scan();
        assert_int_equal(size_of(PID), 20000);
        scan_after(SECOND, false);
        assert_int_equal(size_of(PID), 20000);
}

static void
census_scan_passes_over_what_is_no_process(void **state)
{
        (void)state;
        put(PID, 100);
        put(2000000000, 100); /* none is larger than 4194304 in truth */
        put(0, 100);
        put((int32_t)getpid(), 100);
        assert_int_equal(mkdir(fake_path("%da", PID), 0755), 0);
        assert_int_equal(mkdir(fake_path("99999999999999999999"), 0755), 0);
        assert_int_equal(mkdir(fake_path("2600000000"), 0755), 0);
        assert_int_equal(mkdir(fake_path("net"), 0755), 0);
        assert_int_equal(mkdir(fake_path("%d", PID + 1), 0755), 0);
        int fd = open(fake_path("%d", PID + 2), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

        (void)close(fd);
        scan();
        assert_int_equal(c.n, 2);
        assert_int_equal(c.n_seen, 2);
        assert_int_equal(find(PID)->anon_kib, 100);
        assert_int_equal(find(2000000000)->anon_kib, 100);
        assert_unknown((int32_t)getpid());
        assert_unknown(0);
}

static void
census_scan_counts_whose_memory_may_not_be_read(void **state)
{
        int status;

        (void)state;
        put(PID, 100);
        put(PID + 1, 100);
        assert_int_equal(chmod(fake_root, 0755), 0);
        assert_int_equal(chmod(fake_path("%d", PID), 0), 0);
        pid_t pid = fork();

        if (pid == 0) {
                if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setuid(NOBODY_UID) < 0))
                        _exit(100);
                _exit(census_scan(&c, now_us, true) < 0 ? 101
                                                        : (int)(c.n_unreadable * 10 + c.n_seen));
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(chmod(fake_path("%d", PID), 0755), 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 11);
        scan();
        assert_int_equal(c.n_unreadable, 0);
}

/* ---- vanishing ---- */

static void
census_scan_survives_processes_that_vanish_at_every_step(void **state)
{
        static const char *const file[] = { "statm", "status", "stat" };

        (void)state;
        for (unsigned i = 0; i < 3; i++) {
                put(PID + (int32_t)i, 20000);
                put(PID + 10 + (int32_t)i, 20000);
                fake_lose(PID + (int32_t)i, file[i]);
        }
        scan();
        assert_int_equal(c.n, 4); /* of somebody new statm is not asked */
        assert_int_equal(c.n_seen, 5);
        (void)find(PID);
        assert_unknown(PID + 1);
        assert_unknown(PID + 2);
        for (unsigned i = 0; i < 3; i++) {
                (void)find(PID + 10 + (int32_t)i);
                fake_lose(PID + 10 + (int32_t)i, file[i]);
        }
        scan_after(SECOND, false);
        assert_int_equal(c.n, 1); /* stat is not asked again */
        (void)find(PID + 12);
}

static void
census_scan_forgets_who_has_gone_and_keeps_the_others(void **state)
{
        (void)state;
        for (int32_t i = 0; i < 40; i++)
                put(PID + i, 100 + 4 * (uint64_t)i);
        scan();
        assert_int_equal(c.n, 40);
        for (int32_t i = 0; i < 40; i += 3)
                fake_end(PID + i);
        scan();
        assert_int_equal(c.n, 26);
        for (int32_t i = 0; i < 40; i++) {
                if (i % 3 == 0)
                        assert_unknown(PID + i);
                else
                        assert_int_equal(size_of(PID + i), 100 + 4 * i);
        }
        for (int32_t i = 0; i < 40; i++)
                fake_end(PID + i);
        scan();
        assert_int_equal(c.n, 0);
        assert_int_equal(c.n_seen, 0);
}

static void
census_scan_says_when_proc_itself_cannot_be_read(void **state)
{
        int fd = c.proc_fd;

        (void)state;
        c.proc_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        assert_int_equal(census_scan(&c, now_us, true), -ENOTDIR);
        (void)close(c.proc_fd);
        c.proc_fd = -1;
        assert_int_equal(census_scan(&c, now_us, true), -EBADF);
        c.proc_fd = fd;
}

/* ---- those without memory ---- */

static void
put_kernel_thread(int32_t pid)
{
        fake_put((struct fake){
                .pid = pid, .no_memory = true, .flags = PROC_KTHREAD, .name = "kworker/0:0" });
}

/* A leader that has ended; `anon_kib` and `swap_kib` are those of a thread that has not. */
static void
put_leaderless(int32_t pid, uint64_t anon_kib, uint64_t swap_kib)
{
        fake_put((struct fake){
                .pid = pid, .state = 'Z', .no_memory = true, .n_threads = 2, .start_ticks = 7 });
        fake_put((struct fake){ .pid = pid, .tid = pid, .no_memory = true, .n_threads = 2 });
        fake_put((struct fake){ .pid = pid,
                                .tid = pid + 500,
                                .anon_kib = anon_kib,
                                .swap_kib = swap_kib,
                                .n_threads = 2 });
}

static void
census_scan_leaves_kernel_threads_and_zombies_alone(void **state)
{
        (void)state;
        put_kernel_thread(PID);
        fake_put((struct fake){ .pid = PID + 1, .no_memory = true, .state = 'Z' });
        fake_put((struct fake){ .pid = PID + 2, .no_memory = true, .state = 'R', .n_threads = 2 });
        fake_put((struct fake){ .pid = PID + 3, .no_memory = true, .state = 'Z', .n_threads = 2 });
        for (unsigned i = 0; i < 4; i++) {
                scan_after(SECOND, i % 2);
                assert_int_equal(c.n, 0);
                assert_int_equal(c.n_seen, 0);
        }
}

static void
census_scan_counts_a_leader_that_has_ended_with_its_threads_memory(void **state)
{
        (void)state;
        put_leaderless(PID, 3000, 200);
        scan_after(0, false);
        assert_true(find(PID)->leaderless);
        assert_int_equal(size_of(PID), 3200);
        assert_int_equal(census_living_thread(&c, PID), PID + 500);
        assert_int_equal(census_living_thread(&c, PID + 1), 0);
        fake_lose(PID, "task");
        scan_after(SECOND, false);
        assert_unknown(PID);
}

static void
census_scan_counts_a_leaderless_one_that_is_swapped_out_whole(void **state)
{
        (void)state;
        put_leaderless(PID, 0, 4000);
        scan();
        assert_int_equal(size_of(PID), 4000);
}

static void
census_scan_notices_when_a_leader_ends(void **state)
{
        (void)state;
        put(PID, 3000);
        scan();
        assert_false(find(PID)->leaderless);
        put_leaderless(PID, 3400, 0);
        scan();
        assert_true(find(PID)->leaderless);
        assert_int_equal(size_of(PID), 3400);
        assert_int_equal(find(PID)->growth_kibps, 400);
}

static void
census_scan_asks_a_kernel_thread_again_after_64_scans(void **state)
{
        (void)state;
        put_kernel_thread(PID);
        scan();
        /* Its number is a process's by now, and of a kind that does not show by itself. */
        put_leaderless(PID, 3000, 0);
        for (unsigned i = 2; i < 64; i++) {
                scan();
                assert_unknown(PID);
        }
        scan();
        assert_int_equal(size_of(PID), 3000);
}

static void
census_scan_finds_a_kernel_threads_number_with_a_process_at_once(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 2; i++) {
                put_kernel_thread(PID);
                scan_after(SECOND, i);
                assert_unknown(PID);
                put(PID, 3000);
                scan_after(SECOND, i);
                assert_int_equal(size_of(PID), 3000);
        }
}

static void
census_scan_remembers_kernel_threads_at_4096_places(void **state)
{
        (void)state;
        put_kernel_thread(PID);
        scan();
        fake_end(PID);
        put_kernel_thread(PID + 4095);
        put_kernel_thread(PID + 4097);
        scan();
        put_leaderless(PID, 3000, 0);
        scan();
        assert_unknown(PID);
        put_kernel_thread(PID + 4096); /* takes its place */
        scan();
        scan();
        assert_int_equal(size_of(PID), 3000);
}

/* ---- growth ---- */

static void
census_scan_measures_growth_over_100_ms_or_more(void **state)
{
        (void)state;
        put(PID, 1000);
        scan_after(0, true);
        assert_int_equal(find(PID)->growth_kibps, 0);
        put(PID, 1100);
        scan_after(99 * MS, true);
        assert_int_equal(find(PID)->growth_kibps, 0);
        scan_after(1 * MS, true);
        assert_int_equal(find(PID)->growth_kibps, 1000);
        put(PID, 1200);
        scan_after(100 * MS, true);
        assert_int_equal(find(PID)->growth_kibps, 1000);
        put(PID, 900);
        scan_after(100 * MS, true);
        assert_int_equal(find(PID)->growth_kibps, 0);
}

static void
census_scan_compares_with_a_size_that_is_replaced_after_100_ms(void **state)
{
        (void)state;
        put(PID, 1000);
        scan_after(0, true);
        put(PID, 2000);
        scan_after(99 * MS, true);
        scan_after(1 * MS, true); /* noted */
        assert_int_equal(find(PID)->growth_kibps, 10000);
        put(PID, 4000);
        scan_after(99 * MS, true); /* 3000 since 199 ms ago */
        assert_int_equal(find(PID)->growth_kibps, 15075);
        scan_after(1 * MS, true); /* noted; the first is out */
        assert_int_equal(find(PID)->growth_kibps, 15000);
        scan_after(100 * MS, true);
        assert_int_equal(find(PID)->growth_kibps, 10000);
        scan_after(100 * MS, true);
        assert_int_equal(find(PID)->growth_kibps, 0);
        assert_int_equal(find(PID)->ref_kib[0], 4000);
}

static void
census_scan_counts_swap_shared_memory_and_page_tables_as_growth(void **state)
{
        (void)state;
        fake_put((struct fake){ .pid = PID, .anon_kib = 100, .pagetables_kib = 4 });
        scan();
        fake_put((struct fake){ .pid = PID,
                                .anon_kib = 50,
                                .swap_kib = 80,
                                .shmem_kib = 20,
                                .pagetables_kib = 99 });
        scan();
        assert_int_equal(find(PID)->growth_kibps, 145);
}

static void
census_scan_measures_growth_at_the_very_start_of_time(void **state)
{
        (void)state;
        put(PID, 1000);
        assert_int_equal(census_scan(&c, 0, true), 0);
        put(PID, 2000);
        assert_int_equal(census_scan(&c, 1001 * MS, true), 0);
        assert_int_equal(find(PID)->growth_kibps, 1000);
}

static void
census_scan_measures_growth_when_32_bits_of_milliseconds_come_round(void **state)
{
        (void)state;
        now_us = (UINT64_C(1) << 32) * MS - 500 * MS;
        put(PID, 1000);
        scan_after(0, true);
        put(PID, 2000);
        scan_after(1000 * MS, true);
        assert_int_equal(find(PID)->growth_kibps, 1000);
}

/* ---- marks ---- */

static void
scan_at_mib(uint64_t mib)
{
        put(PID, mib * 1024);
        scan_after(1000 * MS, true);
}

static void
assert_marks(int32_t pid, uint32_t m0, uint32_t m1, uint32_t m2, uint32_t calm)
{
        const struct row *r = find(pid);

        assert_int_equal(r->mark_kib[0], m0);
        assert_int_equal(r->mark_kib[1], m1);
        assert_int_equal(r->mark_kib[2], m2);
        assert_int_equal(r->mark_kib[3], calm);
}

static void
mark(uint64_t boot_us, bool calm)
{
        struct mark now = { boot_us, boot_us / SECOND + 1000, boot_us / SECOND + 5, 9, false };

        census_mark(&c, &now, calm);
}

static void
census_mark_remembers_the_sizes_when_it_was_calm(void **state)
{
        (void)state;
        put(PID, 1000);
        scan();
        mark(50 * SECOND, true);
        put(PID, 2000);
        scan();
        assert_int_equal(find(PID)->mark_kib[3], 1000);
        assert_int_equal(c.mark[3].boot_us, 50 * SECOND);
        assert_int_equal(c.mark[3].wall_s, 1050);
        assert_int_equal(c.mark[3].supply_kib, 55);
        mark(60 * SECOND, true);
        assert_int_equal(find(PID)->mark_kib[3], 2000);
        assert_int_equal(c.mark[3].boot_us, 60 * SECOND);
}

static void
census_mark_keeps_the_three_latest_newest_first(void **state)
{
        (void)state;
        put(PID, 100);
        scan();
        mark(50 * SECOND, true);
        for (uint64_t i = 1; i <= 4; i++) {
                put(PID, 100 + 100 * i);
                scan();
                mark((50 + i) * SECOND, false);
        }
        assert_marks(PID, 500, 400, 300, 100);
        for (unsigned m = 0; m < 3; m++) {
                assert_int_equal(c.mark[m].boot_us, (54 - m) * SECOND);
                assert_int_equal(c.mark[m].supply_kib, 59 - m);
        }
        assert_int_equal(c.mark[3].boot_us, 50 * SECOND);
}

static void
census_mark_of_calm_clears_the_rolling_ones(void **state)
{
        static const struct mark none;

        (void)state;
        put(PID, 100);
        scan();
        for (uint64_t i = 1; i <= 3; i++)
                mark((50 + i) * SECOND, false);
        mark(60 * SECOND, true);
        for (unsigned m = 0; m < 3; m++)
                assert_memory_equal(&c.mark[m], &none, sizeof(none));
        assert_int_equal(c.mark[3].boot_us, 60 * SECOND);
        mark(61 * SECOND, false);
        assert_int_equal(c.mark[0].boot_us, 61 * SECOND);
        assert_int_equal(c.mark[1].boot_us, 0);
}

static void
mark_time(uint64_t boot_us)
{
        census_mark_time(&c, &(struct mark){ boot_us, 1000, 5, 9, false });
}

static void
census_mark_time_keeps_two_whatever_the_others_are(void **state)
{
        (void)state;
        scan_at_mib(9);
        mark(49 * SECOND, true);
        scan_at_mib(3);
        mark_time(50 * SECOND);
        scan_at_mib(4);
        mark_time(80 * SECOND);
        scan_at_mib(5);
        for (uint64_t i = 1; i <= 4; i++)
                mark((80 + i) * SECOND, false);
        mark(90 * SECOND, true);
        const struct row *r = find(PID);

        assert_int_equal(r->mark_kib[MARK_HALF], 4 * 1024);
        assert_int_equal(r->mark_kib[MARK_MINUTE], 3 * 1024);
        assert_int_equal(r->mark_above_mib[MARK_HALF], 5);
        assert_int_equal(r->mark_above_mib[MARK_MINUTE], 6);
        assert_int_equal(c.mark[MARK_HALF].boot_us, 80 * SECOND);
        assert_int_equal(c.mark[MARK_MINUTE].boot_us, 50 * SECOND);
        mark_time(110 * SECOND);
        assert_int_equal(find(PID)->mark_kib[MARK_HALF], 5 * 1024);
        assert_int_equal(find(PID)->mark_kib[MARK_MINUTE], 4 * 1024);
        assert_int_equal(find(PID)->mark_kib[MARK_CALM], 5 * 1024);
        assert_int_equal(c.mark[MARK_CALM].boot_us, 90 * SECOND);
        assert_int_equal(c.mark[0].boot_us, 0);
}

static void
assert_above(int32_t pid, unsigned m0, unsigned m1, unsigned m2, unsigned calm)
{
        const struct row *r = find(pid);

        assert_int_equal(r->mark_above_mib[0], m0);
        assert_int_equal(r->mark_above_mib[1], m1);
        assert_int_equal(r->mark_above_mib[2], m2);
        assert_int_equal(r->mark_above_mib[3], calm);
}

static void
census_mark_remembers_how_much_more_it_had_had_just_before(void **state)
{
        (void)state;
        scan_at_mib(9);
        scan_at_mib(3);
        mark(50 * SECOND, true);
        assert_above(PID, 0, 0, 0, 6);
        mark(51 * SECOND, false);
        scan_at_mib(12);
        mark(52 * SECOND, false);
        scan_at_mib(7);
        mark(53 * SECOND, false);
        assert_above(PID, 5, 0, 6, 6);
        put(PID, 7 * 1024 + 4); /* the rest of a MiB is none */
        scan();
        mark(54 * SECOND, false);
        assert_above(PID, 4, 5, 0, 6);
}

static void
census_mark_forgets_after_a_minute_how_much_more_it_had_had(void **state)
{
        static const struct {
                unsigned after_s, above_mib;
        } rows[] = { { 28, 6 }, { 29, 6 }, { 57, 6 }, { 58, 2 }, { 90, 2 } };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                if (i > 0) {
                        tear_down(state);
                        set_up(state);
                }
                /* The half minute begins here, a second before the nine MiB. */
                scan_after(100 * SECOND, true);
                scan_at_mib(9);
                for (unsigned s = 1; s <= rows[i].after_s; s++)
                        scan_at_mib(s % 2 ? 5 : 3);
                scan_at_mib(3);
                mark(500 * SECOND, false);
                assert_above(PID, rows[i].above_mib, 0, 0, 0);
        }
}

static void
census_mark_forgets_what_lies_further_back_than_the_last_scan_did(void **state)
{
        (void)state;
        scan_at_mib(9);
        put(PID, 3 * 1024);
        scan_after(60 * SECOND, true);
        mark(500 * SECOND, false);
        assert_above(PID, 0, 0, 0, 0);
}

/* Of a heap of 100 GiB, too, it is known how much of it comes and goes. */
static void
census_mark_knows_up_to_64_gib_of_how_much_more_it_had_had(void **state)
{
        (void)state;
        scan_at_mib(200 * 1024);
        scan_at_mib(137 * 1024);
        mark(50 * SECOND, false);
        scan_at_mib(136 * 1024);
        mark(51 * SECOND, false);
        assert_above(PID, UINT16_MAX, 63 * 1024, 0, 0);
}

/* What somebody lets go that others have all the same he does not take back later. */
static void
census_mark_counts_no_shared_memory_as_had_before(void **state)
{
        (void)state;
        fake_put(
                (struct fake){ .pid = PID, .start_ticks = 7, .anon_kib = 2048, .shmem_kib = 9216 });
        scan();
        fake_put((struct fake){ .pid = PID, .start_ticks = 7, .anon_kib = 1024 });
        scan();
        mark(50 * SECOND, false);
        assert_above(PID, 1, 0, 0, 0);
}

/* Of two places where it stood the later one counts; what moved in between stays. */
static void
census_mark_puts_where_it_stands_in_the_place_of_where_it_stood(void **state)
{
        struct mark stand = { 60 * SECOND, 1060, 65, 9, true };

        (void)state;
        put(PID, 100);
        scan();
        mark(50 * SECOND, true);
        mark(51 * SECOND, false);
        put(PID, 200);
        scan();
        census_mark(&c, &stand, false);
        assert_marks(PID, 200, 100, 0, 100);
        put(PID, 300);
        scan();
        stand.boot_us = 70 * SECOND;
        census_mark(&c, &stand, false);
        assert_marks(PID, 300, 100, 0, 100);
        assert_int_equal(c.mark[0].boot_us, 70 * SECOND);
        assert_true(c.mark[0].plateau);
        assert_int_equal(c.mark[1].boot_us, 51 * SECOND);
        put(PID, 400);
        scan();
        mark(80 * SECOND, false);
        assert_marks(PID, 400, 300, 100, 100);
        assert_true(c.mark[1].plateau && !c.mark[0].plateau);
}

/* 100 ticks a second: started at 20 s, and at the very moment of the mark. */
static void
census_scan_gives_who_started_since_a_mark_nothing_and_others_their_size(void **state)
{
        const uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);

        (void)state;
        mark(10 * SECOND, true);
        mark(20 * SECOND, false);
        mark(20 * SECOND + 1, false);
        mark(25 * SECOND, false);
        fake_put((struct fake){ .pid = PID, .start_ticks = 20 * ticks, .anon_kib = 2500 });
        fake_put((struct fake){ .pid = PID + 1, .start_ticks = 5 * ticks, .anon_kib = 500 });
        fake_put((struct fake){ .pid = PID + 2, .start_ticks = 26 * ticks, .anon_kib = 500 });
        scan();
        assert_marks(PID, 2500, 2500, 0, 0);
        assert_marks(PID + 1, 500, 500, 500, 500);
        assert_marks(PID + 2, 0, 0, 0, 0);
        assert_above(PID, 0, 0, 0, 0);
        put(PID, 7000);
        scan();
        assert_marks(PID, 2500, 2500, 0, 0);
        assert_above(PID, 0, 0, 0, 0);
}

/* ---- strikes, policy ---- */

static void
census_strike_meets_only_the_process_that_was_meant(void **state)
{
        (void)state;
        put(PID, 100);
        scan();
        census_strike(&c, PID + 1, 7, false);
        census_strike(&c, PID, 8, false);
        assert_false(find(PID)->struck);
        census_strike(&c, PID, 7, false);
        assert_true(find(PID)->struck);
        scan();
        assert_true(find(PID)->struck);
        fake_end(PID);
        scan();
        put(PID, 100);
        scan();
        assert_false(find(PID)->struck);
}

/* ---- a full table ---- */

static void
census_scan_lets_the_smallest_give_way_when_the_table_is_full(void **state)
{
        (void)state;
        reopen(208);
        for (int32_t i = 0; i < 208; i++)
                put(PID + i, i < 20 ? 100 : 1000);
        scan();
        assert_int_equal(c.n, 208);
        assert_int_equal(c.unkept_kib, 0);
        put(PID + 208, 2000);
        for (unsigned i = 0; i < 3; i++) {
                scan(); /* a sixteenth of the table and one, all of them small */
                assert_int_equal(c.n, 208 - 14 + 1);
                assert_int_equal(c.n_seen, 209);
                assert_int_equal(c.unkept_kib, 1400);
                for (int32_t pid = PID + 20; pid <= PID + 208; pid++)
                        (void)find(pid);
        }
        fake_end(PID + 100);
        fake_end(PID + 101);
        scan();
        assert_int_equal(c.n, 193);
        scan(); /* there is room again */
        assert_int_equal(c.n, 207);
        assert_int_equal(c.unkept_kib, 0);
        assert_int_equal(size_of(PID), 100);
}

/* One that grows to 100 by so much a second, beside a steady one; then there is one too many. */
static void
crowd_out(uint64_t growth_kib, uint64_t steady_kib, bool steady_first)
{
        reopen(2);
        fake_end(PID + 2);
        fake_end(PID + 1);
        fake_end(PID);
        if (steady_first)
                put(PID + 1, steady_kib);
        scan_after(0, true);
        put(PID, 100 - growth_kib);
        scan_after(0, true);
        put(PID + 1, steady_kib);
        scan_after(0, true);
        put(PID, 100);
        scan_after(SECOND, true);
        assert_int_equal(find(PID)->growth_kibps, growth_kib);
        put(PID + 2, 5000);
        scan_after(0, true);
        assert_int_equal(size_of(PID + 2), 5000);
}

/* What is taken in ten seconds counts: 48 a second make 580, 36 make 460, and it is the power of
 * two, 512, that tells them from others. */
static void
census_scan_lets_the_steady_give_way_before_the_growing(void **state)
{
        (void)state;
        crowd_out(48, 500, false);
        assert_unknown(PID + 1);
        assert_int_equal(find(PID)->growth_kibps, 48);
        assert_int_equal(c.unkept_kib, 500);
        crowd_out(36, 600, true);
        assert_unknown(PID);
        assert_int_equal(size_of(PID + 1), 600);
}

static void
census_scan_keeps_the_largest_when_its_weight_exceeds_32_bits(void **state)
{
        (void)state;
        reopen(2);
        put(PID, 4294966800);
        put(PID + 1, 4000);
        scan();
        put(PID, 4294966900); /* 100 a second: a thousand more are 704 beyond 32 bits */
        scan();
        put(PID + 2, 5000);
        scan_after(0, true);
        assert_unknown(PID + 1);
        assert_int_equal(size_of(PID), 4294966900);
        assert_int_equal(find(PID)->growth_kibps, 100); /* never left and come back */
        assert_int_equal(size_of(PID + 2), 5000);
}

static void
census_scan_loses_no_memory_however_full_the_table_is(void **state)
{
        (void)state;
        reopen(16);
        for (unsigned round = 0; round < 20; round++) {
                uint64_t all_kib = 0, found_kib = 0;

                for (uint32_t i = 0; i < 100; i++) {
                        uint64_t kib = 4 * ((i * 37 + round * 11) % 101 + 1);

                        put(PID + (int32_t)i, kib);
                        all_kib += kib;
                }
                scan();
                assert_int_equal(c.n_seen, 100);
                for (uint32_t i = 0; i < c.n; i++) {
                        found_kib += census_row_kib(&c.row[i]);
                        assert_ptr_equal(census_find(&c, c.row[i].pid), &c.row[i]);
                }
                assert_int_equal(found_kib + c.unkept_kib, all_kib);
        }
}

/* Twenty thousand in a table for four thousand, at a fifth of the size. */
static void
census_scan_finds_the_growing_one_that_came_last(void **state)
{
        const int32_t last = PID + 4000;

        (void)state;
        reopen(820);
        for (int32_t i = 0; i < 4000; i++)
                put(PID + i, 1000 + 4 * (uint64_t)(i % 50));
        put(last, 100);
        scan();
        assert_in_range(c.n, 820 - 52, 820);
        assert_int_equal(c.n_seen, 4001);
        assert_unknown(last);
        put(last, 4000);
        scan_after(SECOND / 2, true);
        assert_int_equal(size_of(last), 4000);
        put(last, 9000);
        scan_after(SECOND / 2, true);
        assert_int_equal(find(last)->growth_kibps, 10000);
}

static void
census_scan_holds_4096_of_5000_and_knows_the_rest(void **state)
{
        uint64_t found_kib = 0;

        (void)state;
        reopen(CENSUS_ROWS);
        for (uint32_t i = 1; i <= 5000; i++)
                put(PID + (int32_t)i, 4 * i);
        for (unsigned i = 0; i < 3; i++)
                scan();
        assert_in_range(c.n, 4096 - 257, 4096);
        assert_int_equal(c.n_seen, 5000);
        for (int32_t i = 8192 / 4; i <= 5000; i++)
                assert_int_equal(size_of(PID + i), 4 * i);
        for (uint32_t i = 0; i < c.n; i++)
                found_kib += census_row_kib(&c.row[i]);
        assert_int_equal(found_kib + c.unkept_kib, 4ull * 5000 * 5001 / 2);
}

/* ---- real processes ---- */

static const size_t held_bytes = 32u << 20;

struct child {
        pid_t pid;
        int go; /* a byte written here lets it go on */
};

static void
hold_memory(int ready)
{
        char *p =
                mmap(NULL, held_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED)
                _exit(1);
        memset(p, 1, held_bytes);
        if (write(ready, "", 1) != 1)
                _exit(1);
}

static void *
sleep_for_ever(void *arg)
{
        for (;;)
                (void)pause();
        return arg;
}

/* Has held_bytes and one more thread; its leader ends when it is told to go on. */
static struct child
spawn(void)
{
        int ready[2], go[2];
        char byte;

        assert_int_equal(pipe(ready), 0);
        assert_int_equal(pipe(go), 0);
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                pthread_t thread;

                (void)alarm(60);
                if (pthread_create(&thread, NULL, sleep_for_ever, NULL) != 0)
                        _exit(1);
                hold_memory(ready[1]);
                if (read(go[0], &byte, 1) == 1)
                        (void)syscall(SYS_exit, 0);
                _exit(1);
        }
        (void)close(ready[1]);
        (void)close(go[0]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        (void)close(ready[0]);
        return (struct child){ pid, go[1] };
}

static void
end(const struct child *child)
{
        assert_int_equal(kill(child->pid, SIGKILL), 0);
        assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
        (void)close(child->go);
}

static void
wait_for_state(pid_t pid, char wanted)
{
        struct proc_stat st = { .state = '?' };

        for (unsigned ms = 0; ms < PATIENCE_MS; ms++) {
                if (procfs_stat(c.proc_fd, pid, &st) == 0 && st.state == wanted)
                        return;
                (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        }
        fail_msg("%d is in state %c, not %c", (int)pid, st.state, wanted);
}

static int
set_up_real(void **state)
{
        (void)state;
        open_census("/proc", CENSUS_ROWS, 2 * CENSUS_ROWS);
        return 0;
}

static int
tear_down_real(void **state)
{
        (void)state;
        census_close(&c);
        return 0;
}

static void
census_scan_knows_a_real_child_with_and_without_its_leader(void **state)
{
        struct child child = spawn();

        (void)state;
        for (unsigned i = 0; i < 2; i++) {
                scan_after(SECOND, i);
                const struct row *r = find(child.pid);

                assert_int_equal(r->ppid, getpid());
                assert_true(r->anon_kib >= held_bytes / 1024);
                assert_true(r->start_ticks > 0 && r->stack > 0);
                assert_false(r->leaderless);
                assert_unknown((int32_t)getpid());
        }
        assert_int_equal(write(child.go, "", 1), 1);
        wait_for_state(child.pid, 'Z');
        for (unsigned i = 0; i < 2; i++) {
                scan_after(SECOND, i);
                assert_true(find(child.pid)->leaderless);
                assert_true(find(child.pid)->anon_kib >= held_bytes / 1024);
                assert_int_not_equal(census_living_thread(&c, child.pid), 0);
        }
        end(&child);
        scan();
        assert_unknown(child.pid);
}

static void
census_scan_leaves_a_real_zombie_alone(void **state)
{
        struct child child = spawn();

        (void)state;
        scan();
        (void)find(child.pid);
        assert_int_equal(kill(child.pid, SIGKILL), 0);
        /* All of its threads have gone, and nobody has asked for its status yet. */
        assert_int_equal(waitid(P_PID, (id_t)child.pid, NULL, WEXITED | WNOWAIT), 0);
        scan();
        assert_unknown(child.pid);
        end(&child);
}

/* Hundreds of them come with some networks, and with a namespace of one's own. */
static void
census_scan_sees_a_real_child_with_many_groups(void **state)
{
        static gid_t group[65536];

        (void)state;
        if (geteuid() != 0)
                skip();
        for (unsigned i = 0; i < 65536; i++)
                group[i] = 1000000000 + i;
        for (unsigned n = 300; n <= 65536; n = n == 300 ? 65536 : n + 1) {
                int ready[2];
                char byte;

                assert_int_equal(pipe(ready), 0);
                struct child child = { .pid = fork(), .go = ready[1] };

                if (child.pid == 0) {
                        (void)alarm(60);
                        if (setgroups(n, group) == 0)
                                hold_memory(ready[1]);
                        sleep_for_ever(NULL);
                }
                assert_int_equal(
                        poll(&(struct pollfd){ .fd = ready[0], .events = POLLIN }, 1, PATIENCE_MS),
                        1);
                assert_int_equal(read(ready[0], &byte, 1), 1);
                scan();
                assert_true(find(child.pid)->anon_kib >= held_bytes / 1024);
                end(&child);
                (void)close(ready[0]);
        }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define REAL(name) cmocka_unit_test_setup_teardown(name, set_up_real, tear_down_real)

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                CASE(census_open_says_why_not),
                CASE(census_close_leaves_nothing_open),
                CASE(census_row_stays_small),
                CASE(census_scan_takes_all_sizes_from_status_while_there_is_swap),
                CASE(census_scan_lets_nobody_lose_shared_memory_to_swap),
                CASE(census_scan_counts_no_shared_memory_that_was_unmapped),
                CASE(census_scan_hides_no_more_shared_memory_than_there_is_room_for),
                CASE(census_scan_takes_off_once_what_was_given_back_and_then_unmapped),
                CASE(census_scan_leaves_hidden_what_may_be_anywhere),
                CASE(census_scan_counts_what_forks_have_in_swap_once),
                CASE(census_scan_counts_too_little_in_swap_where_there_are_too_many),
                CASE(census_scan_believes_no_swap_that_may_be_of_before),
                CASE(census_scan_bounds_nobody_of_whom_too_much_is_hidden_to_be_told),
                CASE(census_scan_bounds_nothing_that_is_hidden_by_what_it_cannot_read),
                CASE(census_scan_reads_the_steady_whole_by_turns),
                CASE(census_forget_knows_nobody_any_more),
                CASE(census_scan_takes_anonymous_memory_from_statm_without_swap),
                CASE(census_scan_takes_the_resident_size_of_the_new_and_little_for_once),
                CASE(census_scan_takes_status_of_the_large_without_swap_too),
                CASE(census_scan_takes_status_of_who_may_have_many_page_tables_without_swap_too),
                CASE(census_scan_counts_one_that_is_swapped_out_whole),
                CASE(census_scan_takes_absurd_sizes_for_the_largest),
                CASE(census_scan_makes_do_with_statm_when_status_cannot_be_understood),
                CASE(census_scan_passes_over_what_is_no_process),
                CASE(census_scan_counts_whose_memory_may_not_be_read),
                CASE(census_scan_survives_processes_that_vanish_at_every_step),
                CASE(census_scan_forgets_who_has_gone_and_keeps_the_others),
                CASE(census_scan_says_when_proc_itself_cannot_be_read),
                CASE(census_scan_leaves_kernel_threads_and_zombies_alone),
                CASE(census_scan_counts_a_leader_that_has_ended_with_its_threads_memory),
                CASE(census_scan_counts_a_leaderless_one_that_is_swapped_out_whole),
                CASE(census_scan_notices_when_a_leader_ends),
                CASE(census_scan_asks_a_kernel_thread_again_after_64_scans),
                CASE(census_scan_finds_a_kernel_threads_number_with_a_process_at_once),
                CASE(census_scan_remembers_kernel_threads_at_4096_places),
                CASE(census_scan_measures_growth_over_100_ms_or_more),
                CASE(census_scan_compares_with_a_size_that_is_replaced_after_100_ms),
                CASE(census_scan_counts_swap_shared_memory_and_page_tables_as_growth),
                CASE(census_scan_measures_growth_at_the_very_start_of_time),
                CASE(census_scan_measures_growth_when_32_bits_of_milliseconds_come_round),
                CASE(census_mark_remembers_the_sizes_when_it_was_calm),
                CASE(census_mark_keeps_the_three_latest_newest_first),
                CASE(census_mark_time_keeps_two_whatever_the_others_are),
                CASE(census_mark_of_calm_clears_the_rolling_ones),
                CASE(census_mark_remembers_how_much_more_it_had_had_just_before),
                CASE(census_mark_forgets_after_a_minute_how_much_more_it_had_had),
                CASE(census_mark_forgets_what_lies_further_back_than_the_last_scan_did),
                CASE(census_mark_knows_up_to_64_gib_of_how_much_more_it_had_had),
                CASE(census_mark_counts_no_shared_memory_as_had_before),
                CASE(census_mark_puts_where_it_stands_in_the_place_of_where_it_stood),
                CASE(census_scan_gives_who_started_since_a_mark_nothing_and_others_their_size),
                CASE(census_strike_meets_only_the_process_that_was_meant),
                CASE(census_scan_lets_the_smallest_give_way_when_the_table_is_full),
                CASE(census_scan_lets_the_steady_give_way_before_the_growing),
                CASE(census_scan_keeps_the_largest_when_its_weight_exceeds_32_bits),
                CASE(census_scan_loses_no_memory_however_full_the_table_is),
                CASE(census_scan_finds_the_growing_one_that_came_last),
                CASE(census_scan_holds_4096_of_5000_and_knows_the_rest),
                REAL(census_scan_knows_a_real_child_with_and_without_its_leader),
                REAL(census_scan_leaves_a_real_zombie_alone),
                REAL(census_scan_sees_a_real_child_with_many_groups),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
