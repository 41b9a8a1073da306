/* SPDX-License-Identifier: MIT */
/*
 * The command `record`: writes a trace (trace.h) of what the guard sees and decides, or, where
 * there is none, of what one would.  Never judges a trace: replay.c does.
 */
#include "ctl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "local.h"
#include "notify/sentence.h"
#include "options.h"
#include "sampler.h"
#include "source.h"
#include "span.h"
#include "trace.h"

/* While all is well, the slower files are read so often: as the guard does. */
#define DEEP_US 1000000u

/* The policy is asked for so often before it is given up. */
enum { TRIES = 5 };

struct recording {
        struct ctl *ctl;
        FILE *out;
        const char *path; /* NULL: standard output */
        uint64_t end_us;  /* CLOCK_MONOTONIC; UINT64_MAX: when somebody ends it */
        int signal_fd;
        bool over;
        uint64_t n_looks, n_lost;
        uint64_t n_written; /* looks that are not held back */
        struct subscription sub;
};

/* ---- waiting ---- */

/* Waits for `fd`, a signal or the time; true when `fd` can be read. */
static bool
wait_for(struct recording *rec, int fd, uint64_t until_us)
{
        struct pollfd p[2] = { { .fd = rec->signal_fd, .events = POLLIN },
                               { .fd = fd, .events = POLLIN } };
        uint64_t now_us = sampler_now_us(), left_us;

        if (until_us > rec->end_us)
                until_us = rec->end_us;
        left_us = until_us > now_us ? until_us - now_us : 0;
        if (left_us > 1000000)
                left_us = 1000000;
        int n = poll(p, 2, (int)((left_us + 999) / 1000));

        if (n > 0 && p[0].revents)
                rec->over = true;
        if (sampler_now_us() >= rec->end_us || ferror(rec->out))
                rec->over = true;
        return n > 0 && p[1].revents;
}

/* ---- of a guard ---- */

/* Text on its way to a file. */
struct memory_file {
        FILE *file;
        char *text;
        size_t len;
};

static bool
memory_open(struct memory_file *m)
{
        m->text = NULL;
        m->len = 0;
        m->file = open_memstream(&m->text, &m->len);
        return m->file != NULL;
}

/* `to` may be NULL: then it is forgotten. */
static void
memory_close(struct memory_file *m, FILE *to)
{
        if (fclose(m->file) == 0 && to)
                (void)fwrite(m->text, 1, m->len, to);
        free(m->text);
}

static void
write_record(struct recording *rec, const struct wire_record *r, FILE *out)
{
        char text[SENTENCE_MAX];

        if (r->dropped > 0) {
                (void)fprintf(out, "# %u records are lost here\n", r->dropped);
                rec->n_lost += r->dropped;
        }
        if (r->kind == WIRE_SAMPLE) {
                (void)fputs(r->text, out);
                rec->n_looks++;
        } else if (sentence_event((enum wire_kind)r->kind) &&
                   sentence_make(r, text, sizeof(text))) {
                (void)fprintf(out, "# %s\n", text);
        }
}

/*
 * Asks for the policy; what comes in between goes to `held`.  1 when all of it has come, 0 when a
 * part of it may be among records that were lost, or a negative errno.
 */
static int
ask_policy(struct recording *rec, FILE *policy, FILE *held)
{
        uint64_t until_us = sampler_now_us() + SOURCE_TIMEOUT_MS * UINT64_C(1000);
        int r = subscribe_ask(&rec->sub, WIRE_OP_POLICY, 0);
        bool whole = true;

        while (r == 0) {
                struct wire_record w;

                r = subscribe_take(&rec->sub, &w, 100);
                if (r == 0 && sampler_now_us() > until_us)
                        return -ETIMEDOUT;
                if (r <= 0)
                        continue;
                whole = whole && w.dropped == 0;
                if (w.id == rec->sub.id && w.kind == WIRE_ANSWER)
                        return w.error < 0 ? w.error : whole;
                r = 0;
                if (w.id == rec->sub.id && w.kind == WIRE_TEXT) {
                        (void)fputs(w.text, policy);
                        continue;
                }
                if (w.kind == WIRE_RELOADED) {
                        /* Asked too early: what was held back belongs to neither policy. */
                        whole = false;
                        rewind(held);
                        rec->n_looks = rec->n_written;
                }
                write_record(rec, &w, held);
        }
        return r;
}

/*
 * Writes the head with the guard's policy, and behind it whatever has come in between: it was
 * decided by that policy.  0 or a negative errno.
 */
static int
write_head(struct recording *rec)
{
        struct memory_file held, policy;
        int r = 0;

        rec->n_written = rec->n_looks;
        if (!memory_open(&held))
                return -ENOMEM;
        for (unsigned i = 0; r == 0 && i < TRIES; i++) {
                if (!memory_open(&policy))
                        break;
                r = ask_policy(rec, policy.file, held.file);
                if (r > 0)
                        (void)fprintf(rec->out, "%s\n", TRACE_MAGIC);
                memory_close(&policy, r > 0 ? rec->out : NULL);
        }
        memory_close(&held, rec->out);
        return r > 0 ? 0 : r < 0 ? r : -EIO;
}

static int
record_guard(struct recording *rec)
{
        struct wire_record w;
        int r = subscribe_call(&rec->sub, WIRE_OP_SUBSCRIBE, WIRE_SUB_SAMPLES, SOURCE_TIMEOUT_MS,
                               NULL, NULL);

        if (r == 0)
                r = write_head(rec);
        while (r == 0 && !rec->over) {
                (void)wait_for(rec, rec->sub.fd, UINT64_MAX);
                while (!rec->over && (r = subscribe_take(&rec->sub, &w, 0)) == 1) {
                        write_record(rec, &w, rec->out);
                        r = w.kind == WIRE_RELOADED ? write_head(rec) : 0;
                        if (r < 0)
                                break;
                }
        }
        return rec->over && r > 0 ? 0 : r;
}

/* ---- without one ---- */

static int
record_local(struct recording *rec)
{
        struct sampler sampler = SAMPLER_INIT;
        struct decide_state st = DECIDE_STATE_INIT;
        struct verdict v = { 0 };
        struct policy *p = malloc(sizeof(*p));
        uint64_t deep_us = 0;
        char proc[512], sys[512];
        int r = p ? local_read_policy(rec->ctl, p) : -ENOMEM;

        (void)snprintf(proc, sizeof(proc), "%s/proc", rec->ctl->root);
        (void)snprintf(sys, sizeof(sys), "%s/sys", rec->ctl->root);
        if (r == 0)
                r = sampler_open(&sampler, proc, sys);
        if (r == 0) {
                trace_begin(rec->out, p);
                (void)fputs("# recorded without a guard: who grows is not known, so nothing is a "
                            "race\n",
                            rec->out);
        }
        while (r == 0 && !rec->over) {
                uint64_t begin_us = sampler_now_us();
                bool deep = v.level >= LEVEL_WATCH || begin_us - deep_us >= DEEP_US;
                char line[TRACE_LINE_MAX];
                struct sample s;
                size_t n;

                if (deep)
                        deep_us = begin_us;
                sampler_take(&sampler, deep, &s);
                v = decide(p, &st, &s);
                n = trace_format(&s, &v, line, sizeof(line));
                (void)fwrite(line, 1, n, rec->out);
                rec->n_looks++;
                while (!rec->over && sampler_now_us() < begin_us + v.next_us)
                        (void)wait_for(rec, -1, begin_us + v.next_us);
        }
        sampler_close(&sampler);
        free(p);
        return r;
}

/* ---- the command ---- */

static void
tell(struct recording *rec, const char *no_guard, uint64_t took_us)
{
        char took[SPAN_TEXT_MAX];
        struct json j = JSON_INIT(rec->ctl->out);

        span_format(took_us, took);
        if (!rec->ctl->json) {
                (void)fprintf(rec->ctl->err, "oomguardctl: %llu look%s in %s",
                              (unsigned long long)rec->n_looks, rec->n_looks == 1 ? "" : "s", took);
                if (rec->path)
                        (void)fprintf(rec->ctl->err, ", written to %s", rec->path);
                if (rec->n_lost > 0)
                        (void)fprintf(rec->ctl->err, ", %llu are lost",
                                      (unsigned long long)rec->n_lost);
                (void)fputc('\n', rec->ctl->err);
                return;
        }
        json_open(&j, NULL, '{');
        json_string(&j, "source", no_guard ? "local" : "guard");
        json_string(&j, "no_guard", no_guard);
        json_string(&j, "file", rec->path);
        json_u64(&j, "looks", rec->n_looks);
        json_u64(&j, "lost", rec->n_lost);
        json_u64(&j, "took_ms", took_us / 1000);
        json_close(&j, '}');
}

static int
open_signals(void)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGHUP);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        /* Whoever reads the trace may go: that is an error of writing, not the end of us. */
        (void)signal(SIGPIPE, SIG_IGN);
        int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);

        return fd < 0 ? -errno : fd;
}

static int
record(struct recording *rec)
{
        char why[SOURCE_WHY_MAX] = "";
        uint64_t begin_us = sampler_now_us();
        int r = *rec->ctl->root && !rec->ctl->feed ? -ENOENT
                                                   : subscribe_open(&rec->sub, rec->ctl->feed);

        if (r < 0) {
                source_why(rec->ctl, r, why, sizeof(why));
                if (rec->ctl->feed) {
                        ctl_complain(rec->ctl, "record: no guard was asked: %s", why);
                        return CTL_FAILED;
                }
                if (!rec->ctl->json)
                        ctl_complain(rec->ctl,
                                     "no guard is asked: %s; its looks are taken from here", why);
                r = record_local(rec);
        } else {
                r = record_guard(rec);
                subscribe_close(&rec->sub);
        }
        if (fflush(rec->out) != 0 || ferror(rec->out)) {
                ctl_complain(rec->ctl, "%s: %s", rec->path ? rec->path : "standard output",
                             strerror(errno));
                return CTL_FAILED;
        }
        if (r < 0) {
                ctl_complain(rec->ctl, "record: %s",
                             r == -ECONNRESET ? "the guard has ended" : strerror(-r));
                return CTL_FAILED;
        }
        tell(rec, *why ? why : NULL, sampler_now_us() - begin_us);
        return CTL_OK;
}

static int
parse(struct ctl *ctl, int argc, char **argv, struct recording *rec)
{
        static const struct option longs[] = { { "output", required_argument, NULL, 'o' },
                                               { "time", required_argument, NULL, 't' },
                                               { NULL, 0, NULL, 0 } };
        uint64_t s;
        int c;

        options_begin();
        while ((c = getopt_long(argc, argv, "o:t:", longs, NULL)) != -1) {
                if (c == 'o') {
                        rec->path = optarg;
                } else if (c != 't') {
                        return options_refuse(ctl, argv);
                } else if (!span_parse(optarg, &s) || s == 0) {
                        ctl_complain(ctl, "record: -t %s: not a time such as 90s or 1h", optarg);
                        return CTL_USAGE;
                } else {
                        rec->end_us = sampler_now_us() + s * 1000000;
                }
        }
        if (options_end(ctl, argc, argv) != CTL_OK)
                return CTL_USAGE;
        if (!rec->path && (ctl->json || isatty(fileno(ctl->out)))) {
                ctl_complain(ctl, "record: -o FILE is wanted: a trace is many lines of numbers");
                return CTL_USAGE;
        }
        return CTL_OK;
}

int
ctl_record(struct ctl *ctl, int argc, char **argv)
{
        struct recording rec = {
                .ctl = ctl, .out = ctl->out, .end_us = UINT64_MAX, .sub = SUBSCRIPTION_INIT
        };
        int r = parse(ctl, argc, argv, &rec);

        if (r != CTL_OK)
                return r;
        if (rec.path)
                rec.out = fopen(rec.path, "we");
        if (!rec.out) {
                ctl_complain(ctl, "%s: %s; nothing is recorded", rec.path, strerror(errno));
                return CTL_FAILED;
        }
        rec.signal_fd = open_signals();
        r = record(&rec);
        if (rec.path)
                (void)fclose(rec.out);
        if (rec.signal_fd >= 0)
                (void)close(rec.signal_fd);
        return r;
}
