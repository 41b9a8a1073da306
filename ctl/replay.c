/* SPDX-License-Identifier: MIT */
/*
 * `replay`: judges recorded traces again, under the policy that they were recorded with or under
 * another one, and says what comes out differently.  It links pure modules and the configuration's
 * syntax; it never looks at this machine, and never at what a different verdict would have changed.
 */
#include "replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "options.h"
#include "print.h"

enum { HEAD_MAX = 64 * 1024, SHOWN_DEFAULT = 5 };

struct replay {
        struct ctl *ctl;
        bool forced; /* one policy for all, whatever the heads say */
        unsigned n_shown;
        struct policy policy;
        struct decide_state state;
        struct replay_run run;
};

static void
tell_fault(void *arg, const char *text)
{
        const struct replay *r = arg;

        ctl_complain(r->ctl, "%s", text);
}

/* ---- reading ---- */

static bool
is_magic(const char *line, size_t len)
{
        return len == strlen(TRACE_MAGIC) && memcmp(line, TRACE_MAGIC, len) == 0;
}

static bool
is_sample(const char *line)
{
        return line[0] == 's' && line[1] == ' ';
}

/* Rules decide nothing here, and users that they name may not exist on this machine. */
static bool
is_rule(const char *line)
{
        static const char *const keys[] = { "protect =", "avoid =", "prefer =" };

        for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
                if (strncmp(line, keys[i], strlen(keys[i])) == 0)
                        return true;
        return false;
}

/* A head in the making. */
struct head {
        char *text;
        size_t len;
        bool open, too_long;
};

/* What is no setting stands as an empty line, so that faults are told with their line's number. */
static void
head_add(struct head *h, const char *line, size_t len)
{
        if (len > 0 && (line[0] == '#' || is_rule(line) || is_magic(line, len)))
                len = 0;
        if (h->len + len + 1 > HEAD_MAX) {
                h->too_long = true;
                return;
        }
        if (len > 0)
                memcpy(h->text + h->len, line, len);
        h->text[h->len + len] = '\n';
        h->len += len + 1;
}

/* The head is complete: its policy is in force from here on. */
static bool
head_close(struct replay *r, struct head *h)
{
        bool good;

        h->open = false;
        if (r->forced)
                return true;
        if (h->too_long) {
                ctl_complain(r->ctl, "%s:%" PRIu64 ": the head of the trace is longer than %d kB",
                             r->run.path, r->run.line, HEAD_MAX / 1024);
                return false;
        }
        good = config_parse(r->run.path, h->text, h->len, &r->policy, tell_fault, r) == 0;
        h->len = 0;
        return good;
}

/* ---- judging ---- */

static void
tally_add(struct replay_tally *t, const struct trace_verdict *v, uint64_t at_us, uint64_t span_us)
{
        const bool on[N_COUNTS] = {
                [COUNT_WATCH] = v->level >= LEVEL_WATCH,
                [COUNT_WARN] = v->level >= LEVEL_WARN,
                [COUNT_TERM] = v->act == LEVEL_TERM,
                [COUNT_KILL] = v->act == LEVEL_KILL,
        };

        for (unsigned i = 0; i < N_COUNTS; i++) {
                if (t->on[i])
                        t->total_us[i] += span_us;
                if (on[i] && !t->on[i] && t->times[i]++ == 0)
                        t->first_us[i] = at_us;
                t->on[i] = on[i];
        }
}

static bool
same_verdict(const struct trace_verdict *a, const struct trace_verdict *b)
{
        return a->level == b->level && a->act == b->act && a->reason == b->reason;
}

/* Stretches beyond those that are shown are only counted. */
static void
close_stretch(struct replay *r)
{
        struct replay_run *run = &r->run;

        if (run->now.n == 0)
                return;
        if (run->n_first < r->n_shown)
                run->first[run->n_first++] = run->now;
        run->n_stretches++;
        run->now.n = 0;
}

static void
note_difference(struct replay *r, const struct trace_verdict *was, const struct trace_verdict *is,
                uint64_t at_us)
{
        struct replay_difference *d = &r->run.now;

        if (d->n == 0 || d->last_look + 1 != r->run.n_looks || !same_verdict(&d->was, was) ||
            !same_verdict(&d->is, is)) {
                close_stretch(r);
                *d = (struct replay_difference){
                        .line = r->run.line, .at_us = at_us, .was = *was, .is = *is
                };
        }
        d->last_line = r->run.line;
        d->end_us = at_us;
        d->last_look = r->run.n_looks;
        d->n++;
}

static void
judge(struct replay *r, const struct sample *s, const struct trace_verdict *was)
{
        struct replay_run *run = &r->run;
        struct verdict v = decide(&r->policy, &r->state, s);
        struct trace_verdict is = { v.level, v.act, v.reason };
        uint64_t span_us = 0;

        if (run->n_looks == 0)
                run->begin_us = s->now_us;
        else if (s->now_us > run->last_us)
                span_us = s->now_us - run->last_us;
        run->last_us = s->now_us;
        run->n_looks++;
        uint64_t at_us = s->now_us - run->begin_us;

        tally_add(&run->was, was, at_us, span_us);
        tally_add(&run->is, &is, at_us, span_us);
        if (same_verdict(&is, was))
                return;
        run->n_differ++;
        note_difference(r, was, &is, at_us);
}

/* One line of the file, without its newline.  False when the rest makes no sense without it. */
static bool
take_line(struct replay *r, struct head *h, const char *line, size_t len, bool whole)
{
        struct replay_run *run = &r->run;
        struct trace_verdict was;
        struct sample s;

        run->line++;
        if (run->line == 1 && !is_magic(line, len)) {
                ctl_complain(r->ctl, "%s:1: not a trace: its first line is not `%s`", run->path,
                             TRACE_MAGIC);
                return false;
        }
        if (is_magic(line, len)) {
                /* A reload: the policy changes, what was seen so far does not. */
                h->open = true;
                h->len = 0;
        }
        if (!is_sample(line)) {
                if (h->open)
                        head_add(h, line, len);
                return true;
        }
        if (h->open && !head_close(r, h))
                return false;
        if (trace_parse(line, len, &s, &was) == 0) {
                judge(r, &s, &was);
                return true;
        }
        /* The guard may be writing it just now, or may have ended in the middle of a line. */
        if (!whole)
                return true;
        run->n_damaged++;
        ctl_complain(r->ctl, "%s:%" PRIu64 ": damaged sample; it is passed over", run->path,
                     run->line);
        return true;
}

/* The status of this trace by itself. */
static int
read_trace(struct replay *r, const char *path)
{
        struct head head = { .text = malloc(HEAD_MAX) };
        FILE *f = head.text ? fopen(path, "re") : NULL;
        char *line = NULL;
        size_t room = 0;
        ssize_t n;
        bool good = true;

        memset(&r->run, 0, sizeof(r->run));
        r->run.path = path;
        r->state = (struct decide_state)DECIDE_STATE_INIT;
        if (!f) {
                ctl_complain(r->ctl, "%s: %s", path, strerror(errno));
                free(head.text);
                return CTL_FAILED;
        }
        while (good && (n = getline(&line, &room, f)) > 0) {
                bool whole = line[n - 1] == '\n';

                if (whole)
                        line[--n] = '\0';
                good = take_line(r, &head, line, (size_t)n, whole);
        }
        close_stretch(r);
        if (good && ferror(f)) {
                ctl_complain(r->ctl, "%s: %s", path, strerror(errno));
                good = false;
        }
        free(line);
        free(head.text);
        (void)fclose(f);
        if (good && r->run.n_looks == 0)
                ctl_complain(r->ctl, "%s: no samples in it", path);
        if (!good || r->run.n_looks == 0 || r->run.n_damaged > 0)
                return CTL_FAILED;
        return r->run.n_differ > 0 ? CTL_NO : CTL_OK;
}

/* ---- the command ---- */

static bool
parse_count(const char *text, unsigned *ret)
{
        char *end;
        unsigned long n;

        errno = 0;
        n = strtoul(text, &end, 10);
        if (errno || end == text || *end || *text == '-' || n > REPLAY_SHOWN_MAX)
                return false;
        *ret = (unsigned)n;
        return true;
}

static int
parse_options(struct ctl *ctl, int argc, char **argv, unsigned *ret_shown)
{
        static const struct option longs[] = { { NULL, 0, NULL, 0 } };
        int c;

        options_begin();
        while ((c = getopt_long(argc, argv, "n:", longs, NULL)) != -1) {
                if (c != 'n')
                        return options_refuse(ctl, argv);
                if (!parse_count(optarg, ret_shown)) {
                        ctl_complain(ctl, "replay -n %s: not a number from 0 to %d", optarg,
                                     REPLAY_SHOWN_MAX);
                        return CTL_USAGE;
                }
        }
        if (optind < argc)
                return CTL_OK;
        ctl_complain(ctl, "replay: name the traces to judge, as written by `oomguardctl record`");
        return CTL_USAGE;
}

/* The worse of two: what could not be read outweighs what differs. */
static int
worse(int a, int b)
{
        return a > b ? a : b;
}

static int
replay_all(struct replay *r, int argc, char **argv)
{
        struct json j = JSON_INIT(r->ctl->out);
        uint64_t n_differ = 0, n_looks = 0;
        int status = CTL_OK;

        if (r->ctl->json) {
                json_open(&j, NULL, '{');
                json_open(&j, "traces", '[');
        }
        for (int i = optind; i < argc; i++) {
                status = worse(status, read_trace(r, argv[i]));
                n_differ += r->run.n_differ;
                n_looks += r->run.n_looks;
                if (r->ctl->json)
                        replay_json(&j, &r->run);
                else if (r->run.n_looks > 0)
                        replay_print(r->ctl, &r->run);
        }
        if (r->ctl->json) {
                json_close(&j, ']');
                json_u64(&j, "differ", n_differ);
                json_close(&j, '}');
                return status;
        }
        if (argc - optind > 1)
                (void)fprintf(r->ctl->out,
                              "%d traces, %" PRIu64 " looks, %" PRIu64 " verdicts differ\n",
                              argc - optind, n_looks, n_differ);
        if (r->forced && n_differ > 0)
                print_wrapped(r->ctl, 0,
                              "Memory is as it was recorded: what ending a process earlier or "
                              "later would have changed is not in a trace.");
        return status;
}

int
ctl_replay(struct ctl *ctl, int argc, char **argv)
{
        unsigned n_shown = SHOWN_DEFAULT;
        struct replay *r;
        int status = parse_options(ctl, argc, argv, &n_shown);

        if (status != CTL_OK)
                return status;
        r = calloc(1, sizeof(*r));
        if (!r) {
                ctl_complain(ctl, "replay: no memory");
                return CTL_FAILED;
        }
        r->ctl = ctl;
        r->forced = ctl->config != NULL;
        r->n_shown = n_shown;
        if (r->forced && config_load(ctl->config, &r->policy, tell_fault, r) > 0)
                status = CTL_FAILED;
        else
                status = replay_all(r, argc, argv);
        free(r);
        return status;
}
