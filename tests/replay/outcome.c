/* SPDX-License-Identifier: MIT */
/*
 * What each trace comes to under another configuration: one line of words a trace, for tune.sh to
 * compare.  The verdicts on record do not matter here.
 *   outcome [-s SECTION.KEY=VALUE]... TABLE FILE.trace...
 *   NAME act|live WHEN_MS LEVEL REASON LEFT_KIB KILL_MS KILL_LEFT_KIB WARNED_MS WARNINGS LEAD_MS
 * CHANGES The first look that asks for somebody's end, the first that asks for KILL, when people
 * were first told, and how often; for how long it was not calm before it asked; how often the level
 * changed.
 * `-` where there is none.  Times count from the first look; what is left is available memory and
 * what free swap is worth.  A key that a trace's own policy does not have at its default stays.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "keys.h"
#include "reader.h"

enum { SETTINGS_MAX = 8 };

/* What is set over the policy of every trace. */
static const char *setting[SETTINGS_MAX];
static unsigned n_settings;
static struct policy defaults;
static struct decide_state state;

static bool
set_over(struct policy *p, const char *text)
{
        struct value_target target = { .policy = p };
        char section[64], name[64], value[128], is[VALUE_MAX], standard[VALUE_MAX];
        int i;

        if (sscanf(text, "%63[^.].%63[^=]=%127[^\n]", section, name, value) != 3 ||
            (i = keys_find(section, name)) < 0) {
                (void)fprintf(stderr, "%s: no such key\n", text);
                return false;
        }
        keys[i].type->format(p, &keys[i], is);
        keys[i].type->format(&defaults, &keys[i], standard);
        if (strcmp(is, standard) != 0 || keys[i].type->parse(&target, &keys[i], value))
                return true;
        (void)fprintf(stderr, "%s%s\n", text, target.why);
        return false;
}

struct outcome {
        bool acted, killed, warned;
        struct verdict first; /* that asks for an end */
        uint64_t begin_us, acted_us, killed_us, killed_left_kib, warned_us;
        uint64_t left_calm_us;
        unsigned n_warnings, n_changes;
};

static uint64_t
left_kib(const struct verdict *v)
{
        return v->available_kib + v->swap_free_kib;
}

static void
note(struct outcome *o, const struct sample *s, const struct verdict *v, enum level was)
{
        o->n_changes += v->level != was;
        if (was == LEVEL_CALM && v->level > LEVEL_CALM && !o->acted)
                o->left_calm_us = s->now_us;
        if (v->act >= LEVEL_TERM && !o->acted) {
                o->acted = true;
                o->first = *v;
                o->acted_us = s->now_us;
        }
        if (v->act == LEVEL_KILL && !o->killed) {
                o->killed = true;
                o->killed_us = s->now_us;
                o->killed_left_kib = left_kib(v);
        }
        if (v->level >= LEVEL_WARN && was < LEVEL_WARN) {
                o->n_warnings++;
                if (!o->warned)
                        o->warned_us = s->now_us;
                o->warned = true;
        }
}

static bool
live(struct reader *r, struct outcome *ret)
{
        struct trace_verdict was;
        struct sample s;
        enum level level = LEVEL_CALM;

        *ret = (struct outcome){ .acted = false };
        state = (struct decide_state)DECIDE_STATE_INIT;
        for (;;) {
                enum reader_got got = reader_next(r, &s, &was);
                struct policy p = r->policy;

                if (got != READER_LOOK)
                        return got == READER_END;
                if (!ret->begin_us)
                        ret->begin_us = s.now_us;
                for (unsigned i = 0; i < n_settings; i++)
                        if (!set_over(&p, setting[i]))
                                return false;
                struct verdict v = decide(&p, &state, &s);

                note(ret, &s, &v, level);
                level = v.level;
        }
}

static void
print_ms(bool known, uint64_t us)
{
        if (known)
                (void)printf(" %llu", (unsigned long long)us / 1000);
        else
                (void)printf(" -");
}

static bool
tell(const char *table, const char *path)
{
        enum ending must = reader_ending(table, path);
        const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
        struct outcome o;
        struct reader r;

        if (must == ENDING_UNKNOWN || reader_open(&r, path) < 0)
                return false;
        bool good = live(&r, &o);

        reader_close(&r);
        (void)printf("%.*s %s", (int)strcspn(name, "."), name, must == ENDING_ACT ? "act" : "live");
        print_ms(o.acted, o.acted_us - o.begin_us);
        if (o.acted)
                (void)printf(" %s %s %llu", level_word(o.first.act), reason_word(o.first.reason),
                             (unsigned long long)left_kib(&o.first));
        else
                (void)printf(" - - -");
        print_ms(o.killed, o.killed_us - o.begin_us);
        (void)printf(" %llu", (unsigned long long)o.killed_left_kib);
        print_ms(o.warned, o.warned_us - o.begin_us);
        (void)printf(" %u", o.n_warnings);
        print_ms(o.acted, o.acted_us - o.left_calm_us);
        (void)printf(" %u\n", o.n_changes);
        return good;
}

int
main(int argc, char **argv)
{
        bool good = true;
        int i = 1;

        config_defaults(&defaults);
        for (; i + 1 < argc && strcmp(argv[i], "-s") == 0 && n_settings < SETTINGS_MAX; i += 2)
                setting[n_settings++] = argv[i + 1];
        for (int table = i++; i < argc; i++)
                good = tell(argv[table], argv[i]) && good;
        return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
