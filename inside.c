/* SPDX-License-Identifier: MIT */
/*
 * Owns how long what was told holds, and when it is asked for.  Never asks.
 */
#include "inside.h"

#include "number.h"

/* Since memory was tight, and since anybody reclaimed inside a limit. */
#define WANTED_US 10000000u
/* Twenty times as long as it takes to be told anew. */
#define TOLD_US 5000000u
/* Who reclaims by himself is counted when he begins, his pages as he goes on. */
#define STALL_US 1000000u
/* The first answer takes 100 ms; a thread that is later than this may be held up by the machine. */
#define ANSWER_US 1000000u

/* Of what moved, and of what is still open, as far as something is told. */
static uint64_t
count(uint64_t *open, uint64_t moved, uint32_t told_bp, bool holds)
{
        *open += moved;
        if (!holds)
                return 0;
        moved = *open;
        *open = 0;
        return mul_div(moved, told_bp, 10000);
}

static void
count_steals(struct inside *in, const struct inside_look *l, bool holds)
{
        uint64_t direct = in->known ? sub_floor(l->direct, in->direct) : 0;

        if (in->known && l->stalls != in->stalls)
                in->stall_us = l->now_us;
        if (in->stall_us == 0 || l->now_us - in->stall_us >= STALL_US)
                in->steals += direct;
        else if (holds)
                in->steals += mul_div(direct, l->told_steal_bp, 10000);
        if (direct > 0)
                in->boxed_us = l->now_us;
        in->direct = l->direct;
        in->stalls = l->stalls;
}

/*
 * Somebody reclaims inside a limit: whose refaults are whose is to be known before it matters.  The
 * errand thread tells the part; when it is late, what it said last holds for a while, and what it
 * says first is said of all since it was asked: on 7.2 a container thrashes from the first moment,
 * and half a second of it was enough to end the browser beside it.  Until then all of it is shown.
 * Nobody asks while memory is not tight.  What came back then is in nobody's way, and all of it
 * counts: else it was ten seconds of thrashing to whoever fills memory beside a container.
 *
 * Of what was reclaimed nothing is said afterwards: pgsteal would run back, and to a window that
 * began before that nothing at all would have been reclaimed.
 */
void
inside_count(struct inside *in, const struct inside_look *l)
{
        bool holds = in->wanted && l->now_us < l->told_us + TOLD_US;
        uint64_t refault = in->known ? sub_floor(l->refault, in->refault) : 0;

        count_steals(in, l, holds);
        if (in->known && l->boxed != in->boxed)
                in->boxed_us = l->now_us;
        if (l->tight)
                in->tight_us = l->now_us;
        bool boxed = in->boxed_us != 0 && l->now_us - in->boxed_us < WANTED_US;

        if (!in->wanted)
                in->asked_us = l->now_us;
        in->wanted = boxed && l->now_us - in->tight_us < WANTED_US;
        if (boxed && !in->wanted)
                in->pages += refault;
        else
                in->pages += count(&in->open, refault, l->told_bp, holds);
        if (!in->wanted)
                in->open = 0;
        in->shown = in->pages + (l->now_us - in->asked_us < ANSWER_US ? in->open : 0);
        in->refault = l->refault;
        in->boxed = l->boxed;
        in->known = true;
}
