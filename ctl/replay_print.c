/* SPDX-License-Identifier: MIT */
/*
 * Owns how `replay` tells what it found.
 */
#include "replay.h"

#include <inttypes.h>
#include <string.h>

#include "print.h"

static const char *const count_word[N_COUNTS] = { "watch", "warn", "term", "kill" };

struct words {
        char text[64];
};

static struct words
span(uint64_t us)
{
        struct words w = { .text = "" };
        uint64_t s = us / 1000000;

        if (s < 60)
                (void)snprintf(w.text, sizeof(w.text), "%" PRIu64 ".%03u s", s,
                               (unsigned)(us % 1000000 / 1000));
        else if (s < 3600)
                (void)snprintf(w.text, sizeof(w.text), "%" PRIu64 " min %" PRIu64 " s", s / 60,
                               s % 60);
        else
                (void)snprintf(w.text, sizeof(w.text), "%" PRIu64 " h %" PRIu64 " min", s / 3600,
                               s % 3600 / 60);
        return w;
}

/* `warn (low)`, `term, SIGTERM (low)` */
static struct words
verdict_words(const struct trace_verdict *v)
{
        struct words w = { .text = "" };
        bool acts = v->act >= LEVEL_TERM, why = v->reason != REASON_NONE;

        (void)snprintf(w.text, sizeof(w.text), "%s%s%s%s%s", level_word(v->level),
                       !acts                  ? ""
                       : v->act == LEVEL_KILL ? ", SIGKILL"
                                              : ", SIGTERM",
                       why ? " (" : "", why ? reason_word(v->reason) : "", why ? ")" : "");
        return w;
}

static struct words
count_words(const struct replay_tally *t, enum replay_count c)
{
        struct words w = { .text = "" };

        if (t->times[c] == 0)
                (void)snprintf(w.text, sizeof(w.text), "never");
        else
                (void)snprintf(w.text, sizeof(w.text), "%" PRIu64 " x, first at %.24s", t->times[c],
                               span(t->first_us[c]).text);
        return w;
}

/* How often what was reached, side by side; one below the other where there is no room. */
static void
print_tallies(struct ctl *ctl, const struct replay_run *run)
{
        static const char *const what[N_COUNTS] = { "watch", "warn", "SIGTERM", "SIGKILL" };
        bool wide = ctl->columns >= 64;

        if (wide)
                (void)fprintf(ctl->out, "    %-10s%-27s%s\n", "", "recorded", "decided");
        for (unsigned i = 0; i < N_COUNTS; i++) {
                struct words was = count_words(&run->was, i), is = count_words(&run->is, i);

                if (run->was.times[i] == 0 && run->is.times[i] == 0)
                        continue;
                if (wide)
                        (void)fprintf(ctl->out, "    %-10s%-27s%s\n", what[i], was.text, is.text);
                else
                        (void)fprintf(ctl->out, "    %s\n      was %s\n      is  %s\n", what[i],
                                      was.text, is.text);
        }
}

static void
print_difference(struct ctl *ctl, const struct replay_difference *d)
{
        char lines[64], times[64] = "";

        if (d->n > 1) {
                (void)snprintf(lines, sizeof(lines), "lines %" PRIu64 " to %" PRIu64, d->line,
                               d->last_line);
                (void)snprintf(times, sizeof(times), " to %.24s", span(d->end_us).text);
        } else {
                (void)snprintf(lines, sizeof(lines), "line %" PRIu64, d->line);
        }
        (void)fprintf(ctl->out, "  %s, at %s%s\n", lines, span(d->at_us).text, times);
        (void)fprintf(ctl->out, "    recorded  %s\n", verdict_words(&d->was).text);
        (void)fprintf(ctl->out, "    decided   %s\n", verdict_words(&d->is).text);
}

void
replay_print(struct ctl *ctl, const struct replay_run *run)
{
        char text[512];

        (void)snprintf(text, sizeof(text), "%s: %" PRIu64 " look%s over %s, ", run->path,
                       run->n_looks, run->n_looks == 1 ? "" : "s",
                       span(run->last_us - run->begin_us).text);
        if (run->n_differ == 0) {
                (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "as recorded");
                print_wrapped(ctl, 0, text);
                return;
        }
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                       "%" PRIu64 " verdicts differ", run->n_differ);
        print_wrapped(ctl, 0, text);
        for (unsigned i = 0; i < run->n_first; i++)
                print_difference(ctl, &run->first[i]);
        if (run->n_stretches > run->n_first)
                (void)fprintf(ctl->out, "  and %" PRIu64 " stretches more (-n shows them)\n",
                              run->n_stretches - run->n_first);
        print_tallies(ctl, run);
}

static void
verdict_json(struct json *j, const char *key, const struct trace_verdict *v)
{
        json_open(j, key, '{');
        json_string(j, "level", level_word(v->level));
        json_string(j, "act", level_word(v->act));
        json_string(j, "reason", reason_word(v->reason));
        json_close(j, '}');
}

static void
tally_json(struct json *j, const char *key, const struct replay_tally *t)
{
        json_open(j, key, '{');
        for (unsigned i = 0; i < N_COUNTS; i++) {
                json_open(j, count_word[i], '{');
                json_u64(j, "times", t->times[i]);
                if (t->times[i])
                        json_u64(j, "first_us", t->first_us[i]);
                else
                        json_null(j, "first_us");
                json_u64(j, "total_us", t->total_us[i]);
                json_close(j, '}');
        }
        json_close(j, '}');
}

void
replay_json(struct json *j, const struct replay_run *run)
{
        json_open(j, NULL, '{');
        json_string(j, "file", run->path);
        json_u64(j, "looks", run->n_looks);
        json_u64(j, "duration_us", run->last_us - run->begin_us);
        json_u64(j, "damaged", run->n_damaged);
        json_u64(j, "differ", run->n_differ);
        json_u64(j, "stretches", run->n_stretches);
        json_open(j, "differences", '[');
        for (unsigned i = 0; i < run->n_first; i++) {
                json_open(j, NULL, '{');
                json_u64(j, "line", run->first[i].line);
                json_u64(j, "last_line", run->first[i].last_line);
                json_u64(j, "at_us", run->first[i].at_us);
                json_u64(j, "end_us", run->first[i].end_us);
                json_u64(j, "looks", run->first[i].n);
                verdict_json(j, "recorded", &run->first[i].was);
                verdict_json(j, "decided", &run->first[i].is);
                json_close(j, '}');
        }
        json_close(j, ']');
        tally_json(j, "recorded", &run->was);
        tally_json(j, "decided", &run->is);
        json_close(j, '}');
}
