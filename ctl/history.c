/* SPDX-License-Identifier: MIT */
/*
 * `history`: what was ended for lack of memory, by whom, why, and who was large at the time.  It
 * reads what the caller may read, and says what it could not.
 */
#include "history.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "history_print.h"
#include "history_source.h"
#include "history_time.h"
#include "options.h"
#include "print.h"

/* Without --since: a journal of years takes minutes to read. */
#define DEFAULT_US (UINT64_C(7) * 86400 * 1000000)

enum { PROBLEMS_MAX = 8, PROBLEM_MAX = 768 };

struct options {
        bool since_given;
        uint64_t since_us;
        const char *journal, *kernel; /* files instead of this machine's */
        uint64_t n_last;              /* so many at most, the latest; 0: all */
};

struct telling {
        struct ctl *ctl;
        char problem[PROBLEMS_MAX][PROBLEM_MAX];
        unsigned n;
};

static void
note_problem(void *arg, const char *text)
{
        struct telling *t = arg;

        if (t->n < PROBLEMS_MAX)
                (void)snprintf(t->problem[t->n++], PROBLEM_MAX, "%s", text);
}

static uint64_t
now_us(void)
{
        struct timespec ts;

        if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
                return 0;
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- options ---- */

static int
take_since(struct ctl *ctl, const char *text, struct options *o)
{
        o->since_given = true;
        if (strcmp(text, "all") == 0 || history_time_parse(text, now_us(), &o->since_us))
                return CTL_OK;
        ctl_complain(ctl,
                     "history --since %s: no time in the past; write it as 2h, 30min, 3d, today, "
                     "yesterday, 03:00, 2026-11-19, \"2026-11-19 03:00\" or all",
                     text);
        return CTL_USAGE;
}

static int
take_number(struct ctl *ctl, const char *text, struct options *o)
{
        char *end;

        errno = 0;
        o->n_last = strtoull(text, &end, 10);
        if (errno == 0 && end != text && *end == '\0' && *text != '-' && o->n_last > 0)
                return CTL_OK;
        ctl_complain(ctl, "history -n %s: not a number above 0", text);
        return CTL_USAGE;
}

static int
parse_options(struct ctl *ctl, int argc, char **argv, struct options *o)
{
        enum { OPT_SINCE = 256, OPT_JOURNAL, OPT_KERNEL };
        static const struct option longs[] = {
                { "since", required_argument, NULL, OPT_SINCE },
                { "journal", required_argument, NULL, OPT_JOURNAL },
                { "kernel-log", required_argument, NULL, OPT_KERNEL },
                { "number", required_argument, NULL, 'n' },
                { NULL, 0, NULL, 0 },
        };
        int c, status = CTL_OK;

        options_begin();
        while (status == CTL_OK && (c = getopt_long(argc, argv, "n:", longs, NULL)) != -1) {
                if (c == OPT_SINCE)
                        status = take_since(ctl, optarg, o);
                else if (c == OPT_JOURNAL)
                        o->journal = optarg;
                else if (c == OPT_KERNEL)
                        o->kernel = optarg;
                else if (c == 'n')
                        status = take_number(ctl, optarg, o);
                else
                        status = options_refuse(ctl, argv);
        }
        return status == CTL_OK ? options_end(ctl, argc, argv) : status;
}

/* ---- reading ---- */

/* True when at least one of the places could be read. */
static bool
read_all(struct history_reader *r, struct telling *t, const struct options *o)
{
        struct history_place s = { r, t->ctl->root, note_problem, t };
        bool any = false;

        if (o->journal)
                any = history_read_journal_file(&s, o->journal) || any;
        if (o->kernel)
                any = history_read_kernel_file(&s, o->kernel) || any;
        if (o->journal || o->kernel)
                return any;
        /* Another root has a journal that journalctl would not look at. */
        if (t->ctl->root[0] == '\0')
                any = history_read_journal(&s);
        if (r->n_kernel == 0)
                any = history_read_kernel(&s) || any;
        return any;
}

static void
add_problems(const struct history_reader *r, struct telling *t)
{
        char text[PROBLEM_MAX];

        if (r->n_foreign > 0) {
                (void)snprintf(text, sizeof(text),
                               "%" PRIu64 " journal entr%s by ordinary users in a guard's name "
                               "%s passed over",
                               r->n_foreign, r->n_foreign == 1 ? "y" : "ies",
                               r->n_foreign == 1 ? "is" : "are");
                note_problem(t, text);
        }
        if (r->history.n_dropped > 0) {
                (void)snprintf(text, sizeof(text),
                               "more than %d kills: the first %" PRIu64 " are left out",
                               HISTORY_EVENTS_MAX, r->history.n_dropped);
                note_problem(t, text);
        }
        if (r->history.no_memory)
                note_problem(t, "no memory for all of it: some kills are left out");
}

/* ---- telling ---- */

static void
print_count(char *text, size_t size, const struct history *h, enum history_killer killer,
            const char *by)
{
        size_t n = 0, used = strlen(text);

        for (size_t i = 0; i < h->n; i++)
                n += h->event[i].killer == killer;
        if (n > 0)
                (void)snprintf(text + used, size - used, "%s%zu by %s",
                               text[0] && text[used - 1] != ' ' ? ", " : "", n, by);
}

static void
print_head(struct ctl *ctl, const struct history *h, const struct options *o)
{
        struct history_event from = { .wall_us = o->since_us };
        char text[512], since[64] = "";

        if (o->since_us > 0) {
                char when[32];

                history_print_time(&from, when, sizeof(when));
                (void)snprintf(since, sizeof(since), " since %s", when);
        }
        if (h->n == 0) {
                (void)snprintf(text, sizeof(text),
                               "Nothing was ended for lack of memory%s, as far as can be seen.",
                               since);
        } else {
                (void)snprintf(text, sizeof(text), "%zu ended%s: ", h->n, since);
                print_count(text, sizeof(text), h, KILLER_GUARD, "the guard");
                print_count(text, sizeof(text), h, KILLER_KERNEL, "the kernel");
                print_count(text, sizeof(text), h, KILLER_OOMD, "systemd-oomd");
                print_count(text, sizeof(text), h, KILLER_OTHER, "others");
                (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), ".");
        }
        if (!o->since_given && !o->journal && !o->kernel)
                (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                               " (--since goes further back.)");
        print_wrapped(ctl, 0, text);
}

static void
tell_json(struct ctl *ctl, const struct history *h, const struct options *o,
          const struct telling *t, size_t first)
{
        struct json j = JSON_INIT(ctl->out);

        json_open(&j, NULL, '{');
        if (o->since_us > 0)
                json_u64(&j, "since_us", o->since_us);
        else
                json_null(&j, "since_us");
        json_open(&j, "events", '[');
        for (size_t i = first; i < h->n; i++)
                history_json_event(&j, &h->event[i]);
        json_close(&j, ']');
        json_open(&j, "problems", '[');
        for (unsigned i = 0; i < t->n; i++)
                json_string(&j, NULL, t->problem[i]);
        json_close(&j, ']');
        json_close(&j, '}');
}

static void
tell_text(struct ctl *ctl, const struct history *h, const struct options *o,
          const struct telling *t, size_t first, bool any)
{
        for (unsigned i = 0; i < t->n; i++)
                ctl_complain(ctl, "%s", t->problem[i]);
        if (!any) {
                print_wrapped(ctl, 0, "What was ended cannot be told: nothing could be read.");
                return;
        }
        print_head(ctl, h, o);
        if (first > 0)
                (void)fprintf(ctl->out, "The last %zu:\n", h->n - first);
        for (size_t i = first; i < h->n; i++) {
                (void)fputc('\n', ctl->out);
                history_print_event(ctl, &h->event[i]);
        }
}

int
ctl_history(struct ctl *ctl, int argc, char **argv)
{
        struct options o = { .since_us = 0 };
        struct telling *t;
        struct history_reader *r;
        int status = parse_options(ctl, argc, argv, &o);

        if (status != CTL_OK)
                return status;
        if (!o.since_given && !o.journal && !o.kernel)
                o.since_us = now_us() - DEFAULT_US;
        t = calloc(1, sizeof(*t));
        r = calloc(1, sizeof(*r));
        if (!t || !r) {
                ctl_complain(ctl, "history: no memory");
                free(t);
                free(r);
                return CTL_FAILED;
        }
        t->ctl = ctl;
        r->since_us = o.since_us;
        r->now_us = now_us();
        r->kernel = (struct kernel_log)KERNEL_LOG_INIT((uint64_t)sysconf(_SC_PAGESIZE) / 1024);
        bool any = read_all(r, t, &o);

        history_sort(&r->history);
        add_problems(r, t);
        size_t n = r->history.n, first = o.n_last > 0 && o.n_last < n ? n - (size_t)o.n_last : 0;

        if (ctl->json)
                tell_json(ctl, &r->history, &o, t, first);
        else
                tell_text(ctl, &r->history, &o, t, first, any);
        status = !any ? CTL_FAILED : n > 0 ? CTL_OK : CTL_NO;
        history_free(&r->history);
        free(r);
        free(t);
        return status;
}
