/* SPDX-License-Identifier: MIT */
/*
 * What waits to be shown, and how often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "notify/waiting.h"

static struct notice
notice_of(enum notice_kind kind, int32_t pid)
{
        return (struct notice){ .kind = kind, .rec.process = { .pid = pid, .n = 1 } };
}

static void
push(struct waiting *w, enum notice_kind kind, int32_t pid)
{
        struct notice n = notice_of(kind, pid);

        waiting_push(w, &n);
}

static void
assert_takes(struct waiting *w, enum notice_kind kind, int32_t pid)
{
        struct notice n;

        assert_true(waiting_take(w, &n));
        assert_int_equal(n.kind, kind);
        assert_int_equal(n.rec.process.pid, pid);
}

static void
what_was_done_comes_in_its_order(void **state)
{
        struct waiting w = { .n = 0 };
        struct notice n;

        (void)state;
        assert_false(waiting_take(&w, &n));
        push(&w, NOTICE_CLOSED, 1);
        push(&w, NOTICE_STAYS, 2);
        push(&w, NOTICE_CLOSED, 3);
        assert_takes(&w, NOTICE_CLOSED, 1);
        push(&w, NOTICE_CLOSED, 4);
        assert_takes(&w, NOTICE_STAYS, 2);
        assert_takes(&w, NOTICE_CLOSED, 3);
        assert_takes(&w, NOTICE_CLOSED, 4);
        assert_false(waiting_take(&w, &n));
}

static void
of_warnings_the_last_is_kept(void **state)
{
        struct waiting w = { .n = 0 };
        struct notice n;

        (void)state;
        push(&w, NOTICE_WARNING, 1);
        push(&w, NOTICE_WARNING, 2);
        assert_takes(&w, NOTICE_WARNING, 2);
        assert_false(waiting_take(&w, &n));
}

static void
a_warning_gives_way_to_what_was_done(void **state)
{
        struct waiting w = { .n = 0 };
        struct notice n;

        (void)state;
        push(&w, NOTICE_WARNING, 1);
        push(&w, NOTICE_CLOSED, 2);
        assert_takes(&w, NOTICE_CLOSED, 2);
        assert_false(waiting_take(&w, &n));
        push(&w, NOTICE_CLOSED, 3);
        push(&w, NOTICE_WARNING, 4);
        assert_takes(&w, NOTICE_CLOSED, 3);
        assert_takes(&w, NOTICE_WARNING, 4);
        push(&w, NOTICE_WARNING, 5);
        waiting_drop_warning(&w);
        assert_false(waiting_take(&w, &n));
}

static void
what_does_not_fit_becomes_a_number(void **state)
{
        struct waiting w = { .n = 0 };
        struct notice n = notice_of(NOTICE_CLOSED, 99);

        (void)state;
        for (int i = 0; i < 10; i++)
                push(&w, NOTICE_CLOSED, i);
        /* A swarm is as many programs. */
        n.rec.process.n = 30;
        n.cause.total_kib = 77;
        waiting_push(&w, &n);
        /* No program was ended. */
        push(&w, NOTICE_STAYS, 98);
        for (int i = 0; i < WAITING_MAX; i++)
                assert_takes(&w, NOTICE_CLOSED, i);
        /* The number is shown before what comes after it. */
        push(&w, NOTICE_CLOSED, 100);
        assert_true(waiting_take(&w, &n));
        assert_int_equal(n.kind, NOTICE_AND_MORE);
        assert_int_equal(n.more, 10 - WAITING_MAX + 30 + 1);
        assert_false(waiting_take(&w, &n));
        push(&w, NOTICE_CLOSED, 101);
        assert_takes(&w, NOTICE_CLOSED, 101);
}

static void
every_program_that_was_ended_is_told_of(void **state)
{
        struct waiting w = { .n = 0 };
        uint32_t told = 0;
        struct notice n;

        (void)state;
        for (int i = 0; i < 1000; i++) {
                push(&w, NOTICE_CLOSED, i);
                if (i % 7 == 0 && waiting_take(&w, &n))
                        told += n.kind == NOTICE_AND_MORE ? n.more : 1;
        }
        while (waiting_take(&w, &n))
                told += n.kind == NOTICE_AND_MORE ? n.more : 1;
        assert_int_equal(told, 1000);
}

static void
a_cause_comes_once_in_ten_minutes(void **state)
{
        struct causes c = { .told = { { .at_us = 0 } } };
        uint64_t t = 5000000;

        (void)state;
        assert_true(causes_due(&c, "a", t));
        assert_false(causes_due(&c, "a", t));
        assert_true(causes_due(&c, "b", t + 1));
        assert_false(causes_due(&c, "a", t + CAUSES_EVERY_US - 1));
        assert_true(causes_due(&c, "a", t + CAUSES_EVERY_US));
        assert_false(causes_due(&c, "a", t + CAUSES_EVERY_US + 1));
        assert_true(causes_due(&c, "b", t + CAUSES_EVERY_US + 1));
}

static void
of_too_many_causes_the_oldest_is_forgotten(void **state)
{
        struct causes c = { .told = { { .at_us = 0 } } };
        char what[NOTICE_CAUSE_MAX];

        (void)state;
        for (unsigned i = 0; i <= CAUSES_MAX; i++) {
                (void)snprintf(what, sizeof(what), "%u", i);
                assert_true(causes_due(&c, what, 1000 + i));
        }
        assert_false(causes_due(&c, "1", 2000));
        assert_false(causes_due(&c, "16", 2000));
        assert_true(causes_due(&c, "0", 2000));
        assert_true(causes_due(&c, "1", 2000));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_done_comes_in_its_order),
                cmocka_unit_test(of_warnings_the_last_is_kept),
                cmocka_unit_test(a_warning_gives_way_to_what_was_done),
                cmocka_unit_test(what_does_not_fit_becomes_a_number),
                cmocka_unit_test(every_program_that_was_ended_is_told_of),
                cmocka_unit_test(a_cause_comes_once_in_ten_minutes),
                cmocka_unit_test(of_too_many_causes_the_oldest_is_forgotten),
        };

        return cmocka_run_group_tests_name("notify_waiting", tests, NULL, NULL);
}
