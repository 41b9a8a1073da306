/* SPDX-License-Identifier: MIT */
/*
 * What cases have in common: a policy in one line.
 */
#ifndef CASES_H
#define CASES_H

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "actor.h"
#include "guard.h"
#include "memory.h"
#include "system.h"
#include "world.h"

/* Limits of available memory, and no cause needed to act at TERM. */
#define LIMITS(warn, term, kill) \
        "[memory]\nwarn = " warn "\nterm = " term "\nkill = " kill "\nnew_low = 0s\n"

/* So many looks without a signal are enough to say that there will be none. */
enum { CASES_LOOKS = 15 };

#endif
