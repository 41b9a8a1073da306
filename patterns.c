/* SPDX-License-Identifier: MIT */
/*
 * Owns how a rule is written and which globs are worth having.  Never matches one, and never keeps
 * a rule it is not sure of: that one would be relied on.
 */
#include "patterns.h"
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include "rules.h"
#include "text.h"

enum {
        COMM_MAX = 15,            /* bytes the kernel keeps of a process's name */
        PASSWD_MAX = 1024 * 1024, /* bytes; no user's entry is larger */
};

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
glob_measure(struct value_target *t, const char *glob, size_t *ret_min, const char **ret_tail)
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
check_glob(struct value_target *t, enum rule_kind kind, const char *glob)
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

        while (r == ERANGE && size <= PASSWD_MAX) {
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
parse_user(struct value_target *t, const char *name, uint32_t *ret_uid)
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
parse_rule(struct value_target *t, const struct key *k, const char *text)
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

const struct value_type patterns_rule = { parse_rule, NULL };
