/* SPDX-License-Identifier: MIT */
/*
 * What `doctor` knows of the machine, and the groups of things that it looks at.  Each file
 * doctor_*.c owns one group; all of them read files below ctl->root and nothing else, so that a
 * made-up tree stands in for any machine.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <sys/types.h>
#include "ctl.h"
#include "finding.h"
#include "meminfo.h"

enum { DOCTOR_FINDINGS_MAX = 80, DOCTOR_KILLERS_MAX = 16, DOCTOR_STATUS_MAX = 4096 };

/* A process that is of interest for its name. */
struct doctor_process {
        int32_t pid;
        char name[16];
};

struct doctor {
        struct ctl *ctl;
        struct finding finding[DOCTOR_FINDINGS_MAX];
        unsigned n;

        char release[128];
        unsigned major, minor;
        bool has_mem;
        struct meminfo mem;
        bool container;
        int32_t guard_pid;    /* 0: none runs, or it cannot be seen */
        int32_t notifier_pid; /* the same */
        unsigned n_guards;
        struct doctor_process killer[DOCTOR_KILLERS_MAX]; /* other OOM daemons */
        unsigned n_killers;
};

/* A finding; the remedy may be added to what comes back until the next one. */
__attribute__((format(printf, 4, 5))) struct finding *
doctor_tell(struct doctor *d, enum finding_state state, const char *subject, const char *format,
            ...);

/* Remedy: a kernel setting, for now and for good. */
void
doctor_sysctl(struct finding *f, const char *name, uint64_t value);

/* The kernel, and how it behaves when memory is short. */
void
doctor_kernel(struct doctor *d);
/* Swap, zram, and how they are used. */
void
doctor_swap(struct doctor *d);
/* The guard itself: whether it runs, with what privileges, and who else kills. */
void
doctor_guard(struct doctor *d);
/* Who can be told: bus, journal, sessions. */
void
doctor_people(struct doctor *d);
/* What no guard of memory can see. */
void
doctor_unseen(struct doctor *d);

#endif
