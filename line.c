/* SPDX-License-Identifier: MIT */
/*
 * Owns how much room is left in a line.  Never writes past it.
 */
#include "line.h"

#include <stdarg.h>
#include <stdio.h>

void
line_add(struct line *l, const char *format, ...)
{
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(l->at, l->left, format, ap);
        va_end(ap);
        if (n < 0)
                return;
        size_t used = (size_t)n < l->left ? (size_t)n : l->left - 1;

        l->at += used;
        l->left -= used;
}
