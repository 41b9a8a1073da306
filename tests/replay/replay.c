/* SPDX-License-Identifier: MIT */
/*
 * Judges recorded traces again: each sample through decide(), under the policy in the trace's head,
 * and every verdict compared with the one on record.  It links the pure modules, the trace's syntax
 * and the configuration's, and nothing that looks at this machine.
 *   replay FILE.trace...    `FILE:LINE: recorded X, decided Y` for each difference
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config.h"
#include "trace.h"

enum { FILE_MAX = 64 * 1024 * 1024 };

struct trace {
        const char *path;
        char *text;
        size_t len;
        size_t line; /* number of the line last taken */
        size_t at;
};

static struct policy policy;
static struct decide_state state;

static int
load(const char *path, struct trace *ret)
{
        FILE *f = fopen(path, "rb");
        char *text = f ? malloc(FILE_MAX) : NULL;
        size_t len = text ? fread(text, 1, FILE_MAX, f) : 0;

        if (!text || ferror(f) || len == FILE_MAX) {
                (void)printf("%s: %s\n", path,
                             len == FILE_MAX ? "too large for a trace" : strerror(errno));
                free(text);
                if (f)
                        (void)fclose(f);
                return -1;
        }
        (void)fclose(f);
        *ret = (struct trace){ .path = path, .text = text, .len = len };
        return 0;
}

/* The next line without its newline; NULL at the end. */
static const char *
take_line(struct trace *t, size_t *ret_len)
{
        const char *line = t->text + t->at;
        const char *end = t->at < t->len ? memchr(line, '\n', t->len - t->at) : NULL;

        if (t->at >= t->len)
                return NULL;
        *ret_len = end ? (size_t)(end - line) : t->len - t->at;
        t->at += *ret_len + 1;
        t->line++;
        return line;
}

static bool
is_sample(const char *line, size_t len)
{
        return len >= 2 && line[0] == 's' && line[1] == ' ';
}

static void
tell_fault(void *arg, const char *text)
{
        (void)arg;
        (void)printf("%s\n", text);
}

static bool
is_magic(const char *line, size_t len)
{
        return len == strlen(TRACE_MAGIC) && memcmp(line, TRACE_MAGIC, len) == 0;
}

/* Reads the magic line and the policy behind it, up to the next sample. */
static int
read_head(struct trace *t)
{
        size_t len, begin = t->at, end = t->len;
        const char *line = take_line(t, &len);

        if (!line || !is_magic(line, len)) {
                (void)printf("%s:1: not a trace: its first line is not `%s`\n", t->path,
                             TRACE_MAGIC);
                return -1;
        }
        /* A comment keeps the numbers of lines as they are in the file. */
        memset(t->text + begin, '#', len);
        while ((line = take_line(t, &len)) != NULL) {
                if (is_sample(line, len)) {
                        end = (size_t)(line - t->text);
                        t->at = end;
                        t->line--;
                        break;
                }
        }
        return config_parse(t->path, t->text + begin, end - begin, &policy, tell_fault, NULL) == 0
                       ? 0
                       : -1;
}

/* True when the verdict on this line is the one on record. */
static bool
judge(const struct trace *t, const char *line, size_t len)
{
        struct trace_verdict was;
        struct sample s;

        if (trace_parse(line, len, &s, &was) < 0) {
                (void)printf("%s:%zu: damaged sample\n", t->path, t->line);
                return false;
        }
        struct verdict v = decide(&policy, &state, &s);

        if (v.level == was.level && v.act == was.act && v.reason == was.reason)
                return true;
        (void)printf("%s:%zu: recorded %s %s %s, decided %s %s %s\n", t->path, t->line,
                     level_word(was.level), level_word(was.act), reason_word(was.reason),
                     level_word(v.level), level_word(v.act), reason_word(v.reason));
        return false;
}

static bool
replay(const char *path)
{
        const char *line;
        struct trace t;
        size_t len, n = 0;
        bool good = true;

        if (load(path, &t) < 0)
                return false;
        state = (struct decide_state)DECIDE_STATE_INIT;
        if (read_head(&t) < 0) {
                free(t.text);
                return false;
        }
        while ((line = take_line(&t, &len)) != NULL) {
                if (is_magic(line, len)) {
                        /* A reload: the policy changes, what was seen so far does not. */
                        t.at -= len + 1;
                        t.line--;
                        if (read_head(&t) < 0) {
                                free(t.text);
                                return false;
                        }
                        continue;
                }
                if (!is_sample(line, len))
                        continue;
                good = judge(&t, line, len) && good;
                n++;
        }
        if (n == 0)
                (void)printf("%s: no samples\n", path);
        free(t.text);
        return good && n > 0;
}

int
main(int argc, char **argv)
{
        unsigned n_passed = 0, n_failed = 0;

        for (int i = 1; i < argc; i++) {
                if (replay(argv[i]))
                        n_passed++;
                else
                        n_failed++;
        }
        (void)printf("%u passed, %u failed\n", n_passed, n_failed);
        return n_failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
