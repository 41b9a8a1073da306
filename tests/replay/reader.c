/* SPDX-License-Identifier: MIT */
/*
 * Owns the reading of traces from files.  Links the trace's syntax and the configuration's, and
 * nothing that looks at this machine.
 */
#include "reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

enum { FILE_MAX = 64 * 1024 * 1024, NAME_MAX_LEN = 64 };

static char *
load(const char *path, size_t *ret_len)
{
        FILE *f = fopen(path, "rb");
        char *text = f ? malloc(FILE_MAX) : NULL;
        size_t len = text ? fread(text, 1, FILE_MAX, f) : 0;
        bool good = text && !ferror(f) && len < FILE_MAX;

        if (!good) {
                (void)printf("%s: %s\n", path,
                             len == FILE_MAX ? "too large for a trace" : strerror(errno));
                free(text);
                text = NULL;
        }
        if (f)
                (void)fclose(f);
        *ret_len = len;
        return text;
}

/* The next line without its newline; false at the end. */
static bool
take_line(struct reader *r)
{
        if (r->at >= r->len)
                return false;
        const char *end = memchr(r->text + r->at, '\n', r->len - r->at);

        r->now = r->text + r->at;
        r->now_len = end ? (size_t)(end - r->now) : r->len - r->at;
        r->at += r->now_len + 1;
        r->line++;
        return true;
}

static bool
is_look(const struct reader *r)
{
        return r->now_len >= 2 && r->now[0] == 's' && r->now[1] == ' ';
}

static bool
is_magic(const struct reader *r)
{
        return r->now_len == strlen(TRACE_MAGIC) && memcmp(r->now, TRACE_MAGIC, r->now_len) == 0;
}

static void
tell_fault(void *arg, const char *text)
{
        (void)arg;
        (void)printf("%s\n", text);
}

/* The policy behind the magic line that was just taken, up to the next look. */
static bool
read_policy(struct reader *r)
{
        size_t begin = (size_t)(r->now - r->text), end = r->len;

        /* A comment keeps the numbers of lines as they are in the file. */
        memset(r->text + begin, '#', r->now_len);
        while (take_line(r)) {
                if (!is_look(r))
                        continue;
                end = (size_t)(r->now - r->text);
                r->at = end;
                r->line--;
                break;
        }
        return config_parse(r->path, r->text + begin, end - begin, &r->policy, tell_fault, NULL) ==
               0;
}

int
reader_open(struct reader *r, const char *path)
{
        *r = (struct reader){ .path = path };
        r->text = load(path, &r->len);
        if (!r->text)
                return -1;
        if (take_line(r) && is_magic(r) && read_policy(r))
                return 0;
        if (r->line <= 1)
                (void)printf("%s:1: not a trace: its first line is not `%s`\n", path, TRACE_MAGIC);
        free(r->text);
        return -1;
}

void
reader_close(struct reader *r)
{
        free(r->text);
}

enum reader_got
reader_next(struct reader *r, struct sample *ret, struct trace_verdict *ret_was)
{
        while (take_line(r)) {
                if (is_magic(r) && !read_policy(r))
                        return READER_BAD;
                if (!is_look(r))
                        continue;
                if (trace_parse(r->now, r->now_len, ret, ret_was) == 0)
                        return READER_LOOK;
                (void)printf("%s:%zu: damaged sample\n", r->path, r->line);
                return READER_BAD;
        }
        return READER_END;
}

enum ending
reader_ending(const char *table, const char *path)
{
        const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
        size_t len = strcspn(name, ".");
        char line[256], word[NAME_MAX_LEN], how[8];
        enum ending ending = ENDING_UNKNOWN;
        FILE *f = fopen(table, "re");

        while (f && ending == ENDING_UNKNOWN && fgets(line, sizeof(line), f)) {
                if (sscanf(line, "%63s %7s", word, how) != 2 || strlen(word) != len ||
                    memcmp(word, name, len) != 0)
                        continue;
                ending = !strcmp(how, "act")    ? ENDING_ACT
                         : !strcmp(how, "live") ? ENDING_LIVE
                                                : ENDING_UNKNOWN;
        }
        if (ending == ENDING_UNKNOWN)
                (void)printf("%s: %s does not say `%.*s act` or `live`\n", path, table, (int)len,
                             name);
        if (f)
                (void)fclose(f);
        return ending;
}
