/* SPDX-License-Identifier: MIT */
/*
 * Which signal is the first; after it every state with every event, and the times between them to
 * the microsecond.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "watch.h"

#define N_OF(a)  (sizeof(a) / sizeof((a)[0]))
#define MS       1000ull
#define SECOND   1000000ull
#define START_US (500 * SECOND)

struct scene {
        struct policy p;
        struct watch w;
        struct verdict v;
        struct watch_look l;
};

/* A victim of 1,000,000 KiB, 200,000 available, a TERM that holds on. */
static void
begin(struct scene *sc, bool kill)
{
        memset(sc, 0, sizeof(*sc));
        sc->p.grace_us = 3 * SECOND;
        sc->p.give_up_us = 10 * SECOND;
        sc->v = (struct verdict){
                .level = LEVEL_TERM,
                .act = LEVEL_TERM,
                .below_term = true,
                .available_kib = 200000,
                .swap_free_kib = 50000,
        };
        sc->l = (struct watch_look){
                .now_us = START_US,
                .victim_kib = 1000000,
                .verdict = &sc->v,
        };
        watch_begin(&sc->w, &sc->l, kill);
}

static enum watch_do
step(struct scene *sc, uint64_t us)
{
        sc->l.now_us += us;
        return watch_step(&sc->w, &sc->p, &sc->l);
}

static void
judge(struct scene *sc, enum level level, enum level act, bool below_term)
{
        sc->v.level = level;
        sc->v.act = act;
        sc->v.below_term = below_term;
}

static void
assert_did(struct scene *sc, uint64_t us, enum watch_do todo, enum watch_state state)
{
        assert_int_equal(step(sc, us), todo);
        assert_int_equal(sc->w.state, state);
}

static void
watch_kills_first_where_asking_would_be_no_use_or_is_not_wanted(void **state)
{
        static const struct {
                enum level act;
                uint64_t grace_us;
                bool frozen, ns_init, kill;
        } rows[] = {
                { LEVEL_TERM, 3 * SECOND, false, false, false },
                { LEVEL_TERM, 1 * MS, false, false, false },
                { LEVEL_TERM, 0, false, false, true },
                { LEVEL_KILL, 3 * SECOND, false, false, true },
                { LEVEL_TERM, 3 * SECOND, true, false, true },
                { LEVEL_TERM, 3 * SECOND, false, true, true },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct policy p = { .grace_us = rows[i].grace_us };
                struct verdict v = { .level = rows[i].act, .act = rows[i].act };
                struct candidate c = { .frozen = rows[i].frozen, .ns_init = rows[i].ns_init };

                assert_int_equal(watch_kills_first(&p, &v, &c), rows[i].kill);
        }
}

/* The whole table: one look after the first signal, in both states that wait. */
static void
watch_step_answers_every_event_in_every_state(void **state)
{
        static const struct {
                bool kill, gone;
                uint64_t after_us;
                enum level level, act;
                bool below_term;
                enum watch_do todo;
                enum watch_state next;
        } rows[] = {
                /* SIGTERM: nothing yet, gone, late, worse, relief */
                { false, false, 100 * MS, LEVEL_TERM, LEVEL_TERM, true, DO_NOTHING, WATCH_TERM },
                { false, false, 100 * MS, LEVEL_WARN, LEVEL_WARN, true, DO_NOTHING, WATCH_TERM },
                { false, true, 100 * MS, LEVEL_TERM, LEVEL_TERM, true, DO_SETTLE, WATCH_SETTLE },
                { false, true, 100 * MS, LEVEL_CALM, LEVEL_CALM, false, DO_SETTLE, WATCH_SETTLE },
                { false, true, 9 * SECOND, LEVEL_KILL, LEVEL_KILL, true, DO_SETTLE, WATCH_SETTLE },
                { false, false, 3 * SECOND - 1, LEVEL_TERM, LEVEL_TERM, true, DO_NOTHING,
                  WATCH_TERM },
                { false, false, 3 * SECOND, LEVEL_TERM, LEVEL_TERM, true, DO_SIGKILL, WATCH_KILL },
                { false, false, 3 * SECOND, LEVEL_WARN, LEVEL_WARN, true, DO_SIGKILL, WATCH_KILL },
                { false, false, 3 * SECOND, LEVEL_TERM, LEVEL_TERM, false, DO_SIGKILL, WATCH_KILL },
                { false, false, 3 * SECOND, LEVEL_WARN, LEVEL_WARN, false, DO_NOTHING, WATCH_TERM },
                { false, false, 1, LEVEL_KILL, LEVEL_KILL, true, DO_SIGKILL, WATCH_KILL },
                { false, false, 1, LEVEL_WATCH, LEVEL_CALM, false, DO_RELEASE, WATCH_IDLE },
                { false, false, 1, LEVEL_CALM, LEVEL_CALM, false, DO_RELEASE, WATCH_IDLE },
                { false, false, 9 * SECOND, LEVEL_WATCH, LEVEL_CALM, false, DO_RELEASE,
                  WATCH_IDLE },
                /* SIGKILL: nothing yet, gone, slow, stuck; relief is none of its business */
                { true, false, 99999, LEVEL_TERM, LEVEL_TERM, true, DO_NOTHING, WATCH_KILL },
                { true, false, 99999, LEVEL_CALM, LEVEL_CALM, false, DO_NOTHING, WATCH_KILL },
                { true, false, 99999, LEVEL_KILL, LEVEL_KILL, true, DO_NOTHING, WATCH_KILL },
                { true, true, 99999, LEVEL_KILL, LEVEL_KILL, true, DO_SETTLE, WATCH_SETTLE },
                { true, true, 60 * SECOND, LEVEL_KILL, LEVEL_KILL, true, DO_SETTLE, WATCH_SETTLE },
                { true, false, 100 * MS, LEVEL_TERM, LEVEL_TERM, true, DO_REAP, WATCH_KILL },
                { true, false, 10 * SECOND - 1, LEVEL_TERM, LEVEL_TERM, true, DO_REAP, WATCH_KILL },
                { true, false, 10 * SECOND, LEVEL_TERM, LEVEL_TERM, true, DO_GIVE_UP, WATCH_IDLE },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct scene sc;

                begin(&sc, rows[i].kill);
                assert_int_equal(sc.w.state, rows[i].kill ? WATCH_KILL : WATCH_TERM);
                judge(&sc, rows[i].level, rows[i].act, rows[i].below_term);
                sc.l.gone = rows[i].gone;
                assert_did(&sc, rows[i].after_us, rows[i].todo, rows[i].next);
        }
}

static void
watch_step_does_nothing_while_idle(void **state)
{
        struct scene sc;

        (void)state;
        begin(&sc, false);
        sc.w.state = WATCH_IDLE;
        sc.l.gone = true;
        judge(&sc, LEVEL_KILL, LEVEL_KILL, true);
        assert_did(&sc, 99 * SECOND, DO_NOTHING, WATCH_IDLE);
}

static void
watch_step_reaps_once_and_a_tick_after_sigkill(void **state)
{
        struct scene sc;

        (void)state;
        begin(&sc, false);
        assert_did(&sc, 3 * SECOND, DO_SIGKILL, WATCH_KILL);
        assert_int_equal(sc.w.kill_us, START_US + 3 * SECOND);
        assert_did(&sc, 99999, DO_NOTHING, WATCH_KILL);
        assert_did(&sc, 1, DO_REAP, WATCH_KILL);
        assert_did(&sc, 1 * SECOND, DO_NOTHING, WATCH_KILL);
        assert_int_equal(WATCH_REAP_US, 100000);
}

static void
watch_step_gives_up_after_give_up_without_movement(void **state)
{
        struct scene sc;

        (void)state;
        begin(&sc, false);
        assert_did(&sc, 3 * SECOND, DO_SIGKILL, WATCH_KILL);
        assert_did(&sc, 100 * MS, DO_REAP, WATCH_KILL);
        assert_did(&sc, 9900 * MS - 1, DO_NOTHING, WATCH_KILL);
        assert_did(&sc, 1, DO_GIVE_UP, WATCH_IDLE);
}

static void
watch_step_gives_up_sooner_when_memory_is_at_kill_and_falling(void **state)
{
        static const struct {
                enum level act;
                uint64_t available;
                bool soon;
        } rows[] = {
                { LEVEL_KILL, 199999, true },
                { LEVEL_KILL, 200000, false },
                { LEVEL_TERM, 199999, false },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct scene sc;

                begin(&sc, true);
                judge(&sc, rows[i].act, rows[i].act, true);
                sc.v.available_kib = rows[i].available;
                assert_did(&sc, 100 * MS, DO_REAP, WATCH_KILL);
                assert_did(&sc, 1900 * MS - 1, DO_NOTHING, WATCH_KILL);
                assert_did(&sc, 1, rows[i].soon ? DO_GIVE_UP : DO_NOTHING,
                           rows[i].soon ? WATCH_IDLE : WATCH_KILL);
        }
}

enum { SIZE_FALLS, MEMORY_RISES, SWAP_RISES, N_MOVES };

static void
move(struct scene *sc, unsigned how, uint64_t kib)
{
        if (how == SIZE_FALLS)
                sc->l.victim_kib -= kib;
        else if (how == MEMORY_RISES)
                sc->v.available_kib += kib;
        else
                sc->v.swap_free_kib += kib;
}

static void
watch_step_waits_as_long_as_anything_moves(void **state)
{
        (void)state;
        for (unsigned how = 0; how < N_MOVES; how++) {
                struct scene sc;

                begin(&sc, true);
                assert_did(&sc, 100 * MS, DO_REAP, WATCH_KILL);
                for (unsigned i = 0; i < 20; i++) {
                        move(&sc, how, 1024);
                        assert_did(&sc, 9 * SECOND, DO_NOTHING, WATCH_KILL);
                        assert_int_equal(sc.w.moved_us, sc.l.now_us);
                }
                move(&sc, how, 1023);
                assert_did(&sc, 10 * SECOND, DO_GIVE_UP, WATCH_IDLE);
        }
}

static void
watch_step_takes_only_what_was_never_reached_for_movement(void **state)
{
        (void)state;
        for (unsigned how = 0; how < N_MOVES; how++) {
                struct scene sc;
                enum watch_do todo = DO_NOTHING;

                begin(&sc, true);
                move(&sc, how, 10000);
                assert_did(&sc, 100 * MS, DO_REAP, WATCH_KILL);
                /* up and down again by less than that is no progress */
                for (unsigned i = 0; i < 100; i++) {
                        move(&sc, how, i % 2 ? 5000 : (uint64_t)-5000);
                        todo = step(&sc, 100 * MS);
                        assert_int_equal(todo, i == 99 ? DO_GIVE_UP : DO_NOTHING);
                }
        }
}

static void
watch_step_takes_the_last_of_a_small_victim_for_movement(void **state)
{
        struct scene sc;

        (void)state;
        begin(&sc, true);
        sc.l.victim_kib = 500;
        watch_begin(&sc.w, &sc.l, true);
        assert_did(&sc, 9 * SECOND, DO_REAP, WATCH_KILL);
        sc.l.victim_kib = 0;
        assert_did(&sc, 500 * MS, DO_NOTHING, WATCH_KILL);
        assert_did(&sc, 9 * SECOND, DO_NOTHING, WATCH_KILL);
        assert_did(&sc, 1 * SECOND, DO_GIVE_UP, WATCH_IDLE);
}

static void
watch_step_kills_at_once_when_memory_reaches_kill(void **state)
{
        struct scene sc;

        (void)state;
        begin(&sc, false);
        assert_did(&sc, 100 * MS, DO_NOTHING, WATCH_TERM);
        judge(&sc, LEVEL_KILL, LEVEL_KILL, true);
        assert_did(&sc, 5 * MS, DO_SIGKILL, WATCH_KILL);
        /* patience begins with SIGKILL */
        assert_int_equal(sc.w.moved_us, START_US + 105 * MS);
}

static void
watch_step_does_not_escalate_when_memory_has_recovered(void **state)
{
        struct scene sc;

        (void)state;
        begin(&sc, false);
        judge(&sc, LEVEL_WARN, LEVEL_CALM, false);
        for (unsigned i = 0; i < 12; i++)
                assert_did(&sc, 1 * SECOND, DO_NOTHING, WATCH_TERM);
        judge(&sc, LEVEL_WARN, LEVEL_WARN, true);
        assert_did(&sc, 1, DO_SIGKILL, WATCH_KILL);
}

/* A full machine that is well: hours later it would still be this one's turn. */
static void
watch_step_releases_in_the_end_who_stays_while_memory_is_at_warn(void **state)
{
        struct scene sc;

        (void)state;
        begin(&sc, false);
        judge(&sc, LEVEL_WARN, LEVEL_WARN, false);
        assert_did(&sc, sc.p.grace_us + sc.p.give_up_us - 1, DO_NOTHING, WATCH_TERM);
        assert_did(&sc, 1, DO_RELEASE, WATCH_IDLE);
}

static void
watch_step_settles_after_two_looks_without_a_rise(void **state)
{
        struct scene sc;

        (void)state;
        begin(&sc, true);
        sc.l.gone = true;
        assert_did(&sc, 20 * MS, DO_SETTLE, WATCH_SETTLE);
        assert_int_equal(sc.w.gone_us, START_US + 20 * MS);
        /* rises as long as it rises by a MiB a look */
        for (unsigned i = 0; i < 50; i++) {
                sc.v.available_kib += 1024;
                assert_did(&sc, 25 * MS, DO_NOTHING, WATCH_SETTLE);
        }
        sc.v.available_kib += 1023;
        assert_did(&sc, 25 * MS, DO_NOTHING, WATCH_SETTLE);
        assert_did(&sc, 25 * MS, DO_DONE, WATCH_IDLE);
}

static void
watch_step_starts_settling_anew_with_every_rise(void **state)
{
        struct scene sc;

        (void)state;
        begin(&sc, true);
        sc.l.gone = true;
        assert_did(&sc, 20 * MS, DO_SETTLE, WATCH_SETTLE);
        assert_did(&sc, 25 * MS, DO_NOTHING, WATCH_SETTLE);
        sc.v.available_kib += 5000;
        assert_did(&sc, 25 * MS, DO_NOTHING, WATCH_SETTLE);
        assert_did(&sc, 25 * MS, DO_NOTHING, WATCH_SETTLE);
        assert_did(&sc, 25 * MS, DO_DONE, WATCH_IDLE);
}

/* Somebody else throws 17 MiB away and takes them again, while less and less is left. */
static void
watch_step_settles_when_memory_only_swings(void **state)
{
        struct scene sc;
        unsigned n = 0;

        (void)state;
        begin(&sc, true);
        judge(&sc, LEVEL_KILL, LEVEL_KILL, true);
        sc.v.available_kib = 40000;
        sc.l.gone = true;
        assert_did(&sc, 20 * MS, DO_SETTLE, WATCH_SETTLE);
        for (; sc.w.state == WATCH_SETTLE && n < 50; n++) {
                sc.v.available_kib = (n % 2 ? 40000 : 57000) - n * 500;
                (void)step(&sc, 25 * MS);
        }
        assert_int_equal(n, 3);
}

static void
watch_step_takes_settling_looks_25_ms_apart(void **state)
{
        struct scene sc;

        (void)state;
        begin(&sc, true);
        sc.l.gone = true;
        assert_did(&sc, 20 * MS, DO_SETTLE, WATCH_SETTLE);
        for (unsigned i = 0; i < 4; i++)
                assert_did(&sc, 5 * MS, DO_NOTHING, WATCH_SETTLE);
        assert_int_equal(sc.w.still, 0);
        assert_did(&sc, 4999, DO_NOTHING, WATCH_SETTLE);
        assert_int_equal(sc.w.still, 0);
        assert_did(&sc, 1, DO_NOTHING, WATCH_SETTLE);
        assert_int_equal(sc.w.still, 1);
        assert_did(&sc, 24999, DO_NOTHING, WATCH_SETTLE);
        assert_did(&sc, 1, DO_DONE, WATCH_IDLE);
}

/* Gone; 200,000 were available, and 100,000 should come back. */
static void
begin_to_settle(struct scene *sc)
{
        begin(sc, true);
        sc->l.expect_kib = 100000;
        watch_begin(&sc->w, &sc->l, true);
        sc->l.gone = true;
        assert_did(sc, 20 * MS, DO_SETTLE, WATCH_SETTLE);
}

/* What has been freed need not be counted yet. */
static void
watch_step_waits_a_second_for_half_of_what_should_come_back(void **state)
{
        struct scene sc;

        (void)state;
        begin_to_settle(&sc);
        sc.v.available_kib = 249999;
        for (unsigned i = 0; i < 39; i++)
                assert_did(&sc, 25 * MS, DO_NOTHING, WATCH_SETTLE);
        assert_did(&sc, 25 * MS - 1, DO_NOTHING, WATCH_SETTLE);
        assert_did(&sc, 1, DO_DONE, WATCH_IDLE);
        /* half of it is enough, as soon as it has stopped to rise */
        begin_to_settle(&sc);
        sc.v.available_kib = 250000;
        assert_did(&sc, 25 * MS, DO_NOTHING, WATCH_SETTLE);
        assert_did(&sc, 25 * MS, DO_NOTHING, WATCH_SETTLE);
        assert_did(&sc, 25 * MS, DO_DONE, WATCH_IDLE);
}

static void
watch_step_waits_for_nothing_to_come_back_when_memory_is_at_kill(void **state)
{
        struct scene sc;

        (void)state;
        begin_to_settle(&sc);
        assert_did(&sc, 25 * MS, DO_NOTHING, WATCH_SETTLE);
        assert_did(&sc, 25 * MS, DO_NOTHING, WATCH_SETTLE);
        judge(&sc, LEVEL_KILL, LEVEL_KILL, true);
        assert_did(&sc, 25 * MS, DO_DONE, WATCH_IDLE);
}

static void
watch_begin_starts_from_nothing(void **state)
{
        struct scene sc;

        (void)state;
        begin(&sc, true);
        assert_did(&sc, 100 * MS, DO_REAP, WATCH_KILL);
        watch_begin(&sc.w, &sc.l, true);
        assert_int_equal(sc.w.sent_us, sc.l.now_us);
        assert_int_equal(sc.w.kill_us, sc.l.now_us);
        assert_did(&sc, 100 * MS, DO_REAP, WATCH_KILL);
        watch_begin(&sc.w, &sc.l, false);
        assert_int_equal(sc.w.kill_us, 0);
        assert_int_equal(sc.w.start_kib, 200000);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(watch_kills_first_where_asking_would_be_no_use_or_is_not_wanted),
                cmocka_unit_test(watch_step_answers_every_event_in_every_state),
                cmocka_unit_test(watch_step_does_nothing_while_idle),
                cmocka_unit_test(watch_step_reaps_once_and_a_tick_after_sigkill),
                cmocka_unit_test(watch_step_gives_up_after_give_up_without_movement),
                cmocka_unit_test(watch_step_gives_up_sooner_when_memory_is_at_kill_and_falling),
                cmocka_unit_test(watch_step_waits_as_long_as_anything_moves),
                cmocka_unit_test(watch_step_takes_only_what_was_never_reached_for_movement),
                cmocka_unit_test(watch_step_takes_the_last_of_a_small_victim_for_movement),
                cmocka_unit_test(watch_step_kills_at_once_when_memory_reaches_kill),
                cmocka_unit_test(watch_step_does_not_escalate_when_memory_has_recovered),
                cmocka_unit_test(watch_step_releases_in_the_end_who_stays_while_memory_is_at_warn),
                cmocka_unit_test(watch_step_settles_after_two_looks_without_a_rise),
                cmocka_unit_test(watch_step_starts_settling_anew_with_every_rise),
                cmocka_unit_test(watch_step_settles_when_memory_only_swings),
                cmocka_unit_test(watch_step_takes_settling_looks_25_ms_apart),
                cmocka_unit_test(watch_step_waits_a_second_for_half_of_what_should_come_back),
                cmocka_unit_test(watch_step_waits_for_nothing_to_come_back_when_memory_is_at_kill),
                cmocka_unit_test(watch_begin_starts_from_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
