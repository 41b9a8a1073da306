/* SPDX-License-Identifier: MIT */
/*
 * Owns the search for a .desktop file.  It reads what may be anybody's files, so it opens nothing
 * but regular ones, and reads none that is absurdly large.
 */
#include "appinfo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "procstat.h"

enum {
        FILE_MAX = 131072, /* the largest of LibreOffice's has 40 KiB, most of it translations */
        ENTRIES_MAX = 8192,
        COMM_MAX = PROC_NAME_MAX - 1,
};

static uint64_t
clock_us(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- where ---- */

static void
add_place(struct appinfo_places *p, const char *dir, size_t len, const char *rest)
{
        int n;

        /* Relative ones are invalid, says the specification. */
        if (p->n >= APPINFO_DIRS_MAX || len == 0 || dir[0] != '/')
                return;
        n = snprintf(p->dir[p->n], APPINFO_PATH_MAX, "%.*s%s", (int)len, dir, rest);

        if (n > 0 && n < APPINFO_PATH_MAX)
                p->n++;
}

void
appinfo_places_of(const char *home, const char *data_home, const char *data_dirs,
                  const char *locale, struct appinfo_places *ret)
{
        ret->n = 0;
        entry_locale_parse(locale ? locale : "", &ret->locale);
        if (data_home && data_home[0])
                add_place(ret, data_home, strlen(data_home), "");
        if (home && home[0]) {
                add_place(ret, home, strlen(home), "/.local/share");
                add_place(ret, home, strlen(home), "/.local/share/flatpak/exports/share");
        }
        for (const char *p = data_dirs && data_dirs[0] ? data_dirs : "/usr/local/share:/usr/share";
             *p && ret->n < APPINFO_DIRS_MAX - 2;) {
                size_t len = strcspn(p, ":");

                add_place(ret, p, len, "");
                p += len + (p[len] == ':');
        }
        add_place(ret, "/var/lib/flatpak/exports/share", 30, "");
        add_place(ret, "/var/lib/snapd/desktop", 22, "");
}

/* ---- by unit ---- */

static int
hex(char c)
{
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes systemd's \xNN off.  False for what is not the name of a file. */
static bool
make_id(const char *text, size_t len, char *ret)
{
        size_t at = 0;

        for (size_t i = 0; i < len && at + 1 < APPINFO_ID_MAX; i++) {
                char c = text[i];

                if (c == '\\' && i + 3 < len && text[i + 1] == 'x' && hex(text[i + 2]) >= 0 &&
                    hex(text[i + 3]) >= 0) {
                        c = (char)(hex(text[i + 2]) * 16 + hex(text[i + 3]));
                        i += 3;
                }
                if (c == '/' || c == '\0')
                        return false;
                ret[at++] = c;
        }
        ret[at] = '\0';
        return at > 0 && ret[0] != '.';
}

static bool
begins(const char *text, const char *word)
{
        return strncmp(text, word, strlen(word)) == 0;
}

/* snap.SNAP.APP-UUID.scope, formerly snap.SNAP.APP.UUID.scope: SNAP_APP.desktop. */
static uint32_t
ids_of_snap(const char *p, size_t len, char ret[][APPINFO_ID_MAX])
{
        const char *dot = memchr(p, '.', len);
        size_t snap_len, app_len;

        if (!dot)
                return 0;
        snap_len = (size_t)(dot - p);
        app_len = strcspn(dot + 1, ".");
        if (app_len > 37 && dot[1 + app_len - 37] == '-')
                app_len -= 37; /* - and a UUID */
        if (snap_len == 0 || app_len == 0 || snap_len + app_len + 2 > APPINFO_ID_MAX ||
            memchr(p, '/', len))
                return 0;
        (void)snprintf(ret[0], APPINFO_ID_MAX, "%.*s_%.*s", (int)snap_len, p, (int)app_len,
                       dot + 1);
        return 1;
}

uint32_t
appinfo_ids_of_unit(const char *unit, char ret[APPINFO_IDS_MAX][APPINFO_ID_MAX])
{
        const char *suffix = strrchr(unit, '.'), *p, *dash;
        bool is_scope = suffix && strcmp(suffix, ".scope") == 0;
        uint32_t n = 0;
        size_t len;

        if (!is_scope && !(suffix && strcmp(suffix, ".service") == 0))
                return 0;
        len = (size_t)(suffix - unit);
        /* `snap.service` is none. */
        if (begins(unit, "snap.") && len > 5)
                return ids_of_snap(unit + 5, len - 5, ret);
        if (!begins(unit, "app-") && !begins(unit, "dbus-"))
                return 0;
        p = strchr(unit, '-') + 1;
        len = (size_t)(suffix - p);
        const char *at = memchr(p, '@', len);

        if (at) {
                len = (size_t)(at - p);
        } else if (is_scope) {
                dash = memrchr(p, '-', len);
                if (!dash)
                        return 0;
                len = (size_t)(dash - p);
        }
        /* A launcher may stand before the id; a dash of the id itself should be written \x2d. */
        dash = memrchr(p, '-', len);
        if (dash && make_id(dash + 1, len - (size_t)(dash + 1 - p), ret[n]))
                n++;
        if (!begins(unit, "dbus-") && make_id(p, len, ret[n]))
                n++;
        return n;
}

/* ---- files ---- */

static bool
read_entry(int dir_fd, const char *path, const struct entry_locale *locale, struct entry *ret)
{
        static char text[FILE_MAX];
        struct stat st;
        size_t len = 0;
        ssize_t n;
        int fd;

        fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return false;
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
                (void)close(fd);
                return false;
        }
        do {
                n = read(fd, text + len, sizeof(text) - len);
                len += n > 0 ? (size_t)n : 0;
        } while (n > 0 && len < sizeof(text));
        (void)close(fd);
        return entry_parse(text, len, locale, ret) && !ret->is_hidden && ret->is_application;
}

/* kde4-okular is okular.desktop in kde4. */
static bool
find_id(const struct appinfo_places *places, const char *id, struct entry *ret)
{
        for (uint32_t i = 0; i < places->n; i++) {
                char path[APPINFO_PATH_MAX + APPINFO_ID_MAX + 32];
                int n = snprintf(path, sizeof(path), "%s/applications/", places->dir[i]);
                char *name = path + n, *dash;

                (void)snprintf(name, sizeof(path) - (size_t)n, "%s.desktop", id);
                if (read_entry(AT_FDCWD, path, &places->locale, ret))
                        return true;
                dash = strchr(name, '-');
                if (!dash || dash == name)
                        continue;
                *dash = '/';
                if (read_entry(AT_FDCWD, path, &places->locale, ret))
                        return true;
        }
        return false;
}

/* ---- by name ---- */

/* The kernel cuts the names of processes. */
static bool
is_process_of(const char *program, const char *process)
{
        return program[0] && strncmp(program, process, COMM_MAX) == 0;
}

static bool
is_of(const struct entry *e, const char *process)
{
        return is_process_of(e->program, process) || is_process_of(e->try_exec, process);
}

/* How well an entry fits the process, 0: not; `id` is the name of its file. */
static int
score(const struct entry *e, const char *id, const char *process)
{
        const char *dot;
        char last[APPINFO_ID_MAX];
        size_t len = strlen(id) - strlen(".desktop");

        if (is_of(e, process))
                return e->no_display ? 5 : 6;
        if (e->wm_class[0] && strncasecmp(e->wm_class, process, COMM_MAX) == 0)
                return e->no_display ? 3 : 4;
        if (len >= sizeof(last))
                return 0;
        memcpy(last, id, len);
        last[len] = '\0';
        dot = strrchr(last, '.');
        if (strncasecmp(dot ? dot + 1 : last, process, COMM_MAX) == 0)
                return e->no_display ? 1 : 2;
        return 0;
}

struct search {
        const struct appinfo_places *places;
        const char *process;
        uint64_t until_us;
        uint32_t n;
        int best;
        struct entry *found;
};

static bool
is_desktop_file(const char *name)
{
        size_t n = strlen(name);

        return name[0] != '.' && n > 8 && strcmp(name + n - 8, ".desktop") == 0;
}

static void
search_dir(struct search *s, int dir_fd, bool deeper)
{
        DIR *dir = dir_fd >= 0 ? fdopendir(dir_fd) : NULL;
        struct dirent *d;

        if (!dir) {
                if (dir_fd >= 0)
                        (void)close(dir_fd);
                return;
        }
        while ((d = readdir(dir)) != NULL && s->best < 6) {
                struct entry e;
                int now;

                if (s->n++ >= ENTRIES_MAX || clock_us() >= s->until_us)
                        break;
                if (deeper && d->d_type == DT_DIR && d->d_name[0] != '.') {
                        search_dir(s,
                                   openat(dirfd(dir), d->d_name,
                                          O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK),
                                   false);
                        continue;
                }
                if (!is_desktop_file(d->d_name) ||
                    !read_entry(dirfd(dir), d->d_name, &s->places->locale, &e))
                        continue;
                now = score(&e, d->d_name, s->process);
                if (now > s->best) {
                        s->best = now;
                        *s->found = e;
                }
        }
        (void)closedir(dir);
}

static bool
find_name(const struct appinfo_places *places, const char *process, uint64_t until_us,
          struct entry *ret)
{
        struct search s = {
                .places = places, .process = process, .until_us = until_us, .found = ret
        };

        for (uint32_t i = 0; i < places->n && s.best < 6; i++) {
                char path[APPINFO_PATH_MAX + 32];

                (void)snprintf(path, sizeof(path), "%s/applications", places->dir[i]);
                search_dir(&s, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK), true);
        }
        return s.best > 0;
}

/* ---- the answer ---- */

/* An icon's path becomes a URI, because that is what servers take. */
static void
make_icon(const char *icon, char *ret)
{
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                    "-._~/";
        size_t at;

        if (icon[0] != '/') {
                (void)snprintf(ret, NOTICE_ICON_MAX, "%s", icon);
                return;
        }
        at = (size_t)snprintf(ret, NOTICE_ICON_MAX, "file://");
        for (const unsigned char *p = (const unsigned char *)icon; *p && at + 4 < NOTICE_ICON_MAX;
             p++) {
                if (strchr(plain, *p))
                        ret[at++] = (char)*p;
                else
                        at += (size_t)snprintf(ret + at, 4, "%%%02X", *p);
        }
        ret[at] = '\0';
}

bool
appinfo_find(const struct appinfo_places *places, const char *unit, const char *process_name,
             uint64_t until_us, struct notice_app *ret, bool *ret_by_unit)
{
        char ids[APPINFO_IDS_MAX][APPINFO_ID_MAX];
        uint32_t n = appinfo_ids_of_unit(unit, ids);
        struct entry e = { .name = "" };
        bool found = false;

        *ret = (struct notice_app){ .name = "" };
        *ret_by_unit = false;
        for (uint32_t i = 0; i < n && !found; i++)
                found = find_id(places, ids[i], &e);
        /* What runs in a terminal is not the terminal. */
        if (found && e.is_terminal_emulator && !is_of(&e, process_name))
                found = false;
        *ret_by_unit = found;
        if (!found && process_name[0])
                found = find_name(places, process_name, until_us, &e);
        if (!found)
                return false;
        notice_wash(e.name, ret->name, sizeof(ret->name));
        make_icon(e.icon, ret->icon);
        return true;
}
