/* SPDX-License-Identifier: MIT */
/*
 * Owns badness and the choice.  Never reads /proc and never signals.
 */
#include "victim.h"

#include <string.h>

#include "number.h"

static uint32_t
rule_factor_bp(const struct candidate *c)
{
        switch (c->standing.effect) {
        case RULE_PREFER:
                return VICTIM_PREFER_BP;
        case RULE_AVOID:
                return VICTIM_AVOID_BP;
        default:
                return 10000;
        }
}

/*
 * What its swap counts for: all of it when swap is what has run out, what it costs in memory on
 * zram, and nothing in a stall, where only pages in memory make room for others.
 */
static uint64_t
swap_counts_kib(const struct verdict *v, const struct sample *s, uint64_t swap_kib)
{
        uint32_t zram_bp = blame_swap_bp(s);

        if (v->reason == REASON_STALL)
                return 0;
        return zram_bp ? swap_kib * zram_bp / 10000 : swap_kib;
}

struct score
victim_score(const struct policy *p, const struct verdict *v, const struct sample *s,
             const struct candidate *c)
{
        struct give_back plain = blame_gives(c, 0);
        struct score sc = {
                .pagetables_kib = c->pagetables_kib,
                .shared_kib = c->shmem_kib / (c->sharers ? c->sharers : 1),
                .swap_kib = swap_counts_kib(v, s, plain.swap_kib),
                .growth_kib = c->growth_kibps * (p->growth_horizon_us / 1000) / 1000,
                .rule_bp = rule_factor_bp(c),
                .adj = c->adj,
        };

        sc.anon_kib = plain.mem_kib - sc.pagetables_kib - sc.shared_kib;
        uint64_t kib =
                sc.anon_kib + sc.pagetables_kib + sc.shared_kib + sc.swap_kib + sc.growth_kib;

        kib = kib / 100 * sc.rule_bp / 100 + kib % 100 * sc.rule_bp / 10000;
        if (c->adj > 0) {
                /* Scaled, not added: 300 on a small browser tab must not outweigh a large leak. */
                kib += kib / 1000 * (uint64_t)c->adj + kib % 1000 * (uint64_t)c->adj / 1000;
        } else if (c->adj < 0) {
                sc.adj_kib =
                        (s->mem.total_kib + s->mem.swap_total_kib) / 1000 * (uint64_t)(-c->adj);
                kib = sub_floor(kib, sc.adj_kib);
        }
        sc.total_kib = kib;
        return sc;
}

static void
score_add(struct score *sum, const struct score *sc)
{
        sum->anon_kib += sc->anon_kib;
        sum->pagetables_kib += sc->pagetables_kib;
        sum->shared_kib += sc->shared_kib;
        sum->swap_kib += sc->swap_kib;
        sum->growth_kib += sc->growth_kib;
        sum->adj_kib += sc->adj_kib;
        sum->total_kib += sc->total_kib;
        sum->rule_bp = sc->rule_bp;
        sum->adj = sc->adj;
}

static bool
large_enough(const struct policy *p, const struct candidate *c)
{
        struct give_back g = blame_gives(c, 0);

        return g.mem_kib + g.swap_kib >= p->min_size_kib && g.mem_kib + g.swap_kib > 0;
}

static bool
younger(const struct candidate *a, const struct candidate *b)
{
        if (a->start_ticks != b->start_ticks)
                return a->start_ticks > b->start_ticks;
        return a->pid > b->pid;
}

/* True when a is to be ended rather than b: score, then what it gives back, then youth, then pid.
 */
static bool
worse(const struct candidate *a, const struct score *sa, const struct candidate *b,
      const struct score *sb)
{
        uint64_t size_a = blame_own_kib(a), size_b = blame_own_kib(b);

        if (sa->total_kib != sb->total_kib)
                return sa->total_kib > sb->total_kib;
        if (sa->total_kib == 0 && size_a != size_b)
                return size_a > size_b;
        return younger(a, b);
}

/* By badness alone: the index of the worst, or -1. */
static int
choose_worst(const struct policy *p, const struct verdict *v, const struct sample *s,
             const struct roster *r)
{
        struct score worst_score = { 0 };
        int worst = -1;

        for (uint32_t i = 0; i < r->n; i++) {
                if (!candidate_eligible(&r->c[i]) || !large_enough(p, &r->c[i]))
                        continue;
                struct score sc = victim_score(p, v, s, &r->c[i]);

                if (worst < 0 || worse(&r->c[i], &sc, &r->c[worst], &worst_score)) {
                        worst = (int)i;
                        worst_score = sc;
                }
        }
        return worst;
}

/* All that may be ended, together, in memory and swap. */
static struct give_back
all_give(const struct roster *r, uint32_t swap_bp)
{
        struct give_back all = { .mem_kib = r->rest_kib };

        for (uint32_t i = 0; i < r->n; i++) {
                if (!candidate_eligible(&r->c[i]))
                        continue;
                struct give_back g = blame_gives(&r->c[i], swap_bp);

                all.mem_kib += g.mem_kib;
                all.swap_kib += g.swap_kib;
        }
        return all;
}

static bool
in_vain(const struct verdict *v, const struct sample *s, const struct roster *r)
{
        struct give_back all = all_give(r, blame_swap_bp(s));
        /* A limit that is off cannot be reached from below either. */
        uint64_t term_kib = v->term_kib ? v->term_kib : v->kill_kib;

        if (v->reason == REASON_STALL)
                return false;
        return v->available_kib + s->arc_kib + all.mem_kib <= term_kib &&
               (v->swap_total_kib == 0 || v->swap_free_kib + all.swap_kib <= v->swap_term_kib);
}

/* Nobody smaller than min_size, but for a swarm: it counts as a whole. */
static bool
may_be_ended(const struct policy *p, const struct roster *r, const struct group *who)
{
        return who->n > 1 || (who->n == 1 && large_enough(p, &r->c[who->member[0]]));
}

/*
 * Who switches swap off, by the name that the kernel knows; -1: none on the roster that may be
 * ended.  Who merely takes that name is ended in its place, and gains nothing.  *ret_wait: there is
 * one that cannot be ended, but not because of a rule.
 */
static int
find_swapoff(const struct roster *r, bool *ret_wait)
{
        int who = -1;

        for (uint32_t i = 0; i < r->n; i++) {
                const struct candidate *c = &r->c[i];

                if (strcmp(c->name, CANDIDATE_SWAPOFF) != 0 || c->standing.effect == RULE_PROTECT)
                        continue;
                if (!candidate_eligible(c))
                        *ret_wait = true;
                else if (who < 0 || younger(c, &r->c[who]))
                        who = (int)i;
        }
        return who;
}

/*
 * What is in swap does not fit into memory, and swap is being switched off: nobody is to blame but
 * who does that.  The kernel would end it before anybody else, but on a full machine that took
 * seven seconds in which everything stood still, and a browser was ended after it.
 *
 * Who cannot be ended is waited for as long as SwapTotal falls.  One that has been given up is
 * still reading in what one process has there, and goes after that; and an oom_score_adj of -1000
 * does not keep the kernel itself from ending it (mm/oom_kill.c, oom_evaluate_task()).
 *
 * True when that is all there is to say; while memory is not low yet, always.
 */
static bool
choose_swapoff(const struct verdict *v, const struct roster *r, struct choice *ret)
{
        bool wait = v->swapoff_new || v->reason == REASON_SWAPOFF;
        int who = v->swapoff ? find_swapoff(r, &wait) : -1;

        if (who >= 0) {
                ret->swapoff = true;
                ret->who.n = 1;
                ret->who.member[0] = (uint8_t)who;
        } else if (wait) {
                ret->why_nobody = NOBODY_YET;
        }
        return who >= 0 || wait;
}

static void
add_up(const struct policy *p, const struct verdict *v, const struct sample *s,
       const struct roster *r, struct choice *ret)
{
        uint32_t swap_bp = blame_swap_bp(s);

        for (uint32_t i = 0; i < ret->who.n; i++) {
                const struct candidate *c = &r->c[ret->who.member[i]];
                struct score sc = victim_score(p, v, s, c);
                struct give_back g = blame_gives(c, swap_bp);

                score_add(&ret->score, &sc);
                ret->gives.mem_kib += g.mem_kib;
                ret->gives.swap_kib += g.swap_kib;
        }
}

void
victim_choose(const struct policy *p, const struct verdict *v, const struct sample *s,
              const struct roster *r, struct choice *ret)
{
        int worst = choose_worst(p, v, s, r);

        *ret = (struct choice){ .why_nobody = NOBODY_NONE };
        ret->blame = blame_find(r, v, s);
        ret->blamed = v->reason != REASON_SWAPOFF && may_be_ended(p, r, &ret->blame.who);
        if (!ret->blamed && choose_swapoff(v, r, ret)) {
                add_up(p, v, s, r, ret);
                return;
        }
        if (worst < 0 || in_vain(v, s, r)) {
                ret->blamed = false;
                ret->why_nobody = worst < 0 ? NOBODY_ELIGIBLE : NOBODY_IN_VAIN;
                return;
        }
        if (!ret->blamed && v->reason != REASON_STALL && blame_tmpfs(r, v, s)) {
                ret->why_nobody = NOBODY_TMPFS;
                return;
        }
        if (ret->blamed) {
                ret->who = ret->blame.who;
        } else {
                ret->who.n = 1;
                ret->who.member[0] = (uint8_t)worst;
        }
        add_up(p, v, s, r, ret);
}
