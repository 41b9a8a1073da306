/* SPDX-License-Identifier: MIT */
/*
 * Keys: the one table of what can be configured, in the order in which it is printed, and how a
 * name is found in it or guessed.  Pure; constant from the start.
 */
#ifndef OOMGUARD_KEYS_H
#define OOMGUARD_KEYS_H

#include "values.h"

enum { KEYS_N = 24 };

/* KEYS_N of them; those of a section stand together. */
extern const struct key keys[];

/* Index into keys[], or -1. */
int
keys_find(const char *section, const char *name);

bool
keys_is_section(const char *name);

/* The key of a section, or with `section` NULL the section, that was probably meant; or NULL. */
const char *
keys_nearest(const char *section, const char *name);

/* What stands above a section's keys in the template; empty when there is nothing to say. */
const char *
keys_intro(const char *section);

#endif
