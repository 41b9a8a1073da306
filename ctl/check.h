/* SPDX-License-Identifier: MIT */
/*
 * What `check` has found, and how it is told.
 */
#ifndef CHECK_H
#define CHECK_H

#include "check_limits.h"
#include "check_rules.h"
#include "ctl.h"

enum { CHECK_FAULTS_MAX = 64, CHECK_FAULT_MAX = 768, CHECK_FINDINGS_MAX = POLICY_RULES_MAX + 32 };

struct check {
        struct ctl *ctl;
        const char *path; /* NULL: the usual file, which need not be there */
        bool is_standard; /* it is not there: the built-in values hold */
        struct policy policy, standard;
        char fault[CHECK_FAULTS_MAX][CHECK_FAULT_MAX];
        unsigned n_faults; /* also those beyond CHECK_FAULTS_MAX */
        struct check_machine machine;
        bool has_machine;
        struct check_rules rules;
        bool has_rules;
        struct finding finding[CHECK_FINDINGS_MAX];
        unsigned n_findings;
};

/* `protect = name:foo` */
void
check_rule_text(const struct rule *r, char *ret, size_t size);

void
check_print_text(const struct check *c);
void
check_print_json(const struct check *c);

#endif
