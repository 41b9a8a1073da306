/* SPDX-License-Identifier: MIT */
/*
 * stderr as a file, a pipe that nobody reads, a closed one, and a socket such as journald's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "message.h"
#include "report.h"

/* What blocks is ended by this, with a failure. */
enum { ALARM_S = 20 };

static int kept; /* the real stderr */
static struct report report;

static void
put_in_place_of_stderr(int fd)
{
        kept = dup(STDERR_FILENO);
        assert_true(kept >= 0);
        assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
        (void)alarm(ALARM_S);
        report_open(&report, "oomguard");
}

static void
put_stderr_back(void)
{
        report_close(&report);
        assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
        (void)close(kept);
        (void)alarm(0);
}

static void
assert_reads(int fd, const char *want)
{
        char got[4096];
        ssize_t n = read(fd, got, sizeof(got) - 1);

        assert_true(n >= 0);
        got[n] = '\0';
        assert_string_equal(got, want);
}

static void
report_line_puts_the_level_in_front(void **state)
{
        int fd[2];

        (void)state;
        assert_int_equal(pipe(fd), 0);
        put_in_place_of_stderr(fd[1]);
        assert_true(report.owned);
        assert_false(report.plain);
        report_line(&report, MESSAGE_WARNING, "%s %d", "line", 7);
        report_line(&report, MESSAGE_INFO, "100%%");
        put_stderr_back();
        assert_reads(fd[0], "<4>oomguard: line 7\n<6>oomguard: 100%\n");
        (void)close(fd[0]);
        (void)close(fd[1]);
}

static void
report_open_knows_a_terminal(void **state)
{
        int master = posix_openpt(O_RDWR | O_NOCTTY);
        int fd = -1;

        (void)state;
        if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0)
                fd = open(ptsname(master), O_RDWR | O_NOCTTY);
        if (fd < 0)
                skip(); /* no /dev/pts here */
        put_in_place_of_stderr(fd);
        bool plain = report.plain;

        report_line(&report, MESSAGE_WARNING, "line");
        put_stderr_back();
        assert_true(plain);
        assert_reads(master, "oomguard: line\r\n");
        (void)close(fd);
        (void)close(master);
}

static void
report_line_has_no_level_on_a_terminal(void **state)
{
        int fd[2];

        (void)state;
        assert_int_equal(pipe(fd), 0);
        put_in_place_of_stderr(fd[1]);
        report.plain = true;
        report_line(&report, MESSAGE_WARNING, "line");
        report.lost = 3;
        report_line(&report, MESSAGE_WARNING, "line");
        put_stderr_back();
        assert_reads(fd[0], "oomguard: line\n"
                            "oomguard: 3 lines are lost: nobody read them\n"
                            "oomguard: line\n");
        (void)close(fd[0]);
        (void)close(fd[1]);
}

static void
report_line_cuts_what_is_too_long_and_ends_it_all_the_same(void **state)
{
        char text[3 * MESSAGE_MAX], got[4096];
        int fd[2];

        (void)state;
        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        assert_int_equal(pipe(fd), 0);
        put_in_place_of_stderr(fd[1]);
        report_line(&report, MESSAGE_WARNING, "%s", text);
        text[MESSAGE_MAX - 1] = '\0'; /* the longest that message.c makes */
        report_line(&report, MESSAGE_WARNING, "%s", text);
        put_stderr_back();
        ssize_t n = read(fd[0], got, sizeof(got) - 1);

        assert_true(n > 0);
        got[n] = '\0';
        char *end = strchr(got, '\n');

        assert_non_null(end);
        assert_true(end - got >= MESSAGE_MAX && end - got < MESSAGE_MAX + 100);
        assert_int_equal(strlen(end + 1), strlen("<4>oomguard: ") + MESSAGE_MAX - 1 + 1);
        (void)close(fd[0]);
        (void)close(fd[1]);
}

/* Lines that were read, and those that were said to be lost. */
static void
count_lines(int fd, uint64_t *ret_read, uint64_t *ret_lost)
{
        char got[4096 + 1];
        ssize_t n = read(fd, got, sizeof(got) - 1);

        *ret_read = *ret_lost = 0;
        assert_true(n > 0);
        got[n] = '\0';
        for (char *p = got; *p; p = strchr(p, '\n') + 1) {
                assert_memory_equal(p, "<4>oomguard: ", 13);
                if (strspn(p + 13, "0123456789") == 100)
                        (*ret_read)++;
                else
                        *ret_lost += strtoull(p + 13, NULL, 10);
        }
}

static void
report_line_loses_and_counts_what_nobody_reads_and_never_waits(void **state)
{
        uint64_t n_read, n_lost;
        char want[256];
        int fd[2];

        (void)state;
        assert_int_equal(pipe(fd), 0);
        assert_true(fcntl(fd[1], F_SETPIPE_SZ, 4096) >= 4096);
        put_in_place_of_stderr(fd[1]);
        for (unsigned i = 0; i < 1000; i++)
                report_line(&report, MESSAGE_WARNING, "%0100u", i);
        uint64_t lost = report.lost;
        int flags = fcntl(fd[1], F_GETFL);

        count_lines(fd[0], &n_read, &n_lost);
        report_line(&report, MESSAGE_WARNING, "last");
        put_stderr_back();
        /* everybody else's end still waits: its flags are not ours to change */
        assert_int_equal(flags & O_NONBLOCK, 0);
        assert_in_range(n_read, 30, 40);
        assert_int_equal(n_read + n_lost + lost, 1000);
        (void)snprintf(want, sizeof(want),
                       "<4>oomguard: %llu lines are lost: nobody read them\n<4>oomguard: last\n",
                       (unsigned long long)lost);
        assert_reads(fd[0], want);
        (void)close(fd[0]);
        (void)close(fd[1]);
}

static void
report_line_does_not_wait_on_a_description_that_is_not_its_own(void **state)
{
        int fd[2];

        (void)state;
        assert_int_equal(pipe(fd), 0);
        put_in_place_of_stderr(fd[1]);
        report_close(&report);
        /* as when /proc/self/fd/2 belongs to somebody else and may not be opened anew */
        assert_false(report.owned);
        for (unsigned i = 0; i < 2000; i++)
                report_line(&report, MESSAGE_WARNING, "%0100u", i);
        uint64_t lost = report.lost;

        put_stderr_back();
        assert_in_range(lost, 1000, 1990);
        (void)close(fd[0]);
        (void)close(fd[1]);
}

static void
report_line_survives_a_reader_that_has_gone(void **state)
{
        int fd[2];

        (void)state;
        assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
        assert_int_equal(pipe(fd), 0);
        put_in_place_of_stderr(fd[1]);
        (void)close(fd[0]);
        for (unsigned i = 0; i < 10; i++)
                report_line(&report, MESSAGE_WARNING, "line");
        assert_int_equal(report.lost, 10);
        put_stderr_back();
        (void)close(fd[1]);
}

static void
report_line_appends_to_a_file(void **state)
{
        FILE *f = tmpfile();

        (void)state;
        assert_non_null(f);
        assert_true(fputs("before\n", f) >= 0);
        assert_int_equal(fflush(f), 0);
        put_in_place_of_stderr(fileno(f));
        report_line(&report, MESSAGE_NOTICE, "line");
        put_stderr_back();
        rewind(f);
        assert_reads(fileno(f), "before\n<5>oomguard: line\n");
        (void)fclose(f);
}

/* journald gives stdout and stderr a stream socket; a stopped one stops reading. */
static void
report_line_never_waits_for_a_stopped_journal(void **state)
{
        char got[64];
        int fd[2];

        (void)state;
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
        put_in_place_of_stderr(fd[1]);
        assert_true(report.is_socket);
        assert_false(report.owned);
        report_line(&report, MESSAGE_WARNING, "line");
        assert_reads(fd[0], "<4>oomguard: line\n");
        for (unsigned i = 0; i < 20000; i++)
                report_line(&report, MESSAGE_WARNING, "%0100u", i);
        assert_true(report.lost > 1000);
        assert_int_equal(fcntl(fd[1], F_GETFL) & O_NONBLOCK, 0);
        while (recv(fd[0], got, sizeof(got), MSG_DONTWAIT) > 0) {
        }
        report_line(&report, MESSAGE_WARNING, "last");
        assert_int_equal(report.lost, 0);
        /* and one that has gone raises no signal */
        assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
        (void)close(fd[0]);
        report_line(&report, MESSAGE_WARNING, "nobody");
        assert_int_equal(report.lost, 1);
        put_stderr_back();
        (void)close(fd[1]);
}

static void
report_close_may_be_called_again(void **state)
{
        int fd[2];

        (void)state;
        assert_int_equal(pipe(fd), 0);
        put_in_place_of_stderr(fd[1]);
        int own = report.fd;

        assert_int_not_equal(own, STDERR_FILENO);
        report_close(&report);
        assert_int_equal(fcntl(own, F_GETFD), -1);
        report_close(&report);
        assert_int_equal(report.fd, STDERR_FILENO);
        put_stderr_back();
        (void)close(fd[0]);
        (void)close(fd[1]);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(report_line_puts_the_level_in_front),
                cmocka_unit_test(report_open_knows_a_terminal),
                cmocka_unit_test(report_line_has_no_level_on_a_terminal),
                cmocka_unit_test(report_line_cuts_what_is_too_long_and_ends_it_all_the_same),
                cmocka_unit_test(report_line_loses_and_counts_what_nobody_reads_and_never_waits),
                cmocka_unit_test(report_line_does_not_wait_on_a_description_that_is_not_its_own),
                cmocka_unit_test(report_line_survives_a_reader_that_has_gone),
                cmocka_unit_test(report_line_appends_to_a_file),
                cmocka_unit_test(report_line_never_waits_for_a_stopped_journal),
                cmocka_unit_test(report_close_may_be_called_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
