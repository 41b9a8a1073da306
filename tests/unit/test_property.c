/* SPDX-License-Identifier: MIT */
/*
 * What holds of the verdict for every history of a machine.  A case that fails is shown as a trace,
 * which tests/replay reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "number.h"
#include "property.h"
#include "trace.h"

#define MS       UINT64_C(1000)
#define SECOND   UINT64_C(1000000)
#define QUIET_US (2 * SECOND)

/* What design.md calls a cause: a full stall of 5 %. */
#define CAUSE_FULL_BP 500u

enum { LOOKS_MAX = 160 };

/* ---- histories ---- */

struct history {
        struct policy p;
        unsigned n;
        struct sample s[LOOKS_MAX];
        struct verdict v[LOOKS_MAX];
};

static struct history history;

static void
show_history(void)
{
        char line[TRACE_LINE_MAX];

        trace_begin(stdout, &history.p);
        for (unsigned i = 0; i < history.n; i++) {
                size_t len = trace_format(&history.s[i], &history.v[i], line, sizeof(line));

                (void)fwrite(line, 1, len, stdout);
        }
}

/* Three limits, the first the largest; each may be a share, a size, or off. */
static void
roll_limits(struct dice *d, uint64_t total_kib, struct limit *warn, struct limit *term,
            struct limit *kill)
{
        struct limit *const all[] = { warn, term, kill };
        uint32_t bp = (uint32_t)dice_in(d, 1, 5000);

        for (unsigned i = 0; i < 3; i++) {
                struct limit l = { bp, LIMIT_NO_KIB };

                if (dice_percent(d, 30))
                        l = (struct limit){ LIMIT_NO_BP, mul_div(total_kib, bp, 10000) };
                if (dice_percent(d, 5))
                        l.bp = 0;
                *all[i] = l;
                bp = (uint32_t)dice_in(d, 1, bp);
        }
}

static void
roll_policy(struct dice *d, uint64_t total_kib, uint64_t swap_kib, struct policy *ret)
{
        static const uint64_t new_low[] = { 0, 1 * SECOND, 10 * SECOND };

        memset(ret, 0, sizeof(*ret));
        roll_limits(d, total_kib, &ret->mem_warn, &ret->mem_term, &ret->mem_kill);
        roll_limits(d, swap_kib, &ret->swap_warn, &ret->swap_term, &ret->swap_kill);
        ret->new_low_us = new_low[dice_in(d, 0, 2)];
        ret->psi_term_bp = (uint32_t)dice_in(d, 0, 5000);
        ret->psi_kill_bp = (uint32_t)dice_in(d, ret->psi_term_bp, 10000);
        ret->psi_window_us = dice_in(d, 100 * MS, 3 * SECOND);
        ret->psi_hold_us = dice_in(d, 0, 1 * SECOND);
        ret->psi_below = (struct limit){ (uint32_t)dice_in(d, 0, 10000), LIMIT_NO_KIB };
        ret->grace_us = dice_in(d, 0, 5 * SECOND);
        ret->give_up_us = dice_in(d, 1 * SECOND, 20 * SECOND);
        ret->growth_horizon_us = dice_in(d, 0, 20 * SECOND);
        ret->min_size_kib = dice_in(d, 0, 2048);
}

/* How a machine moves for a while. */
struct drift {
        int64_t mem_kibps, swap_kibps;
        unsigned full_percent;
        uint64_t scan, steal, refault, owned_kibps;
};

static struct drift
roll_drift(struct dice *d, uint64_t total_kib)
{
        struct drift m = { 0 };
        int64_t rate = (int64_t)dice_in(d, 0, total_kib);

        if (dice_percent(d, 60))
                m.mem_kibps = -rate;
        else if (dice_percent(d, 30))
                m.mem_kibps = rate;
        if (dice_percent(d, 30))
                m.swap_kibps = -(int64_t)dice_in(d, 0, total_kib / 4);
        m.full_percent = dice_percent(d, 50) ? (unsigned)dice_in(d, 0, 100) : 0;
        if (dice_percent(d, 60)) {
                m.scan = dice_in(d, 0, 1000);
                m.steal = dice_in(d, 0, m.scan);
                m.refault = dice_in(d, 0, m.steal);
        }
        m.owned_kibps = dice_percent(d, 20) ? 0 : dice_near(d, (uint64_t)(rate / 2));
        if (dice_percent(d, 50))
                m.owned_kibps = 2 * (uint64_t)rate;
        return m;
}

static uint64_t
moved(uint64_t from_kib, int64_t kibps, uint64_t us, uint64_t max_kib)
{
        uint64_t way = mul_div((uint64_t)(kibps < 0 ? -kibps : kibps), us, SECOND);
        uint64_t to = kibps < 0 ? sub_floor(from_kib, way) : from_kib + way;

        return to < max_kib ? to : max_kib;
}

/* On or beside one of the limits: where they are decided. */
static void
jump(struct dice *d, const struct policy *p, struct sample *s)
{
        const struct limit *const limits[] = { &p->mem_warn, &p->mem_term, &p->mem_kill,
                                               &p->psi_below };
        uint64_t kib = limit_kib(limits[dice_in(d, 0, 3)],
                                 sub_floor(s->mem.total_kib, s->mem.hugetlb_kib), 0);

        s->mem.available_kib = dice_near(d, kib);
        if (s->mem.available_kib > s->mem.total_kib)
                s->mem.available_kib = s->mem.total_kib;
}

static void
move_on(struct dice *d, const struct drift *m, uint64_t us, struct sample *s)
{
        s->now_us += us;
        s->boot_us += us;
        s->mem.available_kib = moved(s->mem.available_kib, m->mem_kibps, us, s->mem.total_kib);
        s->mem.swap_free_kib =
                moved(s->mem.swap_free_kib, m->swap_kibps, us, s->mem.swap_total_kib);
        s->zram_free_kib = moved(s->zram_free_kib, m->swap_kibps, us, s->zram_total_kib);
        s->psi.full.total_us += us * m->full_percent / 100;
        s->psi.some.total_us += us * m->full_percent / 100;
        s->pgscan += m->scan;
        s->pgsteal += m->steal;
        s->refault += m->refault;
        s->owned_kibps = m->owned_kibps;
        s->after_kill = dice_percent(d, 2);
        s->stale = dice_percent(d, 3);
}

static struct sample
roll_first(struct dice *d)
{
        uint64_t total_kib = dice_in(d, 64 * 1024, dice_size(d, 28) + 64 * 1024);
        uint64_t now_us = dice_in(d, 1, 1000 * SECOND);
        struct sample s = {
                .now_us = now_us,
                .boot_us = now_us + dice_in(d, 0, 1 * SECOND),
                .mem.total_kib = total_kib,
                .mem.available_kib = dice_in(d, 0, total_kib),
                .has_psi = dice_percent(d, 90),
                .has_pgscan = dice_percent(d, 90),
                .zram_ratio_bp = 20000,
        };

        s.has_refault = s.has_pgscan && dice_percent(d, 80);
        if (dice_percent(d, 10))
                s.mem.hugetlb_kib = dice_in(d, 0, total_kib);
        if (dice_percent(d, 20))
                s.arc_kib = dice_in(d, 0, total_kib / 4);
        if (dice_percent(d, 60))
                s.mem.swap_total_kib = dice_in(d, 1, total_kib);
        s.mem.swap_free_kib = dice_in(d, 0, s.mem.swap_total_kib);
        if (dice_percent(d, 30)) {
                s.zram_total_kib = dice_in(d, 0, s.mem.swap_total_kib);
                s.zram_free_kib = dice_in(d, 0, s.zram_total_kib);
                s.zram_ratio_bp = (uint32_t)dice_in(d, 10000, 100000);
        }
        return s;
}

/* Samples only: nothing has been judged yet. */
static void
roll_history(struct dice *d, unsigned n, struct history *h)
{
        struct sample s = roll_first(d);
        struct drift m = roll_drift(d, s.mem.total_kib);

        roll_policy(d, s.mem.total_kib, s.mem.swap_total_kib, &h->p);
        h->n = n;
        for (unsigned i = 0; i < n; i++) {
                h->s[i] = s;
                if (dice_percent(d, 10))
                        m = roll_drift(d, s.mem.total_kib);
                move_on(d, &m, dice_percent(d, 60) ? 100 * MS : dice_in(d, 5 * MS, 100 * MS), &s);
                if (dice_percent(d, 5))
                        jump(d, &h->p, &s);
                if (dice_percent(d, 1))
                        s.boot_us += dice_in(d, 0, 10 * SECOND);
                if (dice_percent(d, 1))
                        move_on(d, &m, dice_in(d, 1, 3 * SECOND), &s);
                if (dice_percent(d, 1))
                        s.now_us -= dice_in(d, 0, s.now_us < 500 * MS ? s.now_us : 500 * MS);
        }
}

static void
judge_history(struct history *h, struct decide_state *st)
{
        for (unsigned i = 0; i < h->n; i++)
                h->v[i] = decide(&h->p, st, &h->s[i]);
}

/* ---- a signal has a limit behind it ---- */

static bool
has_owner(const struct sample *s, const struct verdict *v)
{
        return v->fall_kibps > 0 && s->owned_kibps >= v->fall_kibps / 2;
}

/* The fastest that the supply has fallen over 100 ms or more, up to look i. */
static uint64_t
fastest_kibps(const struct history *h, unsigned i)
{
        uint64_t most = 0;

        for (unsigned k = 0; k < i; k++) {
                uint64_t span_us = sub_floor(h->s[i].now_us, h->s[k].now_us);

                if (span_us < 100 * MS)
                        continue;
                uint64_t kibps =
                        mul_div(sub_floor(h->v[k].supply_kib, h->v[i].supply_kib), SECOND, span_us);

                most = kibps > most ? kibps : most;
        }
        return most;
}

/* At a limit, or so near that the present fall is there within a tick; what falls is taken from
 * memory or from swap, and counts once. */
static bool
is_reached(const struct verdict *v, uint64_t available_kib, uint64_t limit, uint64_t swap_limit,
           uint64_t early_kib)
{
        bool swap = v->swap_total_kib == 0 || (swap_limit > 0 && v->swap_free_kib <= swap_limit);
        bool swap_early = v->swap_total_kib == 0 ||
                          (swap_limit > 0 && v->swap_free_kib <= swap_limit + early_kib);

        return limit > 0 && ((swap && available_kib <= limit + early_kib) ||
                             (swap_early && available_kib <= limit));
}

/* Memory has gone to a new low within new_low, by a quarter of the way from TERM to KILL, or
 * by a 64th of memory, but never less than 6 MiB, where that is not so much. */
static bool
has_new_low(const struct history *h, unsigned i)
{
        uint64_t quarter_kib = sub_floor(h->v[i].term_kib, h->v[i].kill_kib) / 4;
        uint64_t step_kib = smaller(quarter_kib, larger(h->v[i].total_kib / 64, 6 * 1024));
        uint64_t most_kib = 0;

        for (unsigned k = 0; k <= i; k++) {
                uint64_t kib = h->s[k].mem.available_kib;

                if (h->s[i].now_us - h->s[k].now_us <= h->p.new_low_us && kib < most_kib &&
                    kib + step_kib <= most_kib)
                        return true;
                most_kib = kib > most_kib ? kib : most_kib;
        }
        return false;
}

static void
check_low(const struct history *h, unsigned i, struct finding *ret)
{
        const struct sample *s = &h->s[i];
        const struct verdict *v = &h->v[i];
        uint64_t kibps = fastest_kibps(h, i);
        uint64_t early_kib = has_owner(s, v) ? mul_div(kibps, 100 * MS, SECOND) : 0;
        bool kill = is_reached(v, s->mem.available_kib, v->kill_kib, v->swap_kill_kib, early_kib);
        bool term = is_reached(v, s->mem.available_kib + s->arc_kib, v->term_kib, v->swap_term_kib,
                               early_kib);

        HOLDS(ret, v->fall_kibps <= kibps, "look %u: falls faster than it did", i);
        HOLDS(ret, kill || term, "look %u: a signal above TERM + rate x 100 ms", i);
        HOLDS(ret, kill || h->p.new_low_us == 0 || v->full_bp >= CAUSE_FULL_BP || has_new_low(h, i),
              "look %u: a signal between TERM and KILL without a cause", i);
        HOLDS(ret, v->act == LEVEL_KILL || v->reason == REASON_LOW, "look %u: SIGTERM for a race",
              i);
        HOLDS(ret, v->reason != REASON_RACE || has_owner(s, v), "look %u: a race of nobody", i);
        ret->telling = true;
}

/* Stall has gates of its own, the same for SIGTERM and SIGKILL. */
static void
check_stall(const struct history *h, unsigned i, struct finding *ret)
{
        const struct sample *s = &h->s[i];
        const struct verdict *v = &h->v[i];
        uint64_t easy_kib = s->mem.available_kib + s->arc_kib;
        uint64_t below_kib = limit_kib(&h->p.psi_below, v->total_kib, 0);
        bool fast = v->full_bp >= h->p.psi_term_bp && easy_kib <= below_kib;
        bool slow = s->has_refault && v->full_bp >= h->p.psi_term_bp / 3 && v->term_kib > 0 &&
                    easy_kib <= v->term_kib;

        HOLDS(ret, s->has_psi && v->full_bp > 0, "look %u: a stall without one", i);
        HOLDS(ret, h->p.psi_term_bp > 0 || h->p.psi_kill_bp > 0, "look %u: stalls are off", i);
        HOLDS(ret, v->reclaim && v->refault_bp >= WINDOW_REFAULT_BP,
              "look %u: a stall without thrashing", i);
        HOLDS(ret, fast || slow, "look %u: a stall below its share, or with memory to spare", i);
        ret->telling = true;
}

static void
try_signals(struct dice *d, unsigned size, struct finding *ret)
{
        struct decide_state st = DECIDE_STATE_INIT;
        struct history *h = &history;
        uint64_t quiet_us = 0;

        roll_history(d, size, h);
        judge_history(h, &st);
        for (unsigned i = 0; i < h->n; i++) {
                const struct verdict *v = &h->v[i];

                if (v->dropped)
                        quiet_us = h->s[i].now_us + QUIET_US;
                if (v->act < LEVEL_TERM)
                        continue;
                HOLDS(ret,
                      h->s[i].now_us >= quiet_us ||
                              (v->act == LEVEL_KILL && v->reason == REASON_LOW),
                      "look %u: a signal within 2 s of a suspend", i);
                if (v->reason == REASON_STALL)
                        check_stall(h, i, ret);
                else
                        check_low(h, i, ret);
        }
}

static void
no_signal_without_a_limit_that_is_reached_or_will_be_within_a_tick(void **state)
{
        static const struct property p = { try_signals, show_history, LOOKS_MAX, 3000, 25 };

        (void)state;
        assert_true(property_holds(&p));
}

static void
try_ranges(struct dice *d, unsigned size, struct finding *ret)
{
        struct decide_state st = DECIDE_STATE_INIT;
        struct history *h = &history;

        roll_history(d, size, h);
        judge_history(h, &st);
        for (unsigned i = 0; i < h->n; i++) {
                const struct verdict *v = &h->v[i];

                HOLDS(ret, v->level >= v->act && v->act != LEVEL_WATCH, "look %u: level %d, act %d",
                      i, v->level, v->act);
                HOLDS(ret, v->next_us >= DECIDE_TICK_MIN_US && v->next_us <= DECIDE_TICK_US,
                      "look %u: next look in %" PRIu64 " us", i, v->next_us);
                HOLDS(ret, v->full_bp <= 10000 && v->some_bp <= 10000 && v->refault_bp <= 10000,
                      "look %u: more than all", i);
                HOLDS(ret, v->reason == REASON_NONE || v->level >= LEVEL_WARN,
                      "look %u: a reason for nothing", i);
                HOLDS(ret, v->reason != REASON_NONE || v->level < LEVEL_WARN,
                      "look %u: no reason for it", i);
                HOLDS(ret, v->swap_free_kib <= h->s[i].mem.swap_free_kib,
                      "look %u: swap is worth more than there is", i);
                HOLDS(ret, v->fall_kibps > 0 || v->left_us == DECIDE_NEVER_US,
                      "look %u: TERM in sight without a fall", i);
                ret->telling |= v->level >= LEVEL_WARN;
        }
}

static void
verdicts_keep_to_their_ranges(void **state)
{
        static const struct property p = { try_ranges, show_history, LOOKS_MAX, 1500, 25 };

        (void)state;
        assert_true(property_holds(&p));
}

/* ---- less is never milder ---- */

/*
 * With more of a fall its owners may explain less than half of it: then nothing is done early, so
 * the measure is what would be done about the milder sample without an owner.
 */
static void
try_less(struct dice *d, unsigned size, struct finding *ret)
{
        static struct decide_state before, st;
        struct history *h = &history;
        bool swap = dice_percent(d, 25);

        before = (struct decide_state)DECIDE_STATE_INIT;
        roll_history(d, size, h);
        h->n--;
        judge_history(h, &before);
        struct sample more = h->s[h->n], less = more;
        uint64_t *kib = swap ? &less.mem.swap_free_kib : &less.mem.available_kib;

        if (dice_percent(d, 50))
                jump(d, &h->p, &more);
        less = more;
        *kib = dice_percent(d, 50) ? sub_floor(*kib, dice_in(d, 1, 3)) : dice_in(d, 0, *kib);
        st = before;
        struct verdict v_less = decide(&h->p, &st, &less);

        st = before;
        struct verdict v_more = decide(&h->p, &st, &more);

        if (has_owner(&more, &v_more) && !has_owner(&less, &v_less)) {
                more.owned_kibps = 0;
                st = before;
                v_more = decide(&h->p, &st, &more);
        }
        h->s[h->n] = more;
        h->v[h->n++] = v_more;
        HOLDS(ret, v_less.act >= v_more.act && v_less.level >= v_more.level,
              "%" PRIu64 " KiB of %s and not %" PRIu64 ": %s, %s and not %s, %s", *kib,
              swap ? "swap" : "memory", swap ? more.mem.swap_free_kib : more.mem.available_kib,
              level_word(v_less.level), level_word(v_less.act), level_word(v_more.level),
              level_word(v_more.act));
        ret->telling = v_less.act != v_more.act || v_less.level != v_more.level;
}

static void
less_in_the_last_sample_never_gives_a_milder_verdict(void **state)
{
        static const struct property p = { try_less, show_history, LOOKS_MAX, 5000, 5 };

        (void)state;
        assert_true(property_holds(&p));
}

/* ---- replay ---- */

#define SAME(member) (a->member == b->member)

static bool
same_verdict(const struct verdict *a, const struct verdict *b)
{
        return SAME(level) && SAME(act) && SAME(reason) && SAME(settled) && SAME(below_term) &&
               SAME(dropped) && SAME(total_kib) && SAME(available_kib) && SAME(warn_kib) &&
               SAME(term_kib) && SAME(kill_kib) && SAME(swap_total_kib) && SAME(swap_free_kib) &&
               SAME(swap_warn_kib) && SAME(swap_term_kib) && SAME(swap_kill_kib) && SAME(full_bp) &&
               SAME(some_bp) && SAME(reclaim) && SAME(refault_bp) && SAME(supply_kib) &&
               SAME(fall_kibps) && SAME(left_us) && SAME(next_us);
}

/* Whatever reads what it has not written finds something else each time. */
__attribute__((noinline)) static void
soil_the_stack(unsigned byte)
{
        volatile unsigned char dirt[16384];

        for (size_t i = 0; i < sizeof(dirt); i++)
                dirt[i] = (unsigned char)byte;
}

static void
try_replay(struct dice *d, unsigned size, struct finding *ret)
{
        static struct decide_state st, copy;
        static struct policy p;
        struct history *h = &history;
        unsigned midway = (unsigned)dice_in(d, 0, size - 1);

        roll_history(d, size, h);
        p = h->p;
        st = (struct decide_state)DECIDE_STATE_INIT;
        soil_the_stack(0);
        judge_history(h, &st);
        memset(&st, 0xff, sizeof(st));
        st = (struct decide_state)DECIDE_STATE_INIT;
        for (unsigned i = 0; i < h->n; i++) {
                struct decide_state *at = &st;

                /* From here on with a copy, and the first goes to waste. */
                if (i == midway) {
                        copy = st;
                        memset(&st, 0x5a, sizeof(st));
                }
                if (i >= midway)
                        at = &copy;
                soil_the_stack(0xa5 + i);
                struct verdict v = decide(i % 2 ? &p : &h->p, at, &h->s[i]);

                HOLDS(ret, same_verdict(&v, &h->v[i]), "look %u: another verdict", i);
                ret->telling |= v.level >= LEVEL_WARN;
        }
}

static void
the_same_samples_give_the_same_verdicts_from_a_copied_state_too(void **state)
{
        static const struct property p = { try_replay, show_history, LOOKS_MAX, 1500, 25 };

        (void)state;
        assert_true(property_holds(&p));
}

static void
try_trace(struct dice *d, unsigned size, struct finding *ret)
{
        struct decide_state st = DECIDE_STATE_INIT, again = DECIDE_STATE_INIT;
        struct history *h = &history;
        char line[TRACE_LINE_MAX];

        roll_history(d, size, h);
        judge_history(h, &st);
        for (unsigned i = 0; i < h->n; i++) {
                size_t len = trace_format(&h->s[i], &h->v[i], line, sizeof(line));
                struct trace_verdict said;
                struct sample s;

                HOLDS(ret, trace_parse(line, len - 1, &s, &said) == 0, "look %u: no line", i);
                struct verdict v = decide(&h->p, &again, &s);

                HOLDS(ret, same_verdict(&v, &h->v[i]), "look %u: another verdict", i);
                ret->telling |= v.level >= LEVEL_WARN;
        }
}

static void
what_is_written_to_a_trace_is_all_that_a_verdict_is_made_of(void **state)
{
        static const struct property p = { try_trace, show_history, LOOKS_MAX, 500, 25 };

        (void)state;
        assert_true(property_holds(&p));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(
                        no_signal_without_a_limit_that_is_reached_or_will_be_within_a_tick),
                cmocka_unit_test(verdicts_keep_to_their_ranges),
                cmocka_unit_test(less_in_the_last_sample_never_gives_a_milder_verdict),
                cmocka_unit_test(the_same_samples_give_the_same_verdicts_from_a_copied_state_too),
                cmocka_unit_test(what_is_written_to_a_trace_is_all_that_a_verdict_is_made_of),
        };

        return cmocka_run_group_tests_name("property", tests, NULL, NULL);
}
