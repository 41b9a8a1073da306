/* SPDX-License-Identifier: MIT */
/*
 * The loop: sample, decide, choose, kill, watch, one tick after the other.  After guard_open() it
 * allocates nothing, and nothing optional stands between a sample and a signal: whatever is to be
 * said goes into the ring.
 */
#ifndef OOMGUARD_GUARD_H
#define OOMGUARD_GUARD_H

#include "census.h"
#include "inside.h"
#include "reaper.h"
#include "sampler.h"
#include "share.h"
#include "watch.h"

enum { GUARD_ROWS = 512, GUARD_SLOTS = 1024 };

/* One that was signalled. */
struct flight_member {
        struct candidate c; /* with its descriptors */
        bool gone;
};

/* The group in flight. */
struct flight {
        uint32_t n;
        struct flight_member member[ROSTER_MAX];
        struct record_victim told;            /* what was said of it */
        uint64_t seq;                         /* of the roster that holds its descriptors open */
        uint64_t from_mem_kib, from_swap_kib; /* at the signal */
        uint64_t others_kib;                  /* what others took since */
        uint64_t at_us;                       /* others_kib is up to date till here */
        bool killed;
};

struct guard {
        struct share *share;
        struct reaper *reaper;
        const struct policy *policy;
        uint32_t policy_n;
        bool dry_run;
        bool blind; /* hidepid: nobody is chosen among what little can be seen */
        struct sampler sampler;
        struct decide_state decide;
        struct sample sample;
        struct verdict verdict;
        struct watch watch;
        struct flight flight;
        struct numbered_roster *roster; /* from the errand thread; NULL at first */
        struct inside inside;
        uint64_t refreshed_us;
        uint64_t owned_kibps; /* growth of those that may be ended, when they were last looked at */
        uint32_t rivals;      /* the same of sample.rivals */
        uint32_t n_cpu;
        uint64_t deep_us; /* when the last deep sample was taken */
        enum level told;
        bool told_nobody;     /* once until memory has recovered */
        bool told_paused;     /* it was the pause that was told */
        uint64_t state_us;    /* when RECORD_STATE was last posted */
        uint64_t oom_kill;    /* sampler.oom_kill as last seen */
        uint64_t oom_limited; /* seen while memory was plentiful, and not told yet */
        uint64_t oom_told_us;
        int32_t told_dry; /* pid that a dry run would have ended last */
        uint64_t told_dry_us;
        unsigned vain; /* kills in a row that gave next to nothing back */
        uint64_t vain_until_us;
        bool after_kill; /* the next look is the first after one has settled */
        uint64_t fault_seen[SAMPLER_N_FILES];
        bool fault_told[SAMPLER_N_FILES];
        uint64_t fault_at_us[SAMPLER_N_FILES]; /* the last one */

        /* For the case that the errand thread is stuck. */
        struct census own;
        struct row own_row[GUARD_ROWS];
        uint16_t own_slot[GUARD_SLOTS];
        struct numbered_roster own_roster;
};

/* Everything that may allocate.  0 or a negative errno: meminfo or /proc cannot be read. */
int
guard_open(struct guard *g, struct share *share, const struct policy *policy);
void
guard_close(struct guard *g);

/* Runs scan, choice, pidfd and signal 0 once and touches every table, so that all of it is resident
 * once memory is locked. */
void
guard_rehearse(struct guard *g);

/* For flight.c: samples and decides; a record of the present; into the ring; wakes the errand
 * thread; tells it which rosters are still in use. */
void
guard_look(struct guard *g);
struct record
guard_record(const struct guard *g, enum record_kind kind);
void
guard_post(struct guard *g, const struct record *rec);
void
guard_wake_errand(const struct guard *g);
void
guard_publish_use(struct guard *g);

/* One tick; returns when to look again, in microseconds from now. */
uint64_t
guard_tick(struct guard *g);

/* Ticks until the errand thread says stop. */
void
guard_run(struct guard *g);

#endif
