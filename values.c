/* SPDX-License-Identifier: MIT */
/*
 * Owns the units, how numbers and limits are written, and their ranges.  Never knows which keys
 * there are, and never rounds: what cannot be held exactly is refused.
 */
#include "values.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "text.h"

#define SIZE_MAX_KIB (1024ull * KIB_PER_T) /* no machine has it; sums of a few cannot wrap */

void
values_explain(struct value_target *t, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(t->why, sizeof(t->why), fmt, ap);
        va_end(ap);
}

static void *
field(struct policy *p, const struct key *k)
{
        return (unsigned char *)p + k->offset;
}

static const void *
const_field(const struct policy *p, const struct key *k)
{
        return (const unsigned char *)p + k->offset;
}

struct unit {
        const char *word;
        uint64_t factor;
};

/* Ends with a word of NULL.  `0` is the one number that means the same in every unit. */
static const struct unit size_units[] = {
        { "K", 1 }, { "M", KIB_PER_M }, { "G", KIB_PER_G }, { "T", KIB_PER_T }, { NULL, 0 },
};
static const struct unit time_units[] = {
        { "ms", US_PER_MS },
        { "s", US_PER_S },
        { "min", US_PER_MIN },
        { NULL, 0 },
};

/* Reads the digits a value begins with. */
static bool
parse_digits(struct value_target *t, const char **p, uint64_t *ret)
{
        const char *s = *p, *end = s + strlen(s);

        if (s == end)
                return WRONG(t, "no value");
        if (*s == '-')
                return WRONG(t, "must not be negative");
        if (*s < '0' || *s > '9')
                return WRONG(t, "not a number");
        if (!text_u64(p, end, ret))
                return WRONG(t, "too large a number");
        return true;
}

/* A whole number with one of the units; `names` lists them for the fault. */
static bool
parse_quantity(struct value_target *t, const char *text, const struct unit *units,
               const char *names, uint64_t *ret)
{
        uint64_t n;

        if (!parse_digits(t, &text, &n))
                return false;
        if (*text == '\0' && n == 0) {
                *ret = 0;
                return true;
        }
        if (*text == '\0')
                return WRONG(t, "needs a unit: %s", names);
        if (*text == '.' || *text == ',')
                return WRONG(t, "must be a whole number with a unit: %s", names);
        for (const struct unit *u = units; u->word; u++) {
                if (strcasecmp(text, u->word) != 0)
                        continue;
                if (__builtin_mul_overflow(n, u->factor, ret))
                        return WRONG(t, "too large a number");
                return true;
        }
        return WRONG(t, "\"%.20s\" is not a unit: use %s", text, names);
}

/* A percentage with up to two decimals, which basis points hold exactly. */
static bool
parse_percent(struct value_target *t, const char *text, uint64_t *ret_bp)
{
        uint64_t whole, bp = 0;
        uint32_t scale = 100;

        if (!parse_digits(t, &text, &whole))
                return false;
        if (*text == '\0' && whole == 0) {
                *ret_bp = 0;
                return true;
        }
        if (*text == '.') {
                for (text++; *text >= '0' && *text <= '9'; text++) {
                        if (scale == 1)
                                return WRONG(t, "has more than two decimals");
                        scale /= 10;
                        bp += (uint64_t)(*text - '0') * scale;
                }
                if (scale == 100)
                        return WRONG(t, "has no digit after the point");
        }
        if (*text == '\0')
                return WRONG(t, "needs a unit: %%");
        if (strcmp(text, "%") != 0)
                return WRONG(t, "\"%.20s\" is not a unit: use %%", text);
        if (__builtin_mul_overflow(whole, 100u, &whole) || __builtin_add_overflow(whole, bp, &bp))
                return WRONG(t, "too large a number");
        *ret_bp = bp;
        return true;
}

static void
format_bp(uint64_t bp, char buf[VALUE_MAX])
{
        unsigned long long whole = bp / 100, rest = bp % 100;

        if (rest == 0)
                (void)snprintf(buf, VALUE_MAX, "%llu%%", whole);
        else if (rest % 10 == 0)
                (void)snprintf(buf, VALUE_MAX, "%llu.%llu%%", whole, rest / 10);
        else
                (void)snprintf(buf, VALUE_MAX, "%llu.%02llu%%", whole, rest);
}

/* In the largest unit that loses nothing. */
static void
format_quantity(uint64_t n, const struct unit *units, const struct unit *zero, char buf[VALUE_MAX])
{
        const struct unit *best = units;

        for (const struct unit *u = units; u->word; u++) {
                if (n % u->factor == 0)
                        best = u;
        }
        if (n == 0)
                best = zero;
        (void)snprintf(buf, VALUE_MAX, "%llu%s", (unsigned long long)(n / best->factor),
                       best->word);
}

static void
format_kib(uint64_t kib, char buf[VALUE_MAX])
{
        format_quantity(kib, size_units, &size_units[0], buf);
}

static void
format_us(uint64_t us, char buf[VALUE_MAX])
{
        format_quantity(us, time_units, &time_units[1], buf);
}

static bool
in_range(struct value_target *t, uint64_t n, uint64_t min, uint64_t max,
         void (*format)(uint64_t, char[VALUE_MAX]))
{
        char edge[VALUE_MAX];

        if (n >= min && n <= max)
                return true;
        format(n < min ? min : max, edge);
        return n < min ? WRONG(t, "below the minimum of %s", edge)
                       : WRONG(t, "above the maximum of %s", edge);
}

static bool
parse_size(struct value_target *t, const struct key *k, const char *text)
{
        uint64_t kib, *out = field(t->policy, k);

        if (!parse_quantity(t, text, size_units, "K, M, G or T", &kib) ||
            !in_range(t, kib, k->min, k->max, format_kib))
                return false;
        *out = kib;
        return true;
}

static void
format_size(const struct policy *p, const struct key *k, char buf[VALUE_MAX])
{
        const uint64_t *kib = const_field(p, k);

        format_kib(*kib, buf);
}

static bool
parse_time(struct value_target *t, const struct key *k, const char *text)
{
        uint64_t us, *out = field(t->policy, k);

        if (!parse_quantity(t, text, time_units, "ms, s or min", &us) ||
            !in_range(t, us, k->min, k->max, format_us))
                return false;
        *out = us;
        return true;
}

static void
format_time(const struct policy *p, const struct key *k, char buf[VALUE_MAX])
{
        const uint64_t *us = const_field(p, k);

        format_us(*us, buf);
}

static bool
parse_share(struct value_target *t, const struct key *k, const char *text)
{
        uint32_t *out = field(t->policy, k);
        uint64_t bp;

        if (!parse_percent(t, text, &bp) || !in_range(t, bp, k->min, k->max, format_bp))
                return false;
        *out = (uint32_t)bp;
        return true;
}

static void
format_share(const struct policy *p, const struct key *k, char buf[VALUE_MAX])
{
        const uint32_t *bp = const_field(p, k);

        format_bp(*bp, buf);
}

static bool
parse_flag(struct value_target *t, const struct key *k, const char *text)
{
        bool *out = field(t->policy, k), yes = strcasecmp(text, "yes") == 0;

        if (!*text)
                return WRONG(t, "no value");
        if (!yes && strcasecmp(text, "no") != 0)
                return WRONG(t, "must be yes or no");
        *out = yes;
        return true;
}

static void
format_flag(const struct policy *p, const struct key *k, char buf[VALUE_MAX])
{
        const bool *yes = const_field(p, k);

        (void)snprintf(buf, VALUE_MAX, "%s", *yes ? "yes" : "no");
}

static bool
parse_auto(struct value_target *t, const struct key *k, const char *text)
{
        bool *out = field(t->policy, k), on = strcasecmp(text, "auto") == 0;

        if (!*text)
                return WRONG(t, "no value");
        if (!on && strcasecmp(text, "no") != 0)
                return WRONG(t, "must be auto or no");
        *out = on;
        return true;
}

static void
format_auto(const struct policy *p, const struct key *k, char buf[VALUE_MAX])
{
        const bool *on = const_field(p, k);

        (void)snprintf(buf, VALUE_MAX, "%s", *on ? "auto" : "no");
}

/* Whether there is such a file is looked at when it is used: it may come later. */
static bool
parse_path(struct value_target *t, const struct key *k, const char *text)
{
        char *out = field(t->policy, k);
        size_t len = strlen(text);

        if (len > 0 && *text != '/')
                return WRONG(t, "must be an absolute path");
        if (len >= POLICY_EXEC_MAX)
                return WRONG(t, "is longer than %d bytes", POLICY_EXEC_MAX - 1);
        /* Every byte behind it too: policies are compared whole. */
        memset(out, 0, POLICY_EXEC_MAX);
        memcpy(out, text, len);
        return true;
}

static void
format_path(const struct policy *p, const struct key *k, char buf[VALUE_MAX])
{
        const char *path = const_field(p, k);

        (void)snprintf(buf, VALUE_MAX, "%s", path);
}

/* One part of a limit: what ends in % is a percentage, and so is a bare 0. */
static bool
parse_limit_part(struct value_target *t, const struct key *k, const char *part, struct limit *l)
{
        size_t len = strlen(part);
        uint64_t n = 0;

        if (len == 0)
                return WRONG(t, "has an empty part");
        if (part[len - 1] == '%' || strcmp(part, "0") == 0) {
                if (l->bp != LIMIT_NO_BP)
                        return WRONG(t, "has two percentages");
                if (!parse_percent(t, part, &n) || !in_range(t, n, k->min, k->max, format_bp))
                        return false;
                l->bp = (uint32_t)n;
                return true;
        }
        if (l->kib != LIMIT_NO_KIB)
                return WRONG(t, "has two sizes");
        if (!parse_quantity(t, part, size_units, "%, K, M, G or T", &n) ||
            !in_range(t, n, 0, SIZE_MAX_KIB, format_kib))
                return false;
        l->kib = n;
        return true;
}

/* `10%, 1G`, either part alone, either part first. */
static bool
parse_limit(struct value_target *t, const struct key *k, const char *text)
{
        struct limit l = { .bp = LIMIT_NO_BP, .kib = LIMIT_NO_KIB }, *out = field(t->policy, k);
        const char *p = text, *end = text + strlen(text);
        char part[VALUE_TEXT_MAX + 1];

        if (p == end)
                return WRONG(t, "no value");
        for (unsigned n = 0;; n++) {
                const char *comma = strchrnul(p, ',');
                size_t len;

                if (n == 2)
                        return WRONG(t, "has a third part");
                text_skip_blanks(&p, comma);
                len = (size_t)(comma - p);
                while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
                        len--;
                (void)snprintf(part, sizeof(part), "%.*s", (int)len, p);
                if (!parse_limit_part(t, k, part, &l))
                        return false;
                if (comma == end)
                        break;
                p = comma + 1;
        }
        *out = l;
        return true;
}

static void
format_limit_value(const struct limit *l, char buf[VALUE_MAX])
{
        char share[VALUE_MAX] = "", size[VALUE_MAX] = "";

        if (l->bp != LIMIT_NO_BP)
                format_bp(l->bp, share);
        if (l->kib != LIMIT_NO_KIB)
                format_kib(l->kib, size);
        (void)snprintf(buf, VALUE_MAX, "%.40s%s%.40s", share, *share && *size ? ", " : "", size);
}

static void
format_limit(const struct policy *p, const struct key *k, char buf[VALUE_MAX])
{
        format_limit_value(const_field(p, k), buf);
}

const struct value_type values_limit = { parse_limit, format_limit };
const struct value_type values_share = { parse_share, format_share };
const struct value_type values_time = { parse_time, format_time };
const struct value_type values_size = { parse_size, format_size };
const struct value_type values_flag = { parse_flag, format_flag };
const struct value_type values_auto = { parse_auto, format_auto };
const struct value_type values_path = { parse_path, format_path };

/* A share is a limit without a size. */
static struct limit
limit_of(const struct policy *p, const struct key *k)
{
        const void *value = const_field(p, k);
        struct limit l = { .bp = LIMIT_NO_BP, .kib = LIMIT_NO_KIB };

        if (k->type == &values_share)
                l.bp = *(const uint32_t *)value;
        else
                l = *(const struct limit *)value;
        return l;
}

bool
values_exceed(const struct policy *p, const struct key *low, const struct key *high)
{
        struct limit a = limit_of(p, low), b = limit_of(p, high);

        if (a.bp == 0 || a.kib == 0 || b.bp == 0 || b.kib == 0)
                return false;
        return (a.bp != LIMIT_NO_BP && b.bp != LIMIT_NO_BP && a.bp > b.bp) ||
               (a.kib != LIMIT_NO_KIB && b.kib != LIMIT_NO_KIB && a.kib > b.kib);
}
