/* SPDX-License-Identifier: MIT */
/*
 * The reaper's queue and its thread, with pidfds of real children.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "reaper.h"

enum { PATIENCE_MS = 20000 };

static struct reaper r;

static int
set_up(void **state)
{
        (void)state;
        memset(&r, 0, sizeof(r));
        return 0;
}

static void
wait_until_taken(uint32_t n)
{
        for (unsigned ms = 0; ms < PATIENCE_MS && atomic_load(&r.n_taken) < n; ms++)
                (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        assert_int_equal(atomic_load(&r.n_taken), n);
}

static pid_t
spawn(int *ret_pidfd)
{
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                (void)alarm(60);
                for (;;)
                        (void)pause();
        }
        *ret_pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        assert_true(*ret_pidfd >= 0);
        return pid;
}

static bool
has_ended(int pidfd)
{
        struct pollfd p = { .fd = pidfd, .events = POLLIN };

        return poll(&p, 1, 0) == 1;
}

static void
reaper_takes_what_was_put_when_it_is_woken(void **state)
{
        (void)state;
        assert_int_equal(reaper_start(&r), 0);
        reaper_put(&r, -1);
        reaper_put(&r, -1);
        reaper_wake(&r);
        wait_until_taken(2);
        reaper_put(&r, -1);
        reaper_wake(&r);
        wait_until_taken(3);
        reaper_stop(&r);
}

static void
reaper_takes_what_was_put_before_it_is_stopped(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 100; i++) {
                set_up(NULL);
                assert_int_equal(reaper_start(&r), 0);
                if (i % 2 == 0)
                        reaper_wake(&r);
                reaper_put(&r, -1);
                reaper_wake(&r);
                wait_until_taken(1);
                reaper_stop(&r);
        }
}

static void
reaper_closes_what_it_opened_and_nothing_else(void **state)
{
        int pidfd, lowest = open("/dev/null", O_RDONLY);

        (void)state;
        (void)close(lowest);
        pid_t pid = spawn(&pidfd);

        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(reaper_start(&r), 0);
        assert_true(fcntl(r.wake_fd, F_GETFD) & FD_CLOEXEC);
        reaper_put(&r, pidfd);
        reaper_wake(&r);
        wait_until_taken(1);
        reaper_stop(&r);
        assert_true(fcntl(pidfd, F_GETFD) >= 0);
        (void)close(pidfd);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        pidfd = open("/dev/null", O_RDONLY);
        assert_int_equal(pidfd, lowest);
        (void)close(pidfd);
}

static void
reaper_accepts_a_child_that_was_killed(void **state)
{
        int pidfd, status;

        (void)state;
        assert_int_equal(reaper_start(&r), 0);
        for (unsigned i = 0; i < 20; i++) {
                pid_t pid = spawn(&pidfd);

                assert_int_equal(kill(pid, SIGKILL), 0);
                reaper_put(&r, pidfd);
                reaper_wake(&r);
                wait_until_taken(i + 1);
                assert_int_equal(waitpid(pid, &status, 0), pid);
                assert_true(WIFSIGNALED(status));
                (void)close(pidfd);
        }
        reaper_stop(&r);
}

static void
reaper_gives_the_ballast_back_when_it_is_told(void **state)
{
        static struct ballast b;

        (void)state;
        assert_int_equal(ballast_open(&b), 0);
        ballast_hold(&b);
        r.ballast = &b;
        assert_int_equal(reaper_start(&r), 0);
        reaper_put(&r, -1);
        reaper_wake(&r);
        wait_until_taken(1);
        assert_true(atomic_load(&b.held));
        reaper_drop_ballast(&r);
        for (unsigned ms = 0; ms < PATIENCE_MS && atomic_load(&b.held); ms++)
                (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        assert_false(atomic_load(&b.held));
        reaper_stop(&r);
        ballast_close(&b);
}

/* Who has had no SIGKILL, or is no process at all, is refused by the kernel. */
static void
reaper_does_no_harm_to_anybody_else(void **state)
{
        int pidfd;
        pid_t pid = spawn(&pidfd);

        (void)state;
        assert_int_equal(reaper_start(&r), 0);
        reaper_put(&r, pidfd);
        reaper_put(&r, r.wake_fd);
        reaper_put(&r, STDIN_FILENO);
        reaper_wake(&r);
        wait_until_taken(3);
        assert_false(has_ended(pidfd));
        reaper_stop(&r);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        (void)close(pidfd);
}

static void
reaper_put_drops_what_does_not_fit(void **state)
{
        (void)state;
        for (int i = 0; i < ROSTER_MAX + 5; i++)
                reaper_put(&r, -1 - i);
        assert_int_equal(atomic_load(&r.n_put), ROSTER_MAX);
        assert_int_equal(r.pidfd[0], -1);
        assert_int_equal(r.pidfd[ROSTER_MAX - 1], -ROSTER_MAX);
        assert_int_equal(reaper_start(&r), 0);
        reaper_wake(&r);
        wait_until_taken(ROSTER_MAX);
        reaper_put(&r, -1000);
        assert_int_equal(r.pidfd[0], -1000);
        reaper_wake(&r);
        wait_until_taken(ROSTER_MAX + 1);
        reaper_stop(&r);
}

static void
reaper_counts_for_ever(void **state)
{
        (void)state;
        atomic_store(&r.n_put, UINT32_MAX - 3);
        atomic_store(&r.n_taken, UINT32_MAX - 3);
        for (int i = 0; i < ROSTER_MAX + 5; i++)
                reaper_put(&r, -1);
        assert_int_equal(atomic_load(&r.n_put), ROSTER_MAX - 4);
        assert_int_equal(reaper_start(&r), 0);
        reaper_wake(&r);
        for (unsigned ms = 0; ms < PATIENCE_MS && atomic_load(&r.n_taken) != ROSTER_MAX - 4; ms++)
                (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        assert_int_equal(atomic_load(&r.n_taken), ROSTER_MAX - 4);
        reaper_stop(&r);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(reaper_takes_what_was_put_when_it_is_woken, set_up),
                cmocka_unit_test_setup(reaper_takes_what_was_put_before_it_is_stopped, set_up),
                cmocka_unit_test_setup(reaper_closes_what_it_opened_and_nothing_else, set_up),
                cmocka_unit_test_setup(reaper_gives_the_ballast_back_when_it_is_told, set_up),
                cmocka_unit_test_setup(reaper_accepts_a_child_that_was_killed, set_up),
                cmocka_unit_test_setup(reaper_does_no_harm_to_anybody_else, set_up),
                cmocka_unit_test_setup(reaper_put_drops_what_does_not_fit, set_up),
                cmocka_unit_test_setup(reaper_counts_for_ever, set_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
