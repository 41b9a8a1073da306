/* SPDX-License-Identifier: MIT */
/*
 * Lengths of time as a person writes and reads them: `90s`, `10min`, `2h`; `3 min 20 s`.  Pure.
 */
#ifndef SPAN_H
#define SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SPAN_TEXT_MAX = 32 };

/* Whole numbers with s, min, h or d; a lone number is seconds.  False for anything else, and for
 * what is longer than a year; *ret_s is untouched then. */
bool
span_parse(const char *text, uint64_t *ret_s);

/* `40 ms`, `12 s`, `3 min 20 s`, `1 h 5 min`, `2 d 3 h`. */
void
span_format(uint64_t us, char ret[SPAN_TEXT_MAX]);

#endif
