/* SPDX-License-Identifier: MIT */
/*
 * Keeps the sizes on a roster fresh, on the loop: one pread a candidate on a descriptor that is
 * already open.  It never opens one and never looks for new processes: census.c does.
 */
#ifndef OOMGUARD_ROSTER_H
#define OOMGUARD_ROSTER_H

#include "candidate.h"

/* Growth is measured over at least this; over less it is noise. */
#define ROSTER_GROWTH_US 100000u
/* A size of the past is replaced by a newer one after this. */
#define ROSTER_REF_US 100000u

/* Each of those that do not grow is read once in so many refreshes in turns. */
#define ROSTER_TURNS 4u

/*
 * Reads every size once.  A candidate that has gone keeps its place with sizes of 0.  Returns the
 * growth of all that may be ended, in KiB a second.
 */
uint64_t
roster_refresh(struct roster *r, uint64_t now_us);

/*
 * The same, but of those whose sizes are in status only who grows and every fourth of the others:
 * with swap all of them would cost half of a scan.
 */
uint64_t
roster_refresh_in_turns(struct roster *r, uint64_t now_us);

/*
 * Among how many of those that may be ended the growth is shared, as if each of them grew as fast:
 * the square of its sum by the sum of its squares.  0 when nobody grows.
 */
uint32_t
roster_growers(const struct roster *r);

/* Reads one candidate's sizes: false when it has gone (all 0) or its file cannot be read. */
bool
roster_read(struct candidate *c);

/* Notes the present size and measures growth against one of the past. */
void
roster_measure(struct candidate *c, uint64_t now_us);

/* The same process on a roster, or NULL. */
const struct candidate *
roster_find(const struct roster *r, const struct candidate *c);

/* Takes what was measured on the roster before: its sizes of the past are finer. */
void
roster_adopt(struct roster *r, const struct roster *before);

/* Takes the sizes at the marks, and shared memory that shows no more, too: for a roster made by
 * somebody who has not seen those moments. */
void
roster_adopt_past(struct roster *r, const struct roster *before);

#endif
