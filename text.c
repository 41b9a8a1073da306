/* SPDX-License-Identifier: MIT */
/*
 * Owns the reading of numbers, columns and lines in the kernel's text.  Never knows what a text
 * means, and never looks at a byte past its end.
 */
#include "text.h"

static bool
is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static bool
is_blank(char c)
{
        return c == ' ' || c == '\t';
}

bool
text_u64(const char **p, const char *end, uint64_t *ret)
{
        const char *at = *p;
        uint64_t value = 0;

        for (; at < end && is_digit(*at); at++) {
                uint64_t digit = (uint64_t)(*at - '0');

                /* One comparison settles all but the last of twenty digits. */
                if (value >= UINT64_MAX / 10 &&
                    (value > UINT64_MAX / 10 || digit > UINT64_MAX % 10))
                        return false;
                value = value * 10 + digit;
        }
        if (at == *p)
                return false;
        *p = at;
        *ret = value;
        return true;
}

void
text_skip_column(const char **p, const char *end)
{
        text_skip_blanks(p, end);
        while (*p < end && !is_blank(**p) && **p != '\n')
                (*p)++;
}

bool
text_column(const char **p, const char *end, uint64_t *ret)
{
        const char *at = *p;
        uint64_t value;

        text_skip_blanks(&at, end);
        if (!text_u64(&at, end, &value) || (at < end && !is_blank(*at) && *at != '\n'))
                return false;
        *p = at;
        *ret = value;
        return true;
}

bool
text_line(const char **p, const char *end, const char **ret, size_t *ret_len, bool *ret_whole)
{
        const char *line = *p;

        if (line >= end)
                return false;
        const char *newline = memchr(line, '\n', (size_t)(end - line));

        *ret = line;
        *ret_whole = newline != NULL;
        *ret_len = (size_t)((newline ? newline : end) - line);
        *p = newline ? newline + 1 : end;
        return true;
}

bool
text_is_whole(const char *text, size_t len)
{
        return len > 0 && text[len - 1] == '\n';
}

/* The four characters that a key and its stop have at least, as one of TEXT_BEGINS numbers. */
static unsigned
how_begins(const char *at)
{
        uint32_t four;

        memcpy(&four, at, sizeof(four));
        return four * 2654435761u >> 26;
}

static void
note_begins(struct text_scan *scan)
{
        for (size_t i = 0; i < scan->n_keys; i++) {
                const struct text_key *key = &scan->keys[i];
                char four[sizeof(uint32_t)];

                memcpy(four, key->name, sizeof(four));
                if (key->len < sizeof(four))
                        four[key->len] = scan->stop;
                scan->begins[how_begins(four)] |= UINT32_C(1) << i;
        }
        scan->noted = true;
}

static bool
is_key(const struct text_scan *scan, const struct text_key *key, const char *line, size_t len)
{
        return key->len < len && line[key->len] == scan->stop &&
               memcmp(line, key->name, key->len) == 0;
}

bool
text_scan_next(struct text_scan *scan)
{
        const char *line;
        size_t len;
        bool whole;

        if (!scan->noted)
                note_begins(scan);
        while (text_line(&scan->p, scan->end, &line, &len, &whole)) {
                if (len < sizeof(uint32_t))
                        continue;
                /* Most lines begin as no key does, and hardly any as two of them. */
                for (uint32_t left = scan->begins[how_begins(line)]; left; left &= left - 1) {
                        size_t i = (size_t)__builtin_ctz(left);

                        if (!is_key(scan, &scan->keys[i], line, len))
                                continue;
                        scan->key = i;
                        scan->value = line + scan->keys[i].len + 1;
                        scan->value_end = line + len;
                        return true;
                }
        }
        return false;
}

bool
text_read_u64(const struct text_scan *scan, uint64_t *ret)
{
        const char *p = scan->value;

        return text_u64(&p, scan->value_end, ret) && p == scan->value_end;
}

bool
text_scan_values(struct text_scan *scan, text_read_value *read, uint64_t *value, uint32_t *seen)
{
        if (scan->p >= scan->end || scan->end[-1] != '\n')
                return false;
        while (text_scan_next(scan)) {
                uint32_t bit = UINT32_C(1) << scan->key;

                if (*seen & bit || !read(scan, &value[scan->key]))
                        return false;
                *seen |= bit;
        }
        return true;
}
