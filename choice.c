/* SPDX-License-Identifier: MIT */
/*
 * Owns the way from a verdict to a choice.  Never signals, and never judges: victim.c does.
 */
#include "choice.h"

#include <string.h>

#include "follow.h"
#include "roster.h"

/* A roster is stale when the next one is overdue by this. */
#define OVERDUE_US 500000u
/* Where the errand thread keeps pace a roster is fresher than this, and so many times what its scan
 * took, while memory falls: it rests for four times that from one to the next. */
#define AGED_US    250000u
#define AGED_SCANS 5u

/* Marks are known to the errand thread alone. */
static void
seed_own_marks(struct guard *g)
{
        if (!g->roster)
                return;
        memcpy(g->own.mark, g->roster->roster.mark, sizeof(g->own.mark));
}

/* Who was given up stays so. */
static void
strike_own(struct guard *g)
{
        const struct share *sh = g->share;
        uint32_t n = atomic_load(&sh->n_strikes);

        for (uint32_t i = n > STRIKES ? n - STRIKES : 0; i < n; i++)
                census_strike(&g->own, sh->strike[i % STRIKES].pid,
                              sh->strike[i % STRIKES].start_ticks, false);
}

void
choice_own_scan(struct guard *g)
{
        struct numbered_roster *own = &g->own_roster;
        bool swap = g->sample.mem.swap_total_kib > 0;
        uint64_t seq = g->roster ? g->roster->seq : 0;

        /* Of whom it knew at its last scan it would still have the sizes and marks of then, and
         * that may be hours ago. */
        if (g->roster != own && g->watch.state == WATCH_IDLE)
                census_forget(&g->own);
        seed_own_marks(g);
        g->own.low = g->verdict.level >= LEVEL_WATCH;
        g->own.swapoff = g->verdict.swapoff;
        int r = census_scan(&g->own, g->sample.now_us, swap);

        strike_own(g);
        if (r == 0)
                follow_build(&g->own, g->sample.now_us, g->own.built, &own->roster);
        decide_was_busy(&g->decide, sampler_now_us());
        if (r < 0)
                return;
        if (g->roster && g->roster != own) {
                if (g->roster->policy_n == g->policy_n)
                        follow_adopt(&g->own, &own->roster, &g->roster->roster);
                roster_adopt(&own->roster, &g->roster->roster);
                roster_adopt_past(&own->roster, &g->roster->roster);
                follow_keep_past(&g->own, &own->roster);
        }
        own->roster.took_us = sampler_now_us() - g->sample.now_us;
        own->seq = seq;
        own->policy_n = g->policy_n;
        own->due_us = g->sample.now_us + OVERDUE_US;
        g->roster = own;
}

static bool
roster_is_stale(const struct guard *g)
{
        /* With nobody on it, init neither, nobody was followed or nobody could be seen. */
        return !g->roster || g->roster->roster.n == 0 ||
               g->sample.now_us > g->roster->due_us + OVERDUE_US;
}

static void
choose_from_roster(struct guard *g, struct choice *ret)
{
        g->owned_kibps = roster_refresh(&g->roster->roster, g->sample.now_us);
        victim_choose(g->policy, &g->verdict, &g->sample, &g->roster->roster, ret);
}

/* True when the roster at hand explains what is going on, however old it is. */
static bool
explained(const struct guard *g, const struct choice *ch)
{
        /* Where it is not known how memory falls, a roster that is overdue explains nothing. */
        bool known = g->verdict.fall_known || !roster_is_stale(g);

        if (ch->swapoff)
                return true;
        if (ch->why_nobody == NOBODY_YET)
                return !roster_is_stale(g);
        return ch->blamed || (known && ch->why_nobody == NOBODY_NONE &&
                              g->owned_kibps >= g->verdict.fall_kibps / 2);
}

/*
 * An aged roster that does not explain what is going on does not know whoever does it: a bomb of
 * forks leaves the errand thread no processor.  As long as there is memory to open files with, it
 * is worth another look.
 */
static bool
worth_a_look(const struct guard *g)
{
        const struct roster *r = &g->roster->roster;

        return g->sample.mem.available_kib > g->verdict.kill_kib &&
               g->sample.now_us - r->made_us > AGED_US + r->took_us * AGED_SCANS;
}

/*
 * Opening files with no memory left waits for the very memory that is to be freed: 6.8 s were seen
 * with zram at its end.  So a roster that explains the trouble is good enough, however late its
 * successor is.  But not one that was made before a reload: who is protected since then is not on
 * it as such.
 */
bool
choice_make(struct guard *g, struct choice *ret)
{
        if (g->roster && g->roster->policy_n == g->policy_n) {
                choose_from_roster(g, ret);
                if (explained(g, ret) || (!roster_is_stale(g) && !worth_a_look(g)))
                        return true;
        }
        choice_own_scan(g);
        if (!g->roster)
                return false;
        choose_from_roster(g, ret);
        return true;
}
