/* SPDX-License-Identifier: MIT */
/*
 * Plain text that reads well in 80 columns: colours, bars, tables, wrapped paragraphs.  It knows
 * nothing of memory, and it never writes an escape sequence where ctl->colour is false.
 */
#ifndef PRINT_H
#define PRINT_H

#include "ctl.h"

enum print_colour { PRINT_PLAIN, PRINT_BOLD, PRINT_DIM, PRINT_GREEN, PRINT_YELLOW, PRINT_RED };

/* Text in a colour. */
__attribute__((format(printf, 3, 4))) void
print_in(struct ctl *ctl, enum print_colour colour, const char *format, ...);

/* A paragraph, wrapped at ctl->columns at blanks; every line begins with `indent` blanks. */
void
print_wrapped(struct ctl *ctl, unsigned indent, const char *text);

/* Columns that a UTF-8 text takes (one a character; invalid bytes count one each). */
unsigned
print_width(const char *text);

/* The text, washed (message_wash), cut or padded with blanks to exactly `columns`. */
void
print_cell(struct ctl *ctl, const char *text, unsigned columns, bool right);

struct print_mark {
        uint64_t at; /* place on the bar, out of the whole */
        char sign;   /* what stands there */
        enum print_colour colour;
};

/* `[#####----|---]`: used out of whole over `columns` columns, brackets included, with marks. */
void
print_bar(struct ctl *ctl, uint64_t used, uint64_t whole, unsigned columns,
          enum print_colour colour, const struct print_mark *mark, unsigned n_marks);

#endif
