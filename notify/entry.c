/* SPDX-License-Identifier: MIT */
/*
 * Owns the format of desktop entries.  It opens no file.
 */
#include "entry.h"

#include <stdio.h>
#include <string.h>

struct span {
        const char *p;
        size_t len;
};

static bool
span_is(struct span s, const char *text)
{
        return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

static void
span_copy(struct span s, char *ret, size_t size)
{
        size_t n = s.len < size ? s.len : size - 1;

        memcpy(ret, s.p, n);
        ret[n] = '\0';
}

static struct span
trimmed(struct span s)
{
        while (s.len && (*s.p == ' ' || *s.p == '\t')) {
                s.p++;
                s.len--;
        }
        while (s.len && strchr(" \t\r", s.p[s.len - 1]))
                s.len--;
        return s;
}

/* A value of type string: \s \n \t \r \\ stand for characters. */
static void
unescape(struct span s, char *ret, size_t size)
{
        size_t at = 0;

        for (size_t i = 0; i < s.len && at + 1 < size; i++) {
                char c = s.p[i];

                if (c == '\\' && i + 1 < s.len) {
                        c = s.p[++i];
                        if (c == 's' || c == 'n' || c == 't' || c == 'r')
                                c = ' ';
                }
                if (c)
                        ret[at++] = c;
        }
        ret[at] = '\0';
}

/* ---- languages ---- */

static const char *
part(const char *p, const char *stops, char *ret)
{
        size_t n = strcspn(p, stops);

        span_copy((struct span){ p, n }, ret, ENTRY_LANG_MAX);
        return p + n;
}

void
entry_locale_parse(const char *text, struct entry_locale *ret)
{
        char encoding[ENTRY_LANG_MAX];

        memset(ret, 0, sizeof(*ret));
        text = part(text, "_.@", ret->lang);
        if (*text == '_')
                text = part(text + 1, ".@", ret->country);
        if (*text == '.')
                text = part(text + 1, "@", encoding);
        if (*text == '@')
                (void)part(text + 1, "", ret->modifier);
        if (strcmp(ret->lang, "C") == 0 || strcmp(ret->lang, "POSIX") == 0)
                memset(ret, 0, sizeof(*ret));
}

/* How well the language in brackets fits: 0 not at all, 4 best. */
static int
fit(struct span tag, const struct entry_locale *want)
{
        struct entry_locale have;
        char text[3 * ENTRY_LANG_MAX];

        if (tag.len >= sizeof(text))
                return 0;
        span_copy(tag, text, sizeof(text));
        entry_locale_parse(text, &have);
        if (!have.lang[0] || strcmp(have.lang, want->lang) != 0 ||
            (have.country[0] && strcmp(have.country, want->country) != 0) ||
            (have.modifier[0] && strcmp(have.modifier, want->modifier) != 0))
                return 0;
        return 1 + 2 * (have.country[0] != '\0') + (have.modifier[0] != '\0');
}

/* ---- Exec ---- */

/* The next word; quotes and backslashes are taken off. */
static bool
take_word(struct span *s, char *ret, size_t size)
{
        bool quoted = false;
        size_t at = 0;

        *s = trimmed(*s);
        if (s->len == 0)
                return false;
        while (s->len && (quoted || (*s->p != ' ' && *s->p != '\t'))) {
                char c = *s->p++;

                s->len--;
                if (c == '"') {
                        quoted = !quoted;
                        continue;
                }
                if (c == '\\' && s->len) {
                        c = *s->p++;
                        s->len--;
                }
                if (at + 1 < size)
                        ret[at++] = c;
        }
        ret[at] = '\0';
        return true;
}

static const char *
base_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* What many programs are started by says nothing about which it is. */
static bool
starts_others(const char *program)
{
        static const char *const words[] = { "sh",       "bash",        "dash",      "zsh",
                                             "java",     "perl",        "ruby",      "node",
                                             "gjs",      "electron",    "wine",      "mono",
                                             "flatpak",  "snap",        "sudo",      "pkexec",
                                             "xdg-open", "systemd-run", "gtk-launch" };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(program, words[i]) == 0)
                        return true;
        return strncmp(program, "python", 6) == 0;
}

static void
read_exec(struct span value, char *ret)
{
        char word[ENTRY_TEXT_MAX];
        bool after_env = false;

        ret[0] = '\0';
        while (take_word(&value, word, sizeof(word))) {
                const char *base = base_name(word);

                if (strcmp(base, "env") == 0) {
                        after_env = true;
                        continue;
                }
                if (after_env && (strchr(word, '=') || word[0] == '-'))
                        continue;
                if (!starts_others(base))
                        (void)snprintf(ret, ENTRY_TEXT_MAX, "%s", base);
                return;
        }
}

/* ---- the whole ---- */

static bool
has_item(struct span list, const char *item)
{
        size_t len = strlen(item);

        while (list.len) {
                const char *end = memchr(list.p, ';', list.len);
                size_t n = end ? (size_t)(end - list.p) : list.len;

                if (n == len && memcmp(list.p, item, n) == 0)
                        return true;
                n = end ? n + 1 : n;
                list.p += n;
                list.len -= n;
        }
        return false;
}

static void
read_key(struct span key, struct span value, const struct entry_locale *locale, int *name_fit,
         struct entry *ret)
{
        int f = 0;

        if (key.len > 6 && memcmp(key.p, "Name[", 5) == 0 && key.p[key.len - 1] == ']') {
                f = fit((struct span){ key.p + 5, key.len - 6 }, locale);
                if (f <= *name_fit)
                        return;
                *name_fit = f;
                unescape(value, ret->name, sizeof(ret->name));
        } else if (span_is(key, "Name")) {
                if (*name_fit == 0)
                        unescape(value, ret->name, sizeof(ret->name));
        } else if (span_is(key, "Icon")) {
                unescape(value, ret->icon, sizeof(ret->icon));
        } else if (span_is(key, "Exec")) {
                read_exec(value, ret->program);
        } else if (span_is(key, "TryExec")) {
                char path[ENTRY_TEXT_MAX];

                unescape(value, path, sizeof(path));
                if (!starts_others(base_name(path)))
                        memmove(ret->try_exec, base_name(path), strlen(base_name(path)) + 1);
        } else if (span_is(key, "StartupWMClass")) {
                unescape(value, ret->wm_class, sizeof(ret->wm_class));
        } else if (span_is(key, "Type")) {
                ret->is_application = span_is(value, "Application");
        } else if (span_is(key, "Hidden")) {
                ret->is_hidden = span_is(value, "true");
        } else if (span_is(key, "NoDisplay")) {
                ret->no_display = span_is(value, "true");
        } else if (span_is(key, "Categories")) {
                ret->is_terminal_emulator = has_item(value, "TerminalEmulator");
        }
}

bool
entry_parse(const char *text, size_t len, const struct entry_locale *locale, struct entry *ret)
{
        const char *end = text + len;
        bool inside = false;
        int name_fit = 0;

        memset(ret, 0, sizeof(*ret));
        while (text < end) {
                const char *newline = memchr(text, '\n', (size_t)(end - text));
                const char *stop = newline ? newline : end;
                struct span line = trimmed((struct span){ text, (size_t)(stop - text) });
                const char *equals;

                text = newline ? newline + 1 : end;
                if (line.len == 0 || *line.p == '#')
                        continue;
                if (*line.p == '[') {
                        /* Further groups are actions, with names of their own. */
                        if (inside)
                                break;
                        inside = span_is(line, "[Desktop Entry]");
                        continue;
                }
                equals = memchr(line.p, '=', line.len);
                if (!inside || !equals)
                        continue;
                size_t key_len = (size_t)(equals - line.p);

                read_key(trimmed((struct span){ line.p, key_len }),
                         trimmed((struct span){ equals + 1, line.len - key_len - 1 }), locale,
                         &name_fit, ret);
        }
        return ret->name[0] != '\0';
}
