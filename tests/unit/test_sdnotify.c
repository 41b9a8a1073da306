/* SPDX-License-Identifier: MIT */
/*
 * Telling the service manager: where it listens, what of the environment is meant for whom, and
 * that it is never waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "fake_proc.h"
#include "sdnotify.h"

static struct sdnotify sd;
static int manager_fd;
static unsigned open_before;

static int
set_up(void **state)
{
        (void)state;
        fake_open();
        (void)unsetenv("NOTIFY_SOCKET");
        (void)unsetenv("WATCHDOG_USEC");
        (void)unsetenv("WATCHDOG_PID");
        manager_fd = -1;
        open_before = fake_count_open();
        return 0;
}

static int
tear_down(void **state)
{
        (void)state;
        sdnotify_close(&sd);
        if (manager_fd >= 0)
                (void)close(manager_fd);
        fake_close();
        return fake_count_open() != open_before;
}

/* Listens there; `name` as in the environment, with @ for the abstract ones. */
static void
listen_at(const char *name, int type)
{
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        size_t len = strlen(name);

        assert_true(len < sizeof(at.sun_path));
        memcpy(at.sun_path, name, len);
        if (*name == '@')
                at.sun_path[0] = '\0';
        manager_fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(manager_fd >= 0);
        assert_int_equal(bind(manager_fd, (struct sockaddr *)&at,
                              (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                         0);
        assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void
assert_heard(const char *text)
{
        char got[600];
        ssize_t n = recv(manager_fd, got, sizeof(got) - 1, 0);

        assert_true(n >= 0);
        got[n] = '\0';
        assert_string_equal(got, text);
}

static void
without_a_manager_nothing_is_opened_and_all_is_well(void **state)
{
        (void)state;
        assert_int_equal(sdnotify_open(&sd), 0);
        assert_int_equal(sd.fd, -1);
        assert_true(sdnotify_send(&sd, "READY=1"));
        (void)setenv("NOTIFY_SOCKET", "", 1);
        assert_int_equal(sdnotify_open(&sd), 0);
        assert_int_equal(sd.fd, -1);
        assert_int_equal(fake_count_open(), open_before);
}

static void
it_is_told_at_a_path(void **state)
{
        (void)state;
        listen_at(fake_path("notify"), SOCK_DGRAM);
        assert_int_equal(sdnotify_open(&sd), 0);
        assert_true(sdnotify_send(&sd, "STATUS=%s: %d", "calm", 7));
        assert_heard("STATUS=calm: 7");
}

static void
it_is_told_at_an_abstract_name(void **state)
{
        char name[80];

        (void)state;
        (void)snprintf(name, sizeof(name), "@oomguard/test/%d", (int)getpid());
        listen_at(name, SOCK_DGRAM);
        assert_int_equal(sdnotify_open(&sd), 0);
        assert_true(sdnotify_send(&sd, "READY=1"));
        assert_heard("READY=1");
}

/* The whole of sun_path, as systemd itself may use it. */
static void
the_longest_name_is_told_too(void **state)
{
        char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1] = "@";

        (void)state;
        memset(name + 1, 'a', sizeof(name) - 3);
        name[sizeof(name) - 2] = '\0';
        listen_at(name, SOCK_DGRAM);
        assert_int_equal(sdnotify_open(&sd), 0);
        assert_true(sdnotify_send(&sd, "READY=1"));
        assert_heard("READY=1");
        sdnotify_close(&sd);
        memset(name + 1, 'a', sizeof(name) - 2);
        name[sizeof(name) - 1] = '\0';
        (void)setenv("NOTIFY_SOCKET", name, 1);
        assert_int_equal(sdnotify_open(&sd), -ENAMETOOLONG);
        assert_int_equal(sd.fd, -1);
}

static void
what_is_no_address_is_refused(void **state)
{
        static const char *const bad[] = { "/", "@", "relative", "vsock:2:1234", "x" };

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                (void)setenv("NOTIFY_SOCKET", bad[i], 1);
                assert_int_equal(sdnotify_open(&sd), -EINVAL);
                assert_int_equal(sd.fd, -1);
        }
        (void)setenv("NOTIFY_SOCKET", fake_path("nobody"), 1);
        assert_int_equal(sdnotify_open(&sd), -ENOENT);
        assert_int_equal(sd.fd, -1);
        listen_at(fake_path("stream"), SOCK_STREAM);
        assert_int_equal(sdnotify_open(&sd), -EPROTOTYPE);
        assert_int_equal(sd.fd, -1);
        assert_int_equal(fake_count_open(), open_before + 1);
}

static void
nobody_reading_is_not_waited_for_and_told_to_the_caller(void **state)
{
        unsigned n = 0;

        (void)state;
        listen_at(fake_path("notify"), SOCK_DGRAM);
        assert_int_equal(sdnotify_open(&sd), 0);
        while (sdnotify_send(&sd, "WATCHDOG=1"))
                assert_true(++n < 100000);
        assert_true(n > 0);
        assert_heard("WATCHDOG=1");
        assert_true(sdnotify_send(&sd, "READY=1"));
        (void)close(manager_fd);
        manager_fd = -1;
        assert_false(sdnotify_send(&sd, "WATCHDOG=1"));
}

static void
what_does_not_fit_is_not_sent_in_part(void **state)
{
        char text[600], got[8];

        (void)state;
        listen_at(fake_path("notify"), SOCK_DGRAM);
        assert_int_equal(sdnotify_open(&sd), 0);
        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        assert_false(sdnotify_send(&sd, "STATUS=%s", text));
        assert_int_equal(recv(manager_fd, got, sizeof(got), 0), -1);
        text[500] = '\0';
        assert_true(sdnotify_send(&sd, "STATUS=%s", text));
}

/* ---- the watchdog ---- */

static uint64_t
watchdog(const char *usec, const char *pid)
{
        if (manager_fd < 0)
                listen_at(fake_path("notify"), SOCK_DGRAM);
        (void)unsetenv("WATCHDOG_PID");
        if (pid)
                (void)setenv("WATCHDOG_PID", pid, 1);
        (void)setenv("WATCHDOG_USEC", usec, 1);
        assert_int_equal(sdnotify_open(&sd), 0);
        assert_true(sd.fd >= 0);
        uint64_t us = sd.watchdog_us;

        sdnotify_close(&sd);
        assert_int_equal(sd.watchdog_us, 0);
        return us;
}

static void
the_watchdog_is_for_this_process_only(void **state)
{
        char own[16], other[16];

        (void)state;
        (void)snprintf(own, sizeof(own), "%d", (int)getpid());
        (void)snprintf(other, sizeof(other), "%d", (int)getppid());
        assert_int_equal(watchdog("10000000", NULL), 10000000);
        assert_int_equal(watchdog("10000000", own), 10000000);
        assert_int_equal(watchdog("10000000", other), 0);
        assert_int_equal(watchdog("10000000", ""), 0);
        assert_int_equal(watchdog("10000000", "me"), 0);
        assert_int_equal(watchdog("10000000", "99999999999999999999"), 0);
}

static void
a_watchdog_without_a_time_is_none(void **state)
{
        static const char *const bad[] = { "", "0", "10s", "-1", " 5", "99999999999999999999" };

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(watchdog(bad[i], NULL), 0);
        /* Without a manager there is nobody who would watch. */
        (void)unsetenv("NOTIFY_SOCKET");
        (void)setenv("WATCHDOG_USEC", "5", 1);
        assert_int_equal(sdnotify_open(&sd), 0);
        assert_int_equal(sd.watchdog_us, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                CASE(without_a_manager_nothing_is_opened_and_all_is_well),
                CASE(it_is_told_at_a_path),
                CASE(it_is_told_at_an_abstract_name),
                CASE(the_longest_name_is_told_too),
                CASE(what_is_no_address_is_refused),
                CASE(nobody_reading_is_not_waited_for_and_told_to_the_caller),
                CASE(what_does_not_fit_is_not_sent_in_part),
                CASE(the_watchdog_is_for_this_process_only),
                CASE(a_watchdog_without_a_time_is_none),
        };

        (void)signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
