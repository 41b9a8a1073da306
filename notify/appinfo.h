/* SPDX-License-Identifier: MIT */
/*
 * Which application a process belongs to: its name and icon, from the .desktop files that its
 * person has.  Reads files, and belongs in a child that is that person; it waits for nobody, but a
 * file system may.
 */
#ifndef NOTIFY_APPINFO_H
#define NOTIFY_APPINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "entry.h"
#include "notice.h"

enum { APPINFO_DIRS_MAX = 16, APPINFO_PATH_MAX = 512, APPINFO_ID_MAX = 128, APPINFO_IDS_MAX = 2 };

/* Where to look, best first, and in which language to read. */
struct appinfo_places {
        uint32_t n;
        char dir[APPINFO_DIRS_MAX][APPINFO_PATH_MAX]; /* without /applications */
        struct entry_locale locale;
};

/* The XDG data folders of a person; data_home and data_dirs are the variables, or NULL. */
void
appinfo_places_of(const char *home, const char *data_home, const char *data_dirs,
                  const char *locale, struct appinfo_places *ret);

/*
 * The ids (names of .desktop files, without that) which a unit may stand for: app-ID-N.scope,
 * app-LAUNCHER-ID-N.scope, app-ID@N.service, dbus-BUS-ID@N.service, snap.SNAP.APP-N.scope.  Returns
 * how many.
 */
uint32_t
appinfo_ids_of_unit(const char *unit, char ret[APPINFO_IDS_MAX][APPINFO_ID_MAX]);

/*
 * Fills name and icon by the unit, else by the name of the process; a shell in a terminal's unit is
 * not the terminal.  Looks no longer than until_us (CLOCK_MONOTONIC).  False, with *ret empty: none
 * found.  *ret_by_unit: the whole unit is the application's.
 */
bool
appinfo_find(const struct appinfo_places *places, const char *unit, const char *process_name,
             uint64_t until_us, struct notice_app *ret, bool *ret_by_unit);

#endif
