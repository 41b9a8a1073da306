/* SPDX-License-Identifier: MIT */
/*
 * Owns how `check` tells what it found.
 */
#include "check.h"

#include <inttypes.h>
#include <string.h>

#include "json.h"
#include "keys.h"
#include "message.h"
#include "print.h"
#include "rules.h"

static const char *
effect_word(enum rule_effect effect)
{
        static const char *const words[] = {
                [RULE_NONE] = "",
                [RULE_PREFER] = "prefer",
                [RULE_AVOID] = "avoid",
                [RULE_PROTECT] = "protect",
        };

        return words[effect];
}

/* `protect = name:foo` */
void
check_rule_text(const struct rule *r, char *ret, size_t size)
{
        (void)snprintf(ret, size, "%s = %s:%s", effect_word(r->effect), rules_kind_word(r->kind),
                       r->glob);
}

/* ---- the limits, one by one ---- */

struct row {
        const char *section, *name;
        uint64_t kib, whole_kib;
        const char *whole; /* what it is a part of */
};

enum { ROWS_MAX = 7 };

static unsigned
make_rows(const struct check *c, struct row rows[ROWS_MAX])
{
        const struct verdict *v = &c->machine.verdict;
        uint64_t total = v->total_kib, swap = v->swap_total_kib;
        unsigned n = 0;

        rows[n++] = (struct row){ "memory", "warn", v->warn_kib, total, "memory" };
        rows[n++] = (struct row){ "memory", "term", v->term_kib, total, "memory" };
        rows[n++] = (struct row){ "memory", "kill", v->kill_kib, total, "memory" };
        if (swap > 0) {
                rows[n++] = (struct row){ "swap", "warn", v->swap_warn_kib, swap, "swap" };
                rows[n++] = (struct row){ "swap", "term", v->swap_term_kib, swap, "swap" };
                rows[n++] = (struct row){ "swap", "kill", v->swap_kill_kib, swap, "swap" };
        }
        rows[n++] = (struct row){ "pressure", "below", limit_kib(&c->policy.psi_below, total, 0),
                                  total, "memory" };
        return n;
}

static void
written(const struct check *c, const char *section, const char *name, char ret[VALUE_MAX])
{
        int i = keys_find(section, name);

        ret[0] = '\0';
        if (i >= 0)
                keys[i].type->format(&c->policy, &keys[i], ret);
}

static uint64_t
share_bp(const struct row *r)
{
        return r->whole_kib > 0 ? (r->kib * 10000 + r->whole_kib / 2) / r->whole_kib : 0;
}

static void
print_row(struct ctl *ctl, const struct row *r, const char *value)
{
        char here[32], key[32];
        uint64_t bp = share_bp(r);

        if (r->kib == 0)
                (void)snprintf(here, sizeof(here), "never");
        else
                message_size(r->kib, here, sizeof(here));
        (void)snprintf(key, sizeof(key), "[%s] %s", r->section, r->name);
        if (ctl->columns >= 64)
                (void)fprintf(ctl->out, "  %-18s%-18s%12s", key, value, here);
        else
                (void)fprintf(ctl->out, "  %s = %s\n    %s", key, value, here);
        if (r->kib > 0)
                (void)fprintf(ctl->out,
                              ctl->columns >= 64 ? "%5" PRIu64 ".%02u%% of %s"
                                                 : ", %" PRIu64 ".%02u%% of %s",
                              bp / 100, (unsigned)(bp % 100), r->whole);
        (void)fputc('\n', ctl->out);
}

static void
print_limits(const struct check *c)
{
        struct ctl *ctl = c->ctl;
        const struct verdict *v = &c->machine.verdict;
        struct row rows[ROWS_MAX];
        char value[VALUE_MAX], hold[VALUE_MAX], total[32], swap[32], available[32], text[512];
        unsigned n = make_rows(c, rows);

        message_size(v->total_kib, total, sizeof(total));
        message_size(v->swap_total_kib, swap, sizeof(swap));
        message_size(v->available_kib, available, sizeof(available));
        (void)snprintf(text, sizeof(text),
                       "This machine has %s of memory, %s available now, and %s%s:", total,
                       available, v->swap_total_kib ? swap : "no",
                       v->swap_total_kib ? " of swap" : " swap");
        (void)fputc('\n', ctl->out);
        print_wrapped(ctl, 0, text);
        for (unsigned i = 0; i < n; i++) {
                written(c, rows[i].section, rows[i].name, value);
                print_row(ctl, &rows[i], value);
        }
        for (unsigned i = 0; i < 2; i++) {
                const char *name = i == 0 ? "term" : "kill";

                written(c, "pressure", name, value);
                written(c, "pressure", "window", hold);
                (void)snprintf(text, sizeof(text), "[pressure] %s = %s of the time over %s", name,
                               value, hold);
                print_wrapped(ctl, 2, text);
        }
}

static void
print_rules(const struct check *c)
{
        const struct policy *p = &c->policy;
        struct ctl *ctl = c->ctl;
        char text[POLICY_PATTERN_MAX + 128], rule[POLICY_PATTERN_MAX + 32];

        (void)snprintf(text, sizeof(text), "Of %u process%s the built-in list protects %u%s",
                       c->rules.n, c->rules.n == 1 ? "" : "es", c->rules.n_builtin,
                       p->n_rules ? "; own rules:" : ".");
        (void)fputc('\n', ctl->out);
        print_wrapped(ctl, 0, text);
        for (uint32_t i = 0; i < p->n_rules; i++) {
                check_rule_text(&p->rules[i], rule, sizeof(rule));
                (void)snprintf(text, sizeof(text), "%s: %u now", rule, c->rules.matches[i]);
                (void)fputs("  ", ctl->out);
                finding_flow(ctl, 2, 4, text);
        }
}

void
check_print_text(const struct check *c)
{
        struct ctl *ctl = c->ctl;
        unsigned n_warnings = 0;
        char text[128];

        for (unsigned i = 0; i < c->n_faults && i < CHECK_FAULTS_MAX; i++)
                finding_flow(ctl, 0, 4, c->fault[i]);
        if (c->n_faults > 0) {
                (void)snprintf(text, sizeof(text),
                               "%u fault%s: the guard would refuse this configuration.",
                               c->n_faults, c->n_faults == 1 ? "" : "s");
                print_wrapped(ctl, 0, text);
                return;
        }
        if (c->is_standard || c->policy.n_files == 0)
                print_wrapped(ctl, 0, "No configuration file: the built-in values hold.");
        for (uint32_t i = 0; i < c->policy.n_files; i++)
                (void)fprintf(ctl->out, "%s: no faults\n", c->policy.files[i]);
        if (c->has_machine)
                print_limits(c);
        if (c->has_rules)
                print_rules(c);
        if (c->n_findings > 0)
                (void)fputc('\n', ctl->out);
        for (unsigned i = 0; i < c->n_findings; i++) {
                finding_print(ctl, &c->finding[i]);
                n_warnings += c->finding[i].state == FINDING_WARNING;
        }
        (void)fputc('\n', ctl->out);
        if (n_warnings == 0) {
                print_wrapped(ctl, 0, "The guard would take this configuration.");
                return;
        }
        (void)snprintf(text, sizeof(text),
                       "%u warning%s; the guard would take this configuration all the same.",
                       n_warnings, n_warnings == 1 ? "" : "s");
        print_wrapped(ctl, 0, text);
}

/* ---- JSON ---- */

static void
json_limits(struct json *j, const struct check *c)
{
        struct row rows[ROWS_MAX];
        unsigned n = make_rows(c, rows);

        json_open(j, "machine", '{');
        json_u64(j, "total_kib", c->machine.verdict.total_kib);
        json_u64(j, "available_kib", c->machine.verdict.available_kib);
        json_u64(j, "swap_total_kib", c->machine.verdict.swap_total_kib);
        json_u64(j, "min_watermark_kib", c->machine.min_kib);
        json_u64(j, "high_watermark_kib", c->machine.high_kib);
        json_bool(j, "psi", c->machine.sample.has_psi);
        json_close(j, '}');
        json_open(j, "limits", '[');
        for (unsigned i = 0; i < n; i++) {
                char value[VALUE_MAX];

                written(c, rows[i].section, rows[i].name, value);
                json_open(j, NULL, '{');
                json_string(j, "section", rows[i].section);
                json_string(j, "key", rows[i].name);
                json_string(j, "configured", value);
                json_u64(j, "kib", rows[i].kib);
                json_percent(j, "percent", share_bp(&rows[i]));
                json_string(j, "of", rows[i].whole);
                json_close(j, '}');
        }
        json_close(j, ']');
}

static void
json_rules(struct json *j, const struct check *c)
{
        json_u64(j, "processes", c->rules.n);
        json_u64(j, "protected_by_builtin", c->rules.n_builtin);
        json_open(j, "rules", '[');
        for (uint32_t i = 0; i < c->policy.n_rules; i++) {
                const struct rule *r = &c->policy.rules[i];

                json_open(j, NULL, '{');
                json_string(j, "effect", effect_word(r->effect));
                json_string(j, "kind", rules_kind_word(r->kind));
                json_string(j, "pattern", r->glob);
                json_string(j, "file",
                            r->file < c->policy.n_files ? c->policy.files[r->file] : NULL);
                json_u64(j, "line", r->line);
                json_u64(j, "matches", c->rules.matches[i]);
                json_u64(j, "decides", c->rules.decides[i]);
                json_close(j, '}');
        }
        json_close(j, ']');
}

void
check_print_json(const struct check *c)
{
        struct json j = JSON_INIT(c->ctl->out);

        json_open(&j, NULL, '{');
        json_bool(&j, "valid", c->n_faults == 0);
        json_open(&j, "files", '[');
        for (uint32_t i = 0; c->n_faults == 0 && i < c->policy.n_files; i++)
                json_string(&j, NULL, c->policy.files[i]);
        json_close(&j, ']');
        json_open(&j, "faults", '[');
        for (unsigned i = 0; i < c->n_faults && i < CHECK_FAULTS_MAX; i++)
                json_string(&j, NULL, c->fault[i]);
        json_close(&j, ']');
        if (c->has_machine)
                json_limits(&j, c);
        if (c->has_rules)
                json_rules(&j, c);
        json_open(&j, "findings", '[');
        for (unsigned i = 0; i < c->n_findings; i++)
                finding_json(&j, &c->finding[i]);
        json_close(&j, ']');
        json_close(&j, '}');
}
