/* SPDX-License-Identifier: MIT */
/*
 * stat, statm, status and cgroup of processes: hostile names, zombies, kernel threads, damage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "procstat.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* What follows the name of a process with three threads. */
#define TAIL                                                                                   \
        ") S 4379 4386 3566 34816 -1 4194304 102 0 0 0 11 12 -1 -2 20 -5 3 0 85476 3133440 "   \
        "420 18446744073709551615 94422155386880 94422155406761 140724664842032 0 0 0 0 0 0 0" \
        " 0 0 17 1 0 0 0 0 0 94422155422768 94422155424384 94423049605120 140724664842836 0\n"

static size_t
stat_text(char *ret, const char *name)
{
        return (size_t)sprintf(ret, "4386 (%s" TAIL, name);
}

static void
stat_is_read_column_by_column(void **state)
{
        char text[1024];
        struct proc_stat st;

        (void)state;
        assert_int_equal(proc_stat_parse(text, stat_text(text, "cat"), &st), 0);
        assert_int_equal(st.pid, 4386);
        assert_string_equal(st.name, "cat");
        assert_int_equal(st.state, 'S');
        assert_int_equal(st.ppid, 4379);
        assert_int_equal(st.pgrp, 4386);
        assert_int_equal(st.flags, 4194304);
        assert_int_equal(st.n_threads, 3);
        assert_int_equal(st.start_ticks, 85476);
        assert_int_equal(st.start_stack, 140724664842032);
}

static void
stat_keeps_hostile_names_apart_from_columns(void **state)
{
        static const struct {
                const char *name, *cut;
        } t[] = {
                { "foo) Z ", NULL },
                { "foo)\nZ\n", NULL },
                { "()()))((", NULL },
                { "", NULL },
                { ")", NULL },
                { "(", NULL },
                { "a) R 1 2 3 4 5", NULL },
                { "\n\n\n", NULL },
                { "\x1b[31mred", NULL },
                { "\xff\xff", NULL },
                { "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98", NULL },
                { "\xe2\x82", NULL },
                { "fifteen bytes!!", NULL },
                /* Only kernel threads get there (fs/proc/array.c, proc_task_name). */
                { "kworker/u8:1-events_unbound", "kworker/u8:1-ev" },
                { "sixteen bytes!!!", "sixteen bytes!!" },
        };

        (void)state;
        for (size_t i = 0; i < N(t); i++) {
                char text[1024];
                struct proc_stat st;

                assert_int_equal(proc_stat_parse(text, stat_text(text, t[i].name), &st), 0);
                assert_string_equal(st.name, t[i].cut ? t[i].cut : t[i].name);
                assert_int_equal(st.state, 'S');
                assert_int_equal(st.ppid, 4379);
                assert_int_equal(st.start_ticks, 85476);
        }
}

static void
stat_knows_zombies_and_kernel_threads(void **state)
{
        static const char zombie[] =
                "77 (defunct) Z 1 77 77 0 -1 4227084 0 0 0 0 0 0 0 0 20 0 2 0 9 0 0 "
                "18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
        static const char kthread[] =
                "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 0 0 0 "
                "18446744073709551615 0 0 0 0 0 0 0 2147483647 0 0 0 0 0 1 0 0 0 0 0 0 0 0 0 0 0\n";
        struct proc_stat st;

        (void)state;
        assert_int_equal(proc_stat_parse(zombie, strlen(zombie), &st), 0);
        assert_int_equal(st.state, 'Z');
        assert_int_equal(st.n_threads, 2);
        assert_int_equal(st.start_stack, 0);
        assert_int_equal(st.flags & PROC_KTHREAD, 0);
        assert_int_equal(proc_stat_parse(kthread, strlen(kthread), &st), 0);
        assert_int_equal(st.ppid, 0);
        assert_int_equal(st.pgrp, 0);
        assert_int_equal(st.flags & PROC_KTHREAD, PROC_KTHREAD);
}

/* do_task_stat() in fs/proc/array.c prints -1 where the signal handlers are gone already. */
static void
stat_reads_one_that_has_left_its_group(void **state)
{
        static const char leaving[] =
                "77 (x) X 0 -1 -1 0 -1 4227084 0 0 0 0 0 0 0 0 20 0 2 0 9 0 0 "
                "18446744073709551615 0 0 5 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
        struct proc_stat st;

        (void)state;
        assert_int_equal(proc_stat_parse(leaving, strlen(leaving), &st), 0);
        assert_int_equal(st.pgrp, 0);
        assert_int_equal(st.flags, 4227084);
        assert_int_equal(st.start_ticks, 9);
        assert_int_equal(st.start_stack, 5);
}

static void
stat_refuses_every_prefix_or_reads_the_same(void **state)
{
        char text[1024];
        size_t whole = stat_text(text, "foo)\nZ 1 2 3");
        struct proc_stat full, st;
        unsigned n_good = 0;

        (void)state;
        memset(&full, 0, sizeof(full));
        assert_int_equal(proc_stat_parse(text, whole, &full), 0);
        for (size_t len = 0; len < whole; len++) {
                memset(&st, 0, sizeof(st));
                st.pid = 42;
                if (proc_stat_parse(text, len, &st) == 0) {
                        assert_memory_equal(&st, &full, sizeof(st));
                        n_good++;
                } else {
                        assert_int_equal(st.pid, 42);
                }
        }
        assert_int_equal(n_good, whole - (size_t)(strstr(text, "2032 0 ") + 5 - text));
}

static void
stat_refuses_damage(void **state)
{
        static const char *const damaged[] = {
                "\n",
                "4386\n",
                "4386 ()\n",
                "4386 () S\n",
                "1 (x).S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
                "1 (x) S. 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
                "1 (x) \t 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
                "4386 (x\n",
                "0 (x" TAIL,
                "-1 (x" TAIL,
                "2147483648 (x" TAIL,
                "4386  (x" TAIL,
                "4386 x" TAIL,
                "x (x" TAIL,
                "1 (x)S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
                "1 (x)  1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
                "1 (x) SS 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
                "1 (x) S -1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
                "1 (x) S 2147483648 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
                "1 (x) S 1 1 1 1 1 4294967296 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
                "1 (x) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 4294967296 1 1 1 1 1 1 1 1\n",
                "1 (x) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 x 1 1 1 1 1 1\n",
                "1 (x) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
        };

        (void)state;
        for (size_t i = 0; i < N(damaged); i++) {
                struct proc_stat st = { .pid = 42, .start_ticks = 43 };

                assert_int_equal(proc_stat_parse(damaged[i], strlen(damaged[i]), &st), -EINVAL);
                assert_int_equal(st.pid, 42);
                assert_int_equal(st.start_ticks, 43);
        }
}

static size_t
slurp(const char *path, char *ret, size_t size)
{
        FILE *f = fopen(path, "r");

        assert_non_null(f);
        size_t len = fread(ret, 1, size, f);

        assert_int_equal(fclose(f), 0);
        return len;
}

static void
this_process_is_read_under_a_hostile_name(void **state)
{
        char text[8192];
        struct proc_stat st;
        struct proc_statm m;
        struct proc_status status;

        (void)state;
        assert_int_equal(prctl(PR_SET_NAME, "a)\nUid:\t7 7\n("), 0);
        assert_int_equal(proc_stat_parse(text, slurp("/proc/self/stat", text, sizeof(text)), &st),
                         0);
        assert_string_equal(st.name, "a)\nUid:\t7 7\n(");
        assert_int_equal(st.pid, getpid());
        assert_int_equal(st.ppid, getppid());
        assert_int_equal(st.n_threads, 1);
        assert_int_equal(proc_statm_parse(text, slurp("/proc/self/statm", text, sizeof(text)), &m),
                         0);
        assert_in_range(m.resident, m.shared + 1, m.size);
        assert_int_equal(
                proc_status_parse(text, slurp("/proc/self/status", text, sizeof(text)), &status),
                0);
        assert_int_equal(status.uid, geteuid());
        assert_true(status.anon_kib > 0 && status.file_kib > 0 && status.pagetables_kib > 0);
        assert_int_equal(status.n_threads, 1);
}

static void
statm_is_read_whole_or_not_at_all(void **state)
{
        static const char text[] = "765 447 420 5 0 123 0\n";
        static const char *const damaged[] = { "",        "\n",       "1 2\n",
                                               "3 2 x\n", "3 -2 1\n", "3 1 2\n",
                                               "3 2 1",   "3 2\n1\n", "3 2 1x 0\n" };
        struct proc_statm m = { 41, 42, 43 };

        (void)state;
        for (size_t len = 0; len < strlen(text); len++)
                assert_int_equal(proc_statm_parse(text, len, &m), -EINVAL);
        for (size_t i = 0; i < N(damaged); i++)
                assert_int_equal(proc_statm_parse(damaged[i], strlen(damaged[i]), &m), -EINVAL);
        assert_true(m.size == 41 && m.resident == 42 && m.shared == 43);
        assert_int_equal(proc_statm_parse(text, strlen(text), &m), 0);
        assert_true(m.size == 765 && m.resident == 447 && m.shared == 420);
        assert_int_equal(proc_statm_parse("0 0 0 0 0 0 0\n", 14, &m), 0);
        assert_true(m.size == 0 && m.resident == 0 && m.shared == 0);
}

static const char kernel_6_1[] =
        "Name:\tUid:\t7\\nThreads:\n"
        "Umask:\t0022\nState:\tS (sleeping)\nTgid:\t4386\nNgid:\t0\nPid:\t4386\nPPid:\t4379\n"
        "TracerPid:\t0\nUid:\t1000\t1001\t1002\t1003\nGid:\t1000\t1000\t1000\t1000\nFDSize:\t256\n"
        "Groups:\t4 24 \nNStgid:\t4386\t12\nNSpid:\t4386\t12\nNSpgid:\t4386\t1\nNSsid:\t3566\t1\n"
        "VmPeak:\t    3060 kB\nVmSize:\t    3060 kB\nVmLck:\t       0 kB\nVmPin:\t       0 kB\n"
        "VmHWM:\t    1788 kB\nVmRSS:\t    1793 kB\nRssAnon:\t     108 kB\nRssFile:\t    1680 kB\n"
        "RssShmem:\t       5 kB\nVmData:\t     360 kB\nVmStk:\t     132 kB\nVmExe:\t      20 kB\n"
        "VmLib:\t    1528 kB\nVmPTE:\t      52 kB\nVmSwap:\t      77 kB\nHugetlbPages:\t       0 "
        "kB\n"
        "CoreDumping:\t0\nTHP_enabled:\t1\nThreads:\t3\nSigQ:\t0/"
        "96365\nSigPnd:\t0000000000000000\n";

static void
status_reads_kernel_6_1(void **state)
{
        struct proc_status st;

        (void)state;
        assert_int_equal(proc_status_parse(kernel_6_1, strlen(kernel_6_1), &st), 0);
        assert_int_equal(st.uid, 1001);
        assert_int_equal(st.anon_kib, 108);
        assert_int_equal(st.file_kib, 1680);
        assert_int_equal(st.shmem_kib, 5);
        assert_int_equal(st.pagetables_kib, 52);
        assert_int_equal(st.swap_kib, 77);
        assert_int_equal(st.mapped_kib, 3060);
        assert_int_equal(st.n_threads, 3);
        assert_false(st.ns_init);
}

static void
status_refuses_a_text_cut_in_a_line_or_before_threads(void **state)
{
        size_t threads = (size_t)(strstr(kernel_6_1, "\nThreads:\t3\n") + 12 - kernel_6_1);

        (void)state;
        for (size_t len = 0; len < strlen(kernel_6_1); len++) {
                struct proc_status st = { .uid = 41, .swap_kib = 42 };
                bool good = len >= threads && kernel_6_1[len - 1] == '\n';

                assert_int_equal(proc_status_parse(kernel_6_1, len, &st), good ? 0 : -EINVAL);
                assert_int_equal(st.uid, good ? 1001 : 41);
                assert_int_equal(st.swap_kib, good ? 77 : 42);
        }
}

#define UID     "Uid:\t0\t0\t0\t0\n"
#define THREADS "Threads:\t1\n"

static void
status_without_memory_is_all_zero(void **state)
{
        static const char text[] = "Name:\tkthreadd\n" UID "NSpid:\t2\n" THREADS;
        struct proc_status st = { .anon_kib = 42, .swap_kib = 42, .ns_init = true };

        (void)state;
        assert_int_equal(proc_status_parse(text, strlen(text), &st), 0);
        assert_true(st.anon_kib == 0 && st.file_kib == 0 && st.shmem_kib == 0);
        assert_true(st.pagetables_kib == 0 && st.swap_kib == 0 && !st.ns_init);
}

static void
status_knows_the_init_of_a_namespace(void **state)
{
        static const struct {
                const char *text;
                bool ns_init;
        } t[] = {
                { UID THREADS, false },
                { UID THREADS "NSpid:\t1\n", false }, /* that of the host is protected elsewhere */
                { UID THREADS "NSpid:\t4321\t1\n", true },
                { UID THREADS "NSpid:\t4321\t12\t1\n", true },
                { UID THREADS "NSpid:\t4321\t1\t12\n", false },
                { UID THREADS "NSpid:\t4321\t11\n", false },
        };

        (void)state;
        for (size_t i = 0; i < N(t); i++) {
                struct proc_status st;

                assert_int_equal(proc_status_parse(t[i].text, strlen(t[i].text), &st), 0);
                assert_int_equal(st.ns_init, t[i].ns_init);
        }
}

static void
status_takes_the_last_of_a_kind(void **state)
{
        /* A name with newlines, were it ever printed as it is, stands before the truth. */
        static const char text[] = "Name:\tx\nUid:\t9\t9\t9\t9\nThreads:\tx\nVmSwap:\t5 kB\n" UID
                                   "VmSwap:\t6 kB\nThreads:\t4294967295\nXVmSwap:\t7 kB\n";
        struct proc_status st;

        (void)state;
        assert_int_equal(proc_status_parse(text, strlen(text), &st), 0);
        assert_int_equal(st.uid, 0);
        assert_int_equal(st.swap_kib, 6);
        assert_int_equal(st.n_threads, 4294967295);
}

static void
status_refuses_damage(void **state)
{
        static const char *const damaged[] = {
                "",
                UID,
                THREADS,
                UID "Threads:\t1",
                UID "Threads:\t1 2\n",
                UID "Threads:\t4294967296\n",
                THREADS "Uid:\t0\n",
                THREADS "Uid:\t0\t-1\t0\t0\n",
                THREADS "Uid:\t0\t4294967296\t0\t0\n",
                UID THREADS "RssAnon:\t1\n",
                UID THREADS "RssAnon:\t1 MB\n",
                UID THREADS "RssAnon:\t1 kB 2\n",
                UID THREADS "VmSwap:\t18446744073709551616 kB\n",
                UID THREADS "NSpid:\n",
                UID THREADS "NSpid:\t1\tx\n",
        };

        (void)state;
        for (size_t i = 0; i < N(damaged); i++) {
                struct proc_status st = { .uid = 41, .swap_kib = 42 };

                assert_int_equal(proc_status_parse(damaged[i], strlen(damaged[i]), &st), -EINVAL);
                assert_true(st.uid == 41 && st.swap_kib == 42);
        }
}

static void
cgroup_prefers_the_path_that_systemd_gave(void **state)
{
        static const struct {
                const char *text, *path;
        } t[] = {
                { "0::/\n", "/" },
                { "0::/a.slice/b:c.scope\n", "/a.slice/b:c.scope" },
                { "4:memory:/m\n1:name=systemd:/s\n0::/u\n", "/s" },
                { "0::/u\n1:name=systemd:/s\n", "/s" },
                { "0::/u\n1:name=systemd:\n", "/u" },
                { "0::/u\n0::/v\n", "/u" },
                { "4:memory:/m\n12:name=systemd:/s\n", "/s" },
                { "1:name=systemd:/s\n0::/torn", "/s" },
                { "10::/x\n0::/123456789012345678\n", "/123456789012345678" },
                { "0::/12345678901234567890\n", "/123456789012345678" },
        };
        static const char *const damaged[] = { "",
                                               "\n",
                                               "0::/torn",
                                               "0::\n",
                                               "0::x\n",
                                               "4:memory:/m\n",
                                               " 0::/\n",
                                               "name=systemd:/s\n",
                                               "1:name=systemdx:/s\n" };

        (void)state;
        for (size_t i = 0; i < N(t); i++) {
                char path[20] = "before";

                assert_int_equal(
                        proc_cgroup_parse(t[i].text, strlen(t[i].text), path, sizeof(path)), 0);
                assert_string_equal(path, t[i].path);
        }
        for (size_t i = 0; i < N(damaged); i++) {
                char path[20] = "before";

                assert_int_equal(
                        proc_cgroup_parse(damaged[i], strlen(damaged[i]), path, sizeof(path)),
                        -EINVAL);
                assert_string_equal(path, "before");
        }
        assert_int_equal(proc_cgroup_parse("0::/\n", 5, NULL, 0), -EINVAL);
}

/* Of a container of Docker's, and of the guard beside it. */
static void
cgroup_of_every_kind_of_machine_is_read(void **state)
{
#define V1(path)                                                                            \
        "12:pids:" path "\n11:perf_event:" path "\n10:memory:" path "\n9:cpu,cpuacct:" path \
        "\n8:rdma:/\n7:freezer:" path "\n2:misc:/\n"
        static const struct {
                const char *text, *path, *unified;
        } t[] = {
                /* pure version 2, and Docker with either of its drivers */
                { "0::/system.slice/oomguard.service\n", "/system.slice/oomguard.service",
                  "/system.slice/oomguard.service" },
                { "0::/system.slice/docker-4f1e.scope\n", "/system.slice/docker-4f1e.scope",
                  "/system.slice/docker-4f1e.scope" },
                { "0::/docker/4f1e\n", "/docker/4f1e", "/docker/4f1e" },
                /* hybrid, as Debian 10 and Ubuntu 20.04 */
                { V1("/system.slice/oomguard.service") "1:name=systemd:/system.slice/"
                                                       "oomguard.service\n"
                                                       "0::/system.slice/oomguard.service\n",
                  "/system.slice/oomguard.service", "/system.slice/oomguard.service" },
                { V1("/docker/4f1e") "1:name=systemd:/docker/4f1e\n"
                                     "0::/system.slice/containerd.service\n",
                  "/docker/4f1e", "/system.slice/containerd.service" },
                { V1("/user.slice/user-1000.slice/session-2.scope") "1:name=systemd:/user.slice/"
                                                                    "user-1000.slice/"
                                                                    "session-2.scope\n"
                                                                    "0::/user.slice/"
                                                                    "user-1000.slice/"
                                                                    "session-2.scope\n",
                  "/user.slice/user-1000.slice/session-2.scope",
                  "/user.slice/user-1000.slice/session-2.scope" },
                /* pure version 1, as CentOS 7 */
                { V1("/system.slice/sshd.service") "1:name=systemd:/system.slice/sshd.service\n",
                  "/system.slice/sshd.service", NULL },
                { V1("/docker/4f1e") "1:name=systemd:/docker/4f1e\n", "/docker/4f1e", NULL },
                /* the same with version 2 mounted by somebody: everybody is in its root */
                { V1("/system.slice/sshd.service") "1:name=systemd:/system.slice/sshd.service\n"
                                                   "0::/\n",
                  "/system.slice/sshd.service", "/" },
                /* version 1 without systemd: no path says where anybody belongs */
                { V1("/sshd"), NULL, NULL },
        };
#undef V1

        (void)state;
        for (size_t i = 0; i < N(t); i++) {
                char path[80] = "before", unified[80] = "before";
                size_t len = strlen(t[i].text);

                assert_int_equal(proc_cgroup_parse(t[i].text, len, path, sizeof(path)),
                                 t[i].path ? 0 : -EINVAL);
                assert_string_equal(path, t[i].path ? t[i].path : "before");
                assert_int_equal(proc_cgroup_unified(t[i].text, len, unified, sizeof(unified)),
                                 t[i].unified ? 0 : -EINVAL);
                assert_string_equal(unified, t[i].unified ? t[i].unified : "before");
        }
}

static void
unit_is_the_innermost_service_or_scope(void **state)
{
        static const struct {
                const char *cgroup, *unit;
        } t[] = {
                { "", "" },
                { "/", "" },
                { "/user.slice/user-1000.slice", "" },
                { "/system.slice/ssh.service", "ssh.service" },
                { "/system.slice/docker-12.scope/", "docker-12.scope" },
                { "/user.slice/user@1000.service/app.slice/app-firefox-12.scope/tab/x",
                  "app-firefox-12.scope" },
                { "/user.slice/user@1000.service/app.slice", "user@1000.service" },
                { "/a.service/.service", "a.service" },
                { "/a.service/.scope", "a.service" },
                { "/a.service/b.service (deleted)", "a.service" },
                { "/a.services/b.scopex", "" },
                { "x.scope", "x.scope" },
                { "user.slice", "" },
                { "//x.scope//", "x.scope" },
                { "/1234567890123456789012345.scope", "1234567890123456789012345" },
        };

        (void)state;
        for (size_t i = 0; i < N(t); i++) {
                char unit[26] = "before";

                proc_unit_of(t[i].cgroup, unit, sizeof(unit));
                assert_string_equal(unit, t[i].unit);
        }
        proc_unit_of("/a.service", NULL, 0);
}

int
main(void)
{
        const struct CMUnitTest cases[] = {
                cmocka_unit_test(stat_is_read_column_by_column),
                cmocka_unit_test(stat_keeps_hostile_names_apart_from_columns),
                cmocka_unit_test(stat_knows_zombies_and_kernel_threads),
                cmocka_unit_test(stat_reads_one_that_has_left_its_group),
                cmocka_unit_test(stat_refuses_every_prefix_or_reads_the_same),
                cmocka_unit_test(stat_refuses_damage),
                cmocka_unit_test(this_process_is_read_under_a_hostile_name),
                cmocka_unit_test(statm_is_read_whole_or_not_at_all),
                cmocka_unit_test(status_reads_kernel_6_1),
                cmocka_unit_test(status_refuses_a_text_cut_in_a_line_or_before_threads),
                cmocka_unit_test(status_without_memory_is_all_zero),
                cmocka_unit_test(status_knows_the_init_of_a_namespace),
                cmocka_unit_test(status_takes_the_last_of_a_kind),
                cmocka_unit_test(status_refuses_damage),
                cmocka_unit_test(cgroup_prefers_the_path_that_systemd_gave),
                cmocka_unit_test(cgroup_of_every_kind_of_machine_is_read),
                cmocka_unit_test(unit_is_the_innermost_service_or_scope),
        };

        return cmocka_run_group_tests(cases, NULL, NULL);
}
