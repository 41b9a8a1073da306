/* SPDX-License-Identifier: MIT */
/*
 * Owns lines and faults: which lines are settings, what becomes of them, how a fault is worded.
 * Never opens a file, never ends at the first fault.
 *
 * inih splits lines into section, key and value.  It knows no line numbers, joins indented lines
 * to the key above, cuts values at ` ;`, delivers what it has truncated, reads `key: value` and
 * drops what follows a `]`; how, depends on who built it.  So it is fed by a reader of our own,
 * which lets through only lines that every inih reads alike and tells the others.
 */
#include "loader.h"
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
        LINE_MAX_BYTES = 196, /* inih's buffer is 200 wherever nobody changed it */
        VALUE_SHOWN = 60,     /* bytes of a value in a fault */
        FAULT_MAX = 768,
};

_Static_assert((int)LINE_MAX_BYTES <= (int)VALUE_TEXT_MAX, "a value is no longer than its line");

void
loader_tell(struct loader *l, const char *path, uint32_t line, const char *fmt, ...)
{
        char text[FAULT_MAX], place[16] = "";
        int n;
        va_list ap;

        if (line)
                (void)snprintf(place, sizeof(place), ":%u", line);
        n = snprintf(text, sizeof(text), "%.*s%s: ", POLICY_PATH_MAX, path, place);
        va_start(ap, fmt);
        (void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
        va_end(ap);
        /* Paths and values come from anywhere and end up in terminals and journals. */
        for (char *c = text; *c; c++) {
                if (*c < ' ' || *c > '~')
                        *c = '?';
        }
        l->n_faults++;
        if (l->fault)
                l->fault(l->arg, text);
}

static void
tell_value(struct loader *l, const char *section, const char *name, const char *value)
{
        bool cut = strlen(value) > VALUE_SHOWN;

        loader_tell(l, l->path, l->target.line, "[%s] %s=%.*s%s: %s", section, name, VALUE_SHOWN,
                    value, cut ? "..." : "", l->target.why);
}

/* inih's handler; nonzero goes on. */
static int
take_value(void *user, const char *section, const char *name, const char *value)
{
        struct loader *l = user;
        uint8_t file = (uint8_t)(l->policy.n_files - 1);
        int i;
        struct setting *s;

        if (!name || !value) /* some builds also announce sections */
                return 1;
        i = keys_find(section, name);
        if (i < 0) {
                const char *meant = keys_nearest(section, name);

                values_explain(&l->target, "unknown key%s%s%s", meant ? ", is " : "",
                               meant ? meant : "", meant ? " meant?" : "");
                tell_value(l, section, name, value);
                return 1;
        }
        s = &l->set[i];
        if (keys[i].type->format && s->order > 0 && s->file == file) {
                values_explain(&l->target, "stands twice, first in line %u", s->line);
                tell_value(l, section, name, value);
                return 1;
        }
        s->order = ++l->n_settings;
        s->file = file;
        s->line = l->target.line;
        s->faulty = !keys[i].type->parse(&l->target, &keys[i], value);
        if (s->faulty)
                tell_value(l, section, name, value);
        return 1;
}

/* `[name]`: keeps track of the section, and false when inih shall not see it. */
static bool
admit_section(struct loader *l, char *line)
{
        char *close = strchr(line, ']');
        const char *meant;

        l->in_section = true;
        l->known_section = false;
        if (!close) {
                loader_tell(l, l->path, l->target.line, "%.*s: missing ]", VALUE_SHOWN, line);
                return false;
        }
        if (close[1]) {
                loader_tell(l, l->path, l->target.line, "%.*s: text after the ]", VALUE_SHOWN,
                            line);
                return false;
        }
        *close = '\0';
        l->known_section = keys_is_section(line + 1);
        meant = keys_nearest(NULL, line + 1);
        if (!l->known_section)
                loader_tell(l, l->path, l->target.line, "[%.*s]: unknown section%s%s%s",
                            VALUE_SHOWN, line + 1, meant ? ", is [" : "", meant ? meant : "",
                            meant ? "] meant?" : "");
        *close = ']';
        return l->known_section;
}

/* `key = value`: what every inih splits in the same two parts. */
static const char *
key_line_fault(const char *line)
{
        const char *equals = strchr(line, '='), *colon = strchr(line, ':');

        if (!equals || (colon && colon < equals))
                return "missing =";
        if (equals == line)
                return "no key before the =";
        for (const char *c = line; *c; c++) {
                if ((unsigned char)*c < ' ' && *c != '\t')
                        return "holds a control character";
        }
        for (const char *c = line + 1; *c; c++) {
                if ((*c == ';' || *c == '#') && (c[-1] == ' ' || c[-1] == '\t'))
                        return "a comment needs a line of its own (in a pattern write [;] or [#])";
        }
        return NULL;
}

/* Decides whether inih sees the line, which has `len` bytes; tells why not where that is a fault.
 */
static bool
admit_line(struct loader *l, char *line, size_t len, size_t max)
{
        size_t blanks = strspn(line, " \t");
        const char *why = NULL;

        if (strlen(line) != len)
                why = "holds a zero byte";
        else if (line[blanks] == '\0' || line[blanks] == '#' || line[blanks] == ';')
                return false;
        else if (len > max)
                why = "line is too long";
        else if (blanks > 0)
                why = "line begins with a blank";
        else if (*line == '[')
                return admit_section(l, line);
        else if (!l->in_section)
                why = "key before any section";
        else if (l->known_section)
                why = key_line_fault(line);
        if (why)
                loader_tell(l, l->path, l->target.line, "%.*s%s: %s", VALUE_SHOWN, line,
                            len > VALUE_SHOWN ? "..." : "", why);
        return !why && l->known_section;
}

/* inih's reader: fgets(3) over the text, with every line that is not for inih made blank. */
static char *
read_line(char *buf, int size, void *stream)
{
        struct loader *l = stream;
        size_t room = (size_t)size - 2, len;
        char *line = l->p, *newline;

        if (l->p == l->end)
                return NULL;
        newline = memchr(line, '\n', (size_t)(l->end - line));
        len = (size_t)((newline ? newline : l->end) - line);
        l->p = newline ? newline + 1 : l->end;
        l->target.line++;
        while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
                len--;
        line[len] = '\0';
        if (!admit_line(l, line, len, room < LINE_MAX_BYTES ? room : LINE_MAX_BYTES))
                len = 0;
        memcpy(buf, line, len);
        memcpy(buf + len, "\n", 2);
        return buf;
}

void
loader_read(struct loader *l, const char *path, char *text, size_t len)
{
        static const char bom[] = "\xef\xbb\xbf";
        struct policy *p = &l->policy;
        size_t path_len = strlen(path);

        l->path = path;
        l->p = text;
        l->end = text + len;
        l->target.line = 0;
        l->in_section = l->known_section = false;
        if (p->n_files == POLICY_FILES_MAX) {
                loader_tell(l, path, 0, "is one file more than the maximum of %d",
                            POLICY_FILES_MAX);
                return;
        }
        if (path_len >= sizeof(p->files[0])) {
                loader_tell(l, path, 0, "the path is longer than %zu bytes",
                            sizeof(p->files[0]) - 1);
                return;
        }
        memcpy(p->files[p->n_files++], path, path_len + 1);
        if (len >= sizeof(bom) - 1 && memcmp(text, bom, sizeof(bom) - 1) == 0)
                l->p += sizeof(bom) - 1;
        /* Some builds allocate; whatever else they have to say was told by the reader. */
        if (ini_parse_stream(read_line, l, take_value, l) < 0)
                loader_tell(l, path, 0, "cannot be read: %s", strerror(ENOMEM));
}
