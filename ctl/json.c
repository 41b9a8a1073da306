/* SPDX-License-Identifier: MIT */
/*
 * Owns JSON's syntax.  Never reads any, never allocates, and knows nothing of what it writes.
 */
#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* Length of the valid UTF-8 sequence at s (RFC 3629), or 0.  It does not look past a zero. */
static size_t
sequence_length(const unsigned char *s)
{
        if (s[0] < 0x80)
                return 1;
        if (s[0] >= 0xc2 && s[0] < 0xe0)
                return (s[1] & 0xc0) == 0x80 ? 2 : 0;
        if (s[0] >= 0xe0 && s[0] < 0xf0) {
                unsigned char least = s[0] == 0xe0 ? 0xa0 : 0x80;
                unsigned char most = s[0] == 0xed ? 0x9f : 0xbf;

                return s[1] >= least && s[1] <= most && (s[2] & 0xc0) == 0x80 ? 3 : 0;
        }
        if (s[0] >= 0xf0 && s[0] < 0xf5) {
                unsigned char least = s[0] == 0xf0 ? 0x90 : 0x80;
                unsigned char most = s[0] == 0xf4 ? 0x8f : 0xbf;

                return s[1] >= least && s[1] <= most && (s[2] & 0xc0) == 0x80 &&
                                       (s[3] & 0xc0) == 0x80
                               ? 4
                               : 0;
        }
        return 0;
}

static void
put_ascii(FILE *out, unsigned char c)
{
        switch (c) {
        case '"':
        case '\\':
                (void)fprintf(out, "\\%c", c);
                return;
        case '\n':
                (void)fputs("\\n", out);
                return;
        case '\t':
                (void)fputs("\\t", out);
                return;
        case '\r':
                (void)fputs("\\r", out);
                return;
        default:
                if (c < 0x20 || c == 0x7f)
                        (void)fprintf(out, "\\u%04x", c);
                else
                        (void)fputc(c, out);
        }
}

static void
put_text(FILE *out, const char *text)
{
        const unsigned char *s = (const unsigned char *)text;

        (void)fputc('"', out);
        while (*s) {
                size_t len = sequence_length(s);

                if (len == 0) {
                        (void)fputs("\xef\xbf\xbd", out);
                        s++;
                        continue;
                }
                /* U+0080 to U+009F steer terminals, too. */
                if (len == 2 && s[0] == 0xc2 && s[1] < 0xa0)
                        (void)fprintf(out, "\\u%04x", s[1]);
                else if (len == 1)
                        put_ascii(out, *s);
                else
                        (void)fwrite(s, 1, len, out);
                s += len;
        }
        (void)fputc('"', out);
}

/* The comma that is due, and the key. */
static void
begin(struct json *j, const char *key)
{
        if (j->any[j->depth])
                (void)fputc(',', j->out);
        j->any[j->depth] = true;
        if (!key)
                return;
        put_text(j->out, key);
        (void)fputc(':', j->out);
}

void
json_open(struct json *j, const char *key, char bracket)
{
        assert(j->depth + 1 < JSON_DEPTH_MAX);
        begin(j, key);
        (void)fputc(bracket, j->out);
        j->any[++j->depth] = false;
}

void
json_close(struct json *j, char bracket)
{
        assert(j->depth > 0);
        (void)fputc(bracket, j->out);
        if (--j->depth > 0)
                return;
        (void)fputc('\n', j->out);
        j->any[0] = false;
}

void
json_string(struct json *j, const char *key, const char *value)
{
        if (!value) {
                json_null(j, key);
                return;
        }
        begin(j, key);
        put_text(j->out, value);
}

void
json_u64(struct json *j, const char *key, uint64_t value)
{
        begin(j, key);
        (void)fprintf(j->out, "%" PRIu64, value);
}

void
json_i64(struct json *j, const char *key, int64_t value)
{
        begin(j, key);
        (void)fprintf(j->out, "%" PRId64, value);
}

void
json_bool(struct json *j, const char *key, bool value)
{
        begin(j, key);
        (void)fputs(value ? "true" : "false", j->out);
}

void
json_percent(struct json *j, const char *key, uint64_t bp)
{
        begin(j, key);
        (void)fprintf(j->out, "%" PRIu64, bp / 100);
        if (bp % 10)
                (void)fprintf(j->out, ".%02u", (unsigned)(bp % 100));
        else if (bp % 100)
                (void)fprintf(j->out, ".%u", (unsigned)(bp % 100 / 10));
}

void
json_null(struct json *j, const char *key)
{
        begin(j, key);
        (void)fputs("null", j->out);
}
