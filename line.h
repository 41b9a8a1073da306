/* SPDX-License-Identifier: MIT */
/*
 * A line in the making: text added piece by piece to a buffer of the caller's, cut where it is
 * full. It knows nothing of what is said.
 */
#ifndef OOMGUARD_LINE_H
#define OOMGUARD_LINE_H

#include <stddef.h>

/* `left` is at least 1, and what stands at `at` always ends in a zero byte once something was
 * added. */
struct line {
        char *at;
        size_t left;
};

__attribute__((format(printf, 2, 3))) void
line_add(struct line *l, const char *format, ...);

#endif
