/* SPDX-License-Identifier: MIT */
/*
 * Owns the way of a victim from the first signal to its end.  Never holds a descriptor.
 */
#include "watch.h"

#include "number.h"

/* Less than this is noise and no movement. */
#define MOVE_KIB 1024u
/* Settling looks are at least so far apart, and two without a rise end it: above all that was seen
 * since it has gone, for where somebody else threw 17 MiB away and took them again all the time,
 * every other look was a rise until memory was at its end, 2.7 s later. */
#define SETTLE_US    25000u
#define SETTLE_LOOKS 2u
/*
 * What a victim had is free once it has gone, but need not show: freed pages stay uncounted on
 * lists of the processor that freed them until the kernel's own round of once a second
 * (refresh_cpu_vm_stats()).  Of 25 MiB 0 to 7 showed within 110 ms (Linux 6.18), and four kills of
 * 22 to 29 MiB seemed to give 4 to 10 MiB back.  For so long half of what should come back is
 * waited for, unless there is no time to wait.
 */
#define SETTLE_LONGEST_US 1000000u
/* While memory is at KILL and still going down, a victim that does not move is waited for only this
 * part of give_up: the kernel would not wait longer. */
#define URGENT_PART 5u

enum watch_event {
        EV_NOTHING,
        EV_GONE,    /* every member has ended */
        EV_LATE,    /* the grace time is over and memory has not recovered */
        EV_WORSE,   /* memory is at the KILL limit */
        EV_STUCK,   /* nothing has moved for too long */
        EV_SLOW,    /* dying takes longer than it should */
        EV_SETTLED, /* memory does not rise any more */
        EV_RELIEF,  /* no shortage any more */
        EV_N
};

struct cell {
        enum watch_state next;
        enum watch_do todo;
};

/* clang-format off */
static const struct cell table[WATCH_N_STATES][EV_N] = {
        [WATCH_TERM] = {
                [EV_NOTHING] = { WATCH_TERM,   DO_NOTHING },
                [EV_GONE]    = { WATCH_SETTLE, DO_SETTLE  },
                [EV_LATE]    = { WATCH_KILL,   DO_SIGKILL },
                [EV_WORSE]   = { WATCH_KILL,   DO_SIGKILL },
                [EV_RELIEF]  = { WATCH_IDLE,   DO_RELEASE },
        },
        [WATCH_KILL] = {
                [EV_NOTHING] = { WATCH_KILL,   DO_NOTHING },
                [EV_GONE]    = { WATCH_SETTLE, DO_SETTLE  },
                [EV_STUCK]   = { WATCH_IDLE,   DO_GIVE_UP },
                [EV_SLOW]    = { WATCH_KILL,   DO_REAP    },
        },
        [WATCH_SETTLE] = {
                [EV_NOTHING] = { WATCH_SETTLE, DO_NOTHING },
                [EV_SETTLED] = { WATCH_IDLE,   DO_DONE    },
        },
};
/* clang-format on */

static void
note_movement(struct watch *w, const struct watch_look *l)
{
        const struct verdict *v = l->verdict;
        bool moved = false;

        if (l->victim_kib + MOVE_KIB <= w->victim_kib ||
            (l->victim_kib == 0 && w->victim_kib > 0)) {
                w->victim_kib = l->victim_kib;
                moved = true;
        }
        if (v->available_kib >= w->available_kib + MOVE_KIB) {
                w->available_kib = v->available_kib;
                moved = true;
        }
        if (v->swap_free_kib >= w->swap_kib + MOVE_KIB) {
                w->swap_kib = v->swap_free_kib;
                moved = true;
        }
        if (moved)
                w->moved_us = l->now_us;
}

static bool
settled(struct watch *w, const struct watch_look *l)
{
        uint64_t kib = l->verdict->available_kib;

        if (l->now_us - w->settle_us < SETTLE_US)
                return false;
        w->still = kib >= w->settle_kib + MOVE_KIB ? 0 : w->still + 1;
        w->settle_us = l->now_us;
        w->settle_kib = larger(w->settle_kib, kib);
        return w->still >= SETTLE_LOOKS &&
               (l->verdict->act == LEVEL_KILL || kib >= w->start_kib + w->expect_kib / 2 ||
                l->now_us - w->gone_us >= SETTLE_LONGEST_US);
}

static enum watch_event
event_term(const struct watch *w, const struct policy *p, const struct watch_look *l)
{
        const struct verdict *v = l->verdict;
        uint64_t since_us = l->now_us - w->sent_us;

        if (v->act == LEVEL_KILL)
                return EV_WORSE;
        if (since_us >= p->grace_us && (v->act >= LEVEL_TERM || v->below_term))
                return EV_LATE;
        /* Memory may stay between TERM and WARN for as long as the machine is up, and then it may
         * be somebody else's turn. */
        return v->level <= LEVEL_WATCH || since_us >= p->grace_us + p->give_up_us ? EV_RELIEF
                                                                                  : EV_NOTHING;
}

static enum watch_event
event_kill(struct watch *w, const struct policy *p, const struct watch_look *l)
{
        const struct verdict *v = l->verdict;
        bool urgent = v->act == LEVEL_KILL && v->available_kib < w->start_kib;
        uint64_t patience_us = urgent ? p->give_up_us / URGENT_PART : p->give_up_us;

        if (l->now_us - w->moved_us >= patience_us)
                return EV_STUCK;
        if (!w->reaped && l->now_us - w->kill_us >= WATCH_REAP_US)
                return EV_SLOW;
        return EV_NOTHING;
}

static enum watch_event
event_of(struct watch *w, const struct policy *p, const struct watch_look *l)
{
        if (w->state == WATCH_SETTLE)
                return settled(w, l) ? EV_SETTLED : EV_NOTHING;
        if (l->gone)
                return EV_GONE;
        note_movement(w, l);
        return w->state == WATCH_TERM ? event_term(w, p, l) : event_kill(w, p, l);
}

bool
watch_kills_first(const struct policy *p, const struct verdict *v, const struct candidate *c)
{
        /* Whoever is given no time is not asked.  A frozen process does not run its handler, and a
         * namespace's init need not have one. */
        return v->act == LEVEL_KILL || p->grace_us == 0 || c->frozen || c->ns_init;
}

void
watch_begin(struct watch *w, const struct watch_look *l, bool kill)
{
        *w = (struct watch){
                .state = kill ? WATCH_KILL : WATCH_TERM,
                .sent_us = l->now_us,
                .kill_us = kill ? l->now_us : 0,
                .moved_us = l->now_us,
                .victim_kib = l->victim_kib,
                .available_kib = l->verdict->available_kib,
                .swap_kib = l->verdict->swap_free_kib,
                .start_kib = l->verdict->available_kib,
                .expect_kib = l->expect_kib,
        };
}

enum watch_do
watch_step(struct watch *w, const struct policy *p, const struct watch_look *l)
{
        if (w->state == WATCH_IDLE)
                return DO_NOTHING;
        struct cell c = table[w->state][event_of(w, p, l)];

        w->state = c.next;
        switch (c.todo) {
        case DO_SIGKILL:
                w->kill_us = w->moved_us = l->now_us;
                break;
        case DO_REAP:
                w->reaped = true;
                break;
        case DO_SETTLE:
                w->gone_us = w->settle_us = l->now_us;
                w->settle_kib = l->verdict->available_kib;
                w->still = 0;
                break;
        default:
                break;
        }
        return c.todo;
}
