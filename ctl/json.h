/* SPDX-License-Identifier: MIT */
/*
 * Writes JSON (RFC 8259), commas and escapes included.  Strings of any bytes come out as valid
 * UTF-8: what is not becomes U+FFFD.  It never reads JSON and never allocates.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH_MAX = 16 };

struct json {
        FILE *out;
        unsigned depth;
        bool any[JSON_DEPTH_MAX]; /* something stands at this depth already: a comma is due */
};

#define JSON_INIT(file)       \
        {                     \
                .out = (file) \
        }

/* `key` is NULL inside an array and for the outermost value. */
void
json_open(struct json *j, const char *key, char bracket); /* '{' or '[' */
void
json_close(struct json *j, char bracket); /* '}' or ']'; a newline after the outermost */
void
json_string(struct json *j, const char *key, const char *value); /* NULL: null */
void
json_u64(struct json *j, const char *key, uint64_t value);
void
json_i64(struct json *j, const char *key, int64_t value);
void
json_bool(struct json *j, const char *key, bool value);
/* Basis points as a percentage with up to two decimals: 1234 is 12.34. */
void
json_percent(struct json *j, const char *key, uint64_t bp);
void
json_null(struct json *j, const char *key);

#endif
