/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pulse.h"

static void
a_loop_that_ticks_lives(void **state)
{
        struct pulse_seen seen = { 0 };

        (void)state;
        assert_true(pulse_lives(&seen, 1, 1, 1000));
        assert_true(pulse_lives(&seen, 2, 2, 2000));
        assert_true(pulse_lives(&seen, 900, 3, 3000));
}

static void
a_loop_that_has_not_ticked_since_does_not(void **state)
{
        struct pulse_seen seen = { 0 };

        (void)state;
        assert_false(pulse_lives(&seen, 0, 1, 1000));
        assert_true(pulse_lives(&seen, 7, 2, 2000));
        assert_false(pulse_lives(&seen, 7, 3, 3000));
        assert_true(pulse_lives(&seen, 8, 3, 4000));
}

static void
an_errand_thread_that_is_stuck_for_a_while_is_no_reason(void **state)
{
        struct pulse_seen seen = { 0 };

        (void)state;
        assert_true(pulse_lives(&seen, 1, 5, 1000));
        assert_true(pulse_lives(&seen, 2, 5, 1000 + PULSE_ERRAND_US - 1));
        assert_false(pulse_lives(&seen, 3, 5, 1000 + PULSE_ERRAND_US));
        assert_true(pulse_lives(&seen, 4, 6, 1001 + PULSE_ERRAND_US));
}

static void
without_a_watchdog_there_is_no_thread(void **state)
{
        static struct share share;
        struct sdnotify sd = { .fd = -1, .watchdog_us = 1000000 };
        struct pulse p;

        (void)state;
        assert_int_equal(pulse_start(&p, &share, &sd), 0);
        assert_int_equal(p.stop_fd, -1);
        pulse_stop(&p);
}

static void
it_pings_while_the_counters_move_and_stops_when_told(void **state)
{
        static struct share share;
        struct sdnotify sd = { .watchdog_us = 4000 };
        struct pulse p;
        char text[64];
        int pair[2];

        (void)state;
        assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
        sd.fd = pair[0];
        assert_int_equal(pulse_start(&p, &share, &sd), 0);
        for (unsigned i = 0; i < 3; i++) {
                struct pollfd in = { .fd = pair[1], .events = POLLIN };

                /* As often as it takes: whoever looks between two ticks sees none. */
                do {
                        atomic_fetch_add(&share.ticks, 1);
                } while (poll(&in, 1, 1) == 0);
                ssize_t n = recv(pair[1], text, sizeof(text) - 1, 0);

                assert_true(n > 0);
                text[n] = '\0';
                assert_string_equal(text, "WATCHDOG=1");
        }
        pulse_stop(&p);
        /* Those that were on their way. */
        while (recv(pair[1], text, sizeof(text), MSG_DONTWAIT) > 0)
                ;
        atomic_fetch_add(&share.ticks, 1);
        (void)usleep(20000);
        assert_int_equal(recv(pair[1], text, sizeof(text), MSG_DONTWAIT), -1);
        (void)close(pair[0]);
        (void)close(pair[1]);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_loop_that_ticks_lives),
                cmocka_unit_test(a_loop_that_has_not_ticked_since_does_not),
                cmocka_unit_test(an_errand_thread_that_is_stuck_for_a_while_is_no_reason),
                cmocka_unit_test(without_a_watchdog_there_is_no_thread),
                cmocka_unit_test(it_pings_while_the_counters_move_and_stops_when_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
