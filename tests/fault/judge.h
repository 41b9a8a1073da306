/* SPDX-License-Identifier: MIT */
/*
 * The judgement of a run: the guard goes on guarding and says what it has lost, or does not start
 * and says why.
 */
#ifndef FAULT_JUDGE_H
#define FAULT_JUDGE_H

#include <stddef.h>
#include "fault.h"

/* What a guard says that has lost nothing. */
void
judge_learn(const struct fault_run *clean, unsigned n);

/* False: `why` says what is wrong. */
bool
judge(const struct fault_run *r, char *why, size_t size);

void
judge_show(const struct fault_run *r);

#endif
