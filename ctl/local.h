/* SPDX-License-Identifier: MIT */
/*
 * The way without a guard: its own modules on this machine's files, from here.  The first look is
 * taken when it is opened; whoever wants rates looks again, at most a second apart, and whoever
 * wants candidates asks once two looks are a second apart.  It never signals anybody.
 */
#ifndef LOCAL_H
#define LOCAL_H

#include "ctl.h"
#include "decide.h"
#include "policy.h"
#include "wire.h"

enum { LOCAL_LOOK_MS = 100, LOCAL_WANTED = 8 };

struct local;

/*
 * The configuration of ctl->config, else of the system.  Faults are complained of; then the
 * defaults hold, unless it was asked for by name: -EINVAL.
 */
int
local_read_policy(struct ctl *ctl, struct policy *ret);

/*
 * Reads the policy and takes the first look.  0, or a negative errno when there is nothing to show,
 * which has been complained of.
 */
int
local_open(struct ctl *ctl, struct local **ret);
void
local_close(struct local *l);

/* Another look at memory: sample and verdict.  `*ret_sample` and `*ret_verdict` may be NULL. */
void
local_look(struct local *l, struct sample *ret_sample, struct verdict *ret_verdict);

/* Looks for a second, every LOCAL_LOOK_MS. */
void
local_settle(struct local *l);

/* As of the last look. */
void
local_state(const struct local *l, struct wire_state *ret);

const struct policy *
local_policy(const struct local *l);

/* This process is to be among the candidates however small it is; of LOCAL_WANTED at most. */
void
local_want(struct local *l, int32_t pid);

/* Ranks; returns how many, or a negative errno of /proc.  Growth is since the look before. */
int
local_candidates(struct local *l, struct wire_process *ret, uint32_t max);

#endif
