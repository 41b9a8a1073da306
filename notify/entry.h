/* SPDX-License-Identifier: MIT */
/*
 * A desktop entry (the text of a .desktop file) as far as a notice needs it.  Pure: text in, fields
 * out, whatever the text is.
 */
#ifndef NOTIFY_ENTRY_H
#define NOTIFY_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

enum { ENTRY_TEXT_MAX = 256, ENTRY_LANG_MAX = 24 };

/* Parts of a locale's name: language_COUNTRY.encoding@MODIFIER. */
struct entry_locale {
        char lang[ENTRY_LANG_MAX];
        char country[ENTRY_LANG_MAX];
        char modifier[ENTRY_LANG_MAX];
};

struct entry {
        char name[ENTRY_TEXT_MAX];     /* in the language, or without one */
        char icon[ENTRY_TEXT_MAX];     /* as it stands: a name or a path */
        char program[ENTRY_TEXT_MAX];  /* last part of the path of what Exec starts; may be empty */
        char try_exec[ENTRY_TEXT_MAX]; /* last part of TryExec's path */
        char wm_class[ENTRY_TEXT_MAX];
        bool is_application, is_hidden, no_display, is_terminal_emulator;
};

/* `de_AT.UTF-8@euro`; `C`, `POSIX` and the empty text are no language. */
void
entry_locale_parse(const char *text, struct entry_locale *ret);

/* False when there is no [Desktop Entry] with a name. */
bool
entry_parse(const char *text, size_t len, const struct entry_locale *locale, struct entry *ret);

#endif
