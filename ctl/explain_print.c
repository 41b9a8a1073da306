/* SPDX-License-Identifier: MIT */
/*
 * Owns the sentences of `explain`.  Never judges: who would be ended is in the view.
 */
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "finding.h"
#include "print.h"

enum { TEXT_MAX = 1024, AMOUNT = 8 };

static bool
chosen(const struct wire_process *p)
{
        return p->is & WIRE_IS_CHOSEN;
}

/* ---- what it is ---- */

static void
print_head(struct ctl *ctl, const struct explained *e)
{
        const struct wire_process *p = e->process;
        char unit[PROC_UNIT_MAX], exe[512], text[TEXT_MAX];

        message_wash(p->unit, unit, sizeof(unit));
        message_wash(e->exe, exe, sizeof(exe));
        print_in(ctl, PRINT_BOLD, "%d (%s)", p->pid, view_name(p).text);
        (void)fputc('\n', ctl->out);
        (void)snprintf(text, sizeof(text), "It runs %s as user %" PRIu32 "%s%s.",
                       *exe ? exe : "an executable that cannot be seen from here", p->uid,
                       *unit ? " in " : "", unit);
        print_wrapped(ctl, 0, text);
}

static void
print_holds(struct ctl *ctl, const struct wire_process *p)
{
        char text[TEXT_MAX], swap[64] = "", grows[96];

        if (p->predicted_swap_kib > 0)
                (void)snprintf(swap, sizeof(swap), " and %s of swap",
                               view_size(p->predicted_swap_kib).text);
        if (p->growth_kibps > 0)
                (void)snprintf(grows, sizeof(grows), "It grows by %s a second.",
                               view_size(p->growth_kibps).text);
        else
                (void)snprintf(grows, sizeof(grows), "It does not grow.");
        (void)snprintf(text, sizeof(text),
                       "It holds %s, shared memory included. Ending it would give back %s of "
                       "memory%s. %s",
                       view_size(p->size_kib).text, view_size(p->predicted_kib).text, swap, grows);
        print_wrapped(ctl, 0, text);
        if (p->is & WIRE_IS_COW)
                print_wrapped(ctl, 0,
                              "It is a fork that has not started another program: what it shares "
                              "with its parent is not counted as its own.");
}

/* ---- whether it would be the one ---- */

struct clause {
        char text[640];
};

struct blame_clause {
        char text[224];
};

/* It is to be so, or it would be. */
struct mood {
        const char *when, *verb;
};

static struct mood
mood(const struct view *v)
{
        if (view_acts(v))
                return (struct mood){ "As memory is low", "is to be" };
        return (struct mood){ "Were memory low now", "would be" };
}

/* What it took, and since when. */
static struct blame_clause
blame_clause(const struct wire_process *p, const char *who, uint64_t now_s)
{
        struct blame_clause c;

        (void)snprintf(c.text, sizeof(c.text), "of the %s that went missing since %s, %s took %s",
                       view_size(p->missing_kib).text, view_time(p->since_s, now_s).text, who,
                       view_size(p->took_kib).text);
        return c;
}

/* Of a few that run away at once none did (blame.h). */
static bool
took_half(const struct wire_process *p)
{
        return p->took_kib >= p->missing_kib / 2;
}

static void
print_is_chosen(struct ctl *ctl, const struct view *v, const struct wire_process *p, uint64_t now_s)
{
        char text[TEXT_MAX], together[64] = "";
        uint32_t n = view_n_chosen(v);

        if (n == 2)
                (void)snprintf(together, sizeof(together), ", and one other with it");
        else if (n > 2)
                (void)snprintf(together, sizeof(together), ", and %" PRIu32 " others with it",
                               n - 1);
        if (p->is & WIRE_IS_BLAMED)
                (void)snprintf(text, sizeof(text),
                               "%s, it %s ended%s: %s, which is %s, and without %s memory would be "
                               "above the limits again.",
                               mood(v).when, mood(v).verb, together,
                               blame_clause(p, n > 1 ? "they" : "it", now_s).text,
                               took_half(p) ? "at least half"
                                            : "the most of a few that together "
                                              "took half",
                               took_half(p) && n == 1 ? "it" : "them");
        else
                (void)snprintf(
                        text, sizeof(text),
                        "%s, it %s ended%s: nobody is to blame for what has gone "
                        "missing, and of all who may be ended its badness, %s, is the highest.",
                        mood(v).when, mood(v).verb, together, view_size(p->score_kib).text);
        print_wrapped(ctl, 0, text);
}

/* Why it may not be ended at all. */
static struct clause
never_clause(const struct wire_process *p)
{
        struct clause c;
        char rule[WIRE_RULE_MAX + WIRE_PLACE_MAX + 32];

        if (p->effect == RULE_PROTECT && view_rule(p, rule, sizeof(rule)))
                (void)snprintf(c.text, sizeof(c.text), "it is %s", rule);
        else if (p->effect == RULE_PROTECT)
                (void)snprintf(c.text, sizeof(c.text),
                               "it is init, or one of those that the guard was started from");
        else if (p->adj <= -1000)
                (void)snprintf(c.text, sizeof(c.text), "its oom_score_adj is %d", p->adj);
        else
                (void)snprintf(c.text, sizeof(c.text),
                               "it is smaller than [victim] min_size, may not be signalled, or has "
                               "been given up");
        return c;
}

static struct clause
who_instead(const struct view *v, const struct wire_process *p, uint64_t now_s)
{
        const struct wire_process *other = view_chosen(v);
        struct clause c;
        char who[128];

        (void)snprintf(who, sizeof(who), "nobody %s ended", mood(v).verb);
        if (other)
                (void)snprintf(who, sizeof(who), "%d (%s) %s ended", other->pid,
                               view_name(other).text, mood(v).verb);
        if (!other)
                (void)snprintf(c.text, sizeof(c.text), "%s: %s", who, view_why_nobody(v));
        else if (other->is & WIRE_IS_BLAMED)
                (void)snprintf(c.text, sizeof(c.text),
                               "%s: %s, and who took what is missing comes before who is large",
                               who, blame_clause(other, "it", now_s).text);
        else if (p->is & WIRE_IS_ELIGIBLE && other->score_kib > p->score_kib)
                (void)snprintf(c.text, sizeof(c.text),
                               "%s: its badness, %s, is higher than the %s of this one", who,
                               view_size(other->score_kib).text, view_size(p->score_kib).text);
        else if (p->is & WIRE_IS_ELIGIBLE && other->score_kib == p->score_kib)
                (void)snprintf(c.text, sizeof(c.text),
                               "%s: its badness is the same, and it has lost less work", who);
        else
                (void)snprintf(c.text, sizeof(c.text), "%s", who);
        return c;
}

static void
print_fate(struct ctl *ctl, const struct view *v, const struct wire_process *p, uint64_t now_s)
{
        bool eligible = p->is & WIRE_IS_ELIGIBLE;
        char text[TEXT_MAX];

        if (v->state.flags & WIRE_FLAG_BLIND) {
                print_wrapped(ctl, 0,
                              "Nobody is ended: /proc hides other people's processes (hidepid), so "
                              "the cause may be hidden too.");
                return;
        }
        if (chosen(p)) {
                print_is_chosen(ctl, v, p, now_s);
                return;
        }
        if (!eligible) {
                (void)snprintf(text, sizeof(text), "It is never ended: %s.", never_clause(p).text);
                print_wrapped(ctl, 0, text);
        }
        (void)snprintf(text, sizeof(text), "%s, %s%s.", mood(v).when,
                       eligible && view_chosen(v) ? "not it but " : "",
                       who_instead(v, p, now_s).text);
        print_wrapped(ctl, 0, text);
}

/* ---- the score ---- */

static void
print_part(struct ctl *ctl, char sign, const char *amount, const char *text)
{
        (void)fprintf(ctl->out, "  %c %*s  ", sign, AMOUNT, amount);
        finding_flow(ctl, AMOUNT + 6, AMOUNT + 6, text);
}

static void
print_amount(struct ctl *ctl, char sign, uint64_t kib, const char *text)
{
        if (kib > 0)
                print_part(ctl, sign, view_size(kib).text, text);
}

static void
print_factors(struct ctl *ctl, const struct wire_process *p)
{
        char amount[40];

        if (p->rule_bp > 10000)
                print_part(ctl, 'x', "4", "a rule prefers it");
        else if (p->rule_bp < 10000)
                print_part(ctl, 'x', "1/4", "a rule avoids it");
        if (p->adj > 0) {
                (void)snprintf(amount, sizeof(amount), "%d.%03d", 1 + p->adj / 1000, p->adj % 1000);
                print_part(ctl, 'x', amount, "its oom_score_adj");
        }
        print_amount(ctl, '-', p->adj_kib, "its oom_score_adj, a share of memory and swap");
}

static void
print_score(struct ctl *ctl, const struct wire_process *p)
{
        char text[160];

        (void)snprintf(text, sizeof(text), "Its badness %s %s:",
                       p->is & WIRE_IS_ELIGIBLE ? "is" : "would be, if it counted,",
                       view_size(p->score_kib).text);
        print_wrapped(ctl, 0, text);
        print_amount(ctl, '+', p->anon_kib, "anonymous memory of its own");
        print_amount(ctl, '+', p->pagetables_kib, "page tables");
        print_amount(ctl, '+', p->shared_kib, "its part of shared memory");
        print_amount(ctl, '+', p->swap_kib, "swap, as far as it counts");
        print_amount(ctl, '+', p->growth_kib, "what it would take next, as it grows");
        print_factors(ctl, p);
        print_amount(ctl, '=', p->score_kib, "badness");
        if (p->score_kib == 0)
                print_part(ctl, '=', "0", "badness: only when nobody else is left");
}

/* ---- rules ---- */

static void
print_rule(struct ctl *ctl, const struct wire_process *p)
{
        char rule[WIRE_RULE_MAX + WIRE_PLACE_MAX + 32], text[TEXT_MAX];

        /* Where it is protected, that has been said already. */
        if (p->is & WIRE_IS_HIDDEN || p->effect == RULE_PROTECT)
                return;
        if (view_rule(p, rule, sizeof(rule)))
                (void)snprintf(text, sizeof(text), "It is %s.", rule);
        else
                (void)snprintf(
                        text, sizeof(text),
                        "No rule of the configuration and none of the built-in list is about "
                        "it.");
        (void)fputc('\n', ctl->out);
        print_wrapped(ctl, 0, text);
}

/* Who runs scripts: a rule on such an executable would hold for every script. */
static bool
is_interpreter(const char *exe)
{
        static const char *const word[] = { "python", "perl", "ruby",  "node", "java",  "bash",
                                            "dash",   "sh",   "zsh",   "ksh",  "fish",  "php",
                                            "lua",    "mono", "wine",  "gjs",  "tclsh", "guile",
                                            "env",    "ld-",  "ld.so", "deno", "bun",   "busybox",
                                            "dotnet", "beam", "erl",   "R",    "julia", "electron",
                                            "wish" };
        const char *base = strrchr(exe, '/') ? strrchr(exe, '/') + 1 : exe;

        for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++) {
                size_t len = strlen(word[i]);

                /* With its version behind it: python3.11, lua5.4, wine64-preloader. */
                if (strncmp(base, word[i], len) == 0 &&
                    (base[len] == '\0' || strchr("0123456789.-", base[len]) ||
                     word[i][len - 1] == '-'))
                        return true;
        }
        return false;
}

/* The text as a glob that matches it alone; false when it does not fit or cannot stand in a file.
 */
static bool
quote_glob(const char *text, char *ret, size_t size)
{
        char washed[512];
        size_t n = 0;

        message_wash(text, washed, sizeof(washed));
        if (strcmp(text, washed) != 0)
                return false;
        for (; *text; text++) {
                if (n + 3 > size)
                        return false;
                if (strchr("*?[\\", *text))
                        ret[n++] = '\\';
                ret[n++] = *text;
        }
        ret[n] = '\0';
        /* A comment would begin there, and blanks at the end are cut off. */
        return n > 0 && !strstr(ret, " #") && !strstr(ret, " ;") && ret[n - 1] != ' ';
}

static void
file_name(const char *name, char *ret, size_t size)
{
        size_t n = 0;

        for (; *name && n + 1 < size; name++) {
                char c = *name;
                bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || ((c == '.' || c == '-') && n > 0);

                ret[n++] = plain ? c : '_';
        }
        ret[n] = '\0';
}

bool
explain_protection(const struct explained *e, char *ret, size_t size, char *ret_file,
                   size_t file_size)
{
        const struct wire_process *p = e->process;
        char glob[POLICY_PATTERN_MAX];
        const char *kind = NULL;

        if (p->is & WIRE_IS_HIDDEN || !*p->name)
                return false;
        if (*e->exe == '/' && !is_interpreter(e->exe) && quote_glob(e->exe, glob, sizeof(glob)))
                kind = "exe";
        else if (e->system_unit && quote_glob(p->unit, glob, sizeof(glob)))
                kind = "unit";
        else if (quote_glob(p->name, glob, sizeof(glob)))
                kind = "name";
        if (!kind)
                return false;
        (void)snprintf(ret, size, "protect = %s:%s", kind, glob);
        file_name(p->name, ret_file, file_size);
        return true;
}

static bool
is_never_ended(const struct wire_process *p)
{
        return p->effect == RULE_PROTECT || p->adj <= -1000;
}

static void
print_advice(struct ctl *ctl, const struct explained *e)
{
        char line[POLICY_PATTERN_MAX + 24], file[PROC_NAME_MAX], text[TEXT_MAX];

        if (is_never_ended(e->process) ||
            !explain_protection(e, line, sizeof(line), file, sizeof(file)))
                return;
        (void)fputc('\n', ctl->out);
        (void)snprintf(text, sizeof(text), "To have it never ended, write this into %s.d/%s.conf:",
                       ctl->config ? ctl->config : CONFIG_FILE, file);
        print_wrapped(ctl, 0, text);
        (void)fprintf(ctl->out, "\n    [victim]\n    %s\n\n", line);
        print_wrapped(ctl, 0, "and let the guard read it:");
        (void)fputs("\n    sudo oomguardctl reload\n", ctl->out);
        if (*e->exe || e->as_root)
                return;
        (void)fputc('\n', ctl->out);
        print_wrapped(ctl, 0,
                      "Run as root, this command can name the executable, which is surer than a "
                      "name.");
}

void
explain_print(struct ctl *ctl, const struct view *v, const struct explained *e, uint64_t now_s)
{
        const struct wire_process *p = e->process;

        print_head(ctl, e);
        print_holds(ctl, p);
        (void)fputc('\n', ctl->out);
        print_fate(ctl, v, p, now_s);
        (void)fputc('\n', ctl->out);
        print_score(ctl, p);
        print_rule(ctl, p);
        print_advice(ctl, e);
}

void
explain_json(struct json *j, const struct view *v, const struct explained *e)
{
        char line[POLICY_PATTERN_MAX + 24], file[PROC_NAME_MAX];

        json_open(j, NULL, '{');
        json_string(j, "exe", *e->exe ? e->exe : NULL);
        json_bool(j, "would_be_ended", chosen(e->process) && !(v->state.flags & WIRE_FLAG_BLIND));
        if (!is_never_ended(e->process) &&
            explain_protection(e, line, sizeof(line), file, sizeof(file)))
                json_string(j, "to_protect", line);
        else
                json_null(j, "to_protect");
        view_json_process(j, "process", e->process);
        json_close(j, '}');
}
