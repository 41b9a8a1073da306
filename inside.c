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

/*
 * Somebody reclaims inside a limit: whose refaults are whose is to be known before it matters.  The
 * errand thread tells the part; when it is late, what it said last holds for a while.
 */
void
inside_count(struct inside *in, const struct inside_look *l)
{
        bool holds = in->wanted && l->now_us < l->told_us + TOLD_US;

        if (holds)
                in->pages += mul_div(sub_floor(l->refault, in->refault), l->told_bp, 10000);
        in->refault = l->refault;
        if (l->boxed != in->boxed)
                in->boxed_us = l->now_us;
        in->boxed = l->boxed;
        if (l->tight)
                in->tight_us = l->now_us;
        in->wanted = l->now_us - in->tight_us < WANTED_US && l->now_us - in->boxed_us < WANTED_US;
}
