/* SPDX-License-Identifier: MIT */
/*
 * The environment of a hook: what a program of the administrator's is told of an event.  The fields
 * are those of the journal (fields.c), under the same names and with the same values, and a few
 * that the journal has no need of.  Values in, text out.
 */
#ifndef NOTIFY_HOOK_ENV_H
#define NOTIFY_HOOK_ENV_H

#include <stddef.h>
#include <stdint.h>
#include "wire.h"

enum { HOOK_ENV_MAX = 96, HOOK_ENV_BYTES = 8192 };

struct hook_env {
        uint32_t n;
        char *line[HOOK_ENV_MAX + 1]; /* for execve(2), NULL at the end */
        size_t used;
        char text[HOOK_ENV_BYTES];
};

/*
 * The variables that are not fields of the journal, in their order, and what they mean; NULL behind
 * the last.
 */
const char *
hook_env_extra(size_t i, const char **ret_meaning);

/* Nothing else is in the environment.  passed_over: events since the last for which the hook was
 * run, and that it was not run for. */
void
hook_env_make(const struct wire_record *rec, uint32_t passed_over, struct hook_env *ret);

#endif
