/* SPDX-License-Identifier: MIT */
/*
 * The verdict: policy + samples so far + this sample -> how bad it is, why, and when to look again.
 * Pure: the past is an argument, the clock is data, nothing is floating.  It knows nothing of
 * processes and never acts.
 */
#ifndef OOMGUARD_DECIDE_H
#define OOMGUARD_DECIDE_H

#include <stdbool.h>
#include <stdint.h>
#include "number.h"
#include "policy.h"
#include "sample.h"
#include "window.h"

enum level { LEVEL_CALM, LEVEL_WATCH, LEVEL_WARN, LEVEL_TERM, LEVEL_KILL };

/* Why a level above WATCH holds. */
enum reason {
        REASON_NONE,
        REASON_LOW,     /* available memory and free swap are at or below their limits */
        REASON_STALL,   /* tasks stand still for memory while the kernel reclaims */
        REASON_RACE,    /* low, and gone before a process could end by itself */
        REASON_SWAPOFF, /* swap is being switched off, and what is in there does not fit */
};

/* Looks are this far apart: never more, never less. */
#define DECIDE_TICK_US     100000u
#define DECIDE_TICK_MIN_US 5000u

/* No step of the supply is larger where no limit says how large it is. */
#define DECIDE_STEP_MAX_KIB (256u * 1024)

/* A time that is not in sight. */
#define DECIDE_NEVER_US UINT64_MAX

/* Verdict and every number that it was made of. */
struct verdict {
        enum level level; /* what to tell people; left only after a while well above its limit */
        enum level act;   /* what this very sample asks for: TERM, KILL, or less and then nothing */
        enum reason reason; /* of act, else of level */
        bool settled;     /* nothing is going missing: sizes seen now are a base to compare with */
        bool plateau;     /* at WARN for so long that it is how the machine lives */
        bool below_term;  /* low at TERM's limits, cause or not: a grace time that ends is over */
        bool tight;       /* so little is available that standing still counts */
        bool swapoff;     /* swap is being switched off: SwapTotal became less within a second */
        bool swapoff_new; /* and that began less than a second ago */
        bool dropped;     /* trends were dropped at this sample: suspended, or late */

        uint64_t total_kib;                    /* memory less huge pages: what percentages are of */
        uint64_t available_kib;                /* memory */
        uint64_t warn_kib, term_kib, kill_kib; /* limits; 0: never */

        uint64_t swap_total_kib;
        uint64_t swap_free_kib; /* zram counted at what it is worth */
        uint64_t swap_warn_kib, swap_term_kib, swap_kill_kib;
        uint64_t swapoff_room_kib; /* for what is read in: memory above TERM, and other swap */

        uint32_t full_bp, some_bp; /* share of the window that tasks stood still */
        bool reclaim;              /* the kernel reclaimed globally within the window */
        uint32_t refault_bp;       /* of what it reclaimed, so much had to come back */

        /*
         * Available memory, the part of ZFS's cache that it gives back (a leak had 5 GiB of that,
         * and nothing was missing), free swap at face value, what is in both at once, what zram
         * costs, and what there is less of swap than there was: whatever a process takes, in memory
         * or in swap, goes missing here and nothing else does.  A slow disk had 150 MiB in both:
         * missing twice, and the culprit's half of it was none.
         */
        uint64_t supply_kib;
        bool fall_known;        /* false: the past has been dropped just now, or there is none */
        uint64_t fall_kibps;    /* rate at which the supply goes, 0 when it does not */
        uint64_t lasting_kibps; /* so much of it has gone on for a quarter of a second */
        uint64_t left_us;       /* until TERM at that rate, or DECIDE_NEVER_US */
        uint64_t next_us;       /* when to look again, from now */
};

struct decide_state {
        struct window_ring past;
        bool began;
        uint64_t last_us, last_ahead_us; /* of the last sample: time, and time spent suspended */
        uint64_t low_kib, low_at_us;     /* lowest available memory of late, and when it was new */
        bool low_known;                  /* low_at_us is a real one */
        uint64_t stand_kib, stand_at_us; /* the supply, and since when it has been about that */
        uint64_t learn_until_us;         /* lows before this are how the machine was found */
        uint64_t term_since_us, kill_since_us;  /* stall above the share, without a gap; 0: not */
        uint64_t crowd_us;                      /* when a crowd grew last; 0: never */
        uint64_t pressure_from_us;              /* what stood still before counts for nothing */
        uint64_t quiet_until_us;                /* only KILL acts before this */
        uint64_t swap_total_kib, most_swap_kib; /* of the last sample; the most so far */
        bool swapoff_found; /* what there is to be read in was known since swapoff_from_us */
        uint64_t swapoff_from_us, swapoff_us; /* first and last time that it was less than before */
        enum level held;
        enum reason held_reason;
        uint64_t held_at_us; /* when the held level was last deserved */
};

#define DECIDE_STATE_INIT      \
        {                      \
                .began = false \
        }

/*
 * Memory is well again above this: WARN, or twice TERM (KILL where that is off) where WARN is off
 * or no higher than that; the defaults have them like this to each other.
 */
static inline uint64_t
verdict_well_kib(const struct verdict *v)
{
        uint64_t act_kib = v->term_kib ? v->term_kib : v->kill_kib;

        return v->warn_kib > act_kib ? v->warn_kib : 2 * act_kib;
}

/* Less than this is no movement of the supply: half the way from there to what acts. */
static inline uint64_t
verdict_step_kib(const struct verdict *v)
{
        uint64_t act_kib = v->term_kib ? v->term_kib : v->kill_kib;

        /* Pressure alone acts, and no limit says how much is worth a thought. */
        if (act_kib == 0 && v->warn_kib == 0)
                return smaller(v->total_kib / 20, DECIDE_STEP_MAX_KIB);
        return (verdict_well_kib(v) - act_kib) / 2;
}

/* One sample on.  Samples come in order of now_us; one that does not is answered like a late one.
 */
struct verdict
decide(const struct policy *p, struct decide_state *st, const struct sample *s);

/* The loop itself was at work until then: the time since the last sample was no gap. */
void
decide_was_busy(struct decide_state *st, uint64_t until_us);

/* `calm`, `watch`, ...; `low`, `stall`, ... */
const char *
level_word(enum level level);
const char *
reason_word(enum reason reason);

#endif
