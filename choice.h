/* SPDX-License-Identifier: MIT */
/*
 * The choice, on the loop: from the errand thread's roster, refreshed; or from a scan of the loop's
 * own, when that roster is overdue and does not explain what is going on.
 */
#ifndef OOMGUARD_CHOICE_H
#define OOMGUARD_CHOICE_H

#include "guard.h"

/* Who is to be ended now.  False when there is no roster and none can be made. */
bool
choice_make(struct guard *g, struct choice *ret);

/* Scans /proc on the loop itself, and takes that for the roster. */
void
choice_own_scan(struct guard *g);

#endif
