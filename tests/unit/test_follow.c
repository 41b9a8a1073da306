/* SPDX-License-Identifier: MIT */
/*
 * Following: who of the census gets on a roster, what is known of him there, and which descriptors
 * are held for how long.  A tree of our own stands in for /proc; where a pidfd is wanted it has the
 * numbers of real children.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include "fake_proc.h"
#include "follow.h"
#include "identity.h"
#include "procfs.h"
#include "roster.h"

#define MS       1000ull
#define SECOND   1000000ull
#define START_US (100 * SECOND)

enum { MANY_FDS = 1000, PATIENCE_MS = 20000, CHILDREN = 6 };

static struct census c;
static struct row row[512];
static uint16_t slot[1024];
static struct policy policy, other_policy;
static struct roster roster;
static uint64_t now_us;
static uint64_t done; /* the oldest roster still in use */
static unsigned open_before;
static pid_t child[CHILDREN];

static void
open_census(const char *proc, int fd_budget)
{
        memset(row, 0xa5, sizeof(row));
        memset(slot, 0, sizeof(slot));
        memset(&policy, 0, sizeof(policy));
        memset(&other_policy, 0, sizeof(other_policy));
        now_us = START_US;
        done = 0;
        assert_int_equal(census_open(&c, proc, row, 512, slot, 1024, fd_budget), 0);
        census_set_policy(&c, &policy);
        open_before = fake_count_open();
}

static int
set_up(void **state)
{
        (void)state;
        fake_open();
        open_census(fake_root, MANY_FDS);
        return 0;
}

/* Whatever a case did, in the end nothing is open that was not before. */
static int
tear_down(void **state)
{
        (void)state;
        census_close(&c);
        fake_close();
        return c.fd_held != 0 || fake_count_open() != open_before - 1;
}

static int
end_children(void **state)
{
        (void)state;
        for (unsigned i = 0; i < CHILDREN; i++) {
                (void)kill(child[i], SIGKILL);
                (void)waitpid(child[i], NULL, 0);
        }
        return 0;
}

/* Real processes, so that there are pidfds; they do nothing. */
static int
start_children(void **state)
{
        (void)state;
        for (unsigned i = 0; i < CHILDREN; i++) {
                child[i] = fork();
                if (child[i] == 0) {
                        (void)alarm(300);
                        for (;;)
                                (void)pause();
                }
                assert_true(child[i] > 0);
        }
        return 0;
}

static struct fake
steady(int32_t pid, uint64_t anon_kib)
{
        return (struct fake){ .pid = pid,
                              .ppid = 1,
                              .start_ticks = 7,
                              .stack = (uint64_t)pid,
                              .anon_kib = anon_kib };
}

static void
put(int32_t pid, uint64_t anon_kib)
{
        fake_put(steady(pid, anon_kib));
}

static void
put_child(int32_t pid, int32_t ppid, uint64_t anon_kib)
{
        struct fake f = steady(pid, anon_kib);

        f.ppid = ppid;
        f.pgrp = 5;
        fake_put(f);
}

static void
scan(bool swap)
{
        now_us += SECOND;
        assert_int_equal(census_scan(&c, now_us, swap), 0);
}

static void
build(void)
{
        memset(&roster, 0x5a, sizeof(roster));
        follow_build(&c, now_us, done, &roster);
        assert_true(roster.n <= ROSTER_MAX);
        assert_true(c.fd_held <= c.fd_budget);
        assert_int_equal(fake_count_open(), open_before + (unsigned)c.fd_held);
}

static void
scan_and_build(void)
{
        scan(false);
        build();
}

static struct candidate *
on_roster(int32_t pid)
{
        for (uint32_t i = 0; i < roster.n; i++)
                if (roster.c[i].pid == pid)
                        return &roster.c[i];
        return NULL;
}

static struct candidate *
find(int32_t pid)
{
        struct candidate *to = on_roster(pid);

        assert_non_null(to);
        return to;
}

static bool
is_open(int fd)
{
        return fcntl(fd, F_GETFD) >= 0;
}

/* ---- who gets on ---- */

static void
follow_build_puts_what_would_be_taken_in_ten_seconds_beside_the_size(void **state)
{
        (void)state;
        put(PID, 10000);
        put(PID + 1, 9000);
        put(PID + 2, 8800);
        scan(false);
        put(PID + 1, 9100); /* grows by 100 a second: as good as 10100 */
        put(PID + 2, 8900); /* as good as 9900 */
        scan_and_build();
        assert_int_equal(roster.n, 3);
        assert_int_equal(roster.c[0].pid, PID + 1);
        assert_int_equal(roster.c[0].growth_kibps, 100);
        assert_int_equal(roster.c[1].pid, PID);
        assert_int_equal(roster.c[2].pid, PID + 2);
}

/* By its name, and only while swap is being switched off: it has no memory to speak of. */
static void
follow_build_finds_who_switches_swap_off_among_all(void **state)
{
        (void)state;
        for (int32_t i = 0; i < ROSTER_MAX + 50; i++) {
                struct fake f = steady(PID + i, i == 9 ? 4 : 1000);

                f.name = i == 9 ? "swapoff" : i == 8 ? "swapoffs" : "x";
                fake_put(f);
                fake_text(PID + i, "comm", i == 9 ? "swapoff\n" : i == 8 ? "swapoffs\n" : "x\n");
        }
        scan_and_build();
        assert_null(on_roster(PID + 9));
        c.swapoff = true;
        scan_and_build();
        assert_string_equal(find(PID + 9)->name, "swapoff");
        c.swapoff = false;
        scan_and_build();
        assert_null(on_roster(PID + 9));
}

static void
follow_build_counts_swap_shared_memory_and_page_tables(void **state)
{
        struct fake f = steady(PID, 1000);

        (void)state;
        f.swap_kib = f.shmem_kib = f.pagetables_kib = 100;
        fake_put(f);
        put(PID + 1, 1296);
        put(PID + 2, 1304);
        scan(true);
        build();
        assert_int_equal(roster.c[0].pid, PID + 2);
        assert_int_equal(roster.c[1].pid, PID);
        assert_int_equal(roster.c[1].swap_kib, 100);
        assert_int_equal(roster.c[1].shmem_kib, 100);
        assert_int_equal(roster.c[1].pagetables_kib, 100);
}

static void
follow_build_takes_the_heaviest_and_adds_up_the_rest(void **state)
{
        uint64_t rest_kib = 0;

        (void)state;
        for (int32_t i = 0; i < 200; i++) {
                put_child(PID + i, PID + 1000 + i, 400 + 4 * (uint64_t)i);
                if (i < 200 - ROSTER_MAX)
                        rest_kib += 400 + 4 * (uint64_t)i;
        }
        scan_and_build();
        assert_int_equal(roster.n, 128);
        assert_int_equal(roster.n_seen, 200);
        assert_int_equal(roster.made_us, now_us);
        for (int32_t i = 0; i < ROSTER_MAX; i++)
                assert_int_equal(roster.c[i].pid, PID + 199 - i);
        assert_int_equal(roster.rest_kib, rest_kib);
        assert_int_equal(roster.protected_kib, 0);
}

static void
follow_build_counts_those_that_the_table_has_no_room_for(void **state)
{
        (void)state;
        c.max = 2;
        put(PID, 100);
        put(PID + 1, 200);
        scan(false);
        put(PID + 2, 52);
        scan_and_build();
        assert_int_equal(roster.n, 1);
        assert_int_equal(roster.c[0].pid, PID + 1);
        assert_int_equal(roster.n_seen, 3);
        assert_int_equal(roster.rest_kib, 152);
}

/* Steady ones, each larger than any of a swarm, and more than fit. */
static void
put_crowd(void)
{
        for (int32_t i = 0; i < 200; i++)
                put_child(PID + i, PID + 1000 + i, 10000);
}

/* So many children of one parent; each took 1900 KiB since the mark and stands still now. */
static void
put_swarm(int32_t first, int32_t n, int32_t parent)
{
        for (int32_t i = 0; i < n; i++)
                put_child(first + i, parent, 100);
        scan(false);
        census_mark(&c, &(struct mark){ 50 * SECOND, 0, 0, 0, false }, false);
        for (int32_t i = 0; i < n; i++)
                put_child(first + i, parent, 2000);
        for (unsigned i = 0; i < 4; i++)
                scan(false);
}

static void
follow_build_ranks_members_of_a_swarm_by_what_the_swarm_took(void **state)
{
        (void)state;
        put_crowd();
        put_child(PID + 400, PID + 3000, 2000); /* takes nothing */
        put_swarm(PID + 500, 8, PID + 3000);
        build();
        assert_int_equal(roster.n, ROSTER_MAX);
        for (int32_t i = 0; i < 8; i++) {
                assert_in_range(roster.c[i].pid, PID + 500, PID + 507);
                assert_int_equal(roster.c[i].growth_kibps, 0);
        }
        assert_null(on_roster(PID + 400));
}

/* Eight, each with a parent of its own; the parents have one.  Each took 1900 KiB since the mark.
 */
static void
put_cousins(int32_t grandparent)
{
        put_crowd();
        for (int32_t i = 0; i < 8; i++) {
                put_child(PID + 600 + i, grandparent, 50);
                put_child(PID + 500 + i, PID + 600 + i, 100);
        }
        scan(false);
        census_mark(&c, &(struct mark){ 50 * SECOND, 0, 0, 0, false }, false);
        for (int32_t i = 0; i < 8; i++)
                put_child(PID + 500 + i, PID + 600 + i, 2000);
        for (unsigned i = 0; i < 4; i++)
                scan_and_build();
}

static void
follow_build_ranks_cousins_by_what_all_of_them_took(void **state)
{
        (void)state;
        put_cousins(PID + 3000);
        for (int32_t i = 0; i < 8; i++) {
                assert_int_equal(find(PID + 500 + i)->gppid, PID + 3000);
                assert_null(on_roster(PID + 600 + i));
        }
}

/* What init's children have for children are no cousins: they have only init in common. */
static void
follow_build_takes_inits_grandchildren_for_no_cousins(void **state)
{
        (void)state;
        put_cousins(1);
        for (int32_t i = 0; i < 8; i++)
                assert_null(on_roster(PID + 500 + i));
}

/* Eight, each forked by the one before it since all was well. */
static void
put_brood(int32_t pgrp, int32_t pgrp_step)
{
        put_crowd();
        scan(false);
        census_mark(&c, &(struct mark){ 40 * SECOND, 0, 0, 0, false }, true);
        for (int32_t i = 0; i < 8; i++)
                fake_put((struct fake){ .pid = PID + 500 + i,
                                        .ppid = PID + 499 + i,
                                        .pgrp = pgrp + i * pgrp_step,
                                        .start_ticks = 45 * (uint64_t)sysconf(_SC_CLK_TCK),
                                        .stack = (uint64_t)(PID + 500 + i),
                                        .anon_kib = 2000 });
        scan_and_build();
}

static void
follow_build_ranks_a_brood_by_what_all_of_it_took(void **state)
{
        (void)state;
        put_brood(PID + 500, 0);
        for (int32_t i = 0; i < 8; i++)
                assert_int_equal(find(PID + 500 + i)->pgrp, PID + 500);
}

static void
follow_build_takes_jobs_of_their_own_for_no_brood(void **state)
{
        (void)state;
        put_brood(PID + 500, 1);
        for (int32_t i = 0; i < 8; i++)
                assert_null(on_roster(PID + 500 + i));
}

static void
follow_build_takes_seven_for_no_swarm(void **state)
{
        (void)state;
        put_crowd();
        put_swarm(PID + 500, 7, PID + 3000);
        build();
        for (int32_t i = 0; i < 7; i++)
                assert_null(on_roster(PID + 500 + i));
}

static void
follow_build_ranks_a_member_larger_than_what_its_swarm_took_by_its_size(void **state)
{
        (void)state;
        put_child(PID + 600, PID + 3000, 29000);
        put(PID + 601, 25000);
        put_swarm(PID + 500, 10, PID + 3000); /* took 19000 */
        put_child(PID + 600, PID + 3000, 30000);
        for (unsigned i = 0; i < 4; i++)
                scan_and_build();
        assert_int_equal(roster.c[0].pid, PID + 600);
        assert_int_equal(roster.c[1].pid, PID + 601);
}

/* Init has hundreds of children, and together they are larger than anybody. */
static void
follow_build_lets_no_crowd_of_steady_siblings_push_out_the_largest(void **state)
{
        (void)state;
        for (int32_t i = 0; i < 200; i++)
                put(PID + i, 1000);
        put_child(PID + 500, PID + 3000, 800);
        scan(false);
        census_mark(&c, &(struct mark){ 50 * SECOND, 0, 0, 0, false }, true);
        put_child(PID + 500, PID + 3000, 900);
        for (unsigned i = 0; i < 4; i++)
                scan_and_build();
        assert_null(on_roster(PID + 500));
        put_child(PID + 500, PID + 3000, 5000);
        scan_and_build();
        assert_int_equal(roster.c[0].pid, PID + 500);
        census_mark(&c, &(struct mark){ 60 * SECOND, 0, 0, 0, false }, false);
        for (unsigned i = 0; i < 4; i++)
                scan_and_build();
        assert_int_equal(roster.c[0].pid, PID + 500);
}

/* Whoever has most of his own has a place, however much others show that is not theirs. */
static void
follow_build_leaves_a_place_to_who_has_most_of_his_own(void **state)
{
        struct fake f;

        (void)state;
        put(PID, 300000);
        census_mark(&c, &(struct mark){ 50 * SECOND, 0, 0, 0, false }, false);
        for (int32_t i = 0; i < 150; i++) {
                f = steady(PID + 100 + i, 500);
                f.ppid = 1;
                f.shmem_kib = 800000;
                fake_put(f);
        }
        scan_and_build();
        assert_int_equal(roster.n, ROSTER_MAX);
        assert_int_equal(find(PID)->anon_kib, 300000);
        for (uint32_t i = 0; i < roster.n; i++)
                for (uint32_t k = 0; k < i; k++)
                        assert_int_not_equal(roster.c[i].pid, roster.c[k].pid);
}

/* 150 workers were forked since the mark and wrote 2 MB each of the 60 that they show. */
static void
follow_build_counts_no_pages_of_a_parent_as_taken_by_its_children(void **state)
{
        (void)state;
        put(PID, 300000);
        put(PID + 1, 400000);
        put(PID + 50, 60000);
        scan(false);
        census_mark(&c, &(struct mark){ 99 * SECOND, 0, 0, 0, false }, false);
        for (int32_t i = 0; i < 150; i++) {
                struct fake f = steady(PID + 100 + i, 62000);

                f.ppid = PID + 50;
                f.stack = PID + 50;
                f.start_ticks = 20000;
                fake_put(f);
        }
        scan_and_build();
        /* 150 times 2000 and no more: the steady one of 400000 is heavier than any of them */
        assert_int_equal(roster.c[0].pid, PID + 1);
}

/* Nine hundred parents with a child each leave room to find one with a swarm. */
static void
follow_build_finds_a_swarm_among_many_families(void **state)
{
        static struct row many[2048];
        static uint16_t many_slots[4096];

        (void)state;
        census_close(&c);
        assert_int_equal(census_open(&c, fake_root, many, 2048, many_slots, 4096, 0), 0);
        census_set_policy(&c, &policy);
        for (int32_t i = 0; i < 900; i++)
                put_child(PID + 10000 + i, PID + 5000 + i, 10000);
        scan(false);
        put_swarm(PID + 500, 8, PID + 3081); /* whose place is the most crowded */
        build();
        assert_non_null(on_roster(PID + 500));
}

/* More parents than there are places for families, each with a child that takes nothing. */
static void
follow_build_finds_a_swarm_among_more_parents_than_have_places(void **state)
{
        static struct row many[4096];
        static uint16_t many_slots[8192];

        (void)state;
        census_close(&c);
        assert_int_equal(census_open(&c, fake_root, many, 4096, many_slots, 8192, 0), 0);
        census_set_policy(&c, &policy);
        for (int32_t i = 0; i < 1500; i++)
                put_child(PID + 10000 + i, PID + 5000 + i, 10000);
        scan(false);
        put_swarm(PID + 500, 8, PID + 3081);
        build();
        assert_non_null(on_roster(PID + 500));
}

static void
follow_build_counts_kin_that_is_not_on_the_roster(void **state)
{
        (void)state;
        put_child(PID + 3000, 1, 50);
        put_swarm(PID + 500, 200, PID + 3000);
        put(PID + 400, 90000); /* took nothing with anybody */
        scan(false);
        build();
        assert_int_equal(roster.n, ROSTER_MAX);
        for (uint32_t i = 0; i < roster.n; i++)
                assert_int_equal(roster.c[i].kin, roster.c[i].pid == PID + 400 ? 1 : 200);
}

/* A census without marks of its own is told them, and still knows them when it scans again. */
static void
follow_keep_past_keeps_what_a_roster_knows_of_the_past(void **state)
{
        (void)state;
        put(PID, 3000);
        put(PID + 1, 4000);
        scan_and_build();
        find(PID)->first_kib = 7;
        find(PID)->shmem_kib = 500;
        find(PID)->mapped_mib = 600;
        for (unsigned m = 0; m < MARK_MAX; m++) {
                find(PID)->mark_kib[m] = 10 + m;
                find(PID)->mark_above_kib[m] = 1024 * (20 + m);
        }
        find(PID + 1)->start_ticks++;
        find(PID + 1)->mark_kib[0] = 1;
        follow_keep_past(&c, &roster);
        assert_int_equal(census_find(&c, PID)->shmem_kib, 500);
        assert_int_equal(census_find(&c, PID)->mapped_mib, 600);
        scan_and_build();
        assert_int_equal(find(PID)->first_kib, 7);
        for (unsigned m = 0; m < MARK_MAX; m++) {
                assert_int_equal(find(PID)->mark_kib[m], 10 + m);
                assert_int_equal(find(PID)->mark_above_kib[m], 1024 * (20 + m));
        }
        assert_int_not_equal(find(PID + 1)->mark_kib[0], 1);
}

/* ---- what is known ---- */

static void
follow_build_hands_on_what_the_census_knows(void **state)
{
        (void)state;
        put_child(PID, PID + 9, 1000);
        scan(false);
        census_mark(&c, &(struct mark){ 50 * SECOND, 3, 4, 0, false }, true);
        put_child(PID, PID + 9, 1200);
        now_us -= 700 * MS;
        scan(false);
        census_mark(&c, &(struct mark){ 51 * SECOND, 5, 6, 0, false }, false);
        census_strike(&c, PID, 7, false);
        put_child(PID, PID + 9, 1500);
        now_us -= 950 * MS;
        scan_and_build();
        const struct candidate *k = find(PID);

        assert_int_equal(k->ppid, PID + 9);
        assert_int_equal(k->gppid, 0);
        assert_int_equal(k->pgrp, 5);
        assert_int_equal(k->start_ticks, 7);
        assert_int_equal(k->anon_kib, 1500);
        assert_int_equal(k->first_kib, 1000);
        assert_int_equal(k->growth_kibps, 500 * 1000 / 350);
        assert_int_equal(k->mark_kib[0], 1200);
        assert_int_equal(k->mark_kib[3], 1000);
        assert_true(k->struck);
        assert_int_equal(roster.mark[0].supply_kib, 6);
        assert_int_equal(roster.mark[3].wall_s, 3);
        assert_int_equal(k->ref_us[0], now_us - 350 * MS);
        assert_int_equal(k->ref_us[1], now_us - 50 * MS);
        assert_int_equal(k->ref_kib[0], 1000);
        assert_int_equal(k->ref_kib[1], 1200);
        assert_int_equal(k->parent_kib, 0);
        assert_false(k->cow || k->stopped || k->frozen || k->ns_init || k->pidfd_ours);
}

static void
follow_build_reads_the_adjustment_each_time(void **state)
{
        static const struct {
                const char *text;
                int adj;
        } cases[] = {
                { "0\n", 0 },         { "-1000\n", -1000 }, { "1000\n", 1000 },
                { "-17\n", -17 },     { "300", 300 },       { "", 0 },
                { "\n", 0 },          { "x\n", 0 },         { "2000\n", 1000 },
                { "-2000\n", -1000 }, { "-", 0 },           { "--5\n", 0 },
        };

        (void)state;
        put(PID, 1000);
        scan_and_build();
        assert_int_equal(find(PID)->adj, 0);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                fake_text(PID, "oom_score_adj", cases[i].text);
                build();
                assert_int_equal(find(PID)->adj, cases[i].adj);
        }
        fake_text(PID, "oom_score_adj", "999999999999999999");
        build();
        assert_int_equal(find(PID)->adj, 1000);
}

static void
follow_build_sees_who_is_stopped(void **state)
{
        static const char states[] = "SRDTtI";

        (void)state;
        for (unsigned i = 0; states[i]; i++) {
                struct fake f = steady(PID, 1000);

                f.state = states[i];
                fake_put(f);
                scan_and_build();
                assert_int_equal(find(PID)->stopped, states[i] == 'T' || states[i] == 't');
        }
}

static void
follow_build_asks_the_first_eight_whether_they_are_frozen(void **state)
{
        char cgroup[128];
        int fd = open(fake_path("cgroup.events"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

        (void)state;
        if (access("/sys/fs/cgroup", X_OK) != 0)
                skip();
        assert_int_equal(write(fd, "frozen 1\n", 9), 9);
        (void)close(fd);
        (void)snprintf(cgroup, sizeof(cgroup), "0::/../../..%s\n", fake_root);
        for (int32_t i = 0; i < 20; i++) {
                put(PID + i, 1000 + 4 * (uint64_t)i);
                fake_text(PID + i, "cgroup", cgroup);
        }
        fake_text(PID + 18, "cgroup", "0::/\n");
        scan_and_build();
        for (unsigned i = 0; i < roster.n; i++)
                assert_int_equal(roster.c[i].frozen, i < 8 && i != 1);
}

static void
follow_build_knows_the_first_of_a_namespace(void **state)
{
        static const char *const nspid[] = { "5\t1", "5", "1", "5\t2" };

        (void)state;
        for (int32_t i = 0; i < 4; i++) {
                struct fake f = steady(PID + i, 1000);

                f.nspid = nspid[i];
                fake_put(f);
        }
        scan_and_build();
        for (int32_t i = 0; i < 4; i++)
                assert_int_equal(find(PID + i)->ns_init, i == 0);
}

/* ---- forks that share ---- */

static void
put_fork(uint64_t parent_stack, uint64_t stack, int32_t ppid)
{
        struct fake parent = steady(PID, 4000), fork = steady(PID + 1, 3000);

        parent.stack = parent_stack;
        parent.swap_kib = 96;
        fake_put(parent);
        fork.stack = stack;
        fork.ppid = ppid;
        fake_put(fork);
        scan(true);
        build();
}

static void
follow_build_knows_a_fork_until_it_execs(void **state)
{
        (void)state;
        put_fork(555, 555, PID);
        assert_true(find(PID + 1)->cow);
        assert_int_equal(find(PID + 1)->parent_kib, 4096);
        assert_int_equal(find(PID + 1)->first_kib, 3000);
        assert_false(find(PID)->cow);
        put_fork(555, 777, PID);
        assert_false(find(PID + 1)->cow);
        put_fork(555, 777, PID);
        assert_false(find(PID + 1)->cow);
}

static void
follow_build_tells_what_a_fork_has_copied(void **state)
{
        (void)state;
        put_fork(555, 555, PID);
        assert_int_equal(find(PID + 1)->copied_kib, 0);
        c.unowned = (struct unowned){
                .least_kib = 9000, .bp = 5000, .young_bp = { 2500 }, .old_bp = { 2500 }
        };
        census_find(&c, PID + 1)->unowned_kib = 1000;
        build();
        assert_int_equal(find(PID + 1)->copied_kib, 1500);
        assert_int_equal(find(PID + 1)->copied_since_kib[0], 750);
        assert_int_equal(find(PID)->copied_kib, 0);
}

static void
follow_build_knows_a_fork_until_its_parent_has_gone(void **state)
{
        (void)state;
        put_child(1, 0, 100);
        put_fork(555, 555, PID);
        assert_true(find(PID + 1)->cow);
        put_fork(888, 555, PID); /* the parent execs */
        assert_false(find(PID + 1)->cow);
        put_fork(555, 555, PID);
        put_fork(555, 555, 1);
        assert_false(find(PID + 1)->cow);
        assert_int_equal(find(PID + 1)->ppid, 1);
        assert_int_equal(find(PID + 1)->parent_kib, 100);
        fake_end(PID);
        put_child(PID + 1, PID, 3000);
        scan_and_build();
        assert_false(find(PID + 1)->cow);
        assert_int_equal(find(PID + 1)->parent_kib, 0);
}

static void
follow_build_takes_no_unknown_stack_for_a_forks(void **state)
{
        (void)state;
        put_fork(0, 0, PID);
        assert_false(find(PID + 1)->cow);
}

/* ---- shared memory ---- */

static void
put_sharer(int32_t pid, int32_t ppid, uint64_t shmem_kib)
{
        struct fake f = steady(pid, 64);

        f.ppid = ppid;
        f.shmem_kib = shmem_kib;
        fake_put(f);
}

static void
follow_build_counts_relatives_that_show_the_same_shared_memory(void **state)
{
        (void)state;
        put_sharer(PID, 1, 8000);           /* the parent */
        put_sharer(PID + 1, PID, 6000);     /* its children */
        put_sharer(PID + 2, PID, 3000);     /* half of that */
        put_sharer(PID + 3, PID, 2996);     /* less than half */
        put_sharer(PID + 4, PID + 1, 8000); /* a grandchild */
        put_sharer(PID + 5, 1, 8000);       /* init's, and nobody's relative */
        scan(true);
        build();
        assert_int_equal(find(PID)->sharers, 2);     /* itself, 6000 */
        assert_int_equal(find(PID + 1)->sharers, 4); /* itself, 3000, the parent, its child */
        assert_int_equal(find(PID + 2)->sharers, 4); /* itself, 6000, 2996, the parent */
        assert_int_equal(find(PID + 4)->sharers, 2);
        assert_int_equal(find(PID + 5)->sharers, 1);
}

/* A guest of 128 GiB in shared memory: as much as can be remembered is 64. */
static void
follow_build_takes_more_shared_memory_than_it_remembers_for_steady(void **state)
{
        const uint64_t gib = UINT64_C(1) << 20;

        (void)state;
        put_sharer(PID, 1, 128 * gib);
        scan(true);
        census_mark(&c, &(struct mark){ 50 * SECOND, 0, 0, 0, false }, true);
        build();
        assert_int_equal(find(PID)->mark_shmem_kib[MARK_CALM], 128 * gib);
        put_sharer(PID, 1, 160 * gib);
        scan(true);
        build();
        assert_int_equal(find(PID)->mark_shmem_kib[MARK_CALM], 128 * gib + 64);
}

static void
follow_build_tells_shared_memory_of_then_apart(void **state)
{
        (void)state;
        put_sharer(PID, 1, 8192);
        scan(true);
        census_mark(&c, &(struct mark){ 50 * SECOND, 0, 0, 0, false }, true);
        put_sharer(PID, 1, 9216);
        scan(true);
        census_mark(&c, &(struct mark){ 51 * SECOND, 0, 0, 0, false }, false);
        put_sharer(PID, 1, 11000);
        scan(true);
        census_mark(&c, &(struct mark){ 52 * SECOND, 0, 0, 0, false }, false);
        build();
        assert_int_equal(find(PID)->mark_shmem_kib[MARK_CALM], 8192);
        assert_int_equal(find(PID)->mark_shmem_kib[1], 9216);
        assert_int_equal(find(PID)->mark_shmem_kib[0], 10 * 1024);
        assert_int_equal(find(PID)->mark_kib[1], 9280);
}

static void
follow_build_takes_little_shared_memory_for_everybodys_own(void **state)
{
        (void)state;
        put_sharer(PID, 2, 1024);
        put_sharer(PID + 1, 2, 1024);
        put_sharer(PID + 2, 3, 1020);
        put_sharer(PID + 3, 3, 1020);
        scan(true);
        build();
        assert_int_equal(find(PID)->sharers, 2);
        assert_int_equal(find(PID + 2)->sharers, 1);
}

/* ---- protection ---- */

static void
follow_build_protects_init(void **state)
{
        (void)state;
        put_child(1, 0, 5000);
        put(PID, 1000);
        scan_and_build();
        assert_int_equal(find(1)->standing.effect, RULE_PROTECT);
        assert_int_equal(find(1)->standing.rule, -1);
        assert_int_equal(find(1)->standing.builtin, -1);
        assert_int_equal(find(PID)->standing.effect, RULE_NONE);
        assert_int_equal(roster.protected_kib, 5000);
        assert_int_equal(roster.rest_kib, 0);
}

/* The guard's parent, that one's, and so on. */
static void
follow_build_protects_the_guards_ancestors(void **state)
{
        const int32_t parent = (int32_t)getppid();

        (void)state;
        put_child(parent, PID + 1, 1000);
        for (int32_t i = 1; i < 80; i++)
                put_child(PID + i, PID + i + 1, 1000);
        put_child(PID + 200, parent, 1000); /* a sibling of the guard */
        scan_and_build();
        assert_int_equal(find(parent)->standing.effect, RULE_PROTECT);
        for (int32_t i = 1; i < 64; i++)
                assert_int_equal(find(PID + i)->standing.effect, RULE_PROTECT);
        /* Nobody has so many; a loop must end all the same. */
        for (int32_t i = 64; i < 80; i++)
                assert_int_equal(find(PID + i)->standing.effect, RULE_NONE);
        assert_int_equal(find(PID + 200)->standing.effect, RULE_NONE);
        assert_int_equal(roster.protected_kib, 64000);
}

static void
follow_build_survives_ancestors_in_a_circle(void **state)
{
        const int32_t parent = (int32_t)getppid();

        (void)state;
        put_child(parent, PID, 1000);
        put_child(PID, parent, 1000);
        put(PID + 1, 1000);
        scan_and_build();
        assert_int_equal(find(PID)->standing.effect, RULE_PROTECT);
        assert_int_equal(find(PID + 1)->standing.effect, RULE_NONE);
}

static void
follow_build_adds_up_what_is_protected(void **state)
{
        (void)state;
        policy.n_rules = 1;
        policy.rules[0] = (struct rule){ .effect = RULE_PROTECT, .kind = RULE_NAME, .glob = "x" };
        put(PID, 1000);
        put(PID + 1, 500);
        struct fake f = steady(PID + 2, 300);

        f.name = "y";
        fake_put(f);
        scan_and_build();
        assert_int_equal(find(PID)->standing.effect, RULE_PROTECT);
        assert_int_equal(find(PID)->standing.rule, 0);
        assert_int_equal(find(PID + 2)->standing.effect, RULE_NONE);
        assert_int_equal(roster.protected_kib, 1500);
}

/* ---- identity ---- */

static void
put_thread(int32_t tid, uint64_t anon_kib)
{
        struct fake f = steady(PID, anon_kib);

        f.tid = tid;
        f.n_threads = 2;
        fake_put(f);
}

/* Named by itself; its user, unit and file are as `what`. */
static void
put_named(const char *name, const char *what, uint64_t stack)
{
        struct fake f = steady(PID, 1000);
        char text[64];

        f.name = name;
        f.stack = stack;
        f.uid = (uint32_t)strlen(what);
        fake_put(f);
        (void)snprintf(text, sizeof(text), "0::/system.slice/%s.service\n", what);
        fake_text(PID, "cgroup", text);
        (void)snprintf(text, sizeof(text), "/bin/%s", what);
        fake_link(PID, "exe", text);
        scan_and_build();
}

static void
put_identity(const char *name, uint64_t stack)
{
        put_named(name, name, stack);
}

static void
assert_identity(const char *name, enum rule_effect effect)
{
        const struct candidate *k = find(PID);
        char text[64];

        assert_string_equal(k->name, name);
        (void)snprintf(text, sizeof(text), "%s.service", name);
        assert_string_equal(k->unit, text);
        (void)snprintf(text, sizeof(text), "/bin/%s", name);
        assert_int_equal(k->exe_id, identity_exe_id(text));
        assert_int_equal(k->uid, strlen(name));
        assert_int_equal(k->standing.effect, effect);
}

static void
follow_build_reads_identity_once_and_again_after_exec(void **state)
{
        (void)state;
        policy.n_rules = 1;
        policy.rules[0] = (struct rule){ .effect = RULE_AVOID, .kind = RULE_EXE, .glob = "/bin/a" };
        put_identity("a", 5);
        assert_identity("a", RULE_AVOID);
        put_named("a", "bb", 5);
        assert_identity("a", RULE_AVOID);
        put_identity("ccc", 6);
        assert_identity("ccc", RULE_NONE);
        put_named("ccc", "a", 6);
        assert_identity("ccc", RULE_NONE);
}

static void
follow_build_reads_identity_again_after_a_new_name(void **state)
{
        (void)state;
        policy.n_rules = 1;
        policy.rules[0] = (struct rule){ .effect = RULE_AVOID, .kind = RULE_NAME, .glob = "bb" };
        put_identity("a", 5);
        assert_identity("a", RULE_NONE);
        put_identity("bb", 5);
        assert_identity("bb", RULE_AVOID);
}

/* A server's worker changes its user once it has begun, a desktop moves a program into its unit. */
static void
follow_build_reads_identity_again_soon_and_now_and_then(void **state)
{
        (void)state;
        c.may_wait = true;
        put_identity("a", 5);
        put_named("a", "bb", 5);
        assert_int_equal(find(PID)->uid, 2);
        assert_string_equal(find(PID)->unit, "bb.service");
        put_named("a", "ccc", 5);
        for (unsigned i = 3; i < 64; i++) {
                scan_and_build();
                assert_int_equal(find(PID)->uid, 2);
        }
        scan_and_build();
        assert_int_equal(find(PID)->uid, 3);
        assert_string_equal(find(PID)->unit, "ccc.service");
}

static void
follow_build_keeps_what_it_cannot_read_again(void **state)
{
        static const char *const files[] = { "exe", "cgroup" };

        (void)state;
        policy.n_rules = 1;
        policy.rules[0] = (struct rule){ .effect = RULE_PROTECT, .kind = RULE_UNIT, .glob = "a.*" };
        c.may_wait = true;
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                census_set_policy(&c, &policy); /* read anew, whole */
                put_identity("a", 5);
                assert_identity("a", RULE_PROTECT);
                fake_lose(PID, files[i]);
                for (unsigned k = 0; k < 65; k++) {
                        scan_and_build();
                        assert_identity("a", RULE_PROTECT);
                }
        }
}

static void
follow_build_that_must_not_wait_reads_identity_once(void **state)
{
        (void)state;
        put_identity("a", 5);
        put_named("a", "bb", 5);
        for (unsigned i = 2; i < 130; i++)
                scan_and_build();
        assert_identity("a", RULE_NONE);
}

/* A leader that has ended shows no executable and no stack; its threads run on. */
static void
follow_build_knows_one_whose_leader_has_ended(void **state)
{
        struct fake f = steady(PID, 0);

        (void)state;
        policy.n_rules = 1;
        policy.rules[0] =
                (struct rule){ .effect = RULE_PROTECT, .kind = RULE_EXE, .glob = "/bin/a" };
        c.may_wait = true;
        put_identity("a", 5);
        assert_identity("a", RULE_PROTECT);
        f.no_memory = true;
        f.state = 'Z';
        f.n_threads = 2;
        f.name = "a";
        f.uid = 1;
        fake_put(f);
        fake_lose(PID, "exe");
        put_thread(PID + 1, 3000);
        for (unsigned i = 1; i < 70; i++) {
                scan_and_build();
                assert_identity("a", RULE_PROTECT);
        }
}

static void
follow_build_counts_no_shared_memory_of_before_an_exec(void **state)
{
        struct fake f = steady(PID, 1000);

        (void)state;
        c.low = true;
        f.stack = 5;
        f.shmem_kib = 300000;
        f.addresses_kib = 310000;
        fake_put(f);
        scan(true);
        build();
        assert_int_equal(find(PID)->shmem_kib, 300000);
        f.shmem_kib = 0;
        f.addresses_kib = 1200000;
        fake_put(f);
        scan(true);
        build();
        assert_int_equal(find(PID)->shmem_kib, 300000); /* in swap */
        f.stack = 6;
        fake_put(f);
        scan(true);
        build();
        assert_int_equal(find(PID)->shmem_kib, 0);
        scan(true);
        build();
        assert_int_equal(find(PID)->shmem_kib, 0);
}

/* Whoever opened it here would wait for a writer, and nobody writes. */
static void
put_line_that_waits(int32_t pid)
{
        put(pid, 1000);
        assert_int_equal(mkfifo(fake_path("%d/cmdline", pid), 0600), 0);
}

static void
add_line_rule(enum rule_effect effect)
{
        policy.rules[policy.n_rules++] =
                (struct rule){ .effect = effect, .kind = RULE_CMDLINE, .glob = "*--x*" };
}

static void
follow_build_reads_no_command_line_that_no_rule_asks_for(void **state)
{
        (void)state;
        policy.n_rules = 1;
        policy.rules[0] = (struct rule){ .effect = RULE_AVOID, .kind = RULE_NAME, .glob = "y" };
        c.may_wait = true;
        put_line_that_waits(PID);
        (void)alarm(20);
        scan_and_build();
        (void)alarm(0);
        assert_int_equal(find(PID)->standing.effect, RULE_NONE);
}

static void
follow_build_reads_a_command_line_that_a_rule_asks_for(void **state)
{
        (void)state;
        add_line_rule(RULE_PREFER);
        c.may_wait = true;
        put(PID, 1000);
        fake_bytes(PID, "cmdline", "a\0--x", 5);
        scan_and_build();
        assert_int_equal(find(PID)->standing.effect, RULE_PREFER);
}

static void
follow_build_that_must_not_wait_takes_a_command_line_for_protected(void **state)
{
        (void)state;
        add_line_rule(RULE_PREFER);
        put_line_that_waits(PID);
        (void)alarm(20);
        scan_and_build();
        assert_int_equal(find(PID)->standing.effect, RULE_NONE);
        add_line_rule(RULE_PROTECT);
        census_set_policy(&c, &policy);
        scan_and_build();
        (void)alarm(0);
        assert_int_equal(find(PID)->standing.effect, RULE_PROTECT);
        assert_int_equal(find(PID)->standing.rule, 1);
}

/* ... but whom somebody has looked at that could wait is known, and stays known. */
static void
follow_adopt_takes_over_who_they_are(void **state)
{
        static struct roster before;

        (void)state;
        add_line_rule(RULE_PROTECT);
        put_line_that_waits(PID);
        put_line_that_waits(PID + 1);
        scan_and_build();
        before = roster;
        before.n = 1;
        before.c[0] = *find(PID);
        before.c[0].standing = (struct standing){ RULE_NONE, -1, -1 };
        follow_adopt(&c, &roster, &before);
        assert_int_equal(find(PID)->standing.effect, RULE_NONE);
        assert_int_equal(find(PID + 1)->standing.effect, RULE_PROTECT);
        scan_and_build();
        assert_int_equal(find(PID)->standing.effect, RULE_NONE);
        assert_int_equal(find(PID + 1)->standing.effect, RULE_PROTECT);
}

/* It may have become somebody else since: what was read last counts. */
static void
follow_adopt_leaves_alone_what_needs_no_command_line(void **state)
{
        static struct roster before;

        (void)state;
        put(PID, 1000);
        scan_and_build();
        before = roster;
        before.c[0].standing.effect = RULE_PROTECT;
        follow_adopt(&c, &roster, &before);
        assert_int_equal(find(PID)->standing.effect, RULE_NONE);
}

static void
follow_build_reads_identity_again_after_a_new_policy(void **state)
{
        (void)state;
        other_policy.n_rules = 1;
        other_policy.rules[0] =
                (struct rule){ .effect = RULE_PREFER, .kind = RULE_UNIT, .glob = "bb.*" };
        put_identity("a", 5);
        put_named("a", "bb", 5);
        assert_identity("a", RULE_NONE);
        census_set_policy(&c, &other_policy);
        put_identity("bb", 5);
        assert_identity("bb", RULE_PREFER);
        put_named("bb", "ccc", 5);
        assert_identity("bb", RULE_PREFER);
}

/* One that stood on no roster while the policy changed is asked when it comes back. */
static void
follow_build_reads_identity_again_of_one_that_comes_back(void **state)
{
        (void)state;
        other_policy.n_rules = 1;
        other_policy.rules[0] =
                (struct rule){ .effect = RULE_PREFER, .kind = RULE_NAME, .glob = "a" };
        put_identity("a", 5);
        for (int32_t i = 1; i <= ROSTER_MAX; i++)
                put(PID + i, 2000);
        census_set_policy(&c, &other_policy);
        scan_and_build();
        assert_null(on_roster(PID));
        scan_and_build();
        fake_end(PID + 1);
        scan_and_build();
        assert_identity("a", RULE_PREFER);
}

static void
follow_build_survives_a_hostile_name(void **state)
{
        struct fake f = steady(PID, 1000);

        (void)state;
        f.name = "x) R 1 (\n\x1b[2J\xff";
        fake_put(f);
        /* As the kernel writes it there: */
        fake_text(PID, "status", "Name:\tx) R 1 (\\n\\033[2J\xff\nUid:\t5\t5\t5\t5\nThreads:\t1\n");
        scan_and_build();
        assert_string_equal(find(PID)->name, "x) R 1 (\n\x1b[2J\xff");
        assert_int_equal(find(PID)->ppid, 1);
        assert_int_equal(find(PID)->uid, 5);
}

/* Names of root's processes protect; whose owner is not known is not root. */
static void
follow_build_takes_nobody_for_root_because_he_cannot_be_read(void **state)
{
        struct fake f = steady(PID, 1000);

        (void)state;
        policy.protect_defaults = true;
        f.name = "init";
        fake_put(f);
        fake_put((struct fake){ .pid = PID + 1, .start_ticks = 7, .anon_kib = 64, .name = "init" });
        fake_text(PID, "status", "Name:\tinit\nUid:\tx\n");
        scan_and_build();
        assert_int_equal(find(PID)->standing.effect, RULE_NONE);
        assert_int_equal(find(PID)->uid, UINT32_MAX);
        assert_int_equal(find(PID + 1)->standing.effect, RULE_PROTECT);
}

/* ---- pid reuse, vanishing ---- */

static void
follow_build_does_not_trust_the_row_of_an_old_process(void **state)
{
        struct fake f = steady(PID, 1000);

        (void)state;
        fake_put(f);
        put(PID + 1, 900);
        scan_and_build();
        census_strike(&c, PID, 7, false);
        f.start_ticks = 8;
        fake_put(f);
        scan_and_build(); /* statm alone does not tell */
        assert_int_equal(roster.n, 1);
        assert_null(on_roster(PID));
        assert_int_equal(roster.rest_kib, 0);
        assert_null(census_find(&c, PID));
        scan_and_build();
        assert_int_equal(find(PID)->start_ticks, 8);
        assert_int_equal(find(PID)->growth_kibps, 0);
        assert_false(find(PID)->struck);
        assert_int_equal(find(PID + 1)->start_ticks, 7);
}

static void
follow_build_survives_processes_that_vanish_at_every_step(void **state)
{
        static const char *const file[] = { "stat",          "statm",   "status", "cgroup",
                                            "oom_score_adj", "cmdline", "exe",    "ns" };
        const int32_t n = sizeof(file) / sizeof(file[0]);

        (void)state;
        for (int32_t round = 0; round < 2; round++) {
                for (int32_t i = 0; i < n; i++) {
                        put(PID + i, 1000);
                        fake_text(PID + i, "cgroup", "0::/a.service\n");
                        fake_text(PID + i, "oom_score_adj", "5\n");
                        fake_text(PID + i, "cmdline", "x");
                        fake_link(PID + i, "exe", "/bin/x");
                        fake_link(PID + i, "ns/mnt", "mnt:[1]");
                }
                if (round == 1)
                        scan_and_build();
                scan(false);
                for (int32_t i = 0; i < n; i++)
                        fake_lose(PID + i, file[i]);
                build();
                assert_int_equal(roster.n, n - 1);
                assert_null(on_roster(PID));
                assert_int_equal(roster.rest_kib, 0);
                for (int32_t i = 1; i < n; i++)
                        assert_int_equal(find(PID + i)->anon_kib, 1000);
                assert_int_equal(find(PID + 1)->size_fd < 0, round == 0);
                assert_int_equal(find(PID + 4)->adj, 0);
                for (int32_t i = 0; i < n; i++)
                        fake_end(PID + i);
                build();
                assert_int_equal(roster.n, 0);
                scan_and_build();
                assert_int_equal(roster.n, 0);
        }
}

/* ---- descriptors ---- */

static void
follow_build_keeps_to_its_budget(void **state)
{
        static const int budgets[] = { 0, 1, 2, 3, 7, 12, 100 };

        (void)state;
        census_close(&c);
        for (unsigned b = 0; b < sizeof(budgets) / sizeof(budgets[0]); b++) {
                open_census(fake_root, budgets[b]);
                for (int32_t i = 0; i < CHILDREN; i++)
                        put(child[i], 10000 - 100 * (uint64_t)i);
                for (unsigned round = 0; round < 3; round++) {
                        scan_and_build();
                        assert_int_equal(roster.n, CHILDREN);
                        /* The heaviest first, and its pidfd before its sizes. */
                        for (int i = 0; i < CHILDREN; i++) {
                                assert_int_equal(roster.c[i].pidfd >= 0, budgets[b] > 2 * i);
                                assert_int_equal(roster.c[i].size_fd >= 0, budgets[b] > 2 * i + 1);
                        }
                }
                assert_int_equal(c.fd_held, budgets[b] < 12 ? budgets[b] : 12);
                if (b + 1 < sizeof(budgets) / sizeof(budgets[0]))
                        census_close(&c);
        }
}

static void
follow_build_holds_what_the_loop_reads(void **state)
{
        (void)state;
        put(child[0], 1000);
        put(PID, 900);
        scan_and_build();
        assert_true(find(child[0])->pidfd >= 0);
        assert_true(fcntl(find(child[0])->pidfd, F_GETFD) & FD_CLOEXEC);
        assert_true(fcntl(find(child[0])->size_fd, F_GETFD) & FD_CLOEXEC);
        assert_int_equal(syscall(SYS_pidfd_send_signal, find(child[0])->pidfd, 0, NULL, 0), 0);
        assert_int_equal(find(PID)->pidfd, -1); /* nobody has that number */
        put(PID, 2000);
        (void)roster_refresh(&roster, now_us);
        assert_int_equal(find(PID)->anon_kib, 2000);
}

static void
follow_build_leaves_a_dropped_ones_descriptors_to_older_rosters(void **state)
{
        int pidfd, size_fd;

        (void)state;
        put(child[0], 1000);
        scan_and_build(); /* 1 */
        scan_and_build(); /* 2: its last */
        pidfd = find(child[0])->pidfd;
        size_fd = find(child[0])->size_fd;
        fake_end(child[0]);
        for (done = 0; done <= 2; done++) {
                scan_and_build();
                assert_int_equal(roster.n, 0);
                assert_true(is_open(pidfd) && is_open(size_fd));
                assert_int_equal(c.fd_held, 2);
        }
        scan_and_build(); /* `done` is 3 */
        assert_false(is_open(pidfd) || is_open(size_fd));
        assert_int_equal(c.fd_held, 0);
}

static void
follow_build_keeps_descriptors_of_one_that_stays(void **state)
{
        (void)state;
        put(child[0], 1000);
        scan_and_build();
        int pidfd = find(child[0])->pidfd, size_fd = find(child[0])->size_fd;

        for (unsigned i = 0; i < 10; i++) {
                done = c.built;
                scan_and_build();
                assert_int_equal(find(child[0])->pidfd, pidfd);
                assert_int_equal(find(child[0])->size_fd, size_fd);
        }
}

static void
follow_build_keeps_statm_open_when_status_is_added(void **state)
{
        (void)state;
        put(PID, 1000);
        scan_and_build();
        int statm = find(PID)->size_fd;

        assert_false(find(PID)->size_is_status);
        assert_int_equal(c.fd_held, 1);
        scan(true);
        build();
        assert_true(find(PID)->size_is_status);
        assert_int_not_equal(find(PID)->size_fd, statm);
        assert_true(is_open(statm));
        assert_int_equal(c.fd_held, 2);
        int status = find(PID)->size_fd;

        scan(false); /* and there it stays */
        build();
        assert_true(find(PID)->size_is_status);
        assert_int_equal(find(PID)->size_fd, status);
        fake_end(PID);
        scan(false);
        done = c.built + 1;
        build();
        build();
        assert_false(is_open(statm) || is_open(status));
}

static void
follow_build_wants_status_of_those_that_share_memory(void **state)
{
        struct fake f = steady(PID, 20000);

        (void)state;
        f.shmem_kib = 1020;
        fake_put(f);
        f.pid++;
        f.shmem_kib = 1024;
        fake_put(f);
        scan_and_build();
        assert_false(find(PID)->size_is_status);
        assert_true(find(PID + 1)->size_is_status);
}

static void
follow_build_wants_status_of_those_with_more_page_tables_than_their_memory_takes(void **state)
{
        static const struct {
                uint64_t anon_kib, pagetables_kib;
                bool status;
        } rows[] = {
                { 16384, 1023, false },
                { 16384, 1024, true },
                { 1000000, 2000, false }, /* a part in 512 */
                { 128 * 1024 - 2048 + 64, 2048, false },
                { 128 * 1024 - 2048, 2048, true },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct fake f = steady(PID + (int32_t)i, rows[i].anon_kib);

                f.pagetables_kib = rows[i].pagetables_kib;
                fake_put(f);
        }
        scan_and_build();
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_int_equal(find(PID + (int32_t)i)->size_is_status, rows[i].status);
}

static void
follow_build_opens_anew_for_another_process_of_the_same_number(void **state)
{
        struct fake f = steady(child[0], 1000);

        (void)state;
        fake_put(f);
        scan_and_build();
        int pidfd = find(child[0])->pidfd;

        f.start_ticks = 8;
        fake_put(f);
        scan_and_build();
        scan_and_build();
        assert_true(find(child[0])->pidfd >= 0);
        assert_int_not_equal(find(child[0])->pidfd, pidfd);
        assert_true(is_open(pidfd));
}

/* Places for three rosters: the fourth finds none until the first is out of use. */
static void
follow_build_finds_places_for_three_rosters(void **state)
{
        (void)state;
        for (unsigned round = 0; round < 4; round++) {
                for (int32_t i = 0; i < ROSTER_MAX; i++) {
                        fake_end(PID + i + ((int32_t)round - 1) * ROSTER_MAX);
                        put(PID + i + (int32_t)round * ROSTER_MAX, 1000);
                }
                scan_and_build();
                assert_int_equal(roster.n, round < 3 ? ROSTER_MAX : 0);
                assert_int_equal(roster.rest_kib, round < 3 ? 0 : ROSTER_MAX * 1000);
        }
        done = 2;
        scan_and_build();
        assert_int_equal(roster.n, ROSTER_MAX);
        assert_int_equal(roster.rest_kib, 0);
}

/* However long it takes, and however many come and go meanwhile. */
static void
follow_build_finds_places_while_a_group_is_in_flight(void **state)
{
        (void)state;
        put(child[0], 5000);
        scan_and_build();
        int flies = find(child[0])->pidfd;

        c.flight = c.built;
        fake_end(child[0]);
        for (int32_t round = 0; round < 20; round++) {
                for (int32_t i = 0; i < ROSTER_MAX; i++) {
                        fake_end(PID + i + (round - 1) * ROSTER_MAX);
                        put(PID + i + round * ROSTER_MAX, 1000);
                }
                done = c.built;
                scan_and_build();
                assert_int_equal(roster.n, ROSTER_MAX);
                assert_true(is_open(flies));
        }
        c.flight = 0;
        done = c.built;
        scan_and_build();
        assert_false(is_open(flies));
}

static void
follow_build_leaks_nothing_over_a_thousand_rosters(void **state)
{
        uint32_t seed = 1;

        (void)state;
        c.fd_budget = 20;
        for (unsigned round = 0; round < 1000; round++) {
                seed = seed * 1664525 + 1013904223;
                int32_t i = (int32_t)(seed >> 16) % 24;
                struct fake f = steady(i < CHILDREN ? child[i] : PID + i, seed >> 20);

                f.start_ticks = seed >> 30;
                if (seed & 1 << 8)
                        fake_end(f.pid);
                else
                        fake_put(f);
                if (round % 7 != 0) {
                        scan(seed & 1 << 9);
                        build();
                }
                if (seed & 1 << 10)
                        done = c.built - (seed >> 11 & 3);
        }
        for (int32_t i = 0; i < 24; i++)
                fake_end(i < CHILDREN ? child[i] : PID + i);
        scan_and_build();
        done = c.built;
        scan_and_build();
        assert_int_equal(c.fd_held, 0);
        assert_int_equal(fake_count_open(), open_before);
}

static void
follow_end_all_closes_everything_once(void **state)
{
        (void)state;
        for (int32_t i = 0; i < CHILDREN; i++)
                put(child[i], 1000);
        scan_and_build();
        assert_int_equal(c.fd_held, 2 * CHILDREN);
        follow_end_all(&c);
        assert_int_equal(c.fd_held, 0);
        assert_int_equal(fake_count_open(), open_before);
        follow_end_all(&c);
        assert_int_equal(c.fd_held, 0);
        build();
        assert_int_equal(roster.n, CHILDREN);
        assert_int_equal(c.fd_held, 2 * CHILDREN);
}

/* ---- nobody any more ---- */

static void
follow_nobody_closes_all_once_the_loop_has_let_go_of_it(void **state)
{
        (void)state;
        for (int32_t i = 0; i < CHILDREN; i++)
                put(child[i], 1000);
        scan_and_build();
        scan(false);
        assert_true(c.fd_held > 0);
        /* The roster before may be in use for as long as it likes. */
        for (unsigned i = 0; i < 3; i++) {
                done = 1;
                memset(&roster, 0x5a, sizeof(roster));
                follow_nobody(&c, now_us, done, &roster);
                assert_int_equal(roster.n, 0);
                assert_int_equal(roster.protected_kib, 0);
                assert_int_equal(roster.rest_kib, CHILDREN * 1000);
                assert_int_equal(roster.n_seen, CHILDREN);
                assert_int_equal(roster.made_us, now_us);
                assert_memory_equal(roster.mark, c.mark, sizeof(roster.mark));
                assert_int_equal(c.fd_held, 2 * CHILDREN);
        }
        done = 2;
        follow_nobody(&c, now_us, done, &roster);
        assert_int_equal(c.fd_held, 0);
        assert_int_equal(fake_count_open(), open_before);
        /* And from the beginning. */
        build();
        assert_int_equal(roster.n, CHILDREN);
        assert_int_equal(c.fd_held, 2 * CHILDREN);
}

/* ---- for people to look at ---- */

static void
show(void)
{
        int held = c.fd_held;
        unsigned n_open = fake_count_open();
        uint64_t built = c.built;

        memset(&roster, 0x5a, sizeof(roster));
        follow_show(&c, now_us, &roster);
        assert_true(roster.n <= ROSTER_MAX);
        assert_int_equal(c.fd_held, held);
        assert_int_equal(fake_count_open(), n_open);
        assert_int_equal(c.built, built);
        for (uint32_t i = 0; i < roster.n; i++) {
                assert_int_equal(roster.c[i].size_fd, -1);
                assert_int_equal(roster.c[i].pidfd, -1);
        }
}

static void
follow_show_opens_nothing_that_stays_and_follows_nobody(void **state)
{
        (void)state;
        for (int32_t i = 0; i < CHILDREN; i++)
                put(child[i], 1000);
        for (int32_t i = 0; i < 2 * ROSTER_MAX; i++)
                put(PID + i, 2000);
        scan(true);
        show();
        assert_int_equal(c.fd_held, 0);
        assert_int_equal(roster.n, ROSTER_MAX);
        for (uint32_t i = 0; i < CENSUS_FOLLOWS; i++)
                assert_int_equal(c.follow[i].pid, 0);
}

static void
follow_show_closes_nothing_that_the_loop_reads(void **state)
{
        static struct roster before;

        (void)state;
        for (int32_t i = 0; i < CHILDREN; i++)
                put(child[i], 1000);
        scan_and_build();
        before = roster;
        assert_true(before.n > 0);
        /* One has ended, another has taken its number, and there are others in between. */
        fake_end(child[0]);
        struct fake f = steady(child[1], 9000);

        f.start_ticks = 8;
        fake_put(f);
        for (unsigned i = 0; i < 5; i++) {
                put(PID + (int32_t)i, 5000);
                scan(true);
                show();
        }
        for (uint32_t i = 0; i < before.n; i++) {
                assert_true(is_open(before.c[i].size_fd));
                assert_true(is_open(before.c[i].pidfd));
        }
        assert_null(on_roster(child[0]));
        assert_int_equal(find(child[1])->start_ticks, 8);
        assert_int_equal(find(child[1])->anon_kib, 9000);
}

/* Member by member: what lies between them is nobody's. */
static void
assert_same(const struct candidate *a, const struct candidate *b)
{
        assert_int_equal(a->pid, b->pid);
        assert_int_equal(a->ppid, b->ppid);
        assert_int_equal(a->gppid, b->gppid);
        assert_int_equal(a->pgrp, b->pgrp);
        assert_int_equal(a->start_ticks, b->start_ticks);
        assert_int_equal(a->uid, b->uid);
        assert_int_equal(a->adj, b->adj);
        assert_int_equal(a->anon_kib, b->anon_kib);
        assert_int_equal(a->pagetables_kib, b->pagetables_kib);
        assert_int_equal(a->shmem_kib, b->shmem_kib);
        assert_int_equal(a->swap_kib, b->swap_kib);
        assert_int_equal(a->growth_kibps, b->growth_kibps);
        assert_memory_equal(a->mark_kib, b->mark_kib, sizeof(a->mark_kib));
        assert_int_equal(a->sharers, b->sharers);
        assert_int_equal(a->cow, b->cow);
        assert_int_equal(a->parent_kib, b->parent_kib);
        assert_int_equal(a->first_kib, b->first_kib);
        assert_int_equal(a->exe_id, b->exe_id);
        assert_int_equal(a->standing.effect, b->standing.effect);
        assert_int_equal(a->standing.rule, b->standing.rule);
        assert_int_equal(a->standing.builtin, b->standing.builtin);
        assert_int_equal(a->struck, b->struck);
        assert_int_equal(a->stopped, b->stopped);
        assert_int_equal(a->frozen, b->frozen);
        assert_int_equal(a->ns_init, b->ns_init);
        assert_string_equal(a->name, b->name);
        assert_string_equal(a->unit, b->unit);
        assert_int_equal(a->size_is_status, b->size_is_status);
        assert_memory_equal(a->ref_us, b->ref_us, sizeof(a->ref_us));
        assert_memory_equal(a->ref_kib, b->ref_kib, sizeof(a->ref_kib));
}

static void
follow_show_tells_the_same_as_a_roster(void **state)
{
        static struct roster shown;

        (void)state;
        policy.n_rules = 1;
        policy.rules[0] = (struct rule){ .effect = RULE_AVOID, .kind = RULE_EXE, .glob = "/bin/a" };
        put_identity("a", 5);
        follow_end_all(&c);
        put_swarm(PID + 10, 12, PID + 5);
        scan(false);
        show();
        assert_identity("a", RULE_AVOID);
        shown = roster;
        build();
        assert_int_equal(shown.n, roster.n);
        assert_int_equal(shown.n_seen, roster.n_seen);
        assert_int_equal(shown.rest_kib, roster.rest_kib);
        assert_int_equal(shown.protected_kib, roster.protected_kib);
        for (uint32_t i = 0; i < roster.n; i++) {
                assert_int_equal(shown.c[i].size_fd, -1);
                assert_int_equal(shown.c[i].pidfd, -1);
                assert_same(&shown.c[i], &roster.c[i]);
        }
}

/* While CALM no roster is made, so whoever was followed before is known as he was then. */
static void
follow_show_reads_identity_again_after_exec_and_after_a_new_policy(void **state)
{
        (void)state;
        other_policy.n_rules = 1;
        other_policy.rules[0] =
                (struct rule){ .effect = RULE_PREFER, .kind = RULE_UNIT, .glob = "bb.*" };
        put_identity("a", 5);
        assert_identity("a", RULE_NONE);
        put_identity("bb", 5); /* another name and unit alone are not noticed */
        census_set_policy(&c, &other_policy);
        show();
        assert_identity("bb", RULE_PREFER);
        build();
        assert_identity("bb", RULE_PREFER);
        struct fake f = steady(PID, 1000);

        f.name = "ccc";
        f.stack = 6;
        fake_put(f);
        scan(false);
        show();
        assert_string_equal(find(PID)->name, "ccc");
}

/* The roster that comes afterwards must find it as it was. */
static void
follow_show_leaves_who_is_followed_to_the_next_roster(void **state)
{
        (void)state;
        for (int32_t i = 0; i < CHILDREN; i++)
                put(child[i], 1000);
        scan_and_build();
        int held = c.fd_held, fd = find(child[2])->size_fd;

        for (unsigned i = 0; i < 10; i++) {
                scan(false);
                show();
        }
        scan_and_build();
        assert_int_equal(c.fd_held, held);
        assert_int_equal(find(child[2])->size_fd, fd);
}

/* ---- leaders that have ended ---- */

static void
end_leader(void)
{
        struct fake f = steady(PID, 0);

        f.no_memory = true;
        f.state = 'Z';
        f.n_threads = 2;
        fake_put(f);
}

static void
assert_refreshed(uint64_t kib)
{
        find(PID)->anon_kib = 0;
        (void)roster_refresh(&roster, now_us);
        assert_true(find(PID)->size_is_status);
        assert_int_equal(find(PID)->anon_kib, kib);
}

static void
follow_build_holds_a_living_thread_of_one_without_a_leader(void **state)
{
        (void)state;
        end_leader();
        put_thread(PID + 1, 3000);
        scan_and_build();
        int fd = find(PID)->size_fd;

        assert_refreshed(3000);
        put_thread(PID + 1, 5000);
        assert_refreshed(5000);
        scan_and_build();
        assert_int_equal(find(PID)->size_fd, fd);
}

/* With swap it is the leader's own status that is held, and that tells nothing more. */
static void
follow_build_turns_to_a_thread_when_the_leader_ends(void **state)
{
        (void)state;
        for (unsigned swap = 0; swap < 2; swap++) {
                fake_end(PID);
                done = c.built;
                scan_and_build();
                put(PID, 2000);
                scan(swap);
                build();
                int before = find(PID)->size_fd;

                end_leader();
                put_thread(PID + 1, 3000);
                scan(swap);
                build();
                assert_refreshed(3000);
                assert_true(is_open(before)); /* an older roster may be reading it */
        }
}

static void
follow_build_turns_to_another_thread_when_the_first_ends(void **state)
{
        (void)state;
        end_leader();
        put_thread(PID + 1, 3000);
        scan_and_build();
        int before = find(PID)->size_fd;

        fake_text(PID, "task/10000001/status", ""); /* as good as gone for who holds it */
        fake_lose(PID, "task/10000001");
        put_thread(PID + 2, 3200);
        scan_and_build();
        assert_refreshed(3200);
        assert_true(is_open(before));
        done = c.built;
        scan_and_build();
        assert_false(is_open(before));
        assert_refreshed(3200);
}

/* ---- real processes ---- */

static int
set_up_real(void **state)
{
        (void)state;
        open_census("/proc", MANY_FDS);
        return 0;
}

static int
tear_down_real(void **state)
{
        (void)state;
        census_close(&c);
        return c.fd_held != 0 || fake_count_open() != open_before - 1;
}

/*
 * A child with 64 MiB of its own, and a fork of it that has them too; when a byte comes the fork
 * execs.  Its end and its parent's go with the alarm.
 */
static pid_t
spawn_with_fork(int ready, int go)
{
        const size_t bytes = 64u << 20;
        pid_t pid = fork();
        char byte;

        if (pid != 0)
                return pid;
        (void)alarm(60);
        char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED)
                _exit(1);
        memset(p, 1, bytes);
        pid = fork();
        if (pid == 0) {
                (void)alarm(60);
                if (read(go, &byte, 1) == 1)
                        (void)execlp("sleep", "sleep", "60", (char *)NULL);
                _exit(1);
        }
        if (write(ready, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
                _exit(1);
        for (;;)
                (void)pause();
}

static void
wait_for_exec(pid_t pid, uint64_t old_stack)
{
        struct proc_stat st = { .start_stack = old_stack };

        for (unsigned ms = 0; ms < PATIENCE_MS; ms++) {
                if (procfs_stat(c.proc_fd, pid, &st) == 0 && strcmp(st.name, "sleep") == 0 &&
                    st.start_stack != old_stack)
                        return;
                (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        }
        fail_msg("%d has not exec'd", (int)pid);
}

static void
follow_build_knows_a_real_fork_and_its_exec(void **state)
{
        int ready[2], go[2];
        pid_t fork_pid;

        (void)state;
        assert_int_equal(pipe(ready), 0);
        assert_int_equal(pipe(go), 0);
        pid_t pid = spawn_with_fork(ready[1], go[0]);

        assert_int_equal(read(ready[0], &fork_pid, sizeof(fork_pid)), sizeof(fork_pid));
        open_before = fake_count_open();
        scan_and_build();
        assert_true(find(fork_pid)->cow);
        assert_true(find(fork_pid)->parent_kib >= 64 << 10);
        assert_true(find(fork_pid)->pidfd >= 0 && find(pid)->pidfd >= 0);
        assert_false(find(pid)->cow);
        assert_int_equal(find(pid)->exe_id, find(fork_pid)->exe_id);
        uint64_t stack = census_find(&c, fork_pid)->stack;

        assert_int_equal(write(go[1], "", 1), 1);
        wait_for_exec(fork_pid, stack);
        scan(false);
        /* Small now: it must be among the first all the same. */
        census_find(&c, fork_pid)->anon_kib = 1u << 30;
        build();
        assert_false(find(fork_pid)->cow);
        assert_string_equal(find(fork_pid)->name, "sleep");
        assert_int_not_equal(find(pid)->exe_id, find(fork_pid)->exe_id);
        assert_int_equal(kill(fork_pid, SIGKILL), 0);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        census_close(&c);
        for (unsigned i = 0; i < 2; i++) {
                (void)close(ready[i]);
                (void)close(go[i]);
        }
        open_before = fake_count_open() + 1;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define REAL(name) cmocka_unit_test_setup_teardown(name, set_up_real, tear_down_real)

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                CASE(follow_build_puts_what_would_be_taken_in_ten_seconds_beside_the_size),
                CASE(follow_build_finds_who_switches_swap_off_among_all),
                CASE(follow_build_counts_swap_shared_memory_and_page_tables),
                CASE(follow_build_takes_the_heaviest_and_adds_up_the_rest),
                CASE(follow_build_counts_those_that_the_table_has_no_room_for),
                CASE(follow_build_ranks_members_of_a_swarm_by_what_the_swarm_took),
                CASE(follow_build_ranks_cousins_by_what_all_of_them_took),
                CASE(follow_build_takes_inits_grandchildren_for_no_cousins),
                CASE(follow_build_ranks_a_brood_by_what_all_of_it_took),
                CASE(follow_build_takes_jobs_of_their_own_for_no_brood),
                CASE(follow_build_takes_seven_for_no_swarm),
                CASE(follow_build_ranks_a_member_larger_than_what_its_swarm_took_by_its_size),
                CASE(follow_build_lets_no_crowd_of_steady_siblings_push_out_the_largest),
                CASE(follow_build_leaves_a_place_to_who_has_most_of_his_own),
                CASE(follow_build_counts_no_pages_of_a_parent_as_taken_by_its_children),
                CASE(follow_build_finds_a_swarm_among_many_families),
                CASE(follow_build_finds_a_swarm_among_more_parents_than_have_places),
                CASE(follow_build_counts_kin_that_is_not_on_the_roster),
                CASE(follow_keep_past_keeps_what_a_roster_knows_of_the_past),
                CASE(follow_build_hands_on_what_the_census_knows),
                CASE(follow_build_reads_the_adjustment_each_time),
                CASE(follow_build_sees_who_is_stopped),
                CASE(follow_build_asks_the_first_eight_whether_they_are_frozen),
                CASE(follow_build_knows_the_first_of_a_namespace),
                CASE(follow_build_knows_a_fork_until_it_execs),
                CASE(follow_build_tells_what_a_fork_has_copied),
                CASE(follow_build_knows_a_fork_until_its_parent_has_gone),
                CASE(follow_build_takes_no_unknown_stack_for_a_forks),
                CASE(follow_build_counts_relatives_that_show_the_same_shared_memory),
                CASE(follow_build_tells_shared_memory_of_then_apart),
                CASE(follow_build_takes_more_shared_memory_than_it_remembers_for_steady),
                CASE(follow_build_takes_little_shared_memory_for_everybodys_own),
                CASE(follow_build_protects_init),
                CASE(follow_build_protects_the_guards_ancestors),
                CASE(follow_build_survives_ancestors_in_a_circle),
                CASE(follow_build_adds_up_what_is_protected),
                CASE(follow_build_reads_identity_once_and_again_after_exec),
                CASE(follow_build_reads_identity_again_after_a_new_name),
                CASE(follow_build_reads_identity_again_soon_and_now_and_then),
                CASE(follow_build_keeps_what_it_cannot_read_again),
                CASE(follow_build_that_must_not_wait_reads_identity_once),
                CASE(follow_build_knows_one_whose_leader_has_ended),
                CASE(follow_build_counts_no_shared_memory_of_before_an_exec),
                CASE(follow_build_reads_no_command_line_that_no_rule_asks_for),
                CASE(follow_build_reads_a_command_line_that_a_rule_asks_for),
                CASE(follow_build_that_must_not_wait_takes_a_command_line_for_protected),
                CASE(follow_adopt_takes_over_who_they_are),
                CASE(follow_adopt_leaves_alone_what_needs_no_command_line),
                CASE(follow_build_reads_identity_again_after_a_new_policy),
                CASE(follow_build_reads_identity_again_of_one_that_comes_back),
                CASE(follow_build_survives_a_hostile_name),
                CASE(follow_build_takes_nobody_for_root_because_he_cannot_be_read),
                CASE(follow_build_does_not_trust_the_row_of_an_old_process),
                CASE(follow_build_survives_processes_that_vanish_at_every_step),
                CASE(follow_build_keeps_to_its_budget),
                CASE(follow_build_holds_what_the_loop_reads),
                CASE(follow_build_leaves_a_dropped_ones_descriptors_to_older_rosters),
                CASE(follow_build_keeps_descriptors_of_one_that_stays),
                CASE(follow_build_keeps_statm_open_when_status_is_added),
                CASE(follow_build_wants_status_of_those_that_share_memory),
                CASE(follow_build_wants_status_of_those_with_more_page_tables_than_their_memory_takes),
                CASE(follow_build_opens_anew_for_another_process_of_the_same_number),
                CASE(follow_build_finds_places_for_three_rosters),
                CASE(follow_build_finds_places_while_a_group_is_in_flight),
                CASE(follow_build_leaks_nothing_over_a_thousand_rosters),
                CASE(follow_end_all_closes_everything_once),
                CASE(follow_nobody_closes_all_once_the_loop_has_let_go_of_it),
                CASE(follow_show_opens_nothing_that_stays_and_follows_nobody),
                CASE(follow_show_closes_nothing_that_the_loop_reads),
                CASE(follow_show_tells_the_same_as_a_roster),
                CASE(follow_show_reads_identity_again_after_exec_and_after_a_new_policy),
                CASE(follow_show_leaves_who_is_followed_to_the_next_roster),
                CASE(follow_build_holds_a_living_thread_of_one_without_a_leader),
                CASE(follow_build_turns_to_a_thread_when_the_leader_ends),
                CASE(follow_build_turns_to_another_thread_when_the_first_ends),
                REAL(follow_build_knows_a_real_fork_and_its_exec),
        };

        return cmocka_run_group_tests(tests, start_children, end_children);
}
