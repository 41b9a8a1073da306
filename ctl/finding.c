/* SPDX-License-Identifier: MIT */
/*
 * Owns how findings look.
 */
#include "finding.h"

#include <stdarg.h>
#include <string.h>

#include "print.h"

/* Where the texts of findings begin: behind the longest word. */
enum { TEXT_AT = 10, WORD_MAX = 512 };

static const struct {
        const char *word;
        enum print_colour colour;
} looks[FINDING_N_STATES] = {
        [FINDING_OK] = { "ok", PRINT_GREEN },
        [FINDING_NOTE] = { "note", PRINT_PLAIN },
        [FINDING_DEGRADED] = { "degraded", PRINT_YELLOW },
        [FINDING_WARNING] = { "warning", PRINT_YELLOW },
        [FINDING_MISSING] = { "missing", PRINT_RED },
};

const char *
finding_word(enum finding_state state)
{
        return looks[state].word;
}

void
finding_set(struct finding *f, enum finding_state state, const char *subject, const char *format,
            ...)
{
        va_list ap;

        f->state = state;
        (void)snprintf(f->subject, sizeof(f->subject), "%s", subject);
        va_start(ap, format);
        (void)vsnprintf(f->text, sizeof(f->text), format, ap);
        va_end(ap);
        f->remedy[0] = '\0';
}

void
finding_remedy(struct finding *f, const char *format, ...)
{
        size_t used = strlen(f->remedy);
        va_list ap;

        if (used > 0 && used + 1 < sizeof(f->remedy)) {
                f->remedy[used++] = '\n';
                f->remedy[used] = '\0';
        }
        va_start(ap, format);
        (void)vsnprintf(f->remedy + used, sizeof(f->remedy) - used, format, ap);
        va_end(ap);
}

void
finding_flow(struct ctl *ctl, unsigned at, unsigned indent, const char *text)
{
        bool begun = at > indent;

        while (*text) {
                char word[WORD_MAX];
                size_t len = strcspn(text, " "), kept = len < sizeof(word) ? len : sizeof(word) - 1;
                unsigned width;

                memcpy(word, text, kept);
                word[kept] = '\0';
                width = print_width(word);
                if (begun && at + 1 + width > ctl->columns) {
                        (void)fprintf(ctl->out, "\n%*s", (int)indent, "");
                        at = indent;
                        begun = false;
                }
                (void)fprintf(ctl->out, "%s%s", begun ? " " : "", word);
                at += width + (begun ? 1 : 0);
                begun = true;
                text += len;
                text += strspn(text, " ");
        }
        (void)fputc('\n', ctl->out);
}

void
finding_print(struct ctl *ctl, const struct finding *f)
{
        const char *word = looks[f->state].word, *line = f->remedy;

        print_in(ctl, looks[f->state].colour, "%s", word);
        (void)fprintf(ctl->out, "%*s", TEXT_AT - (int)strlen(word), "");
        print_in(ctl, PRINT_BOLD, "%s:", f->subject);
        finding_flow(ctl, TEXT_AT + print_width(f->subject) + 1, TEXT_AT, f->text);
        while (*line) {
                int len = (int)strcspn(line, "\n");

                (void)fprintf(ctl->out, "%*s%.*s\n", TEXT_AT + 2, "", len, line);
                line += len;
                line += *line == '\n';
        }
}

void
finding_json(struct json *j, const struct finding *f)
{
        const char *line = f->remedy;

        json_open(j, NULL, '{');
        json_string(j, "state", looks[f->state].word);
        json_string(j, "subject", f->subject);
        json_string(j, "text", f->text);
        json_open(j, "remedy", '[');
        while (*line) {
                char copy[FINDING_REMEDY_MAX];
                size_t len = strcspn(line, "\n");

                (void)snprintf(copy, sizeof(copy), "%.*s", (int)len, line);
                json_string(j, NULL, copy);
                line += len;
                line += *line == '\n';
        }
        json_close(j, ']');
        json_close(j, '}');
}
