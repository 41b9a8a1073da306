/* SPDX-License-Identifier: MIT */
/*
 * Where views come from: the guard's feed, or, where no guard answers, the local way.  Whoever asks
 * need not know which.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "candidate.h"
#include "local.h"
#include "subscribe.h"
#include "view.h"

/* Longer than the guard ever takes to answer: it scans once a second for everybody. */
enum { SOURCE_TIMEOUT_MS = 5000, SOURCE_WHY_MAX = 160 };

struct source {
        struct ctl *ctl;
        struct subscription sub; /* not connected: the local way */
        struct local *local;     /* NULL as long as the guard answers */
        char no_guard[SOURCE_WHY_MAX];
        struct wire_process process[ROSTER_MAX];
        struct view view;
};

/* Why there is no guard to ask, as a clause: `no guard is running (/run/oomguard/feed: ...)`. */
void
source_why(const struct ctl *ctl, int error, char *ret, size_t size);

/*
 * Connects, or else opens the local way.  0 or an exit status, and then it was complained of: a
 * feed that was asked for by name has to be there.
 */
int
source_open(struct source *s, struct ctl *ctl);
void
source_close(struct source *s);

/* Fills in view.state; the same with view.process, `max` at most.  0 or an exit status. */
int
source_state(struct source *s);
int
source_candidates(struct source *s, uint32_t max);

/* From here on the local way, for `error`.  0 or an exit status. */
int
source_go_local(struct source *s, int error);

#endif
