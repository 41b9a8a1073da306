/* SPDX-License-Identifier: MIT */
/*
 * Owns how much hidden shared memory there can be.  Never takes from a row what shows in it.
 */
#include "hidden.h"

#include "number.h"

/* A fork that has not exec'd shows its parent's swap as its own, too. */
static uint64_t
own_swap_kib(struct census *c, const struct row *r)
{
        const struct row *parent = census_find(c, r->ppid);
        bool fork = parent && r->stack != 0 && parent->stack == r->stack;

        return sub_floor(r->swap_kib, fork ? parent->swap_kib : 0);
}

static uint64_t
shown_kib(const struct row *r)
{
        return sub_floor(r->shmem_kib, (uint64_t)r->hidden_mib * 1024);
}

static uint64_t
swap_used_kib(const struct meminfo *m)
{
        return m->swap_total_kib - m->swap_free_kib;
}

/*
 * Rather too much than too little: of two looks the larger one, swap that is nobody's anonymous
 * memory, and of all shared memory what no single process shows (how much of it is the same in two
 * of them is not known).
 */
static uint64_t
room_kib(struct census *c, const struct meminfo *before, const struct meminfo *after)
{
        uint64_t used_kib = larger(swap_used_kib(before), swap_used_kib(after));
        uint64_t shmem_kib = larger(before->shmem_kib, after->shmem_kib);
        uint64_t swapped_kib = 0, most_shown_kib = 0;

        for (uint32_t i = 0; i < c->n; i++) {
                const struct row *r = &c->row[i];

                swapped_kib += own_swap_kib(c, r);
                most_shown_kib = larger(most_shown_kib, shown_kib(r));
        }
        return sub_floor(used_kib, swapped_kib) + sub_floor(shmem_kib, most_shown_kib);
}

void
hidden_bound(struct census *c, const struct meminfo *before, const struct meminfo *after)
{
        uint64_t now_kib = room_kib(c, before, after);
        uint64_t bound_mib = larger(now_kib, c->room_kib) / 1024 + 1;

        c->room_kib = now_kib;
        for (uint32_t i = 0; i < c->n; i++) {
                struct row *r = &c->row[i];

                /* Of more than can be told nobody knows how much it is. */
                if (r->hidden_mib <= bound_mib || r->hidden_mib == UINT16_MAX)
                        continue;
                r->shmem_kib -= (uint32_t)((r->hidden_mib - bound_mib) * 1024);
                r->hidden_mib = (uint16_t)bound_mib;
        }
}

void
hidden_forget(struct census *c)
{
        c->room_kib = UINT64_MAX / 2;
}
