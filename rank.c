/* SPDX-License-Identifier: MIT */
/*
 * Owns the order of the ranking.  Never judges: who would be ended is victim.c's word.
 */
#include "rank.h"

struct verdict
rank_verdict(const struct verdict *v)
{
        struct verdict low = *v;
        uint64_t term_kib = v->term_kib ? v->term_kib : v->kill_kib;

        if (v->act >= LEVEL_TERM)
                return low;
        low.level = low.act = LEVEL_TERM;
        low.reason = REASON_LOW;
        low.below_term = true;
        if (low.available_kib > term_kib)
                low.available_kib = term_kib;
        if (low.swap_free_kib > low.swap_term_kib)
                low.swap_free_kib = low.swap_term_kib;
        /* supply_kib stays: who is to blame is a matter of what has really gone missing. */
        return low;
}

/* What is asked of every candidate, so that the functions below need not be told five things. */
struct question {
        const struct policy *p;
        const struct verdict *v;
        const struct sample *s;
        const struct roster *r;
        const struct choice *ch;
        uint32_t swap_bp;
};

/* Its place in the group that would be ended; who.n for all others. */
static uint32_t
place_in_group(const struct question *q, const struct candidate *c)
{
        uint32_t i = 0;

        while (i < q->ch->who.n && &q->r->c[q->ch->who.member[i]] != c)
                i++;
        return i;
}

static bool
large_enough(const struct policy *p, const struct candidate *c)
{
        struct give_back g = blame_gives(c, 0);

        return g.mem_kib + g.swap_kib >= p->min_size_kib && g.mem_kib + g.swap_kib > 0;
}

static struct ranked
rank_one(const struct question *q, const struct candidate *c)
{
        return (struct ranked){
                .c = c,
                .score = victim_score(q->p, q->v, q->s, c),
                .gives = blame_gives(c, q->swap_bp),
                .chosen = place_in_group(q, c) < q->ch->who.n,
                .eligible = candidate_eligible(c) && large_enough(q->p, c),
        };
}

/* Whether a stands before b.  Ties are broken as victim_choose() breaks them. */
static bool
before(const struct question *q, const struct ranked *a, const struct ranked *b)
{
        uint64_t size_a = blame_own_kib(a->c), size_b = blame_own_kib(b->c);
        bool by_score = a->eligible && a->score.total_kib + b->score.total_kib > 0;

        if (a->chosen != b->chosen)
                return a->chosen;
        if (a->chosen)
                return place_in_group(q, a->c) < place_in_group(q, b->c);
        if (a->eligible != b->eligible)
                return a->eligible;
        if (by_score && a->score.total_kib != b->score.total_kib)
                return a->score.total_kib > b->score.total_kib;
        if (!by_score && size_a != size_b)
                return size_a > size_b;
        if (a->c->start_ticks != b->c->start_ticks)
                return a->c->start_ticks > b->c->start_ticks;
        return a->c->pid > b->c->pid;
}

uint32_t
rank_candidates(const struct policy *p, const struct verdict *v, const struct sample *s,
                const struct roster *r, struct choice *ret_choice, struct ranked *ret, uint32_t max)
{
        const struct verdict low = rank_verdict(v);
        uint32_t n = 0;

        victim_choose(p, &low, s, r, ret_choice);
        const struct question q = { p, &low, s, r, ret_choice, blame_swap_bp(s) };

        if (max > ROSTER_MAX)
                max = ROSTER_MAX;
        for (uint32_t i = 0; i < r->n; i++) {
                struct ranked one = rank_one(&q, &r->c[i]);
                uint32_t at = n;

                /* Insertion into those that have a place: the last of them may lose it. */
                if (n < max)
                        n++;
                else if (n > 0 && before(&q, &one, &ret[n - 1]))
                        at = n - 1;
                else
                        continue;
                for (; at > 0 && before(&q, &one, &ret[at - 1]); at--)
                        ret[at] = ret[at - 1];
                ret[at] = one;
        }
        return n;
}
