/* SPDX-License-Identifier: MIT */
/*
 * What holds of the choice for every roster: in any order, under any verdict, whatever the sizes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "number.h"
#include "property.h"
#include "rank.h"

/* ---- cases ---- */

struct place {
        struct policy p;
        struct verdict v;
        struct sample s;
        struct roster r, other;
        struct choice ch;
};

static struct place place;

static void
show_group(const char *what, const struct roster *r, const struct group *who)
{
        (void)printf("%s:", what);
        for (uint32_t i = 0; i < who->n; i++)
                (void)printf(" %d", r->c[who->member[i]].pid);
        (void)printf("\n");
}

static void
show_place(void)
{
        const struct place *at = &place;

        (void)printf("%s %s: available %" PRIu64 ", warn %" PRIu64 ", term %" PRIu64
                     ", kill %" PRIu64 "; swap %" PRIu64 " of %" PRIu64 ", supply %" PRIu64
                     "; horizon %" PRIu64 " us, min_size %" PRIu64 " KiB\n",
                     level_word(at->v.act), reason_word(at->v.reason), at->v.available_kib,
                     at->v.warn_kib, at->v.term_kib, at->v.kill_kib, at->v.swap_free_kib,
                     at->v.swap_total_kib, at->v.supply_kib, at->p.growth_horizon_us,
                     at->p.min_size_kib);
        for (unsigned m = 0; m < MARK_MAX; m++)
                (void)printf("mark %u: at %" PRIu64 ", supply %" PRIu64 ", shmem %" PRIu64 "\n", m,
                             at->r.mark[m].boot_us, at->r.mark[m].supply_kib,
                             at->r.mark[m].shmem_kib);
        for (uint32_t i = 0; i < at->r.n; i++) {
                const struct candidate *c = &at->r.c[i];

                (void)printf("%d of %d, started %" PRIu64 ", exe %" PRIu64 ", adj %d, %s%s: anon "
                             "%" PRIu64 ", tables %" PRIu64 ", shmem %" PRIu64 "/%u, swap %" PRIu64
                             ", growth %" PRIu64 ", %s parent %" PRIu64 ", first %" PRIu64
                             ", copied %" PRIu64 ", had",
                             c->pid, c->ppid, c->start_ticks, c->exe_id, c->adj,
                             c->standing.effect == RULE_PROTECT ? "protected" : "",
                             c->struck ? "struck" : "", c->anon_kib, c->pagetables_kib,
                             c->shmem_kib, c->sharers, c->swap_kib, c->growth_kibps,
                             c->cow ? "cow" : "own", c->parent_kib, c->first_kib, c->copied_kib);
                for (unsigned m = 0; m < MARK_MAX; m++)
                        (void)printf(" %u of %u", c->mark_kib[m],
                                     c->mark_kib[m] + c->mark_above_kib[m]);
                (void)printf("\n");
        }
        show_group("chosen", &at->r, &at->ch.who);
}

/* One of few, so that there are ties. */
static uint64_t
roll_kib(struct dice *d)
{
        static const uint64_t few[] = { 0, 4, 1024, 50000, 100000, 100001, 1000000 };

        return dice_percent(d, 70) ? few[dice_in(d, 0, 6)] : dice_size(d, 24);
}

static int16_t
roll_adj(struct dice *d)
{
        static const int16_t few[] = { -1000, -999, -500, -17, 1, 200, 300, 999, 1000 };

        return dice_percent(d, 70) ? 0 : few[dice_in(d, 0, 8)];
}

static struct candidate
roll_candidate(struct dice *d, uint32_t at)
{
        struct candidate c = {
                .pid = 1000 + (int32_t)at,
                .ppid = 100 + (int32_t)dice_in(d, 0, 2),
                .start_ticks = dice_in(d, 1, 3),
                .adj = roll_adj(d),
                .anon_kib = roll_kib(d),
                .pagetables_kib = dice_percent(d, 30) ? roll_kib(d) / 100 : 0,
                .shmem_kib = dice_percent(d, 30) ? roll_kib(d) : 0,
                .swap_kib = dice_percent(d, 30) ? roll_kib(d) : 0,
                .growth_kibps = dice_percent(d, 30) ? roll_kib(d) : 0,
                .sharers = (uint32_t)dice_in(d, 1, 4),
                .cow = dice_percent(d, 15),
                .exe_id = dice_in(d, 0, 3),
                .standing = { .rule = -1, .builtin = -1 },
                .struck = dice_percent(d, 10),
                .size_fd = -1,
                .pidfd = -1,
        };

        if (dice_percent(d, 40))
                c.standing.effect = (enum rule_effect)dice_in(d, RULE_PREFER, RULE_PROTECT);
        c.gppid = dice_percent(d, 50) ? 50 : 0;
        c.pgrp = (int32_t)dice_in(d, 0, 2);
        c.parent_kib = c.cow ? roll_kib(d) : 0;
        c.first_kib = c.cow ? roll_kib(d) : 0;
        c.copied_kib = c.cow ? roll_kib(d) : 0;
        c.copied_since_kib[MARK_CALM] = (uint32_t)c.copied_kib / 2;
        for (unsigned m = 0; m < MARK_MAX; m++) {
                c.mark_kib[m] = dice_percent(d, 50) ? (uint32_t)roll_kib(d) : 0;
                c.mark_above_kib[m] = dice_percent(d, 50) ? (uint32_t)roll_kib(d) : 0;
        }
        return c;
}

static void
roll_verdict(struct dice *d, struct place *ret)
{
        struct verdict *v = &ret->v;

        v->act = dice_percent(d, 10) ? LEVEL_WARN : (enum level)dice_in(d, LEVEL_TERM, LEVEL_KILL);
        v->level = v->act;
        v->reason = (enum reason)dice_in(d, REASON_LOW, REASON_RACE);
        v->total_kib = dice_in(d, 100000, 8000000);
        v->warn_kib = dice_in(d, 0, v->total_kib / 2);
        v->term_kib = dice_percent(d, 5) ? 0 : dice_in(d, 0, v->warn_kib);
        v->kill_kib = dice_percent(d, 5) ? 0 : dice_in(d, 0, v->term_kib);
        v->available_kib = dice_percent(d, 80) ? dice_in(d, 0, v->term_kib + 1000)
                                               : dice_in(d, 0, v->total_kib);
        ret->s.mem.total_kib = v->total_kib;
        ret->s.mem.available_kib = v->available_kib;
        ret->s.mem.shmem_kib = dice_in(d, 0, v->total_kib / 2);
        ret->s.arc_kib = dice_percent(d, 10) ? dice_in(d, 0, 100000) : 0;
        if (dice_percent(d, 50)) {
                v->swap_total_kib = ret->s.mem.swap_total_kib = dice_in(d, 1, v->total_kib);
                v->swap_free_kib = dice_in(d, 0, v->swap_total_kib);
                ret->s.mem.swap_free_kib = v->swap_free_kib;
                v->swap_warn_kib = dice_in(d, 0, v->swap_total_kib);
                v->swap_term_kib = dice_in(d, 0, v->swap_warn_kib);
        }
        if (dice_percent(d, 40)) {
                ret->s.zram_total_kib = dice_in(d, 0, v->swap_total_kib);
                ret->s.zram_free_kib = dice_in(d, 0, ret->s.zram_total_kib);
                ret->s.zram_ratio_bp = (uint32_t)dice_in(d, 10000, 100000);
        }
        v->supply_kib = v->available_kib + v->swap_free_kib;
}

/* One swarm or two, now and then of the same size to the KiB. */
static void
roll_swarms(struct dice *d, struct roster *r)
{
        uint64_t n_swarms = dice_in(d, 1, 2), kib = dice_percent(d, 50) ? roll_kib(d) : 0;

        for (uint32_t i = 0; i < r->n; i++) {
                struct candidate *c = &r->c[i];

                if (dice_percent(d, 10))
                        continue;
                c->ppid = 100;
                c->exe_id = 1 + i % n_swarms;
                if (kib == 0)
                        continue;
                c->anon_kib = kib;
                c->shmem_kib = c->swap_kib = c->mark_kib[0] = 0;
                c->cow = c->struck = false;
        }
}

static void
roll_place(struct dice *d, unsigned n, struct place *ret)
{
        memset(ret, 0, sizeof(*ret));
        ret->p.growth_horizon_us = dice_percent(d, 20) ? 0 : dice_in(d, 0, 60000000);
        ret->p.min_size_kib = dice_percent(d, 80) ? 1024 : dice_in(d, 0, 1048576);
        roll_verdict(d, ret);
        for (unsigned m = 0; m < MARK_MAX; m++) {
                if (dice_percent(d, 40))
                        continue;
                ret->r.mark[m] = (struct mark){
                        .boot_us = 1000 - m,
                        .wall_s = 1000 - m,
                        .supply_kib = ret->v.supply_kib + dice_in(d, 0, ret->v.total_kib),
                        .shmem_kib = dice_in(d, 0, ret->s.mem.shmem_kib),
                        .plateau = dice_percent(d, 25),
                };
        }
        ret->r.rest_kib = dice_percent(d, 20) ? roll_kib(d) : 0;
        ret->r.n = n;
        for (uint32_t i = 0; i < n; i++)
                ret->r.c[i] = roll_candidate(d, i);
        if (n >= SWARM_MIN && dice_percent(d, 60))
                roll_swarms(d, &ret->r);
}

static void
choose(struct place *at)
{
        victim_choose(&at->p, &at->v, &at->s, &at->r, &at->ch);
}

/* ---- any order ---- */

static void
shuffle(struct dice *d, const struct roster *from, struct roster *to)
{
        *to = *from;
        for (uint32_t i = to->n; i > 1; i--) {
                uint32_t j = (uint32_t)dice_in(d, 0, i - 1);
                struct candidate c = to->c[i - 1];

                to->c[i - 1] = to->c[j];
                to->c[j] = c;
        }
}

static bool
same_score(const struct score *a, const struct score *b)
{
        return a->anon_kib == b->anon_kib && a->pagetables_kib == b->pagetables_kib &&
               a->shared_kib == b->shared_kib && a->swap_kib == b->swap_kib &&
               a->growth_kib == b->growth_kib && a->adj_kib == b->adj_kib &&
               a->total_kib == b->total_kib;
}

static bool
same_choice(const struct roster *ra, const struct choice *a, const struct roster *rb,
            const struct choice *b)
{
        if (a->who.n != b->who.n || a->why_nobody != b->why_nobody || a->blamed != b->blamed)
                return false;
        for (uint32_t i = 0; i < a->who.n; i++)
                if (ra->c[a->who.member[i]].pid != rb->c[b->who.member[i]].pid)
                        return false;
        return a->blame.took_kib == b->blame.took_kib &&
               a->blame.missing_kib == b->blame.missing_kib &&
               a->blame.since_wall_s == b->blame.since_wall_s && same_score(&a->score, &b->score) &&
               a->gives.mem_kib == b->gives.mem_kib && a->gives.swap_kib == b->gives.swap_kib;
}

static void
try_orders(struct dice *d, unsigned size, struct finding *ret)
{
        static struct ranked ranked[ROSTER_MAX], again[ROSTER_MAX];
        struct place *at = &place;
        struct choice ch, ranked_ch;
        uint32_t max = (uint32_t)dice_in(d, 1, size);

        memset(again, 0, sizeof(again));
        roll_place(d, size, at);
        shuffle(d, &at->r, &at->other);
        choose(at);
        victim_choose(&at->p, &at->v, &at->s, &at->other, &ch);
        HOLDS(ret, same_choice(&at->r, &at->ch, &at->other, &ch),
              "another choice in another order");
        uint32_t n = rank_candidates(&at->p, &at->v, &at->s, &at->r, &ranked_ch, ranked, size);
        uint32_t n_again = rank_candidates(&at->p, &at->v, &at->s, &at->other, &ch, again, max);

        HOLDS(ret, n == size && n_again == max, "%u of %u, and %u of %u are ranked", n, size,
              n_again, max);
        HOLDS(ret, same_choice(&at->r, &ranked_ch, &at->other, &ch),
              "another choice when ranked in another order");
        for (uint32_t i = 0; i < n; i++)
                HOLDS(ret, i >= ranked_ch.who.n || ranked[i].c == &at->r.c[ranked_ch.who.member[i]],
                      "place %u of the ranking is not the choice's", i);
        HOLDS(ret, max == ROSTER_MAX || again[max].c == NULL, "more are ranked than asked for");
        for (uint32_t i = 0; i < n_again; i++)
                HOLDS(ret,
                      ranked[i].c->pid == again[i].c->pid && ranked[i].chosen == again[i].chosen &&
                              ranked[i].eligible == again[i].eligible &&
                              same_score(&ranked[i].score, &again[i].score),
                      "place %u of the ranking is another's in another order", i);
        ret->telling = ch.who.n > 0;
}

static void
the_order_of_the_roster_changes_neither_the_choice_nor_the_ranking(void **state)
{
        static const struct property p = { try_orders, show_place, 40, 12000, 25 };

        (void)state;
        assert_true(property_holds(&p));
}

/* ---- who may be chosen ---- */

static bool
is_member(const struct group *who, uint32_t i)
{
        for (uint32_t k = 0; k < who->n; k++)
                if (who->member[k] == i)
                        return true;
        return false;
}

static bool
is_large_enough(const struct policy *p, const struct candidate *c)
{
        struct give_back g = blame_gives(c, 0);

        return g.mem_kib + g.swap_kib > 0 && g.mem_kib + g.swap_kib >= p->min_size_kib;
}

/* By badness: nobody who may be ended has a higher score. */
static void
check_worst(const struct place *at, struct finding *ret)
{
        const struct candidate *one = &at->r.c[at->ch.who.member[0]];
        uint64_t most_kib = victim_score(&at->p, &at->v, &at->s, one).total_kib;

        HOLDS(ret, at->ch.who.n == 1, "more than one for its badness");
        HOLDS(ret, is_large_enough(&at->p, one), "%d is too small", one->pid);
        for (uint32_t i = 0; i < at->r.n; i++) {
                const struct candidate *c = &at->r.c[i];
                uint64_t kib = victim_score(&at->p, &at->v, &at->s, c).total_kib;

                HOLDS(ret, kib <= most_kib || !candidate_eligible(c) || !is_large_enough(&at->p, c),
                      "%d is worse", c->pid);
        }
}

/* Ending everybody who may be ended would lift memory, or else swap, above TERM. */
static bool
is_of_use(const struct place *at)
{
        uint64_t mem_kib = at->v.available_kib + at->s.arc_kib + at->r.rest_kib;
        uint64_t swap_kib = at->v.swap_free_kib;
        uint64_t term_kib = at->v.term_kib ? at->v.term_kib : at->v.kill_kib;

        for (uint32_t i = 0; i < at->r.n; i++) {
                if (!candidate_eligible(&at->r.c[i]))
                        continue;
                struct give_back g = blame_gives(&at->r.c[i], blame_swap_bp(&at->s));

                mem_kib += g.mem_kib;
                swap_kib += g.swap_kib;
        }
        return mem_kib > term_kib || (at->v.swap_total_kib > 0 && swap_kib > at->v.swap_term_kib);
}

static void
try_chosen(struct dice *d, unsigned size, struct finding *ret)
{
        struct place *at = &place;
        const struct group *who = &at->ch.who;

        roll_place(d, size, at);
        choose(at);
        HOLDS(ret, (who->n == 0) == (at->ch.why_nobody != NOBODY_NONE), "%u chosen, and why not %d",
              who->n, at->ch.why_nobody);
        for (uint32_t k = 0; k < who->n; k++) {
                const struct candidate *c = &at->r.c[who->member[k]];

                HOLDS(ret, who->member[k] < at->r.n, "one who is not there");
                HOLDS(ret, c->standing.effect != RULE_PROTECT, "%d is protected", c->pid);
                HOLDS(ret, c->adj > -1000, "%d has oom_score_adj -1000", c->pid);
                HOLDS(ret, !c->struck, "%d is struck out", c->pid);
                for (uint32_t i = 0; i < k; i++)
                        HOLDS(ret, who->member[i] != who->member[k], "%d twice", c->pid);
        }
        HOLDS(ret, who->n == 0 || at->v.reason == REASON_STALL || is_of_use(at), "in vain");
        if (who->n > 0 && !at->ch.blamed)
                check_worst(at, ret);
        ret->telling = who->n > 0;
}

static void
who_is_protected_struck_or_at_minus_1000_is_never_chosen(void **state)
{
        static const struct property p = { try_chosen, show_place, 40, 20000, 25 };

        (void)state;
        assert_true(property_holds(&p));
}

/* What cannot be chosen does not weigh on the choice: without it, it is the same. */
static void
try_without(struct dice *d, unsigned size, struct finding *ret)
{
        struct place *at = &place;
        struct choice ch;
        uint32_t kept = 0;

        roll_place(d, size, at);
        at->other = at->r;
        for (uint32_t i = 0; i < at->r.n; i++) {
                const struct candidate *c = &at->r.c[i];

                /* A member that is struck out still makes a swarm of the others. */
                if (candidate_eligible(c) || c->exe_id != 0)
                        at->other.c[kept++] = *c;
        }
        at->other.n = kept;
        choose(at);
        victim_choose(&at->p, &at->v, &at->s, &at->other, &ch);
        HOLDS(ret, same_choice(&at->r, &at->ch, &at->other, &ch), "another choice without them");
        ret->telling = ch.who.n > 0 && kept < at->r.n;
}

static void
who_cannot_be_chosen_does_not_count(void **state)
{
        static const struct property p = { try_without, show_place, 40, 8000, 15 };

        (void)state;
        assert_true(property_holds(&p));
}

/* ---- blame ---- */

static void
try_blame(struct dice *d, unsigned size, struct finding *ret)
{
        struct place *at = &place;
        uint64_t took_kib = 0, most_missing_kib = 0;

        roll_place(d, size, at);
        choose(at);
        const struct blame b = blame_find(&at->r, &at->v, &at->s);

        if (b.who.n == 0)
                return;
        ret->telling = true;
        for (unsigned m = 0; m < MARK_MAX; m++)
                if (at->r.mark[m].boot_us != 0) {
                        uint64_t kib = sub_floor(at->r.mark[m].supply_kib, at->v.supply_kib);

                        most_missing_kib = kib > most_missing_kib ? kib : most_missing_kib;
                }
        for (uint32_t k = 0; k < b.who.n; k++)
                took_kib += blame_own_kib(&at->r.c[b.who.member[k]]);
        HOLDS(ret, b.missing_kib <= most_missing_kib, "more is missing than ever was there");
        HOLDS(ret, b.took_kib <= b.missing_kib, "took %" PRIu64 " KiB of the %" PRIu64 " missing",
              b.took_kib, b.missing_kib);
        HOLDS(ret, b.took_kib >= b.missing_kib / (b.who.n > 1 ? 2 : 8),
              "took too little of it to be blamed");
        HOLDS(ret, b.took_kib <= took_kib, "took more than they have");
        for (uint32_t i = 0; i < at->r.n; i++)
                HOLDS(ret, is_member(&b.who, i) <= candidate_eligible(&at->r.c[i]),
                      "%d is to blame and cannot be ended", at->r.c[i].pid);
}

static void
blame_never_sums_up_to_more_than_is_missing(void **state)
{
        static const struct property p = { try_blame, show_place, 40, 20000, 10 };

        (void)state;
        assert_true(property_holds(&p));
}

/* ---- the score ---- */

static uint64_t *
part_of(struct candidate *c, uint64_t which)
{
        switch (which) {
        case 0:
                return &c->anon_kib;
        case 1:
                return &c->pagetables_kib;
        case 2:
                return &c->shmem_kib;
        case 3:
                return &c->swap_kib;
        default:
                return &c->growth_kibps;
        }
}

static void
try_growth(struct dice *d, unsigned size, struct finding *ret)
{
        struct place *at = &place;

        roll_place(d, 1, at);
        (void)size;
        struct candidate less = at->r.c[0], more = less;
        uint64_t *kib = part_of(&more, dice_in(d, 0, 4)), was_kib = *kib;

        *kib += dice_percent(d, 50) ? dice_in(d, 1, 3) : dice_size(d, 24);
        uint64_t less_kib = victim_score(&at->p, &at->v, &at->s, &less).total_kib;
        uint64_t more_kib = victim_score(&at->p, &at->v, &at->s, &more).total_kib;

        HOLDS(ret, more_kib >= less_kib,
              "a part went from %" PRIu64 " to %" PRIu64 ", the score from %" PRIu64 " to %" PRIu64,
              was_kib, *kib, less_kib, more_kib);
        more = less;
        more.adj = (int16_t)dice_in(d, 0, 1000);
        if (more.adj < less.adj)
                more.adj = less.adj;
        more_kib = victim_score(&at->p, &at->v, &at->s, &more).total_kib;
        HOLDS(ret, more_kib >= less_kib, "oom_score_adj %d scores less than %d", more.adj,
              less.adj);
        more = less;
        more.standing.effect = RULE_PREFER;
        less.standing.effect = RULE_NONE;
        HOLDS(ret,
              victim_score(&at->p, &at->v, &at->s, &more).total_kib >=
                      victim_score(&at->p, &at->v, &at->s, &less).total_kib,
              "preferred, and scores less");
        less.standing.effect = RULE_AVOID;
        more.standing.effect = RULE_NONE;
        HOLDS(ret,
              victim_score(&at->p, &at->v, &at->s, &more).total_kib >=
                      victim_score(&at->p, &at->v, &at->s, &less).total_kib,
              "avoided, and scores more");
        ret->telling = more_kib > less_kib;
}

static void
a_larger_process_never_scores_less(void **state)
{
        static const struct property p = { try_growth, show_place, 1, 100000, 30 };

        (void)state;
        assert_true(property_holds(&p));
}

/* What it gives back is no more than it has. */
static void
try_gives(struct dice *d, unsigned size, struct finding *ret)
{
        struct place *at = &place;
        uint32_t swap_bp;

        (void)size;
        roll_place(d, 1, at);
        swap_bp = blame_swap_bp(&at->s);
        const struct candidate *c = &at->r.c[0];
        struct give_back g = blame_gives(c, swap_bp), plain = blame_gives(c, 0);

        HOLDS(ret, swap_bp <= 10000, "a KiB in swap gives back %u bp", swap_bp);
        HOLDS(ret, g.swap_kib <= c->swap_kib, "more swap than it has");
        HOLDS(ret, plain.mem_kib <= c->anon_kib + c->pagetables_kib + c->shmem_kib,
              "more memory than it has");
        HOLDS(ret, g.mem_kib <= plain.mem_kib + c->swap_kib, "zram gives back more than it stores");
        HOLDS(ret, blame_own_kib(c) <= c->anon_kib + c->swap_kib + c->shmem_kib + c->pagetables_kib,
              "more of its own than it has");
        ret->telling = c->swap_kib > 0 || c->cow;
}

static void
nobody_gives_back_more_than_he_has(void **state)
{
        static const struct property p = { try_gives, show_place, 1, 100000, 20 };

        (void)state;
        assert_true(property_holds(&p));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(
                        the_order_of_the_roster_changes_neither_the_choice_nor_the_ranking),
                cmocka_unit_test(who_is_protected_struck_or_at_minus_1000_is_never_chosen),
                cmocka_unit_test(who_cannot_be_chosen_does_not_count),
                cmocka_unit_test(blame_never_sums_up_to_more_than_is_missing),
                cmocka_unit_test(a_larger_process_never_scores_less),
                cmocka_unit_test(nobody_gives_back_more_than_he_has),
        };

        return cmocka_run_group_tests_name("property_choice", tests, NULL, NULL);
}
