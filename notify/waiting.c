/* SPDX-License-Identifier: MIT */
/*
 * Owns what is dropped, and what never is: that a program was ended is always told, if only in a
 * number.
 */
#include "waiting.h"

#include <string.h>

/* A waiting warning about anything is out of date once something was done. */
void
waiting_push(struct waiting *w, const struct notice *n)
{
        if (n->kind == NOTICE_WARNING) {
                w->warning = *n;
                w->has_warning = true;
                return;
        }
        w->has_warning = false;
        /* Once there is a number, all that follows goes into it: it is shown after those kept. */
        if (w->n < WAITING_MAX && w->more == 0) {
                w->kept[w->n++] = *n;
                return;
        }
        if (n->kind != NOTICE_CLOSED)
                return;
        w->more += n->rec.process.n > 1 ? n->rec.process.n : 1;
        w->more_was = n->cause;
}

bool
waiting_take(struct waiting *w, struct notice *ret)
{
        if (w->n > 0) {
                *ret = w->kept[0];
                w->n--;
                memmove(w->kept, w->kept + 1, w->n * sizeof(w->kept[0]));
                return true;
        }
        if (w->more > 0) {
                *ret = (struct notice){ .kind = NOTICE_AND_MORE,
                                        .more = w->more,
                                        .cause = w->more_was };
                w->more = 0;
                return true;
        }
        if (w->has_warning) {
                *ret = w->warning;
                w->has_warning = false;
                return true;
        }
        return false;
}

void
waiting_drop_warning(struct waiting *w)
{
        w->has_warning = false;
}

bool
causes_due(struct causes *c, const char *what, uint64_t now_us)
{
        size_t place = 0;

        for (size_t i = 0; i < CAUSES_MAX; i++) {
                if (strcmp(c->told[i].what, what) == 0) {
                        if (now_us - c->told[i].at_us < CAUSES_EVERY_US)
                                return false;
                        place = i;
                        break;
                }
                if (c->told[i].at_us < c->told[place].at_us)
                        place = i;
        }
        strncpy(c->told[place].what, what, NOTICE_CAUSE_MAX - 1);
        c->told[place].what[NOTICE_CAUSE_MAX - 1] = '\0';
        c->told[place].at_us = now_us;
        return true;
}
