/* SPDX-License-Identifier: MIT */
/*
 * How late the loop was, by a trace of it: each look beside the moment for which the verdict before
 * it asked.  The verdicts are reckoned again, as a trace does not hold that moment.
 *
 *     late TRACE CANARY_MS [LOST]
 *
 * CANARY_MS: how late an ordinary process was at the worst, which woke every 10 ms meanwhile. LOST:
 * looks that are not on record; whatever lies between two that are counts as lateness.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "config.h"
#include "trace.h"

enum { LOOKS_MAX = 1 << 20, HEAD_MAX = 1 << 16 };

static struct policy policy;
static struct decide_state state;
static double late_ms[LOOKS_MAX];

static void
tell_fault(void *arg, const char *text)
{
        (void)arg;
        (void)fprintf(stderr, "late: %s\n", text);
}

/* Everything before the first sample is the policy, but for the magic line. */
static bool
read_policy(FILE *f, char *line, size_t size)
{
        static char head[HEAD_MAX];
        size_t len = 0;

        if (!fgets(line, (int)size, f) || strncmp(line, TRACE_MAGIC, strlen(TRACE_MAGIC)) != 0)
                return false;
        while (fgets(line, (int)size, f) && strncmp(line, "s ", 2) != 0)
                if (len + strlen(line) < sizeof(head))
                        len += (size_t)sprintf(head + len, "%s", line);
        return config_parse("trace", head, len, &policy, tell_fault, NULL) == 0;
}

static size_t
read_looks(FILE *f, char *line, size_t size)
{
        uint64_t due_us = 0;
        size_t n = 0;

        do {
                struct trace_verdict was;
                struct sample s;

                line[strcspn(line, "\n")] = '\0';
                if (line[0] != 's' || trace_parse(line, strlen(line), &s, &was) < 0)
                        continue;
                if (due_us && n < LOOKS_MAX)
                        late_ms[n++] = s.now_us > due_us ? (double)(s.now_us - due_us) / 1e3 : 0;
                due_us = s.now_us + decide(&policy, &state, &s).next_us;
        } while (fgets(line, (int)size, f));
        return n;
}

int
main(int argc, char **argv)
{
        char line[1024], what[160];
        FILE *f = argc >= 3 ? fopen(argv[1], "re") : NULL;
        size_t n = f && read_policy(f, line, sizeof(line)) ? read_looks(f, line, sizeof(line)) : 0;

        if (n == 0) {
                (void)fprintf(stderr, "late: no trace\n");
                return EXIT_FAILURE;
        }
        (void)snprintf(
                what, sizeof(what), "lateness in a thrashing guest, worst of %zu looks%s%s%s", n,
                argc > 3 ? " (" : "", argc > 3 ? argv[3] : "", argc > 3 ? " not on record)" : "");
        bench_print(&(struct bench_row){ .key = "late-worst",
                                         .what = what,
                                         .unit = "ms",
                                         .guard = bench_worst(late_ms, n),
                                         .beside = "an ordinary process",
                                         .other = strtod(argv[2], NULL),
                                         .limit = 100 });
        bench_print(&(struct bench_row){ .key = "late",
                                         .what = "lateness in a thrashing guest, median",
                                         .unit = "ms",
                                         .guard = bench_median(late_ms, n) });
        return EXIT_SUCCESS;
}
