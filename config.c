/* SPDX-License-Identifier: MIT */
/*
 * Owns the table of keys and everything that walks it: reading, checking, printing, the shipped
 * file.  A policy is built whole beside the caller's and handed over only when nothing is wrong
 * with it.  Never logs, never ends the program, never hands out part of a policy.
 *
 * inih splits lines into section, key and value.  It knows no line numbers, joins indented lines
 * to the key above, cuts values at ` ;`, delivers what it has truncated, reads `key: value` and
 * drops what follows a `]`; how, depends on who built it.  So it is fed by a reader of our own,
 * which lets through only lines that every inih reads alike and tells the others.
 */
#include "config.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "rules.h"
#include "text.h"

#define KIB_PER_M    1024u
#define KIB_PER_G    (1024u * 1024u)
#define KIB_PER_T    (1024u * 1024u * 1024u)
#define US_PER_MS    1000u
#define US_PER_S     1000000u
#define US_PER_MIN   60000000u
#define ALL_BP       10000u
#define SIZE_MAX_KIB (1024ull * KIB_PER_T) /* no machine has it; sums of a few cannot wrap */

enum {
        FILE_MAX = 1024 * 1024, /* bytes; whoever writes more has named the wrong file */
        LINE_MAX_BYTES = 196,   /* inih's buffer is 200 wherever nobody changed it */
        NAME_MAX_BYTES = 24,    /* of a section or key; longer ones are not suggested for */
        COMM_MAX = 15,          /* bytes the kernel keeps of a process's name */
        VALUE_SHOWN = 60,       /* bytes of a value in a fault */
        WHY_MAX = 224,
        FAULT_MAX = 768,
        VALUE_MAX = 96, /* bytes of a formatted value */
};

/* Where a value goes and what was wrong with it. */
struct target {
        struct policy *policy;
        uint32_t line;
        char why[WHY_MAX];
};

struct key;

/* A type of values: text -> policy (false, with target.why, when it is none) and back.  Keys that
 * may stand more than once have no `format`. */
struct type {
        bool (*parse)(struct target *t, const struct key *k, const char *text);
        void (*format)(const struct policy *p, const struct key *k, char buf[VALUE_MAX]);
};

struct key {
        const char *section, *name;
        const struct type *type;
        size_t offset;        /* of the field in struct policy */
        uint64_t min, max;    /* in the field's unit; of a limit the percentage, in bp */
        const char *standard; /* the default, as it would be written */
        const char *help;     /* for a person at the desktop; the template breaks the lines */
};

static const struct type limit_type, share_type, time_type, size_type, flag_type, rule_type;

#define KEY(section, name, type, field, min, max, standard, help)                                \
        {                                                                                        \
                section, name, &type##_type, offsetof(struct policy, field), min, max, standard, \
                        help                                                                     \
        }
/* The effect stands where other keys have their smallest value. */
#define RULES(section, name, effect, help)                                                     \
        {                                                                                      \
                section, name, &rule_type, offsetof(struct policy, rules), effect, effect, "", \
                        help                                                                   \
        }

static const struct key keys[] = {
        KEY("memory", "warn", limit, mem_warn, 0, 5000, "10%, 1G",
            "Tell people and programs when no more memory than this is available."),
        KEY("memory", "term", limit, mem_term, 0, 5000, "5%, 512M",
            "Ask the process that takes the memory to end (SIGTERM) when no more than this is "
            "available.  Never less than 48M, unless it is 0%."),
        KEY("memory", "kill", limit, mem_kill, 0, 5000, "2.5%, 256M",
            "End it at once (SIGKILL) when no more than this is available.  Never less than 24M, "
            "unless it is 0%."),
        KEY("memory", "new_low", time, new_low_us, 0, 60 * US_PER_MIN, "10s",
            "Between term and kill a machine may simply be full and well.  There, act only if "
            "available memory has been at its lowest within this time.  0s: always act."),

        KEY("swap", "warn", limit, swap_warn, 0, ALL_BP, "20%",
            "Low memory counts for a warning only when no more swap than this is free.  100%: swap "
            "does not matter.  0%: no warning while there is swap."),
        KEY("swap", "term", limit, swap_term, 0, ALL_BP, "10%", "The same for SIGTERM."),
        KEY("swap", "kill", limit, swap_kill, 0, ALL_BP, "5%", "The same for SIGKILL."),

        KEY("pressure", "term", share, psi_term_bp, 0, ALL_BP, "30%",
            "Ask a process to end when everything stood still for memory this much of the time."),
        KEY("pressure", "kill", share, psi_kill_bp, 0, ALL_BP, "60%",
            "End it at once when everything stood still this much of the time."),
        KEY("pressure", "window", time, psi_window_us, 100 * US_PER_MS, 10 * US_PER_S, "2s",
            "The time over which standing still is measured."),
        KEY("pressure", "hold", time, psi_hold_us, 0, US_PER_MIN, "1s",
            "It has to last this long before anything is done."),
        KEY("pressure", "below", limit, psi_below, 0, ALL_BP, "25%, 4G",
            "And only while no more memory than this is available: with more, ending a process "
            "would not help."),

        KEY("victim", "growth_horizon", time, growth_horizon_us, 0, 5 * US_PER_MIN, "10s",
            "A growing process counts as large as it would be after this time.  0s: growth does "
            "not count."),
        KEY("victim", "min_size", size, min_size_kib, 0, KIB_PER_G, "1M",
            "A process smaller than this is never ended."),
        KEY("victim", "protect_defaults", flag, protect_defaults, 0, 1, "yes",
            "Never end what the desktop and the system need to run: the session, its windows and "
            "sound, logins, the package manager.  `oomguard --check` prints the list."),
        RULES("victim", "protect", RULE_PROTECT,
              "Never end these.  One pattern a line, as many lines as needed, such as "
              "exe:*/bin/postgres.  An empty value drops all that came before."),
        RULES("victim", "avoid", RULE_AVOID, "End these only when others would not do."),
        RULES("victim", "prefer", RULE_PREFER, "Rather end these than others."),

        KEY("kill", "grace", time, grace_us, 0, 5 * US_PER_MIN, "3s",
            "A process that was asked to end has this long, as long as memory lasts.  0s: do not "
            "ask."),
        KEY("kill", "give_up", time, give_up_us, US_PER_S, 10 * US_PER_MIN, "10s",
            "When nothing has moved for this long after SIGKILL, take the next process."),
};

enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

/* What stands above a section's keys in the template. */
static const struct {
        const char *name, *help;
} intros[] = {
        { "memory",
          "How much memory must stay available.  Each limit is a percentage of the memory, a size, "
          "or both, and then the smaller counts.  0% means never." },
        { "swap",
          "How much swap must stay free.  oomguard acts on low memory only when swap is low too; a "
          "machine without swap has none free." },
        { "pressure",
          "When the machine stands still though some memory is left, because programs wait for "
          "memory instead of running.  0% means never." },
        { "victim",
          "Which process is ended.  Patterns are name:GLOB, exe:GLOB, cmdline:GLOB, user:NAME, "
          "unit:GLOB or cgroup:GLOB; in a GLOB * stands for anything, ? for one character, [abc] "
          "for one of these." },
        { "kill", "How a process is ended." },
};

/* Keys of which the first must not exceed the second, once all files are read. */
static const struct {
        const char *section, *low, *high;
} orders[] = {
        { "memory", "term", "warn" }, { "memory", "kill", "term" },   { "swap", "term", "warn" },
        { "swap", "kill", "term" },   { "pressure", "term", "kill" },
};

/* ---- values: text -> policy ---- */

__attribute__((format(printf, 2, 3))) static void
explain(struct target *t, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(t->why, sizeof(t->why), fmt, ap);
        va_end(ap);
}

/* A macro, so that analyzers of one function see that it is false. */
#define WRONG(...) (explain(__VA_ARGS__), false)

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
parse_digits(struct target *t, const char **p, uint64_t *ret)
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
parse_quantity(struct target *t, const char *text, const struct unit *units, const char *names,
               uint64_t *ret)
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
parse_percent(struct target *t, const char *text, uint64_t *ret_bp)
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
in_range(struct target *t, uint64_t n, uint64_t min, uint64_t max,
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
parse_size(struct target *t, const struct key *k, const char *text)
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
parse_time(struct target *t, const struct key *k, const char *text)
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
parse_share(struct target *t, const struct key *k, const char *text)
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
parse_flag(struct target *t, const struct key *k, const char *text)
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

/* One part of a limit: what ends in % is a percentage, and so is a bare 0. */
static bool
parse_limit_part(struct target *t, const struct key *k, const char *part, struct limit *l)
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
parse_limit(struct target *t, const struct key *k, const char *text)
{
        struct limit l = { .bp = LIMIT_NO_BP, .kib = LIMIT_NO_KIB }, *out = field(t->policy, k);
        const char *p = text, *end = text + strlen(text);
        char part[LINE_MAX_BYTES + 1];

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

/* ---- rules ---- */

/* Behind the bracket expression that begins at `glob`, or NULL when it never ends. */
static const char *
bracket_end(const char *glob)
{
        const char *p = glob + 1;

        if (*p == '!' || *p == '^')
                p++;
        if (*p == ']')
                p++;
        while (*p && *p != ']') {
                if (*p == '[' && (p[1] == ':' || p[1] == '.' || p[1] == '=')) {
                        const char close[] = { p[1], ']', '\0' }, *inner = strstr(p + 2, close);

                        p = inner ? inner + 2 : p + 1;
                } else if (*p == '\\' && p[1]) {
                        p += 2;
                } else {
                        p++;
                }
        }
        return *p ? p + 1 : NULL;
}

/*
 * The fewest bytes a glob can match, and where its last stretch of plain text begins.  false when
 * fnmatch(3) would refuse it whatever the text.
 */
static bool
glob_measure(struct target *t, const char *glob, size_t *ret_min, const char **ret_tail)
{
        size_t min = 0;
        const char *p = glob, *tail = glob;

        while (*p) {
                char c = *p;

                if (c == '[') {
                        p = bracket_end(p);
                        if (!p)
                                return WRONG(t, "has a [ without its ], write \\[ for the sign");
                } else if (c == '\\') {
                        if (!p[1])
                                return WRONG(t, "ends in a \\ with nothing behind it");
                        tail = ++p;
                        p++;
                } else {
                        p++;
                }
                if (c == '[' || c == '*' || c == '?')
                        tail = p;
                if (c != '*')
                        min++;
        }
        *ret_min = min;
        *ret_tail = tail;
        return true;
}

/* True when plain text at a glob's end can be the end of `text`, or `text` the end of it. */
static bool
ends_alike(const char *tail, const char *text)
{
        size_t a = strlen(tail), b = strlen(text), n = a < b ? a : b;

        return strcmp(tail + a - n, text + b - n) == 0;
}

/* Refuses what can match nothing: a rule that never holds is worse than none, it is relied on. */
static bool
check_glob(struct target *t, enum rule_kind kind, const char *glob)
{
        size_t min = 0;
        const char *tail = glob;

        if (!glob_measure(t, glob, &min, &tail))
                return false;
        if (kind == RULE_NAME && min > COMM_MAX)
                return WRONG(t, "can match nothing, the kernel keeps %d bytes of a name (use exe:)",
                             COMM_MAX);
        if ((kind == RULE_EXE || kind == RULE_CGROUP) && !strchr("/*?[\\", *glob))
                return WRONG(t, "can match nothing, a path must begin with / or *");
        if (kind == RULE_UNIT && !ends_alike(tail, ".service") && !ends_alike(tail, ".scope"))
                return WRONG(t, "can match nothing, a unit must end in .service, .scope or *");
        return true;
}

/* 0, -ENOENT when there is no such user, or why nobody could say. */
static int
find_user(const char *name, uint32_t *ret_uid)
{
        struct passwd pw, *found = NULL;
        size_t size = 1024;
        char *buf = NULL;
        int r = ERANGE;

        while (r == ERANGE && size <= FILE_MAX) {
                char *larger = realloc(buf, size);

                if (!larger) {
                        r = ENOMEM;
                        break;
                }
                buf = larger;
                r = getpwnam_r(name, &pw, buf, size, &found);
                size *= 2;
        }
        if (found)
                *ret_uid = pw.pw_uid;
        free(buf);
        /* Some name services say so when all they mean is that they do not know the name. */
        if (!found && (r == 0 || r == ESRCH || r == EBADF || r == EPERM))
                return -ENOENT;
        return found ? 0 : -r;
}

static bool
parse_user(struct target *t, const char *name, uint32_t *ret_uid)
{
        const char *p = name, *end = name + strlen(name);
        uint64_t uid;
        int r;

        if (strspn(name, "0123456789") == strlen(name)) {
                /* 2^32 - 1 is the kernel's word for nobody at all. */
                if (!text_u64(&p, end, &uid) || uid >= UINT32_MAX)
                        return WRONG(t, "too large a number for a user");
                *ret_uid = (uint32_t)uid;
                return true;
        }
        r = find_user(name, ret_uid);
        if (r == -ENOENT)
                return WRONG(t, "unknown user");
        return r < 0 ? WRONG(t, "the user cannot be looked up: %s", strerror(-r)) : true;
}

/* `exe:/usr/bin/foo` -> kind and what follows it. */
static bool
parse_kind(const char *text, enum rule_kind *ret_kind, const char **ret_pattern)
{
        const char *end = text + strlen(text);

        for (unsigned kind = RULE_NAME; kind <= RULE_CGROUP; kind++) {
                const char *p = text;

                if (!text_accept(&p, end, rules_kind_word(kind)) || !text_accept(&p, end, ":"))
                        continue;
                text_skip_blanks(&p, end);
                *ret_kind = kind;
                *ret_pattern = p;
                return true;
        }
        return false;
}

static void
drop_rules(struct policy *p, enum rule_effect effect)
{
        uint32_t n = 0;

        for (uint32_t i = 0; i < p->n_rules; i++) {
                if (p->rules[i].effect == effect)
                        continue;
                if (n != i)
                        p->rules[n] = p->rules[i];
                n++;
        }
        p->n_rules = n;
}

static bool
parse_rule(struct target *t, const struct key *k, const char *text)
{
        struct policy *p = t->policy;
        struct rule r = { .effect = (enum rule_effect)k->min, .line = t->line };
        const char *pattern;
        size_t len;

        if (!*text) {
                drop_rules(p, r.effect);
                return true;
        }
        if (!parse_kind(text, &r.kind, &pattern))
                return WRONG(t, "must begin with name:, exe:, cmdline:, user:, unit: or cgroup:");
        len = strlen(pattern);
        if (len == 0)
                return WRONG(t, "has an empty pattern");
        if (len >= sizeof(r.glob))
                return WRONG(t, "has a pattern of %zu bytes, the maximum is %zu", len,
                             sizeof(r.glob) - 1);
        if (r.kind == RULE_USER ? !parse_user(t, pattern, &r.uid) : !check_glob(t, r.kind, pattern))
                return false;
        if (p->n_rules == POLICY_RULES_MAX)
                return WRONG(t, "is one rule more than the maximum of %d", POLICY_RULES_MAX);
        memcpy(r.glob, pattern, len + 1);
        r.file = (uint8_t)(p->n_files ? p->n_files - 1 : 0);
        p->rules[p->n_rules++] = r;
        return true;
}

static const struct type limit_type = { parse_limit, format_limit };
static const struct type share_type = { parse_share, format_share };
static const struct type time_type = { parse_time, format_time };
static const struct type size_type = { parse_size, format_size };
static const struct type flag_type = { parse_flag, format_flag };
static const struct type rule_type = { parse_rule, NULL };

/* ---- finding keys ---- */

/* Index into keys[], or -1. */
static int
find_key(const char *section, const char *name)
{
        for (int i = 0; i < N_KEYS; i++) {
                if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
                        return i;
        }
        return -1;
}

static bool
is_section(const char *name)
{
        for (int i = 0; i < N_KEYS; i++) {
                if (strcmp(keys[i].section, name) == 0)
                        return true;
        }
        return false;
}

/* Letters to insert, drop or change (Levenshtein); both at most NAME_MAX_BYTES long. */
static size_t
edit_distance(const char *a, const char *b)
{
        size_t row[NAME_MAX_BYTES + 1], len_b = strlen(b);

        for (size_t j = 0; j <= len_b; j++)
                row[j] = j;
        for (size_t i = 0; a[i]; i++) {
                size_t corner = row[0];

                row[0] = i + 1;
                for (size_t j = 0; j < len_b; j++) {
                        size_t change = corner + (a[i] != b[j]);
                        size_t shift = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;

                        corner = row[j + 1];
                        row[j + 1] = change < shift ? change : shift;
                }
        }
        return row[len_b];
}

/* The key of a section, or with `section` NULL the section, that was probably meant; or NULL. */
static const char *
nearest(const char *section, const char *name)
{
        const char *best = NULL;
        size_t best_distance = 3, len = strlen(name);

        if (len > NAME_MAX_BYTES)
                return NULL;
        for (int i = 0; i < N_KEYS; i++) {
                const char *word = section ? keys[i].name : keys[i].section;
                size_t distance;

                if (section && strcmp(keys[i].section, section) != 0)
                        continue;
                distance = edit_distance(name, word);
                if (distance < best_distance && distance < len) {
                        best = word;
                        best_distance = distance;
                }
        }
        return best;
}

/* ---- reading ---- */

struct setting {
        unsigned order; /* the how-manieth setting it was; 0: never set */
        uint8_t file;
        uint32_t line;
        bool faulty;
};

struct loader {
        struct policy policy;
        struct target target;
        config_fault_fn fault;
        void *arg;
        unsigned n_faults, n_settings;
        struct setting set[N_KEYS]; /* the latest of each key */

        const char *path; /* of the file being read */
        char *p, *end;
        bool in_section, known_section;
};

__attribute__((format(printf, 4, 5))) static void
tell(struct loader *l, const char *path, uint32_t line, const char *fmt, ...)
{
        char text[FAULT_MAX], place[16] = "";
        int n;
        va_list ap;

        if (line)
                (void)snprintf(place, sizeof(place), ":%u", line);
        n = snprintf(text, sizeof(text), "%.*s%s: ", POLICY_PATH_MAX, path, place);
        va_start(ap, fmt);
        (void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
        va_end(ap);
        /* Paths and values come from anywhere and end up in terminals and journals. */
        for (char *c = text; *c; c++) {
                if (*c < ' ' || *c > '~')
                        *c = '?';
        }
        l->n_faults++;
        if (l->fault)
                l->fault(l->arg, text);
}

static void
tell_value(struct loader *l, const char *section, const char *name, const char *value)
{
        bool cut = strlen(value) > VALUE_SHOWN;

        tell(l, l->path, l->target.line, "[%s] %s=%.*s%s: %s", section, name, VALUE_SHOWN, value,
             cut ? "..." : "", l->target.why);
}

/* inih's handler; nonzero goes on. */
static int
take_value(void *user, const char *section, const char *name, const char *value)
{
        struct loader *l = user;
        uint8_t file = (uint8_t)(l->policy.n_files - 1);
        int i;
        struct setting *s;

        if (!name || !value) /* some builds also announce sections */
                return 1;
        i = find_key(section, name);
        if (i < 0) {
                const char *meant = nearest(section, name);

                explain(&l->target, "unknown key%s%s%s", meant ? ", is " : "", meant ? meant : "",
                        meant ? " meant?" : "");
                tell_value(l, section, name, value);
                return 1;
        }
        s = &l->set[i];
        if (keys[i].type->format && s->order > 0 && s->file == file) {
                explain(&l->target, "stands twice, first in line %u", s->line);
                tell_value(l, section, name, value);
                return 1;
        }
        s->order = ++l->n_settings;
        s->file = file;
        s->line = l->target.line;
        s->faulty = !keys[i].type->parse(&l->target, &keys[i], value);
        if (s->faulty)
                tell_value(l, section, name, value);
        return 1;
}

/* `[name]`: keeps track of the section, and false when inih shall not see it. */
static bool
admit_section(struct loader *l, char *line)
{
        char *close = strchr(line, ']');
        const char *meant;

        l->in_section = true;
        l->known_section = false;
        if (!close) {
                tell(l, l->path, l->target.line, "%.*s: missing ]", VALUE_SHOWN, line);
                return false;
        }
        if (close[1]) {
                tell(l, l->path, l->target.line, "%.*s: text after the ]", VALUE_SHOWN, line);
                return false;
        }
        *close = '\0';
        l->known_section = is_section(line + 1);
        meant = nearest(NULL, line + 1);
        if (!l->known_section)
                tell(l, l->path, l->target.line, "[%.*s]: unknown section%s%s%s", VALUE_SHOWN,
                     line + 1, meant ? ", is [" : "", meant ? meant : "", meant ? "] meant?" : "");
        *close = ']';
        return l->known_section;
}

/* `key = value`: what every inih splits in the same two parts. */
static const char *
key_line_fault(const char *line)
{
        const char *equals = strchr(line, '='), *colon = strchr(line, ':');

        if (!equals || (colon && colon < equals))
                return "missing =";
        if (equals == line)
                return "no key before the =";
        for (const char *c = line; *c; c++) {
                if ((unsigned char)*c < ' ' && *c != '\t')
                        return "holds a control character";
        }
        for (const char *c = line + 1; *c; c++) {
                if ((*c == ';' || *c == '#') && (c[-1] == ' ' || c[-1] == '\t'))
                        return "a comment needs a line of its own (in a pattern write [;] or [#])";
        }
        return NULL;
}

/* Decides whether inih sees the line, which has `len` bytes; tells why not where that is a fault.
 */
static bool
admit_line(struct loader *l, char *line, size_t len, size_t max)
{
        size_t blanks = strspn(line, " \t");
        const char *why = NULL;

        if (strlen(line) != len)
                why = "holds a zero byte";
        else if (line[blanks] == '\0' || line[blanks] == '#' || line[blanks] == ';')
                return false;
        else if (len > max)
                why = "line is too long";
        else if (blanks > 0)
                why = "line begins with a blank";
        else if (*line == '[')
                return admit_section(l, line);
        else if (!l->in_section)
                why = "key before any section";
        else if (l->known_section)
                why = key_line_fault(line);
        if (why)
                tell(l, l->path, l->target.line, "%.*s%s: %s", VALUE_SHOWN, line,
                     len > VALUE_SHOWN ? "..." : "", why);
        return !why && l->known_section;
}

/* inih's reader: fgets(3) over the text, with every line that is not for inih made blank. */
static char *
read_line(char *buf, int size, void *stream)
{
        struct loader *l = stream;
        size_t room = (size_t)size - 2, len;
        char *line = l->p, *newline;

        if (l->p == l->end)
                return NULL;
        newline = memchr(line, '\n', (size_t)(l->end - line));
        len = (size_t)((newline ? newline : l->end) - line);
        l->p = newline ? newline + 1 : l->end;
        l->target.line++;
        while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
                len--;
        line[len] = '\0';
        if (!admit_line(l, line, len, room < LINE_MAX_BYTES ? room : LINE_MAX_BYTES))
                len = 0;
        memcpy(buf, line, len);
        memcpy(buf + len, "\n", 2);
        return buf;
}

/* Reads text that belongs to us: text[len] is a zero, and lines are cut up in it. */
static void
load_text(struct loader *l, const char *path, char *text, size_t len)
{
        static const char bom[] = "\xef\xbb\xbf";
        struct policy *p = &l->policy;
        size_t path_len = strlen(path);

        l->path = path;
        l->p = text;
        l->end = text + len;
        l->target.line = 0;
        l->in_section = l->known_section = false;
        if (p->n_files == POLICY_FILES_MAX) {
                tell(l, path, 0, "is one file more than the maximum of %d", POLICY_FILES_MAX);
                return;
        }
        if (path_len >= sizeof(p->files[0])) {
                tell(l, path, 0, "the path is longer than %zu bytes", sizeof(p->files[0]) - 1);
                return;
        }
        memcpy(p->files[p->n_files++], path, path_len + 1);
        if (len >= sizeof(bom) - 1 && memcmp(text, bom, sizeof(bom) - 1) == 0)
                l->p += sizeof(bom) - 1;
        /* Some builds allocate; whatever else they have to say was told by the reader. */
        if (ini_parse_stream(read_line, l, take_value, l) < 0)
                tell(l, path, 0, "cannot be read: %s", strerror(ENOMEM));
}

/* The whole of a file with a zero behind it, to be freed; 0 or -errno. */
static int
read_all(int fd, char **ret, size_t *ret_len)
{
        struct stat st;
        size_t len = 0, size;
        char *buf;
        int r = 0;

        if (fstat(fd, &st) < 0)
                return -errno;
        /* A fifo or a terminal would keep the caller waiting. */
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -ENOTSUP;
        if (st.st_size > FILE_MAX)
                return -EFBIG;
        size = (size_t)st.st_size + 1;
        buf = malloc(size);
        if (!buf)
                return -ENOMEM;
        while (len < size - 1) {
                ssize_t n = read(fd, buf + len, size - 1 - len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        r = -errno;
                if (n <= 0)
                        break;
                len += (size_t)n;
        }
        if (r < 0) {
                free(buf);
                return r;
        }
        buf[len] = '\0';
        *ret = buf;
        *ret_len = len;
        return 0;
}

static void
load_file(struct loader *l, const char *path, bool may_be_missing)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;
        char *text = NULL;
        size_t len = 0;

        if (fd < 0) {
                if (errno != ENOENT || !may_be_missing)
                        tell(l, path, 0, "cannot be read: %s", strerror(errno));
                return;
        }
        r = read_all(fd, &text, &len);
        (void)close(fd);
        if (r < 0) {
                tell(l, path, 0, "cannot be read: %s",
                     r == -ENOTSUP ? "Not a regular file" : strerror(-r));
                return;
        }
        load_text(l, path, text, len);
        free(text);
}

/* Editors leave their own files around: those begin with a dot. */
static int
is_drop_in(const struct dirent *e)
{
        const char *dot = strrchr(e->d_name, '.');

        return *e->d_name != '.' && dot && strcmp(dot, ".conf") == 0;
}

/* alphasort(3) would follow the locale. */
static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name);
}

static void
load_drop_ins(struct loader *l, const char *path)
{
        struct dirent **names = NULL;
        char *dir = NULL;
        int n;

        if (asprintf(&dir, "%s.d", path) < 0) {
                tell(l, path, 0, "cannot be read: %s", strerror(ENOMEM));
                return;
        }
        n = scandir(dir, &names, is_drop_in, by_bytes);
        if (n < 0 && errno != ENOENT)
                tell(l, dir, 0, "cannot be read: %s", strerror(errno));
        for (int i = 0; i < n; i++) {
                char *file = NULL;

                if (asprintf(&file, "%s/%s", dir, names[i]->d_name) < 0) {
                        tell(l, dir, 0, "cannot be read: %s", strerror(ENOMEM));
                } else {
                        load_file(l, file, false);
                        free(file);
                }
                free(names[i]);
        }
        free(names);
        free(dir);
}

/* ---- what must hold between keys ---- */

/* A share is a limit without a size. */
static struct limit
limit_of(const struct policy *p, const struct key *k)
{
        const void *value = const_field(p, k);
        struct limit l = { .bp = LIMIT_NO_BP, .kib = LIMIT_NO_KIB };

        if (k->type == &share_type)
                l.bp = *(const uint32_t *)value;
        else
                l = *(const struct limit *)value;
        return l;
}

/* Part against part; what means never is neither above nor below. */
static bool
exceeds(const struct limit *low, const struct limit *high)
{
        if (low->bp == 0 || low->kib == 0 || high->bp == 0 || high->kib == 0)
                return false;
        return (low->bp != LIMIT_NO_BP && high->bp != LIMIT_NO_BP && low->bp > high->bp) ||
               (low->kib != LIMIT_NO_KIB && high->kib != LIMIT_NO_KIB && low->kib > high->kib);
}

/* Told at the key that was set last: the other was right when it was written. */
static void
tell_order(struct loader *l, int low, int high)
{
        int last = l->set[low].order > l->set[high].order ? low : high;
        int other = last == low ? high : low;
        const struct setting *s = &l->set[last], *o = &l->set[other];
        char value[VALUE_MAX], edge[VALUE_MAX], where[POLICY_PATH_MAX + 16] = "the default";

        keys[last].type->format(&l->policy, &keys[last], value);
        keys[other].type->format(&l->policy, &keys[other], edge);
        if (o->order > 0)
                (void)snprintf(where, sizeof(where), "%s:%u", l->policy.files[o->file], o->line);
        tell(l, l->policy.files[s->file], s->line, "[%s] %s=%s: %s %s=%s (%s)", keys[last].section,
             keys[last].name, value, last == low ? "above" : "below", keys[other].name, edge,
             where);
}

static void
check_orders(struct loader *l)
{
        for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
                int low = find_key(orders[i].section, orders[i].low);
                int high = find_key(orders[i].section, orders[i].high);
                struct limit a = limit_of(&l->policy, &keys[low]);
                struct limit b = limit_of(&l->policy, &keys[high]);

                /* A value that was refused is not there to be compared. */
                if (!l->set[low].faulty && !l->set[high].faulty && exceeds(&a, &b))
                        tell_order(l, low, high);
        }
}

/* ---- the contract ---- */

void
config_defaults(struct policy *ret)
{
        struct target t = { .policy = ret };

        memset(ret, 0, sizeof(*ret));
        for (int i = 0; i < N_KEYS; i++)
                (void)keys[i].type->parse(&t, &keys[i], keys[i].standard);
}

/* On the heap, for the thread that reloads has a small stack.  NULL when there is no memory. */
static struct loader *
loader_new(config_fault_fn fault, void *arg)
{
        struct loader *l = calloc(1, sizeof(*l));

        if (!l)
                return NULL;
        config_defaults(&l->policy);
        l->target.policy = &l->policy;
        l->fault = fault;
        l->arg = arg;
        return l;
}

static unsigned
loader_finish(struct loader *l, struct policy *ret)
{
        unsigned n_faults;

        check_orders(l);
        n_faults = l->n_faults;
        if (n_faults == 0)
                *ret = l->policy;
        free(l);
        return n_faults;
}

static unsigned
no_memory(config_fault_fn fault, void *arg)
{
        if (fault)
                fault(arg, "the configuration cannot be read: no memory");
        return 1;
}

unsigned
config_load(const char *path, struct policy *ret, config_fault_fn fault, void *arg)
{
        struct loader *l = loader_new(fault, arg);

        if (!l)
                return no_memory(fault, arg);
        load_file(l, path ? path : CONFIG_FILE, !path);
        load_drop_ins(l, path ? path : CONFIG_FILE);
        return loader_finish(l, ret);
}

unsigned
config_parse(const char *name, const char *text, size_t len, struct policy *ret,
             config_fault_fn fault, void *arg)
{
        struct loader *l = loader_new(fault, arg);
        char *copy = malloc(len + 1);

        if (!l || !copy) {
                free(copy);
                free(l);
                return no_memory(fault, arg);
        }
        if (len > 0)
                memcpy(copy, text, len);
        copy[len] = '\0';
        load_text(l, name, copy, len);
        free(copy);
        return loader_finish(l, ret);
}

static void
print_rules(FILE *out, const struct policy *p, const struct key *k)
{
        for (uint32_t i = 0; i < p->n_rules; i++) {
                const struct rule *r = &p->rules[i];

                if (r->effect == (enum rule_effect)k->min)
                        (void)fprintf(out, "%s = %s:%s\n", k->name, rules_kind_word(r->kind),
                                      r->glob);
        }
        if (k->min != RULE_PROTECT || !p->protect_defaults)
                return;
        for (size_t i = 0; rules_builtin(i); i++)
                (void)fprintf(out, "# built-in: %s\n", rules_builtin(i));
}

void
config_print(FILE *out, const struct policy *p)
{
        const char *section = "";

        for (int i = 0; i < N_KEYS; i++) {
                const struct key *k = &keys[i];
                char value[VALUE_MAX];

                if (strcmp(section, k->section) != 0)
                        (void)fprintf(out, "%s[%s]\n", *section ? "\n" : "", k->section);
                section = k->section;
                if (!k->type->format) {
                        print_rules(out, p, k);
                        continue;
                }
                k->type->format(p, k, value);
                (void)fprintf(out, "%s = %s\n", k->name, value);
        }
}

/* As a comment, broken between words at 80 columns. */
static void
print_help(FILE *out, const char *text)
{
        enum { WIDTH = 80 - 2 };

        while (*text) {
                size_t len = strlen(text), next = len;

                if (len > WIDTH) {
                        for (next = WIDTH; next > 1 && text[next] != ' '; next--)
                                ;
                        /* Sentences are two blanks apart. */
                        for (len = next; text[len - 1] == ' '; len--)
                                ;
                }
                (void)fprintf(out, "# %.*s\n", (int)len, text);
                text += next;
                text += strspn(text, " ");
        }
}

static const char head[] =
        "# oomguard.conf: when oomguard acts, on what, and how.\n"
        "#\n"
        "# Every key stands here with its default, commented out by a # in front.  To\n"
        "# change one, take the # away and change the value; or better, write section and\n"
        "# key into a file of your own, /etc/oomguard.conf.d/NAME.conf.  Such files are\n"
        "# read after this one, in the order of their names, and override it.\n"
        "#\n"
        "# `oomguard --check` shows what is in force, or what is wrong.  A running\n"
        "# oomguard reads its files again on SIGHUP; if anything is wrong, it keeps what\n"
        "# it had.\n"
        "#\n"
        "# Percentages may have two decimals (2.5%).  Sizes are whole numbers with K, M,\n"
        "# G or T, times with ms, s or min.  A comment needs a line of its own: nothing\n"
        "# may follow a value, and a # or ; behind a blank is refused there.\n";

void
config_print_template(FILE *out)
{
        const char *section = "";

        (void)fputs(head, out);
        for (int i = 0; i < N_KEYS; i++) {
                const struct key *k = &keys[i];

                if (strcmp(section, k->section) != 0) {
                        section = k->section;
                        (void)fprintf(out, "\n[%s]\n", section);
                        for (size_t j = 0; j < sizeof(intros) / sizeof(intros[0]); j++) {
                                if (strcmp(intros[j].name, section) == 0)
                                        print_help(out, intros[j].help);
                        }
                }
                (void)fputc('\n', out);
                print_help(out, k->help);
                (void)fprintf(out, "#%s =%s%s\n", k->name, *k->standard ? " " : "", k->standard);
        }
}
