/* SPDX-License-Identifier: MIT */
/*
 * The ring: order, loss when full, counters that wrap, and two threads at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include "ring.h"

static struct ring ring;

static bool
put(uint64_t seq)
{
        struct record rec = { .kind = RECORD_LATE, .seq = seq };

        rec.victim.start_ticks = ~seq; /* the other end of the record */
        return ring_put(&ring, &rec);
}

static void
assert_takes(uint64_t seq)
{
        struct record rec;

        assert_true(ring_take(&ring, &rec));
        assert_int_equal(rec.seq, seq);
        assert_int_equal(rec.victim.start_ticks, ~seq);
}

static void
assert_empty(void)
{
        struct record rec = { .seq = 42 };

        assert_false(ring_take(&ring, &rec));
        assert_int_equal(rec.seq, 42);
}

static void
set_up(uint32_t at)
{
        memset(&ring, 0, sizeof(ring));
        ring.head = ring.tail = at;
}

static void
ring_take_gives_back_in_order_what_was_put(void **state)
{
        (void)state;
        set_up(0);
        assert_empty();
        for (uint64_t i = 0; i < 3 * RING_RECORDS; i++) {
                assert_true(put(2 * i));
                assert_true(put(2 * i + 1));
                assert_takes(2 * i);
                assert_takes(2 * i + 1);
        }
        assert_empty();
}

static void
ring_put_loses_and_counts_what_does_not_fit(void **state)
{
        (void)state;
        set_up(0);
        for (uint64_t i = 0; i < RING_RECORDS; i++)
                assert_true(put(i));
        for (uint64_t i = 0; i < 10; i++)
                assert_false(put(1000 + i));
        assert_int_equal(ring.lost, 10);
        assert_takes(0);
        assert_true(put(RING_RECORDS));
        assert_false(put(RING_RECORDS + 1));
        for (uint64_t i = 1; i <= RING_RECORDS; i++)
                assert_takes(i);
        assert_empty();
        assert_int_equal(ring.lost, 11);
}

static void
ring_half_free_keeps_the_other_half_for_what_happens(void **state)
{
        (void)state;
        set_up(UINT32_MAX - 3);
        for (uint64_t i = 0; i < RING_RECORDS / 2; i++) {
                assert_true(ring_half_free(&ring));
                assert_true(put(i));
        }
        assert_false(ring_half_free(&ring));
        assert_int_equal(ring.lost, 1);
        assert_true(put(RING_RECORDS / 2));
        assert_takes(0);
        assert_takes(1);
        assert_true(ring_half_free(&ring));
        assert_int_equal(ring.lost, 1);
}

static void
ring_goes_on_when_its_counters_wrap(void **state)
{
        (void)state;
        set_up(UINT32_MAX - 100);
        for (uint64_t i = 0; i < RING_RECORDS; i++)
                assert_true(put(i));
        assert_false(put(0));
        for (uint64_t i = 0; i < RING_RECORDS; i++)
                assert_takes(i);
        assert_empty();
}

enum { MANY = 100000 };

static void *
write_many(void *arg)
{
        (void)arg;
        for (uint64_t i = 0; i < MANY; i++)
                while (!put(i))
                        (void)sched_yield();
        return NULL;
}

static void
ring_keeps_order_between_two_threads(void **state)
{
        struct record rec;
        pthread_t writer;

        (void)state;
        set_up(0);
        assert_int_equal(pthread_create(&writer, NULL, write_many, NULL), 0);
        for (uint64_t i = 0; i < MANY; i++) {
                while (!ring_take(&ring, &rec))
                        (void)sched_yield();
                assert_int_equal(rec.seq, i);
                assert_int_equal(rec.victim.start_ticks, ~i);
        }
        assert_int_equal(pthread_join(writer, NULL), 0);
        assert_empty();
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(ring_take_gives_back_in_order_what_was_put),
                cmocka_unit_test(ring_put_loses_and_counts_what_does_not_fit),
                cmocka_unit_test(ring_half_free_keeps_the_other_half_for_what_happens),
                cmocka_unit_test(ring_goes_on_when_its_counters_wrap),
                cmocka_unit_test(ring_keeps_order_between_two_threads),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
