/* SPDX-License-Identifier: MIT */
/*
 * Patterns: the type of the keys that give rules, `exe:/usr/bin/foo` -> struct rule.  User names
 * are looked up, which may read files, allocate and wait.  What a rule matches is rules.h's.
 */
#ifndef OOMGUARD_PATTERNS_H
#define OOMGUARD_PATTERNS_H

#include "values.h"

/*
 * Appends a rule with the effect key.min, standing in the policy's latest file; empty text drops
 * all with that effect.  Refuses what could match nothing.  No `format`: such a key may stand more
 * than once.
 */
extern const struct value_type patterns_rule;

#endif
