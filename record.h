/* SPDX-License-Identifier: MIT */
/*
 * A record: one thing that happened on the loop, with all its numbers, for the errand thread to
 * report.  Fixed size, no pointers; message.c makes sentences of it, trace.c lines.
 */
#ifndef OOMGUARD_RECORD_H
#define OOMGUARD_RECORD_H

#include "victim.h"

enum record_kind {
        RECORD_SAMPLE,    /* every look; only while somebody asked for a trace */
        RECORD_STATE,     /* once a second: how things stand */
        RECORD_LEVEL,     /* what people are told has changed */
        RECORD_FAULT,     /* a kernel file could not be read, or can be again */
        RECORD_LATE,      /* trends were dropped: suspended, or the loop was late */
        RECORD_SIGNAL,    /* a first signal was sent, or would have been */
        RECORD_ESCALATED, /* SIGKILL after SIGTERM */
        RECORD_ENDED,     /* gone and settled: how long it took, what came back */
        RECORD_REFUSED,   /* may not be signalled: struck out */
        RECORD_GAVE_UP,   /* did not die and nothing moved */
        RECORD_RELEASED,  /* still alive, but no longer has to end */
        RECORD_NOBODY,    /* something should be ended and nobody can or should be */
        RECORD_KERNEL,    /* the kernel's own OOM killer was at work */
};

enum nobody_cause {
        CAUSE_NOBODY,    /* none eligible */
        CAUSE_TMPFS,     /* it is in tmpfs, and no process is to blame */
        CAUSE_IN_VAIN,   /* all together would not do */
        CAUSE_NO_EFFECT, /* the last two gave next to nothing back */
        CAUSE_BLIND,     /* hidepid: the culprit may be out of sight */
        CAUSE_PAUSED,    /* somebody asked for it */
};

/* Who it was about; of a swarm, the one that took most. */
struct record_victim {
        int32_t pid;
        uint32_t uid;
        uint64_t start_ticks;
        uint32_t n; /* members of the group */
        int32_t sig;
        bool dry_run;
        bool after_vain; /* the one before gave next to nothing back: no SIGTERM this time */
        char name[PROC_NAME_MAX];
        char unit[PROC_UNIT_MAX];
        struct standing standing;
        bool blamed;
        bool swapoff; /* it switches off swap that does not fit into memory */
        uint64_t took_kib, missing_kib, since_wall_s;
        struct score score;
        struct give_back predicted;
        struct give_back real;
        uint64_t size_kib; /* candidate_size_kib() of all of it at the first signal */
        uint64_t growth_kibps;
        uint64_t term_us; /* from the first signal to SIGKILL; RECORD_ESCALATED */
        uint64_t gone_us; /* from the first signal to its end */
        bool killed;      /* SIGKILL was needed */
        uint32_t n_left;  /* members that still live: RECORD_GAVE_UP, RECORD_RELEASED */
        int32_t error;    /* negative errno; RECORD_REFUSED */
};

struct record_fault {
        uint32_t file; /* enum sampler_file */
        int32_t error; /* negative errno */
        uint64_t n;    /* faults so far */
        bool over;     /* it can be read again */
};

struct record_kernel {
        uint64_t n; /* processes that it ended since the last record of this kind */
        bool low;   /* memory was at or below WARN: it was not some cgroup's own limit */
};

struct record {
        enum record_kind kind;
        enum level was;          /* RECORD_LEVEL */
        enum nobody_cause cause; /* RECORD_NOBODY */
        uint64_t protected_kib;  /* RECORD_NOBODY: memory of protected processes */
        uint64_t seq;            /* of the roster that it was chosen from */
        struct sample sample;
        struct verdict verdict;
        union {
                struct record_victim victim;
                struct record_fault fault;
                struct record_kernel kernel;
        };
};

#endif
