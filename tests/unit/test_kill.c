/* SPDX-License-Identifier: MIT */
/*
 * The signal, sent to real children of our own, by pidfd.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kill.h"

enum { NOBODY_UID = 65534, PATIENCE_MS = 20000 };

struct child {
        pid_t pid;
        int pidfd;
};

static int
open_pidfd(pid_t pid)
{
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);

        assert_true(fd >= 0);
        return fd;
}

/* Lives until it is ended; SIGTERM is ignored when asked for. */
static struct child
spawn(bool ignore)
{
        int ready[2];
        char c;

        assert_int_equal(pipe(ready), 0);
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                (void)alarm(60);
                if (signal(SIGTERM, ignore ? SIG_IGN : SIG_DFL) == SIG_ERR ||
                    write(ready[1], "", 1) != 1)
                        _exit(1);
                for (;;)
                        (void)pause();
        }
        assert_int_equal(read(ready[0], &c, 1), 1);
        (void)close(ready[0]);
        (void)close(ready[1]);
        return (struct child){ pid, open_pidfd(pid) };
}

static void
wait_until_gone(const struct child *c)
{
        struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

        assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
}

static int
reap(const struct child *c)
{
        int status = 0;

        assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
        return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

static void
kill_send_ends_a_process_and_its_end_is_seen_before_it_is_reaped(void **state)
{
        struct child c = spawn(false);

        (void)state;
        assert_false(kill_is_gone(c.pidfd));
        assert_int_equal(kill_send(c.pidfd, 0), KILL_SENT);
        assert_false(kill_is_gone(c.pidfd));
        assert_int_equal(kill_send(c.pidfd, SIGTERM), KILL_SENT);
        wait_until_gone(&c);
        assert_true(kill_is_gone(c.pidfd));
        assert_int_equal(reap(&c), SIGTERM);
        assert_true(kill_is_gone(c.pidfd));
        (void)close(c.pidfd);
}

static void
kill_send_says_that_one_has_gone(void **state)
{
        struct child c = spawn(false);

        (void)state;
        assert_int_equal(kill_send(c.pidfd, SIGKILL), KILL_SENT);
        assert_int_equal(reap(&c), SIGKILL);
        assert_int_equal(kill_send(c.pidfd, SIGKILL), KILL_GONE);
        assert_int_equal(kill_send(c.pidfd, 0), KILL_GONE);
        (void)close(c.pidfd);
}

static void
kill_is_gone_is_not_fooled_by_one_that_ignores_or_is_stopped(void **state)
{
        struct child c = spawn(true);
        int status;

        (void)state;
        assert_int_equal(kill_send(c.pidfd, SIGTERM), KILL_SENT);
        assert_false(kill_is_gone(c.pidfd));
        assert_int_equal(kill_send(c.pidfd, SIGSTOP), KILL_SENT);
        assert_int_equal(waitpid(c.pid, &status, WUNTRACED), c.pid);
        assert_true(WIFSTOPPED(status));
        assert_false(kill_is_gone(c.pidfd));
        assert_int_equal(kill_send(c.pidfd, SIGKILL), KILL_SENT);
        wait_until_gone(&c);
        assert_true(kill_is_gone(c.pidfd));
        assert_int_equal(reap(&c), SIGKILL);
        (void)close(c.pidfd);
}

/* In a child that gives its privileges away: its parent belongs to somebody else then. */
static int
result_as_nobody(int pidfd)
{
        pid_t pid = fork();
        int status = 0;

        assert_true(pid >= 0);
        if (pid == 0) {
                if (setgid(NOBODY_UID) < 0 || setuid(NOBODY_UID) < 0)
                        _exit(100);
                int r = kill_send(pidfd, 0);

                _exit(r < 0 ? 101 : r);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
kill_send_says_that_it_may_not(void **state)
{
        struct child c;
        int r;

        (void)state;
        if (getuid() == 0) {
                c = spawn(false);
                r = result_as_nobody(c.pidfd);
                assert_int_equal(kill_send(c.pidfd, SIGKILL), KILL_SENT);
                (void)reap(&c);
                (void)close(c.pidfd);
                if (r == 100)
                        skip(); /* no such user in this namespace */
        } else {
                int fd = open_pidfd(1);

                r = kill_send(fd, 0);
                (void)close(fd);
                if (r == KILL_SENT)
                        skip(); /* process 1 is ours: a namespace */
        }
        assert_int_equal(r, KILL_REFUSED);
}

static void
kill_send_hands_other_errors_up_unchanged(void **state)
{
        struct child c = spawn(false);

        (void)state;
        assert_int_equal(kill_send(-1, SIGTERM), -EBADF);
        assert_int_equal(kill_send(c.pidfd, 9999), -EINVAL);
        assert_false(kill_is_gone(-1));
        assert_false(kill_is_gone(9999)); /* not open: nobody knows */
        assert_int_equal(kill_send(c.pidfd, SIGKILL), KILL_SENT);
        (void)reap(&c);
        (void)close(c.pidfd);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(kill_send_ends_a_process_and_its_end_is_seen_before_it_is_reaped),
                cmocka_unit_test(kill_send_says_that_one_has_gone),
                cmocka_unit_test(kill_is_gone_is_not_fooled_by_one_that_ignores_or_is_stopped),
                cmocka_unit_test(kill_send_says_that_it_may_not),
                cmocka_unit_test(kill_send_hands_other_errors_up_unchanged),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
