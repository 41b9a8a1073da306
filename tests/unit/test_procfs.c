/* SPDX-License-Identifier: MIT */
/*
 * Paths, reads and links below /proc: a tree of our own where the text matters, real children where
 * only a kernel can answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "fake_proc.h"
#include "procfs.h"

static int proc_fd = -1;

static int
set_up(void **state)
{
        (void)state;
        fake_open();
        proc_fd = open(fake_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return proc_fd < 0;
}

static int
tear_down(void **state)
{
        (void)state;
        (void)close(proc_fd);
        fake_close();
        return 0;
}

/* ---- paths ---- */

static void
procfs_path_names_a_file_of_a_process_or_of_a_thread(void **state)
{
        static const struct {
                int32_t pid, tid;
                const char *file, *path;
        } cases[] = {
                { 1, 0, "statm", "1/statm" },
                { 4711, 0, "ns/mnt", "4711/ns/mnt" },
                { 4711, 4712, "status", "4711/task/4712/status" },
                { INT32_MAX, INT32_MAX, "x", "2147483647/task/2147483647/x" },
                { -1, 0, "stat", "0/stat" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char path[PROCFS_PATH_MAX];

                procfs_path(path, sizeof(path), cases[i].pid, cases[i].tid, cases[i].file);
                assert_string_equal(path, cases[i].path);
        }
}

static void
procfs_path_stays_within_its_room(void **state)
{
        char path[8] = "zzzzzzz";

        (void)state;
        procfs_path(path, 6, 12, 34, "status");
        assert_string_equal(path, "12/ta");
        assert_int_equal(path[6], 'z');
        procfs_path(path, 1, 12, 34, "status");
        assert_string_equal(path, "");
}

/* ---- reads ---- */

static void
procfs_read_says_how_much_it_read_and_ends_it_with_a_zero(void **state)
{
        char text[16];

        (void)state;
        memset(text, 'z', sizeof(text));
        fake_text(PID, "comm", "sleep\n");
        assert_int_equal(procfs_read(proc_fd, PID, 0, "comm", text, sizeof(text)), 6);
        assert_string_equal(text, "sleep\n");
        fake_text(PID, "comm", "");
        assert_int_equal(procfs_read(proc_fd, PID, 0, "comm", text, sizeof(text)), 0);
        assert_string_equal(text, "");
}

static void
procfs_read_cuts_what_does_not_fit(void **state)
{
        char text[8] = "zzzzzzz";

        (void)state;
        fake_text(PID, "cmdline", "one two three");
        assert_int_equal(procfs_read(proc_fd, PID, 0, "cmdline", text, 5), 4);
        assert_string_equal(text, "one ");
        assert_int_equal(text[5], 'z');
}

static void
procfs_read_says_why_not(void **state)
{
        char text[16];
        unsigned open_before = fake_count_open();

        (void)state;
        assert_int_equal(procfs_read(proc_fd, PID, 0, "stat", text, sizeof(text)), -ENOENT);
        assert_int_equal(procfs_open(proc_fd, PID, 0, "stat"), -ENOENT);
        fake_link(PID, "exe", "nothing");
        assert_int_equal(procfs_read(proc_fd, PID, 0, "ns", text, sizeof(text)), -EISDIR);
        assert_int_equal(procfs_read(-1, PID, 0, "stat", text, sizeof(text)), -EBADF);
        assert_int_equal(fake_count_open(), open_before);
}

static void
procfs_reread_begins_at_the_start_each_time(void **state)
{
        char text[16];

        (void)state;
        fake_text(PID, "statm", "1 1 1\n");
        int fd = procfs_open(proc_fd, PID, 0, "statm");

        assert_true(fd >= 0);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        assert_int_equal(procfs_reread(fd, text, sizeof(text)), 6);
        fake_text(PID, "statm", "23 1 1\n");
        assert_int_equal(procfs_reread(fd, text, sizeof(text)), 7);
        assert_string_equal(text, "23 1 1\n");
        (void)close(fd);
}

/* ---- a status of any length ---- */

/* A status with so many groups, and a line of so many bytes behind its keys. */
static char *
long_status(unsigned n_groups, unsigned n_tail)
{
        size_t size = 1024 + 12 * (size_t)n_groups + n_tail;
        char *text = malloc(size);
        FILE *f = text ? fmemopen(text, size, "w") : NULL;

        assert_non_null(f);
        (void)fputs("Name:\tx\nUid:\t7\t7\t7\t7\nGroups:\t", f);
        for (unsigned i = 0; i < n_groups; i++)
                (void)fputs("1000000000 ", f);
        (void)fputs("\nNSpid:\t5\nRssAnon:\t 100 kB\nVmSwap:\t 20 kB\nThreads:\t1\n", f);
        if (n_tail > 0)
                (void)fprintf(f, "Mems_allowed:\t%0*d\n", (int)n_tail, 1);
        (void)fclose(f);
        return text;
}

static int
parse_long(unsigned n_groups, unsigned n_tail, struct proc_status *ret)
{
        char text[PROCFS_TEXT_MAX], *status = long_status(n_groups, n_tail);

        fake_text(PID, "status", status);
        free(status);
        ssize_t n = procfs_read(proc_fd, PID, 0, "status", text, sizeof(text));

        assert_true(n > 0 && n < PROCFS_TEXT_MAX);
        assert_int_equal(strlen(text), n);
        return proc_status_parse(text, (size_t)n, ret);
}

static void
procfs_read_finds_the_sizes_behind_any_number_of_groups(void **state)
{
        (void)state;
        for (unsigned n = 0; n<5600; n += n> 300 && n < 5500 ? 97 : 1) {
                struct proc_status st = { 0 };

                assert_int_equal(parse_long(n, 0, &st), 0);
                assert_int_equal(st.uid, 7);
                assert_int_equal(st.anon_kib, 100);
                assert_int_equal(st.swap_kib, 20);
        }
}

static void
procfs_read_does_not_follow_groups_without_end(void **state)
{
        struct proc_status st = { 0 };

        (void)state;
        assert_int_equal(parse_long(65536, 0, &st), -EINVAL);
        assert_int_equal(parse_long(6800, 0, &st), -EINVAL);
}

static void
procfs_read_finds_the_sizes_before_a_long_tail(void **state)
{
        (void)state;
        for (unsigned n = 3900; n < 4200; n++) {
                struct proc_status st = { 0 };

                assert_int_equal(parse_long(2, n, &st), 0);
                assert_int_equal(st.anon_kib, 100);
                assert_int_equal(parse_long(340, n, &st), 0);
                assert_int_equal(st.anon_kib, 100);
        }
}

static void
procfs_read_leaves_other_long_texts_alone(void **state)
{
        char *status = long_status(500, 0), text[PROCFS_TEXT_MAX];

        (void)state;
        status[0] = 'n';
        fake_text(PID, "cmdline", status);
        assert_int_equal(procfs_read(proc_fd, PID, 0, "cmdline", text, sizeof(text)),
                         sizeof(text) - 1);
        assert_memory_equal(text, status, sizeof(text) - 1);
        free(status);
        /* One line without an end. */
        memset(text, 'x', sizeof(text));
        memcpy(text, "Name:\t", 6);
        fake_bytes(PID, "status", text, sizeof(text));
        assert_int_equal(procfs_read(proc_fd, PID, 0, "status", text, sizeof(text)),
                         sizeof(text) - 1);
}

/* ---- links, stat, pidfds ---- */

static void
procfs_link_tells_where_it_points_cut_to_its_room(void **state)
{
        char text[32];

        (void)state;
        fake_link(PID, "exe", "/usr/bin/no such program");
        assert_int_equal(procfs_link(proc_fd, PID, "exe", text, sizeof(text)), 24);
        assert_string_equal(text, "/usr/bin/no such program");
        assert_int_equal(procfs_link(proc_fd, PID, "exe", text, 5), 4);
        assert_string_equal(text, "/usr");
        assert_int_equal(procfs_link(proc_fd, PID, "cwd", text, sizeof(text)), -ENOENT);
}

static void
procfs_stat_refuses_what_is_none(void **state)
{
        struct proc_stat st = { .pid = 42 };

        (void)state;
        assert_int_equal(procfs_stat(proc_fd, PID, &st), -ENOENT);
        fake_text(PID, "stat", "");
        assert_int_equal(procfs_stat(proc_fd, PID, &st), -EINVAL);
        assert_int_equal(st.pid, 42);
        fake_put((struct fake){ .pid = PID, .ppid = 3, .start_ticks = 5, .name = "a) b" });
        assert_int_equal(procfs_stat(proc_fd, PID, &st), 0);
        assert_int_equal(st.pid, PID);
        assert_int_equal(st.ppid, 3);
        assert_int_equal(st.start_ticks, 5);
        assert_string_equal(st.name, "a) b");
}

static pid_t
spawn(void)
{
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                (void)alarm(60);
                for (;;)
                        (void)pause();
        }
        return pid;
}

static void
procfs_pidfd_opens_only_the_process_that_was_meant(void **state)
{
        int real_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        pid_t pid = spawn();
        struct proc_stat st;

        (void)state;
        assert_int_equal(procfs_stat(real_fd, pid, &st), 0);
        unsigned open_before = fake_count_open();

        assert_int_equal(procfs_pidfd(real_fd, pid, st.start_ticks + 1), -ESRCH);
        assert_int_equal(procfs_pidfd(proc_fd, pid, st.start_ticks), -ENOENT);
        assert_int_equal(fake_count_open(), open_before);
        int fd = procfs_pidfd(real_fd, pid, st.start_ticks);

        assert_true(fd >= 0);
        assert_int_equal(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_int_equal(procfs_pidfd(real_fd, pid, st.start_ticks), -ESRCH);
        (void)close(fd);
        (void)close(real_fd);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                CASE(procfs_path_names_a_file_of_a_process_or_of_a_thread),
                CASE(procfs_path_stays_within_its_room),
                CASE(procfs_read_says_how_much_it_read_and_ends_it_with_a_zero),
                CASE(procfs_read_cuts_what_does_not_fit),
                CASE(procfs_read_says_why_not),
                CASE(procfs_reread_begins_at_the_start_each_time),
                CASE(procfs_read_finds_the_sizes_behind_any_number_of_groups),
                CASE(procfs_read_does_not_follow_groups_without_end),
                CASE(procfs_read_finds_the_sizes_before_a_long_tail),
                CASE(procfs_read_leaves_other_long_texts_alone),
                CASE(procfs_link_tells_where_it_points_cut_to_its_room),
                CASE(procfs_stat_refuses_what_is_none),
                CASE(procfs_pidfd_opens_only_the_process_that_was_meant),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
