/* SPDX-License-Identifier: MIT */
/*
 * How many processes each rule matches at the moment.  It walks /proc once, with the modules that
 * the guard goes by, and signals nobody.
 */
#ifndef CHECK_RULES_H
#define CHECK_RULES_H

#include "ctl.h"
#include "policy.h"

struct check_rules {
        uint32_t n;                         /* processes that were looked at */
        uint32_t n_hidden;                  /* ... whose executable may not be seen */
        uint32_t matches[POLICY_RULES_MAX]; /* by each rule */
        uint32_t decides[POLICY_RULES_MAX]; /* of those, by no other before it */
        uint32_t n_builtin;                 /* processes that the built-in list protects */
};

/* 0 or a negative errno: /proc cannot be read. */
int
check_rules_count(const struct ctl *ctl, const struct policy *p, struct check_rules *ret);

#endif
