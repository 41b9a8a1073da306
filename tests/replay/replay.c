/* SPDX-License-Identifier: MIT */
/*
 * Judges recorded traces again: each look through decide(), under the policy in the trace's head,
 * and every verdict compared with the one on record; and whether the trace ends as the table says
 * that it must.  It links the pure modules, the trace's syntax and the configuration's, and nothing
 * that looks at this machine.
 *   replay TABLE FILE.trace...      `FILE:LINE: recorded X, decided Y` for each difference
 *   replay -w TABLE FILE.trace...   writes what is decided into the traces, where decide.c was
 *                                   changed on purpose: the difference is then git's to show
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

static struct decide_state state;

static bool
is_same(const struct verdict *v, const struct trace_verdict *was)
{
        return v->level == was->level && v->act == was->act && v->reason == was->reason;
}

static void
tell_difference(const struct reader *r, const struct trace_verdict *was, const struct verdict *v)
{
        (void)printf("%s:%zu: recorded %s %s %s, decided %s %s %s\n", r->path, r->line,
                     level_word(was->level), level_word(was->act), reason_word(was->reason),
                     level_word(v->level), level_word(v->act), reason_word(v->reason));
}

static bool
ends_right(const char *table, const char *path, bool acted)
{
        enum ending must = reader_ending(table, path);

        if (must == ENDING_ACT && !acted)
                (void)printf("%s: nobody is to be ended, and somebody must be\n", path);
        if (must == ENDING_LIVE && acted)
                (void)printf("%s: somebody is to be ended, and nobody may be\n", path);
        return must == (acted ? ENDING_ACT : ENDING_LIVE);
}

static bool
replay(const char *table, const char *path)
{
        struct trace_verdict was;
        struct reader r;
        struct sample s;
        size_t n = 0;
        bool good = true, acted = false;
        enum reader_got got;

        if (reader_open(&r, path) < 0)
                return false;
        state = (struct decide_state)DECIDE_STATE_INIT;
        while ((got = reader_next(&r, &s, &was)) == READER_LOOK) {
                struct verdict v = decide(&r.policy, &state, &s);

                if (!is_same(&v, &was)) {
                        tell_difference(&r, &was, &v);
                        good = false;
                }
                acted |= v.act >= LEVEL_TERM;
                n++;
        }
        reader_close(&r);
        if (n == 0)
                (void)printf("%s: no samples\n", path);
        return good && got == READER_END && n > 0 && ends_right(table, path, acted);
}

/* All of the file as it was, but for the verdicts that are others now. */
static bool
rewrite(const char *path)
{
        char line[TRACE_LINE_MAX];
        struct trace_verdict was;
        struct reader r, whole;
        struct sample s;
        size_t kept = 0;
        FILE *out;

        if (reader_open(&r, path) < 0)
                return false;
        if (reader_open(&whole, path) < 0 || !(out = fopen(path, "we"))) {
                reader_close(&r);
                return false;
        }
        /* The reader writes over the magic line in its copy. */
        memcpy(whole.text, TRACE_MAGIC, strlen(TRACE_MAGIC));
        state = (struct decide_state)DECIDE_STATE_INIT;
        while (reader_next(&r, &s, &was) == READER_LOOK) {
                struct verdict v = decide(&r.policy, &state, &s);
                size_t begin = (size_t)(r.now - r.text);

                if (is_same(&v, &was))
                        continue;
                (void)fwrite(whole.text + kept, 1, begin - kept, out);
                (void)fwrite(line, 1, trace_format(&s, &v, line, sizeof(line)), out);
                kept = r.at;
        }
        if (kept < whole.len)
                (void)fwrite(whole.text + kept, 1, whole.len - kept, out);
        reader_close(&r);
        reader_close(&whole);
        return fclose(out) == 0;
}

int
main(int argc, char **argv)
{
        bool write = argc > 1 && strcmp(argv[1], "-w") == 0;
        unsigned n_passed = 0, n_failed = 0;
        int table = write ? 2 : 1;

        for (int i = table + 1; i < argc; i++) {
                bool good = !write || rewrite(argv[i]);

                if (good && replay(argv[table], argv[i]))
                        n_passed++;
                else
                        n_failed++;
        }
        (void)printf("%u passed, %u failed\n", n_passed, n_failed);
        return n_failed > 0 || n_passed == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
