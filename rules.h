/* SPDX-License-Identifier: MIT */
/*
 * Rules: which processes are protected, avoided or preferred, by the built-in list and by the
 * policy.  Pure: what a process is was read by somebody else (identity.c), the answer depends on
 * nothing but the arguments.  Globs are matched by fnmatch(3) without flags, so `*` also matches
 * `/`.
 */
#ifndef OOMGUARD_RULES_H
#define OOMGUARD_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy.h"

/* Who a process is, as far as rules ask.  Strings that could not be read are empty and then match
 * no pattern, not even `*`. */
struct identity {
        const char *name;    /* comm, at most 15 bytes */
        const char *exe;     /* path of the executable, ` (deleted)` cut off */
        const char *cmdline; /* arguments joined by spaces, possibly cut short */
        const char *cgroup;  /* path below the cgroup root, beginning with / */
        const char *unit;    /* innermost part of the cgroup path that ends in .service or .scope */
        uint32_t uid;
        bool root_exe; /* the executable's file belongs to root, in the guard's own mount namespace
                        */
};

struct match {
        enum rule_effect effect;
        const struct rule *rule; /* the policy's rule that decided, or NULL */
        const char *builtin;     /* the built-in pattern that decided, or NULL */
};

/*
 * Protection beats avoid, avoid beats prefer; of rules with the same effect the first counts.  The
 * built-in list is asked only while policy.protect_defaults, and cannot be had by renaming oneself:
 * an exe pattern counts only with root_exe, a unit pattern only for /system.slice/UNIT (or a cgroup
 * below it, or init.scope), a name only for uid 0.
 */
struct match
rules_match(const struct policy *p, const struct identity *id);

/* The built-in list as patterns such as `exe:/usr/sbin/sshd`; NULL past the last one. */
const char *
rules_builtin(size_t i);

/* The policy's first rule of this kind and effect, RULE_NONE: of whatever effect; or NULL. */
const struct rule *
rules_first_of(const struct policy *p, enum rule_kind kind, enum rule_effect effect);

/* `name`, `exe`, ...: the word of a kind in the file's syntax. */
const char *
rules_kind_word(enum rule_kind kind);

#endif
