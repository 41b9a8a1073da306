/* SPDX-License-Identifier: MIT */
/*
 * Following: of the many processes in the census, the few that could be chosen, looked at closely
 * and with descriptors held, as a roster.  Identity is read once, when a process is first followed,
 * and again after it has exec'd or the policy has changed.
 */
#ifndef OOMGUARD_FOLLOW_H
#define OOMGUARD_FOLLOW_H

#include "census.h"

/*
 * Makes a roster of those that could be chosen, opening what is to be held.  `done` is the number
 * of the oldest roster still in use, but for that of a flight (census.flight): descriptors of
 * processes that were on neither are closed.
 */
void
follow_build(struct census *c, uint64_t now_us, uint64_t done, struct roster *ret);

/* Where a rule asks for command lines: takes over what was made of them from a roster of the same
 * policy by somebody who may wait.  Else this census knows better: it has looked last. */
void
follow_adopt(struct census *c, struct roster *r, const struct roster *before);

/* Takes over into the census what a roster knows of sizes of the past. */
void
follow_keep_past(struct census *c, const struct roster *r);

/*
 * Makes a roster of nobody instead, to end following: what is held can only be closed when the
 * loop has taken another roster, so it takes one of these and, next time, closes the rest.
 */
void
follow_nobody(struct census *c, uint64_t now_us, uint64_t done, struct roster *ret);

/* As follow_build() for people to look at: nothing is opened that stays open, nothing closed, and
 * the loop never gets it. */
void
follow_show(struct census *c, uint64_t now_us, struct roster *ret);

/* Closes everything held. */
void
follow_end_all(struct census *c);

#endif
