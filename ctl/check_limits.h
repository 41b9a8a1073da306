/* SPDX-License-Identifier: MIT */
/*
 * Limits that make no sense on this machine.  Pure: policy and numbers in, findings out.
 */
#ifndef CHECK_LIMITS_H
#define CHECK_LIMITS_H

#include "decide.h"
#include "finding.h"

/* What the limits are held against. */
struct check_machine {
        struct sample sample;       /* of now, deep */
        struct verdict verdict;     /* the guard's own, on that sample */
        uint64_t min_kib, high_kib; /* the kernel's watermarks; 0: not known */
        uint64_t cgroup_limit_kib;  /* a limit over this place; 0: none */
        char cgroup_limit_path[512];
};

typedef void (*check_tell_fn)(void *arg, const struct finding *f);

/* `standard` is the policy without any file: what differs from it was written by somebody. */
void
check_limits(const struct policy *p, const struct policy *standard, const struct check_machine *m,
             check_tell_fn tell, void *arg);

#endif
