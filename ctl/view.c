/* SPDX-License-Identifier: MIT */
/*
 * Owns what the printers of views have in common: names, times, rules, and who was asked.
 */
#include "view.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "decide.h"
#include "print.h"

struct view_name
view_name(const struct wire_process *p)
{
        struct view_name n = { .text = "" };

        message_wash(p->is & WIRE_IS_HIDDEN ? "hidden" : p->name, n.text, sizeof(n.text));
        return n;
}

struct view_time
view_time(uint64_t s, uint64_t now_s)
{
        struct view_time ret = { .text = "" };
        time_t then = (time_t)s, now = (time_t)now_s;
        struct tm tm, tm_now;

        if (!localtime_r(&then, &tm) || !localtime_r(&now, &tm_now))
                return ret;
        bool today = tm.tm_year == tm_now.tm_year && tm.tm_yday == tm_now.tm_yday;

        (void)strftime(ret.text, sizeof(ret.text), today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
        return ret;
}

void
view_tell_source(struct ctl *ctl, const struct view *v)
{
        char text[512];

        if (!v->no_guard && v->state.flags & (WIRE_FLAG_PAUSED | WIRE_FLAG_DRY_RUN)) {
                (void)fprintf(ctl->out, "The guard is %s: nobody is ended.\n\n",
                              v->state.flags & WIRE_FLAG_PAUSED ? "paused" : "in a dry run");
        }
        if (!v->no_guard)
                return;
        (void)snprintf(text, sizeof(text),
                       "No guard was asked: %s. This was looked up from here by the same rules, in "
                       "two looks a second apart; nothing is known of the time before, and nobody "
                       "is ended.",
                       v->no_guard);
        print_wrapped(ctl, 0, text);
        if (v->partial)
                print_wrapped(ctl, 0,
                              "Without root the executables of other people's processes are not "
                              "known, so rules that go by them, the built-in ones above all, have "
                              "not been applied to those.");
        (void)fputc('\n', ctl->out);
}

void
view_json_source(struct json *j, const struct view *v)
{
        json_string(j, "source", v->no_guard ? "local" : "guard");
        json_string(j, "no_guard", v->no_guard);
        json_bool(j, "partial", v->partial);
}

bool
view_acts(const struct view *v)
{
        return v->state.act >= LEVEL_TERM;
}

const struct wire_process *
view_chosen(const struct view *v)
{
        return v->n > 0 && v->process[0].is & WIRE_IS_CHOSEN ? &v->process[0] : NULL;
}

const char *
view_why_nobody(const struct view *v)
{
        if (v->state.flags & WIRE_FLAG_BLIND)
                return "/proc hides other people's processes (hidepid), so the cause may be hidden "
                       "too";
        if (view_chosen(v))
                return NULL;
        if (v->n == 0 || !(v->process[0].is & WIRE_IS_ELIGIBLE))
                return "there is no process that may be";
        return "what is missing is not held by processes that may be";
}

uint32_t
view_n_chosen(const struct view *v)
{
        uint32_t n = 0;

        while (n < v->n && v->process[n].is & WIRE_IS_CHOSEN)
                n++;
        return n;
}

bool
view_rule(const struct wire_process *p, char *ret, size_t size)
{
        static const char *const word[] = {
                [RULE_NONE] = "named",
                [RULE_PREFER] = "preferred",
                [RULE_AVOID] = "avoided",
                [RULE_PROTECT] = "protected",
        };
        char rule[WIRE_RULE_MAX], place[WIRE_PLACE_MAX];

        if (!*p->rule)
                return false;
        message_wash(p->rule, rule, sizeof(rule));
        message_wash(p->is & WIRE_IS_BUILTIN ? "built-in list" : p->place, place, sizeof(place));
        (void)snprintf(ret, size, "%s by %s%s%s%s", word[p->effect], rule, *place ? " (" : "",
                       place, *place ? ")" : "");
        return true;
}

static void
json_score(struct json *j, const struct wire_process *p)
{
        json_open(j, "score", '{');
        json_u64(j, "total_kib", p->score_kib);
        json_u64(j, "anon_kib", p->anon_kib);
        json_u64(j, "pagetables_kib", p->pagetables_kib);
        json_u64(j, "shared_kib", p->shared_kib);
        json_u64(j, "swap_kib", p->swap_kib);
        json_u64(j, "growth_kib", p->growth_kib);
        json_percent(j, "rule_percent", p->rule_bp);
        json_i64(j, "oom_score_adj", p->adj);
        json_u64(j, "adj_kib", p->adj_kib);
        json_close(j, '}');
}

static void
json_blame(struct json *j, const struct wire_process *p)
{
        if (!(p->is & WIRE_IS_BLAMED)) {
                json_null(j, "blame");
                return;
        }
        json_open(j, "blame", '{');
        json_u64(j, "took_kib", p->took_kib);
        json_u64(j, "missing_kib", p->missing_kib);
        json_u64(j, "since", p->since_s);
        json_close(j, '}');
}

static void
json_rule(struct json *j, const struct wire_process *p)
{
        static const char *const word[] = { "none", "prefer", "avoid", "protect" };

        json_string(j, "effect", word[p->effect]);
        json_string(j, "rule", *p->rule ? p->rule : NULL);
        json_string(j, "place", *p->place ? p->place : NULL);
        json_bool(j, "builtin", p->is & WIRE_IS_BUILTIN);
}

void
view_json_process(struct json *j, const char *key, const struct wire_process *p)
{
        bool hidden = p->is & WIRE_IS_HIDDEN;

        json_open(j, key, '{');
        json_i64(j, "pid", p->pid);
        json_string(j, "name", hidden ? NULL : p->name);
        json_string(j, "unit", *p->unit ? p->unit : NULL);
        json_u64(j, "uid", p->uid);
        json_bool(j, "chosen", p->is & WIRE_IS_CHOSEN);
        json_bool(j, "eligible", p->is & WIRE_IS_ELIGIBLE);
        json_bool(j, "fork", p->is & WIRE_IS_COW);
        json_u64(j, "size_kib", p->size_kib);
        json_u64(j, "growth_kib_per_s", p->growth_kibps);
        json_u64(j, "gives_back_kib", p->predicted_kib);
        json_u64(j, "gives_back_swap_kib", p->predicted_swap_kib);
        json_score(j, p);
        json_blame(j, p);
        json_rule(j, p);
        json_close(j, '}');
}
