/* SPDX-License-Identifier: MIT */
/*
 * Small readers for the kernel's text: decimal numbers and lines, bounded by an end pointer, never
 * by a terminating zero, never by the locale.  Pure.
 */
#ifndef OOMGUARD_TEXT_H
#define OOMGUARD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Reads decimal digits at *p (leading zeros are fine, a sign is not) and moves *p behind them.
 * false, with *p and *ret untouched, when there is no digit or the number exceeds 2^64 - 1.
 */
bool
text_u64(const char **p, const char *end, uint64_t *ret);

/* Moves *p behind blanks (spaces and tabs).  Inline, as the next: a tick does it forty times. */
static inline void
text_skip_blanks(const char **p, const char *end)
{
        const char *at = *p;

        while (at < end && (*at == ' ' || *at == '\t'))
                at++;
        *p = at;
}

/*
 * Takes the next line, without its newline, from *p on.  false at the end of the text; a last line
 * without a newline is handed out like any other: whoever cares for torn text looks at *ret_whole.
 */
bool
text_line(const char **p, const char *end, const char **ret, size_t *ret_len, bool *ret_whole);

/* True and *p moved behind it when the text at *p begins with `word`. */
static inline bool
text_accept(const char **p, const char *end, const char *word)
{
        size_t len = strlen(word);

        if ((size_t)(end - *p) < len || memcmp(*p, word, len) != 0)
                return false;
        *p += len;
        return true;
}

/* Moves *p behind blanks and then behind one word: whatever is neither blank nor newline. */
void
text_skip_column(const char **p, const char *end);

/*
 * Reads a number that is a column by itself: blanks before it, a blank, a newline or the end behind
 * it.  false, with *p and *ret untouched, for anything else.
 */
bool
text_column(const char **p, const char *end, uint64_t *ret);

/* True when the text ends in a newline, as all that the kernel prints does. */
bool
text_is_whole(const char *text, size_t len);

/* Three characters or more. */
struct text_key {
        const char *name;
        size_t len;
};

#define TEXT_KEY(s)                \
        {                          \
                (s), sizeof(s) - 1 \
        }

enum { TEXT_BEGINS = 64 };

/* Looks for up to 32 `KEY<stop>VALUE` lines among many; a key begins its line. */
struct text_scan {
        const char *p; /* what is still unread */
        const char *end;
        const struct text_key *keys;
        size_t n_keys;
        char stop;                    /* the character behind the key */
        bool noted;                   /* false: begins is still to be worked out */
        uint32_t begins[TEXT_BEGINS]; /* by how a line begins, the keys that it may have, a bit each
                                       */
        /* The line just found: which key it was, and its value, up to the newline. */
        size_t key;
        const char *value;
        const char *value_end;
};

/* Finds the next line that has one of the keys; false at the end of the text. */
bool
text_scan_next(struct text_scan *scan);

/* Reads the value of the line just found. */
typedef bool
text_read_value(const struct text_scan *scan, uint64_t *ret);

/* A number and nothing else. */
bool
text_read_u64(const struct text_scan *scan, uint64_t *ret);

/*
 * Reads the values of all keys, in their order, and sets a bit of *seen for each; what is not there
 * stays as it was.  false for a torn text, a key twice, or a value that `read` refuses.
 */
bool
text_scan_values(struct text_scan *scan, text_read_value *read, uint64_t *value, uint32_t *seen);

#endif
