/* SPDX-License-Identifier: MIT */
/*
 * Owns how much hidden shared memory there can be.  Never takes from a row what shows in it.
 */
#include "hidden.h"

#include <string.h>

#include "number.h"

enum { PROBES = 16 };

/* The place of all who have a stack in common, taken or free; NULL when there are too many. */
static struct stack_swap *
place_of(struct stack_swap *table, uint32_t stack)
{
        uint32_t h = stack * 2654435761u >> 21;

        for (uint32_t i = 0; i < PROBES; i++) {
                struct stack_swap *s = &table[(h + i) % CENSUS_STACKS];

                if (s->stack == stack || s->stack == 0)
                        return s;
        }
        return NULL;
}

/*
 * Anonymous memory in swap, rather too little than too much.  Forks show what they have in common
 * each as its own, whoever of them still lives; until an exec they have one stack, so of all with
 * the same the one with most counts.
 */
static uint64_t
swapped_kib(struct census *c)
{
        struct stack_swap *table = c->work.stack;
        uint64_t kib = 0;

        memset(table, 0, CENSUS_STACKS * sizeof(table[0]));
        for (uint32_t i = 0; i < c->n; i++) {
                const struct row *r = &c->row[i];
                struct stack_swap *s =
                        r->stack != 0 && r->swap_kib > 0 ? place_of(table, r->stack) : NULL;

                if (!s || r->swap_kib <= s->kib)
                        continue;
                kib += r->swap_kib - s->kib;
                *s = (struct stack_swap){ r->stack, r->swap_kib };
        }
        return kib;
}

static uint64_t
swap_used_kib(const struct meminfo *m)
{
        return m->swap_total_kib - m->swap_free_kib;
}

/* Of two looks the larger one: in between somebody may have ended. */
static uint64_t
room_kib(struct census *c, const struct meminfo *before, const struct meminfo *after)
{
        uint64_t used_kib = larger(swap_used_kib(before), swap_used_kib(after));

        return sub_floor(used_kib, swapped_kib(c)) + larger(before->shmem_kib, after->shmem_kib);
}

static void
row_bound(struct row *r, uint64_t room_kib)
{
        uint64_t shown_kib = sub_floor(r->shmem_kib, (uint64_t)r->hidden_mib * 1024);
        uint64_t most_mib = sub_floor(room_kib, shown_kib) / 1024 + 1;

        /* Of more than can be told nobody knows how much it is. */
        if (r->hidden_mib <= most_mib || r->hidden_mib == UINT16_MAX)
                return;
        uint64_t gone_mib = r->hidden_mib - most_mib;

        r->shmem_kib -= (uint32_t)(gone_mib * 1024);
        /* So that its addresses, when they go, do not count a second time. */
        r->mapped_mib = (uint16_t)(r->mapped_mib - gone_mib);
        r->hidden_mib = (uint16_t)most_mib;
}

void
hidden_bound(struct census *c, const struct meminfo *before, const struct meminfo *after)
{
        uint64_t most_kib = 0;

        c->room_kib[c->pass % CENSUS_STEADY] = room_kib(c, before, after);
        for (unsigned i = 0; i < CENSUS_STEADY; i++)
                most_kib = larger(most_kib, c->room_kib[i]);
        for (uint32_t i = 0; i < c->n; i++)
                row_bound(&c->row[i], most_kib);
}

void
hidden_forget(struct census *c)
{
        for (unsigned i = 0; i < CENSUS_STEADY; i++)
                c->room_kib[i] = UINT64_MAX;
}
