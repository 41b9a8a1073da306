/* SPDX-License-Identifier: MIT */
/*
 * Owns how much of what forks show is a copy.  Never looks at what is their own beyond doubt.
 */
#include "copies.h"

#include "number.h"

/* What all of them together have. */
struct tally {
        uint64_t anon_kib;   /* in memory, and somebody's own beyond doubt */
        uint64_t swap_kib;   /* the same in swap */
        uint64_t beyond_kib; /* in swap, of forks, where their parents have nothing there */
};

static bool
is_young(const struct row *r)
{
        return r->mark_kib[MARK_CALM] == 0;
}

/* What may be the parent's, or a copy of it. */
static uint64_t
common_kib(struct census *c, const struct row *r)
{
        return (uint64_t)r->anon_kib + r->swap_kib - census_private_kib(c, r);
}

/*
 * Wherever it lies: what is a fork's own counts in full on either side, because nobody knows on
 * which one it is.  A page that both have is in memory or in swap for both; of what is in swap for
 * the fork alone its parent has a copy, or has read it in (SwapCached).
 */
static struct tally
count_all(struct census *c)
{
        struct tally t = { .anon_kib = c->unkept_kib };

        for (uint32_t i = 0; i < c->n; i++) {
                const struct row *r = &c->row[i];
                const struct row *parent = census_forked_from(c, r);
                uint64_t own_kib = census_private_kib(c, r);

                t.anon_kib += smaller(r->anon_kib, own_kib);
                t.swap_kib += smaller(r->swap_kib, own_kib);
                if (parent)
                        t.beyond_kib +=
                                sub_floor(sub_floor(r->swap_kib, parent->swap_kib), own_kib);
        }
        return t;
}

/* Anonymous memory that no process shows to be its own.  Siblings show what they have in common in
 * swap each as its own: there is no more of it than others have left. */
static uint64_t
unowned_kib(const struct tally *t, const struct meminfo *m)
{
        uint64_t slots_kib = sub_floor(m->swap_total_kib - m->swap_free_kib, m->swap_cached_kib);

        return sub_floor(m->anon_kib, t->anon_kib) +
               smaller(t->beyond_kib, sub_floor(slots_kib, t->swap_kib));
}

/* The part in basis points that *kib is of what forks of this age have in common with their
 * parents; takes it from *kib. */
static uint32_t
spread(struct census *c, bool young, uint64_t *kib)
{
        uint64_t all_kib = 0;

        for (uint32_t i = 0; i < c->n; i++)
                if (is_young(&c->row[i]) == young)
                        all_kib += common_kib(c, &c->row[i]);
        uint64_t part_kib = smaller(*kib, all_kib);

        *kib -= part_kib;
        return all_kib ? (uint32_t)mul_div(part_kib, 10000, all_kib) : 0;
}

void
copies_count(struct census *c, const struct meminfo *before, const struct meminfo *after)
{
        const struct mark *calm = &c->mark[MARK_CALM];
        struct tally t = count_all(c);
        uint64_t first_kib = unowned_kib(&t, before), last_kib = unowned_kib(&t, after);
        uint64_t copied_kib = 0;

        /* In between somebody may have taken or given back something. */
        if (c->n_unreadable == 0 && calm->boot_us != 0)
                copied_kib = sub_floor(smaller(first_kib, last_kib), calm->unowned_kib);
        c->unowned_kib = larger(first_kib, last_kib);
        c->young_copied_bp = spread(c, true, &copied_kib);
        c->old_copied_bp = spread(c, false, &copied_kib);
}

void
copies_forget(struct census *c)
{
        c->unowned_kib = UINT64_MAX;
        c->young_copied_bp = c->old_copied_bp = 0;
}

uint32_t
copies_kib(struct census *c, const struct row *r)
{
        uint32_t bp = is_young(r) ? c->young_copied_bp : c->old_copied_bp;

        return bp ? (uint32_t)mul_div(common_kib(c, r), bp, 10000) : 0;
}
