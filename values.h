/* SPDX-License-Identifier: MIT */
/*
 * Values: the types a key's value can have, text -> field of a policy and back.  What a key is
 * stands here too, since a value has the field and the range of its key; which keys there are is
 * keys.h's.  Pure: no file, no clock, no locale.
 */
#ifndef OOMGUARD_VALUES_H
#define OOMGUARD_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy.h"

/* Fields are in KiB, microseconds and basis points. */
#define KIB_PER_M  UINT64_C(1024)
#define KIB_PER_G  (1024 * KIB_PER_M)
#define KIB_PER_T  (1024 * KIB_PER_G)
#define US_PER_MS  UINT64_C(1000)
#define US_PER_S   UINT64_C(1000000)
#define US_PER_MIN UINT64_C(60000000)
#define ALL_BP     10000u

enum {
        VALUE_TEXT_MAX = 196, /* bytes of a value as it is written */
        VALUE_MAX = 200,      /* bytes of a formatted one */
        VALUE_WHY_MAX = 224,
};

/* Where a value goes and what was wrong with it. */
struct value_target {
        struct policy *policy;
        uint32_t line; /* where it stands, from 1; 0: nowhere */
        char why[VALUE_WHY_MAX];
};

struct key;

/*
 * `parse` reads at most VALUE_TEXT_MAX bytes into the policy; false when they are no value of this
 * type and range: then the policy is as it was and target.why says why, to be put behind the value.
 * What `format` writes parses to the same.  Keys that may stand more than once have none.
 */
struct value_type {
        bool (*parse)(struct value_target *t, const struct key *k, const char *text);
        void (*format)(const struct policy *p, const struct key *k, char buf[VALUE_MAX]);
};

struct key {
        const char *section, *name;
        const struct value_type *type;
        size_t offset;        /* of the field in struct policy */
        uint64_t min, max;    /* in the field's unit; of a limit the percentage, in bp */
        const char *standard; /* the default, as it would be written */
        const char *help;     /* for a person at the desktop; the template breaks the lines */
};

extern const struct value_type values_limit; /* `10%, 1G`: struct limit */
extern const struct value_type values_share; /* `2.5%`: uint32_t, bp */
extern const struct value_type values_time;  /* `10s`: uint64_t, us */
extern const struct value_type values_size;  /* `1M`: uint64_t, KiB */
extern const struct value_type values_flag;  /* `yes`: bool */
extern const struct value_type values_auto;  /* `auto` or `no`: bool */
extern const struct value_type values_path;  /* `/x/y` or nothing: char[POLICY_EXEC_MAX] */

/* Writes target.why. */
__attribute__((format(printf, 2, 3))) void
values_explain(struct value_target *t, const char *fmt, ...);

/* The same, and false: what `parse` returns.  A macro, so that analyzers of one function see it. */
#define WRONG(...) (values_explain(__VA_ARGS__), false)

/*
 * Whether a limit or share is above another, part against part; what means never is neither above
 * nor below.
 */
bool
values_exceed(const struct policy *p, const struct key *low, const struct key *high);

#endif
