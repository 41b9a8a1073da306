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
        uint64_t beyond_kib; /* in swap, of forks, where their parents have nothing there */
};

/* What all of them together may have copied. */
struct bounds {
        uint64_t ever_kib;
        uint64_t young_kib[MARK_MAX]; /* since a mark, of those started since */
        uint64_t old_kib[MARK_MAX];   /* ... and of the others */
};

static uint64_t
common_kib(struct census *c, const struct row *r)
{
        return (uint64_t)r->anon_kib + r->swap_kib - census_private_kib(c, r);
}

/* Of what somebody has in common with his parent, what may have been copied since there was
 * `base_kib` that was nobody's. */
static uint64_t
since_kib(const struct census *c, const struct row *r, uint64_t common_kib, uint64_t base_kib)
{
        return smaller(common_kib,
                       sub_floor(c->unowned.least_kib, larger(base_kib, r->unowned_kib)));
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
                if (parent)
                        t.beyond_kib +=
                                sub_floor(sub_floor(r->swap_kib, parent->swap_kib), own_kib);
        }
        return t;
}

/*
 * Anonymous memory that no process shows to be its own.  What only one of the two has read in from
 * swap counts, too: it takes memory and a place in swap, and the end of the fork gives one of them
 * back.  (Less SwapCached it would be too little: what is on its way to swap is in there, 30 of 80
 * MiB of copies in a guest.)  Siblings show what they have in common in swap each as its own: there
 * is no more of it than others have left.
 */
static uint64_t
unowned_kib(const struct tally *t, const struct meminfo *m)
{
        uint64_t used_kib = m->swap_total_kib - m->swap_free_kib;

        return sub_floor(m->anon_kib, t->anon_kib) +
               smaller(t->beyond_kib, sub_floor(used_kib, t->swap_kib));
}

static struct bounds
add_up(struct census *c)
{
        struct bounds all = { 0 };

        for (uint32_t i = 0; i < c->n; i++) {
                const struct row *r = &c->row[i];
                uint64_t common = common_kib(c, r);

                if (common == 0)
                        continue;
                all.ever_kib += since_kib(c, r, common, 0);
                for (unsigned m = 0; m < MARK_MAX; m++)
                        *(r->mark_kib[m] == 0 ? &all.young_kib[m] : &all.old_kib[m]) +=
                                since_kib(c, r, common, c->unowned.mark_kib[m]);
        }
        return all;
}

/* The part in basis points that *kib is of all that may be copies; takes it from *kib. */
static uint32_t
part_bp(uint64_t *kib, uint64_t all_kib)
{
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

        /* In between somebody may have taken something, or given it back. */
        u->most_kib = larger(first_kib, last_kib);
        u->least_kib =
                c->n_unreadable > 0 ? 0 : sub_floor(smaller(first_kib, last_kib), u->leaving_kib);
        const struct bounds all = add_up(c);
        uint64_t kib = u->least_kib;

        u->bp = part_bp(&kib, all.ever_kib);
        for (unsigned m = 0; m < MARK_MAX; m++) {
                kib = sub_floor(u->least_kib, u->mark_kib[m]);
                u->young_bp[m] = part_bp(&kib, all.young_kib[m]);
                u->old_bp[m] = part_bp(&kib, all.old_kib[m]);
        }
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
}

uint64_t
copies_since_kib(struct census *c, const struct row *r, unsigned mark)
{
        const struct unowned *u = &c->unowned;
        uint32_t bp = r->mark_kib[mark] == 0 ? u->young_bp[mark] : u->old_bp[mark];

        return mul_div(since_kib(c, r, common_kib(c, r), u->mark_kib[mark]), bp, 10000);
}

uint64_t
copies_kib(struct census *c, const struct row *r)
{
        uint64_t kib = mul_div(since_kib(c, r, common_kib(c, r), 0), c->unowned.bp, 10000);

        /* Those started since have it first; all marks are asked, because each has its own. */
        for (unsigned m = 0; m < MARK_MAX; m++)
                kib = larger(kib, copies_since_kib(c, r, m));
        return kib;
}
