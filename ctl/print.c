/* SPDX-License-Identifier: MIT */
/*
 * Owns how text is laid out on a terminal.  Never knows what it says.
 */
#include "print.h"

#include <stdarg.h>
#include <string.h>

#include "message.h"

void
ctl_complain(const struct ctl *ctl, const char *format, ...)
{
        va_list ap;

        (void)fputs("oomguardctl: ", ctl->err);
        va_start(ap, format);
        (void)vfprintf(ctl->err, format, ap);
        va_end(ap);
        (void)fputc('\n', ctl->err);
}

static void
begin_colour(struct ctl *ctl, enum print_colour colour)
{
        static const char *const code[] = {
                [PRINT_PLAIN] = "",   [PRINT_BOLD] = "1",    [PRINT_DIM] = "2",
                [PRINT_GREEN] = "32", [PRINT_YELLOW] = "33", [PRINT_RED] = "1;31",
        };

        if (ctl->colour && colour != PRINT_PLAIN)
                (void)fprintf(ctl->out, "\033[%sm", code[colour]);
}

static void
end_colour(struct ctl *ctl, enum print_colour colour)
{
        if (ctl->colour && colour != PRINT_PLAIN)
                (void)fputs("\033[0m", ctl->out);
}

void
print_in(struct ctl *ctl, enum print_colour colour, const char *format, ...)
{
        va_list ap;

        begin_colour(ctl, colour);
        va_start(ap, format);
        (void)vfprintf(ctl->out, format, ap);
        va_end(ap);
        end_colour(ctl, colour);
}

/* Bytes of the character at s: a sequence that is cut or broken is as many characters as bytes. */
static size_t
character(const char *s)
{
        unsigned char c = (unsigned char)*s;
        size_t len = c >= 0xf0 && c < 0xf8   ? 4
                     : c >= 0xe0 && c < 0xf0 ? 3
                     : c >= 0xc2 && c < 0xe0 ? 2
                                             : 1;

        for (size_t i = 1; i < len; i++)
                if (((unsigned char)s[i] & 0xc0) != 0x80)
                        return 1;
        return len;
}

unsigned
print_width(const char *text)
{
        unsigned n = 0;

        for (; *text; text += character(text))
                n++;
        return n;
}

/* Bytes of the first characters that take at most so many columns. */
static size_t
cut(const char *text, unsigned columns)
{
        const char *p = text;

        for (unsigned n = 0; *p && n < columns; n++)
                p += character(p);
        return (size_t)(p - text);
}

void
print_cell(struct ctl *ctl, const char *text, unsigned columns, bool right)
{
        char clean[256];
        size_t len;
        unsigned width;
        int pad;

        message_wash(text, clean, sizeof(clean));
        len = cut(clean, columns);
        clean[len] = '\0';
        width = print_width(clean);
        pad = (int)(columns - width);
        (void)fprintf(ctl->out, "%*s%s%*s", right ? pad : 0, "", clean, right ? 0 : pad, "");
}

void
print_wrapped(struct ctl *ctl, unsigned indent, const char *text)
{
        unsigned room = ctl->columns > indent + 8 ? ctl->columns - indent : 8;

        while (*text) {
                const char *end = text + cut(text, room), *next;

                /* Back to a blank, unless all of it fits or one word is longer than the line. */
                if (*end && *end != ' ') {
                        const char *blank = memrchr(text, ' ', (size_t)(end - text));

                        if (blank && blank > text)
                                end = blank;
                }
                next = end + strspn(end, " ");
                while (end > text && end[-1] == ' ')
                        end--;
                (void)fprintf(ctl->out, "%*s%.*s\n", (int)indent, "", (int)(end - text), text);
                text = next;
        }
}

/* ---- bars ---- */

enum { BAR_MAX = 200 };

struct bar {
        char cell[BAR_MAX];
        enum print_colour colour[BAR_MAX];
        unsigned n;
};

/* The cell that a value falls into, 0..n; without overflow for the sizes of any machine. */
static unsigned
place(uint64_t value, uint64_t whole, unsigned n)
{
        if (whole == 0)
                return 0;
        if (value >= whole)
                return n;
        while (whole > UINT64_MAX / BAR_MAX) {
                whole /= 2;
                value /= 2;
        }
        return (unsigned)(value * n / whole);
}

/*
 * Where a mark's cell is taken, the next one to the left is its own, else the next to the right: on
 * a large machine the limits fall into one cell, and none of them may vanish.
 */
static void
put_mark(struct bar *b, const struct print_mark *m, uint64_t whole, bool *taken)
{
        unsigned at = place(m->at, whole, b->n), i;

        if (at >= b->n)
                at = b->n - 1;
        for (i = at; i > 0 && taken[i]; i--)
                ;
        for (i = taken[i] ? at : i; i < b->n - 1 && taken[i]; i++)
                ;
        /* The last of them are the gravest: those have their places. */
        if (taken[i])
                return;
        taken[i] = true;
        b->cell[i] = m->sign;
        b->colour[i] = m->colour;
}

void
print_bar(struct ctl *ctl, uint64_t used, uint64_t whole, unsigned columns,
          enum print_colour colour, const struct print_mark *mark, unsigned n_marks)
{
        struct bar b = { .n = columns < 3 ? 1 : columns - 2 };
        bool taken[BAR_MAX] = { false };
        unsigned filled;

        if (b.n > BAR_MAX)
                b.n = BAR_MAX;
        filled = place(used, whole, b.n);
        /* What is there shows. */
        if (filled == 0 && used > 0 && whole > 0)
                filled = 1;
        for (unsigned i = 0; i < b.n; i++) {
                b.cell[i] = i < filled ? '#' : '-';
                b.colour[i] = i < filled ? colour : PRINT_DIM;
        }
        for (unsigned i = n_marks; i > 0; i--)
                put_mark(&b, &mark[i - 1], whole, taken);
        (void)fputc('[', ctl->out);
        for (unsigned i = 0; i < b.n; i++) {
                if (i == 0 || b.colour[i] != b.colour[i - 1])
                        begin_colour(ctl, b.colour[i]);
                (void)fputc(b.cell[i], ctl->out);
                if (i + 1 == b.n || b.colour[i] != b.colour[i + 1])
                        end_colour(ctl, b.colour[i]);
        }
        (void)fputc(']', ctl->out);
}
