/* SPDX-License-Identifier: MIT */
/*
 * Owns how `rank` looks.  Never ranks: the view is an argument.
 */
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "decide.h"
#include "finding.h"
#include "print.h"

enum {
        PID = 8, /* columns of the table, the blank behind each left out */
        NAME = 15,
        SIZE = 9,
        NOTE_AT = 4,
        NARROW = 60,
        UNIT_LEAST = 12,
};

static bool
eligible(const struct wire_process *p)
{
        return p->is & WIRE_IS_ELIGIBLE;
}

/* ---- the sentence above ---- */

static void
print_heading(struct ctl *ctl, const struct view *v)
{
        const struct wire_process *p = view_chosen(v);
        const char *why = view_why_nobody(v);
        bool acts = view_acts(v);
        uint32_t n = view_n_chosen(v);
        char who[128], text[320];

        if (why)
                (void)snprintf(who, sizeof(who), "nobody");
        else if (n > 1)
                (void)snprintf(who, sizeof(who), "%" PRIu32 " processes like %d (%s)", n, p->pid,
                               view_name(p).text);
        else
                (void)snprintf(who, sizeof(who), "%d (%s)", p->pid, view_name(p).text);
        (void)snprintf(text, sizeof(text), "%s %s %s ended%s%s%s.",
                       acts ? "Memory is low:" : "Were memory low now,", who,
                       !acts          ? "would be"
                       : why || n < 2 ? "is to be"
                                      : "are to be",
                       n > 1 && !why ? " together" : "", why ? ": " : "", why ? why : "");
        print_wrapped(ctl, 0, text);
        (void)fputc('\n', ctl->out);
}

/* ---- the table ---- */

/* Columns that are left for the unit, or 0: then it stands among the notes. */
static unsigned
unit_columns(const struct ctl *ctl)
{
        unsigned used = 2 + PID + 1 + NAME + 1 + 3 * (SIZE + 1) + 1;

        return ctl->columns >= used + UNIT_LEAST ? ctl->columns - used : 0;
}

static void
end_line(struct ctl *ctl, const char *unit)
{
        unsigned columns = unit_columns(ctl);

        if (columns > 0 && *unit) {
                (void)fputs("  ", ctl->out);
                print_cell(ctl, unit, print_width(unit) < columns ? print_width(unit) : columns,
                           false);
        }
        (void)fputc('\n', ctl->out);
}

static void
print_column_heads(struct ctl *ctl)
{
        bool narrow = ctl->columns < NARROW;

        print_in(ctl, PRINT_DIM, "  %*s %-*s %*s", PID, "PID", NAME, "NAME", SIZE, "BADNESS");
        if (!narrow)
                print_in(ctl, PRINT_DIM, " %*s %*s", SIZE, "GIVES", SIZE, "GROWTH");
        if (unit_columns(ctl) > 0)
                print_in(ctl, PRINT_DIM, "  %s", "UNIT");
        (void)fputc('\n', ctl->out);
}

static void
print_size(struct ctl *ctl, uint64_t kib)
{
        (void)fputc(' ', ctl->out);
        print_cell(ctl, view_size(kib).text, SIZE, true);
}

static void
print_line(struct ctl *ctl, const struct wire_process *p)
{
        bool chosen = p->is & WIRE_IS_CHOSEN;
        enum print_colour colour = chosen ? PRINT_RED : eligible(p) ? PRINT_PLAIN : PRINT_DIM;

        print_in(ctl, colour, "%c %*d ", chosen ? '>' : ' ', PID, p->pid);
        print_cell(ctl, view_name(p).text, NAME, false);
        (void)fputc(' ', ctl->out);
        if (eligible(p))
                print_cell(ctl, view_size(p->score_kib).text, SIZE, true);
        else
                print_cell(ctl, p->effect == RULE_PROTECT ? "protected" : "spared", SIZE, true);
        if (ctl->columns >= NARROW) {
                print_size(ctl, p->predicted_kib);
                print_size(ctl, p->growth_kib);
        }
        end_line(ctl, p->unit);
}

/* ---- the notes below a line ---- */

static void
note(char *ret, size_t size, const char *text)
{
        size_t at = strlen(ret);

        (void)snprintf(ret + at, size - at, "%s%s", at > 0 ? "; " : "", text);
}

static void
note_blame(const struct wire_process *p, uint64_t now_s, char *ret, size_t size)
{
        char text[160];

        if (!(p->is & WIRE_IS_BLAMED))
                return;
        (void)snprintf(text, sizeof(text), "took %s of the %s that went missing since %s",
                       view_size(p->took_kib).text, view_size(p->missing_kib).text,
                       view_time(p->since_s, now_s).text);
        note(ret, size, text);
}

static void
note_rule(const struct wire_process *p, char *ret, size_t size)
{
        char text[WIRE_RULE_MAX + WIRE_PLACE_MAX + 32];

        if (view_rule(p, text, sizeof(text)))
                note(ret, size, text);
        else if (p->effect == RULE_PROTECT)
                note(ret, size, "protected as init, or as what the guard was started from");
        if (eligible(p) && p->rule_bp > 10000)
                note(ret, size, "counts four times");
        if (eligible(p) && p->rule_bp < 10000)
                note(ret, size, "counts a quarter");
}

static void
note_rest(const struct wire_process *p, char *ret, size_t size)
{
        char text[64];

        if (p->adj != 0) {
                (void)snprintf(text, sizeof(text), "oom_score_adj %d", p->adj);
                note(ret, size, text);
        }
        if (p->predicted_swap_kib > 0) {
                (void)snprintf(text, sizeof(text), "gives back %s of swap",
                               view_size(p->predicted_swap_kib).text);
                note(ret, size, text);
        }
        if (p->is & WIRE_IS_COW)
                note(ret, size, "a fork: its pages are its parent's too");
        if (!eligible(p) && p->effect != RULE_PROTECT && p->adj > -1000)
                note(ret, size, "too small, or may not be signalled");
}

static void
print_notes(struct ctl *ctl, const struct wire_process *p, bool blame, uint64_t now_s)
{
        char text[1024] = "", unit[PROC_UNIT_MAX];

        message_wash(p->unit, unit, sizeof(unit));
        if (unit_columns(ctl) == 0 && *unit)
                note(text, sizeof(text), unit);
        if (ctl->columns < NARROW && eligible(p)) {
                char sizes[96];

                (void)snprintf(sizes, sizeof(sizes), "gives %s, growth %s",
                               view_size(p->predicted_kib).text, view_size(p->growth_kib).text);
                note(text, sizeof(text), sizes);
        }
        if (blame)
                note_blame(p, now_s, text, sizeof(text));
        note_rule(p, text, sizeof(text));
        note_rest(p, text, sizeof(text));
        if (!*text)
                return;
        (void)fprintf(ctl->out, "%*s", NOTE_AT, "");
        finding_flow(ctl, NOTE_AT, NOTE_AT, text);
}

void
rank_print_table(struct ctl *ctl, const struct view *v, uint64_t now_s)
{
        if (v->n == 0)
                return;
        print_column_heads(ctl);
        for (uint32_t i = 0; i < v->n; i++) {
                print_line(ctl, &v->process[i]);
                /* What a swarm took it took together: said once. */
                print_notes(ctl, &v->process[i], i == 0, now_s);
        }
}

void
rank_print(struct ctl *ctl, const struct view *v, uint64_t now_s)
{
        view_tell_source(ctl, v);
        print_heading(ctl, v);
        rank_print_table(ctl, v, now_s);
}

void
rank_json(struct ctl *ctl, const struct view *v)
{
        struct json j = JSON_INIT(ctl->out);

        json_open(&j, NULL, '{');
        view_json_source(&j, v);
        json_bool(&j, "acts", view_acts(v));
        json_string(&j, "level", level_word((enum level)v->state.level));
        json_string(&j, "reason", reason_word((enum reason)v->state.reason));
        json_u64(&j, "n_chosen", view_n_chosen(v));
        json_open(&j, "candidates", '[');
        for (uint32_t i = 0; i < v->n; i++)
                view_json_process(&j, NULL, &v->process[i]);
        json_close(&j, ']');
        json_close(&j, '}');
}
