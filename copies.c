/* SPDX-License-Identifier: MIT */
/*
 * Owns how much of what forks show is a copy.  Never looks at what is their own beyond doubt.
 */
#include "copies.h"

#include "number.h"

/* What has ended counts as still there for so long, less and less: a process of 300 MiB showed
 * nothing after 4 to 72 ms, and was gone after 133 to 327. */
#define LEAVE_US 2000000u

/* What all of them together have. */
struct tally {
        uint64_t anon_kib;   /* in memory, and somebody's own beyond doubt */
        uint64_t swap_kib;   /* the same in swap */
        uint64_t in_kib;     /* in memory, of forks, where their parents have nothing there */
        uint64_t beyond_kib; /* the same in swap */
};

static bool
is_young(const struct row *r)
{
        return r->mark_kib[MARK_CALM] == 0;
}

/* What may be a copy: it may be the parent's, too. */
static uint64_t
common_kib(struct census *c, const struct row *r)
{
        uint64_t kib = (uint64_t)r->anon_kib + r->swap_kib - census_private_kib(c, r);

        return smaller(kib, sub_floor(c->unowned.least_kib, r->unowned_kib));
}

/*
 * What is a fork's own counts in full both in memory and in swap, because nobody knows where it
 * lies.  A page that it shares with its parent is in memory or in swap for both.
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
                if (!parent)
                        continue;
                t.in_kib += sub_floor(sub_floor(r->anon_kib, parent->anon_kib), own_kib);
                t.beyond_kib += sub_floor(sub_floor(r->swap_kib, parent->swap_kib), own_kib);
        }
        return t;
}

/*
 * Anonymous memory that no process shows to be its own.  A page that only one of them has read in
 * again is in memory for him and in swap for the other (SwapCached), and no copy.  Siblings show
 * what they have in common in swap each as its own: there is no more of it than others have left.
 */
static uint64_t
unowned_kib(const struct tally *t, const struct meminfo *m)
{
        uint64_t slots_kib = sub_floor(m->swap_total_kib - m->swap_free_kib, m->swap_cached_kib);
        uint64_t read_in_kib = smaller(m->swap_cached_kib, t->in_kib);

        return sub_floor(m->anon_kib, t->anon_kib + read_in_kib) +
               smaller(t->beyond_kib, sub_floor(slots_kib, t->swap_kib));
}

/* The part in basis points that *kib is of all that may be copies in forks of this age; takes it
 * from *kib. */
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
        struct unowned *u = &c->unowned;
        struct tally t = count_all(c);
        uint64_t first_kib = unowned_kib(&t, before), last_kib = unowned_kib(&t, after);
        bool known = c->n_unreadable == 0 && c->mark[MARK_CALM].boot_us != 0;

        /* In between somebody may have taken something, or given it back. */
        u->most_kib = larger(first_kib, last_kib);
        u->least_kib = sub_floor(smaller(first_kib, last_kib), u->leaving_kib);
        uint64_t copied_kib = known ? sub_floor(u->least_kib, u->calm_kib) : 0;

        u->young_bp = spread(c, true, &copied_kib);
        u->old_bp = spread(c, false, &copied_kib);
}

void
copies_leave(struct census *c, uint64_t now_us, uint64_t kib)
{
        struct unowned *u = &c->unowned;
        uint64_t for_us = smaller(sub_floor(now_us, u->left_us), LEAVE_US);

        u->leaving_kib -= mul_div(u->leaving_kib, for_us, LEAVE_US);
        u->leaving_kib += kib;
        u->left_us = now_us;
}

void
copies_forget(struct census *c)
{
        c->unowned.least_kib = 0;
        c->unowned.most_kib = UINT64_MAX;
        c->unowned.young_bp = c->unowned.old_bp = 0;
}

uint32_t
copies_kib(struct census *c, const struct row *r)
{
        uint32_t bp = is_young(r) ? c->unowned.young_bp : c->unowned.old_bp;

        return bp ? (uint32_t)mul_div(common_kib(c, r), bp, 10000) : 0;
}
