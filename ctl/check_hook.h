/* SPDX-License-Identifier: MIT */
/*
 * Whether the program of [notify] exec can be run when something happens, and who may change it.
 * It runs nothing.
 */
#ifndef CHECK_HOOK_H
#define CHECK_HOOK_H

#include "check_limits.h"
#include "ctl.h"

void
check_hook(const struct ctl *ctl, const struct policy *p, check_tell_fn tell, void *arg);

#endif
