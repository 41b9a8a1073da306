/* SPDX-License-Identifier: MIT */
/*
 * What holds of the way from a signal to its end: of watch.c under any events, and of verdict,
 * choice and watch together on a machine of numbers, with processes that obey, are deaf, are stuck,
 * or leave their memory to somebody else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "number.h"
#include "property.h"
#include "victim.h"
#include "watch.h"

#define MS     UINT64_C(1000)
#define SECOND UINT64_C(1000000)

enum { STEPS_MAX = 200, MOVE_KIB = 1024 };

static const char *const do_words[] = { "nothing", "sigkill", "settle", "reap",
                                        "give up", "release", "done" };

static bool
is_end(enum watch_do todo)
{
        return todo == DO_GIVE_UP || todo == DO_RELEASE || todo == DO_DONE;
}

/* ---- watch.c alone ---- */

struct step {
        struct watch_look l;
        struct verdict v;
        enum watch_do todo;
};

static struct {
        struct policy p;
        bool kill;
        unsigned n;
        struct step step[STEPS_MAX + 1]; /* the first is the signal */
} walk;

static void
show_walk(void)
{
        (void)printf("%s first, grace %" PRIu64 " us, give_up %" PRIu64 " us\n",
                     walk.kill ? "SIGKILL" : "SIGTERM", walk.p.grace_us, walk.p.give_up_us);
        for (unsigned i = 0; i < walk.n; i++) {
                const struct step *s = &walk.step[i];

                (void)printf("%u: at %" PRIu64 " us, %s, size %" PRIu64 ", %s %s%s, available "
                             "%" PRIu64 ", swap %" PRIu64 ": %s\n",
                             i, s->l.now_us, s->l.gone ? "gone" : "lives", s->l.victim_kib,
                             level_word(s->v.level), level_word(s->v.act),
                             s->v.below_term ? " below" : "", s->v.available_kib,
                             s->v.swap_free_kib, do_words[s->todo]);
        }
}

static void
roll_look(struct dice *d, const struct step *before, struct step *ret)
{
        static const uint64_t spans_us[] = { 5 * MS, 25 * MS, 99 * MS, 100 * MS, 1 * SECOND };

        *ret = *before;
        ret->l.verdict = &ret->v;
        ret->l.now_us += dice_near(d, spans_us[dice_in(d, 0, dice_percent(d, 5) ? 4 : 3)]);
        if (dice_percent(d, 30))
                ret->l.victim_kib = sub_floor(ret->l.victim_kib, dice_near(d, MOVE_KIB));
        if (dice_percent(d, 5))
                ret->l.victim_kib = dice_percent(d, 20) ? 0 : dice_in(d, 0, 100000);
        if (dice_percent(d, 30))
                ret->v.available_kib = dice_in(d, 0, 3000);
        if (dice_percent(d, 10))
                ret->v.swap_free_kib = dice_in(d, 0, 3000);
        ret->l.gone |= dice_percent(d, 4);
        if (dice_percent(d, 15)) {
                ret->v.act = (enum level)dice_in(d, LEVEL_CALM, LEVEL_KILL);
                ret->v.level = (enum level)dice_in(d, ret->v.act, LEVEL_KILL);
                ret->v.below_term = dice_percent(d, 50);
        }
}

/* The last look at which it showed less, or the machine more, than ever before. */
static uint64_t
last_moved_us(unsigned now)
{
        const struct step *first = &walk.step[0];
        uint64_t least = first->l.victim_kib, memory = first->v.available_kib,
                 swap = first->v.swap_free_kib, at_us = first->l.now_us;

        for (unsigned i = 1; i <= now; i++) {
                const struct step *s = &walk.step[i];

                if (s->l.victim_kib + 2 * MOVE_KIB <= least ||
                    s->v.available_kib >= memory + 2 * MOVE_KIB ||
                    s->v.swap_free_kib >= swap + 2 * MOVE_KIB || s->todo == DO_SIGKILL)
                        at_us = s->l.now_us;
                least = s->l.victim_kib < least ? s->l.victim_kib : least;
                memory = s->v.available_kib > memory ? s->v.available_kib : memory;
                swap = s->v.swap_free_kib > swap ? s->v.swap_free_kib : swap;
        }
        return at_us;
}

static unsigned
n_said(enum watch_do todo, unsigned before)
{
        unsigned n = 0;

        for (unsigned i = 1; i < before; i++)
                n += walk.step[i].todo == todo;
        return n;
}

static void
check_sigkill(unsigned i, struct finding *ret)
{
        const struct step *s = &walk.step[i];
        uint64_t since_us = s->l.now_us - walk.step[0].l.now_us;

        HOLDS(ret, !walk.kill && n_said(DO_SIGKILL, i) == 0, "step %u: SIGKILL a second time", i);
        HOLDS(ret,
              s->v.act == LEVEL_KILL ||
                      (since_us >= walk.p.grace_us && (s->v.act == LEVEL_TERM || s->v.below_term)),
              "step %u: SIGKILL without need", i);
}

static void
check_step(unsigned i, struct finding *ret)
{
        const struct step *s = &walk.step[i];
        bool killed = walk.kill || n_said(DO_SIGKILL, i) > 0;
        bool settling = n_said(DO_SETTLE, i) > 0;

        HOLDS(ret, n_said(s->todo, i) == 0 || s->todo == DO_NOTHING, "step %u: %s a second time", i,
              do_words[s->todo]);
        switch (s->todo) {
        case DO_SIGKILL:
                check_sigkill(i, ret);
                break;
        case DO_REAP:
                HOLDS(ret, killed, "step %u: reaped without SIGKILL", i);
                break;
        case DO_SETTLE:
                HOLDS(ret, s->l.gone, "step %u: it lives", i);
                break;
        case DO_GIVE_UP:
                HOLDS(ret, killed, "step %u: given up before SIGKILL", i);
                HOLDS(ret, s->l.now_us - last_moved_us(i) >= walk.p.give_up_us / 5,
                      "step %u: given up while something moved", i);
                break;
        case DO_RELEASE:
                HOLDS(ret, !killed && s->v.level <= LEVEL_WATCH, "step %u: let go in need", i);
                break;
        case DO_DONE:
                HOLDS(ret, settling, "step %u: done without an end", i);
                break;
        case DO_NOTHING:
                break;
        }
        if (s->l.gone && !settling)
                HOLDS(ret, s->todo == DO_SETTLE, "step %u: gone, and %s", i, do_words[s->todo]);
        if (settling)
                HOLDS(ret, s->todo == DO_NOTHING || s->todo == DO_DONE, "step %u: gone, and %s", i,
                      do_words[s->todo]);
}

static void
check_rest(struct watch *w, struct finding *ret)
{
        struct step s = walk.step[walk.n - 1];

        s.l.verdict = &s.v;
        for (unsigned i = 0; i < 10; i++) {
                s.l.now_us += 1 * SECOND;
                HOLDS(ret, watch_step(w, &walk.p, &s.l) == DO_NOTHING && w->state == WATCH_IDLE,
                      "it is over, and goes on");
        }
}

/* Whatever came before: once nothing moves any more, it ends. */
static void
check_end(struct watch *w, struct finding *ret)
{
        struct step s = walk.step[walk.n - 1];
        uint64_t patience_us = walk.p.grace_us + walk.p.give_up_us + 1 * SECOND;
        bool over = false;

        s.l.verdict = &s.v;
        s.v.act = s.v.level = LEVEL_TERM;
        s.v.below_term = true;
        for (uint64_t us = 0; us < patience_us && !over; us += 100 * MS) {
                s.l.now_us += 100 * MS;
                over = is_end(watch_step(w, &walk.p, &s.l));
        }
        HOLDS(ret, over && w->state == WATCH_IDLE, "it never ends");
}

static void
try_walk(struct dice *d, unsigned size, struct finding *ret)
{
        struct watch w = { .state = WATCH_IDLE };
        struct step *first = &walk.step[0];
        bool over = false;

        memset(&walk, 0, sizeof(walk));
        walk.p.grace_us = dice_in(d, 0, 5 * SECOND);
        walk.p.give_up_us = dice_in(d, 1 * SECOND, 10 * SECOND);
        walk.kill = dice_percent(d, 50);
        first->l = (struct watch_look){
                .now_us = dice_in(d, 1, SECOND),
                .victim_kib = dice_in(d, 0, 100000),
                .expect_kib = dice_percent(d, 50) ? dice_in(d, 0, 10000) : 0,
                .verdict = &first->v,
        };
        first->v = (struct verdict){ .level = LEVEL_KILL, .act = LEVEL_KILL };
        first->v.available_kib = dice_in(d, 0, 3000);
        watch_begin(&w, &first->l, walk.kill);
        walk.n = 1;
        while (walk.n <= size && !over) {
                struct step *s = &walk.step[walk.n];

                roll_look(d, &walk.step[walk.n - 1], s);
                s->todo = watch_step(&w, &walk.p, &s->l);
                over = is_end(s->todo);
                HOLDS(ret, over == (w.state == WATCH_IDLE), "step %u: %s, and state %d", walk.n,
                      do_words[s->todo], w.state);
                check_step(walk.n++, ret);
        }
        ret->telling = over;
        if (over)
                check_rest(&w, ret);
        else
                check_end(&w, ret);
}

static void
a_victim_is_signalled_once_killed_once_and_its_end_said_once(void **state)
{
        static const struct property p = { try_walk, show_walk, STEPS_MAX, 10000, 30 };

        (void)state;
        assert_true(property_holds(&p));
}

/* ---- all of them together ---- */

enum temper { OBEYS, DEAF, STUCK, BEQUEATHS };

struct being {
        enum temper temper;
        uint64_t growth_kibps;
        uint64_t dies_us; /* 0: not yet */
        bool signalled, dead, given_up;
};

static struct {
        struct policy p;
        struct decide_state decide;
        struct watch watch;
        struct sample s;
        struct verdict v;
        struct roster r;
        struct being being[ROSTER_MAX];
        struct group flight;
        unsigned n_signals, n_given_up, n_ended;
} world;

static void
show_world(void)
{
        static const char *const tempers[] = { "obeys", "is deaf", "is stuck", "bequeaths" };

        (void)printf("at %" PRIu64 " us: %s %s %s, available %" PRIu64 " of %" PRIu64
                     ", warn %" PRIu64 ", term %" PRIu64 ", kill %" PRIu64 ", watch %d\n",
                     world.s.now_us, level_word(world.v.level), level_word(world.v.act),
                     reason_word(world.v.reason), world.v.available_kib, world.s.mem.total_kib,
                     world.v.warn_kib, world.v.term_kib, world.v.kill_kib, world.watch.state);
        for (uint32_t i = 0; i < world.r.n; i++) {
                const struct being *b = &world.being[i];

                (void)printf("%d: %" PRIu64 " KiB, grows by %" PRIu64 " KiB/s, %s%s%s%s%s%s\n",
                             world.r.c[i].pid, world.r.c[i].anon_kib, b->growth_kibps,
                             tempers[b->temper],
                             world.r.c[i].standing.effect == RULE_PROTECT ? ", protected" : "",
                             b->signalled ? ", signalled" : "", b->dead ? ", dead" : "",
                             b->given_up ? ", given up" : "",
                             world.r.c[i].struck ? ", struck" : "");
        }
}

static void
roll_world(struct dice *d, unsigned n)
{
        uint64_t total_kib = 4 * 1048576;

        memset(&world, 0, sizeof(world));
        world.p = (struct policy){
                .mem_warn = { 1000, LIMIT_NO_KIB },
                .mem_term = { 500, LIMIT_NO_KIB },
                .mem_kill = { 250, LIMIT_NO_KIB },
                .new_low_us = 10 * SECOND,
                .growth_horizon_us = 10 * SECOND,
                .min_size_kib = 1024,
                .grace_us = dice_in(d, 0, 3 * SECOND),
                .give_up_us = dice_in(d, 1 * SECOND, 5 * SECOND),
                .psi_window_us = 2 * SECOND,
        };
        world.s.now_us = world.s.boot_us = 1000 * SECOND;
        world.s.mem.total_kib = total_kib;
        world.r.n = n;
        for (uint32_t i = 0; i < n; i++) {
                struct candidate *c = &world.r.c[i];

                *c = (struct candidate){
                        .pid = 1000 + (int32_t)i,
                        .ppid = 100,
                        .start_ticks = i,
                        .anon_kib = dice_in(d, 0, total_kib / n),
                        .sharers = 1,
                        .exe_id = dice_in(d, 1, 2),
                        .standing = { .rule = -1, .builtin = -1 },
                };
                if (dice_percent(d, 15))
                        c->standing.effect = RULE_PROTECT;
                world.being[i].temper = (enum temper)dice_in(d, OBEYS, BEQUEATHS);
                if (dice_percent(d, 40))
                        world.being[i].growth_kibps = dice_in(d, 0, total_kib / 4);
        }
}

/* Memory of those who are dead has come back, and the others go on taking. */
static void
live_on(uint64_t us)
{
        uint64_t held_kib = 0;

        world.s.now_us += us;
        world.s.boot_us += us;
        world.s.owned_kibps = 0;
        for (uint32_t i = 0; i < world.r.n; i++) {
                struct candidate *c = &world.r.c[i];
                struct being *b = &world.being[i];

                if (b->dies_us != 0 && world.s.now_us >= b->dies_us && !b->dead) {
                        b->dead = true;
                        if (b->temper == BEQUEATHS && !world.being[(i + 1) % world.r.n].dead)
                                world.r.c[(i + 1) % world.r.n].anon_kib += c->anon_kib;
                        c->anon_kib = 0;
                }
                if (!b->dead)
                        c->anon_kib += mul_div(b->growth_kibps, us, SECOND);
                c->growth_kibps = b->dead ? 0 : b->growth_kibps;
                if (candidate_eligible(c))
                        world.s.owned_kibps += c->growth_kibps;
                held_kib += c->anon_kib;
        }
        world.s.mem.available_kib = sub_floor(world.s.mem.total_kib, held_kib);
        world.v = decide(&world.p, &world.decide, &world.s);
}

static void
signal_being(struct dice *d, uint32_t i, bool kill)
{
        struct being *b = &world.being[i];

        b->signalled = true;
        if (b->temper == STUCK || (b->temper == DEAF && !kill) || b->dies_us != 0)
                return;
        b->dies_us = world.s.now_us + dice_in(d, 1, 500 * MS);
}

/* Signalled, neither dead nor given up nor let go. */
static unsigned
n_in_flight(void)
{
        unsigned n = 0;

        for (uint32_t i = 0; i < world.r.n; i++)
                n += world.being[i].signalled && !world.being[i].dead && !world.being[i].given_up;
        return n;
}

static struct watch_look
look_at_flight(void)
{
        struct watch_look l = { .now_us = world.s.now_us, .gone = true, .verdict = &world.v };

        for (uint32_t k = 0; k < world.flight.n; k++) {
                uint32_t i = world.flight.member[k];

                l.gone &= world.being[i].dead;
                l.victim_kib += world.r.c[i].anon_kib;
        }
        return l;
}

static void
act(struct dice *d, struct finding *ret)
{
        struct choice ch;

        victim_choose(&world.p, &world.v, &world.s, &world.r, &ch);
        if (ch.who.n == 0)
                return;
        HOLDS(ret, n_in_flight() == 0, "a second group, while the first is in flight");
        for (uint32_t k = 0; k < ch.who.n; k++) {
                uint32_t i = ch.who.member[k];

                HOLDS(ret, !world.being[i].given_up, "%d was given up before", world.r.c[i].pid);
                HOLDS(ret, !world.being[i].dead || ch.who.n > 1, "%d is dead", world.r.c[i].pid);
                HOLDS(ret, world.r.c[i].standing.effect != RULE_PROTECT, "%d is protected",
                      world.r.c[i].pid);
                signal_being(d, i, world.v.act == LEVEL_KILL);
        }
        world.n_signals++;
        world.flight = ch.who;
        struct watch_look l = look_at_flight();

        watch_begin(&world.watch, &l, world.v.act == LEVEL_KILL);
}

static void
watch_flight(struct dice *d)
{
        struct watch_look l = look_at_flight();
        enum watch_do todo = watch_step(&world.watch, &world.p, &l);

        for (uint32_t k = 0; k < world.flight.n; k++) {
                uint32_t i = world.flight.member[k];

                if (todo == DO_SIGKILL)
                        signal_being(d, i, true);
                if (todo == DO_RELEASE)
                        world.being[i].signalled = world.being[i].dead;
                if (todo == DO_GIVE_UP && !world.being[i].dead)
                        world.being[i].given_up = world.r.c[i].struck = true;
        }
        world.n_given_up += todo == DO_GIVE_UP;
        world.n_ended += todo == DO_DONE;
        world.s.after_kill = todo == DO_DONE;
}

static void
try_world(struct dice *d, unsigned size, struct finding *ret)
{
        roll_world(d, size);
        /* It was there before, and well. */
        for (unsigned i = 0; i < 3; i++)
                world.v = decide(&world.p, &world.decide, &world.s);
        for (unsigned i = 0; i < 400; i++) {
                live_on(i < 2 ? 100 * MS : world.v.next_us);
                if (world.watch.state != WATCH_IDLE)
                        watch_flight(d);
                HOLDS(ret, (world.watch.state != WATCH_IDLE) >= (n_in_flight() > 0),
                      "somebody is in flight and nobody watches");
                if (world.watch.state == WATCH_IDLE && world.v.act >= LEVEL_TERM)
                        act(d, ret);
        }
        ret->telling = world.n_signals > 1 || world.n_given_up > 0;
}

static void
one_group_is_in_flight_and_who_was_given_up_is_not_taken_again(void **state)
{
        static const struct property p = { try_world, show_world, 12, 400, 20 };

        (void)state;
        assert_true(property_holds(&p));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_victim_is_signalled_once_killed_once_and_its_end_said_once),
                cmocka_unit_test(one_group_is_in_flight_and_who_was_given_up_is_not_taken_again),
        };

        return cmocka_run_group_tests_name("property_watch", tests, NULL, NULL);
}
