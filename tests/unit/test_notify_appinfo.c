/* SPDX-License-Identifier: MIT */
/*
 * Which application a process belongs to, on made-up data folders.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "notify/appinfo.h"
#include "notify/sessions.h"

enum { PATH_BYTES = 512 };

static char folder[PATH_BYTES];

static void
put(const char *data_dir, const char *id, const char *lines)
{
        char path[2 * PATH_BYTES];
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/%s", folder, data_dir);
        (void)mkdir(path, 0755);
        (void)snprintf(path, sizeof(path), "%s/%s/applications", folder, data_dir);
        (void)mkdir(path, 0755);
        (void)snprintf(path, sizeof(path), "%s/%s/applications/%s.desktop", folder, data_dir, id);
        f = fopen(path, "we");
        assert_non_null(f);
        (void)fprintf(f, "[Desktop Entry]\nType=Application\n%s", lines);
        assert_int_equal(fclose(f), 0);
}

static void
put_folder(const char *data_dir, const char *name)
{
        char path[2 * PATH_BYTES];

        (void)snprintf(path, sizeof(path), "%s/%s/applications/%s", folder, data_dir, name);
        assert_int_equal(mkdir(path, 0755), 0);
}

static int
make_folder(void **state)
{
        (void)state;
        (void)snprintf(folder, sizeof(folder), "/tmp/test_notify_appinfo.XXXXXX");
        return mkdtemp(folder) ? 0 : -1;
}

static int
remove_folder(void **state)
{
        char command[2 * PATH_BYTES];

        (void)state;
        (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
        return system(command) == 0 ? 0 : -1;
}

static bool
find(const char *unit, const char *name, struct notice_app *ret)
{
        char home[PATH_BYTES + 16], dirs[2 * PATH_BYTES + 32];
        static struct appinfo_places places;
        bool by_unit;

        (void)snprintf(home, sizeof(home), "%s/home", folder);
        (void)snprintf(dirs, sizeof(dirs), "%s/one:%s/two", folder, folder);
        appinfo_places_of(NULL, home, dirs, "de_DE.UTF-8", &places);
        return appinfo_find(&places, unit, name, UINT64_MAX, ret, &by_unit);
}

static void
assert_finds(const char *unit, const char *name, const char *app)
{
        struct notice_app found;

        if (!app) {
                assert_false(find(unit, name, &found));
                assert_string_equal(found.name, "");
                return;
        }
        assert_true(find(unit, name, &found));
        assert_string_equal(found.name, app);
}

static void
units_have_ids_in_them(void **state)
{
        static const struct {
                const char *unit, *first, *second;
        } cases[] = {
                { "app-gnome-firefox-1234.scope", "firefox", "gnome-firefox" },
                { "app-gnome-org.gnome.Terminal-99.scope", "org.gnome.Terminal",
                  "gnome-org.gnome.Terminal" },
                { "app-org.kde.kate-0a1b.scope", "org.kde.kate", NULL },
                { "app-org.kde.konsole@0a1b.service", "org.kde.konsole", NULL },
                { "app-flatpak-org.mozilla.firefox-77.scope", "org.mozilla.firefox",
                  "flatpak-org.mozilla.firefox" },
                { "app-google\\x2dchrome-77.scope", "google-chrome", NULL },
                { "app-gnome-google\\x2dchrome-77.scope", "google-chrome", "gnome-google-chrome" },
                { "dbus-:1.2-org.gnome.Calculator@0.service", "org.gnome.Calculator", NULL },
                { "snap.firefox.firefox-0fd0bb5f-4a31-4b5c-8c25-1a7b3c6f1d11.scope",
                  "firefox_firefox", NULL },
                { "snap.code.code.0fd0bb5f-4a31-4b5c-8c25-1a7b3c6f1d11.scope", "code_code", NULL },
                { "app-firefox.service", "firefox", NULL },
                { "vte-spawn-0fd0bb5f.scope", NULL, NULL },
                { "session-2.scope", NULL, NULL },
                { "nginx.service", NULL, NULL },
                { "app-.scope", NULL, NULL },
                { "app--.scope", NULL, NULL },
                { "app-x.scope", NULL, NULL },
                { "app-..\\x2f..\\x2fetc-1.scope", NULL, NULL },
                { "app-.hidden-1.scope", NULL, NULL },
                { "app-a\\x00b-1.scope", NULL, NULL },
                { "app-firefox-1", NULL, NULL },
                { "snap..x.scope", NULL, NULL },
                { "snap.service", NULL, NULL },
                { "snap.scope", NULL, NULL },
                { "app-.service", NULL, NULL },
                { "dbus-.service", NULL, NULL },
                { ".scope", NULL, NULL },
                { ".service", NULL, NULL },
                { "snap.x", NULL, NULL },
                { "", NULL, NULL },
        };
        char ids[APPINFO_IDS_MAX][APPINFO_ID_MAX];

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                uint32_t n = appinfo_ids_of_unit(cases[i].unit, ids);

                assert_int_equal(n, (cases[i].first != NULL) + (cases[i].second != NULL));
                if (cases[i].first)
                        assert_string_equal(ids[0], cases[i].first);
                if (cases[i].second)
                        assert_string_equal(ids[1], cases[i].second);
        }
}

static void
the_unit_says_more_than_the_name(void **state)
{
        (void)state;
        put("one", "firefox", "Name=Firefox\nExec=firefox\n");
        put("one", "other", "Name=Other\nExec=/usr/bin/web\n");
        assert_finds("app-gnome-firefox-1.scope", "Isolated Web Co", "Firefox");
        assert_finds("app-gnome-firefox-1.scope", "web", "Firefox");
        assert_finds("session-2.scope", "web", "Other");
        assert_finds("app-gnome-unknown-1.scope", "web", "Other");
        assert_finds("app-gnome-unknown-1.scope", "unknown", NULL);
        assert_finds("", "", NULL);
}

static void
what_runs_in_a_terminal_is_not_the_terminal(void **state)
{
        (void)state;
        put("one", "kitty", "Name=kitty\nExec=/usr/bin/kitty\nCategories=TerminalEmulator;\n");
        put("one", "gimp", "Name=GIMP\nExec=gimp %U\n");
        assert_finds("app-gnome-kitty-1.scope", "kitty", "kitty");
        assert_finds("app-gnome-kitty-1.scope", "cc1plus", NULL);
        assert_finds("app-gnome-kitty-1.scope", "gimp", "GIMP");
}

static void
a_name_is_found_as_far_as_the_kernel_tells_it(void **state)
{
        (void)state;
        put("one", "monitor", "Name=Monitor\nExec=gnome-system-monitor\n");
        put("one", "wrapped", "Name=Wrapped\nExec=sh -c x\nTryExec=/opt/wrapped/real\n");
        put("one", "class", "Name=Class\nExec=python3 x\nStartupWMClass=Navigator\n");
        put("one", "org.gnome.Maps", "Name=Maps\nExec=gjs maps\n");
        assert_finds("", "gnome-system-mo", "Monitor");
        assert_finds("", "gnome-system", NULL);
        assert_finds("", "real", "Wrapped");
        assert_finds("", "navigator", "Class");
        assert_finds("", "maps", "Maps");
        assert_finds("", "python3", NULL);
        assert_finds("", "sh", NULL);
}

static void
the_persons_own_files_come_first(void **state)
{
        (void)state;
        put("two", "app", "Name=System\nExec=app\n");
        put("one", "zapp", "Name=Local\nExec=app\n");
        assert_finds("", "app", "Local");
        assert_finds("app-app-1.scope", "x", "System");
        put("home", "app", "Name=Own\nName[de]=Eigenes\nExec=app\n");
        assert_finds("", "app", "Eigenes");
        assert_finds("app-app-1.scope", "x", "Eigenes");
        /* What is shown in menus is rather meant than what is not. */
        put("home", "app", "Name=Own\nExec=app\nNoDisplay=true\n");
        assert_finds("", "app", "Local");
        put("home", "app", "Name=Own\nExec=app\nHidden=true\n");
        assert_finds("", "app", "Local");
}

static void
folders_may_be_one_deep(void **state)
{
        (void)state;
        put("one", "x", "Name=X\nExec=x\n");
        put_folder("one", "kde");
        put("one", "kde/okular", "Name=Okular\nExec=okular\n");
        assert_finds("app-kde\\x2dokular-1.scope", "y", "Okular");
        assert_finds("", "okular", "Okular");
}

static void
nothing_but_regular_files_is_read(void **state)
{
        char path[2 * PATH_BYTES];

        (void)state;
        put("one", "x", "Name=X\nExec=x\n");
        put_folder("one", "dir.desktop");
        (void)snprintf(path, sizeof(path), "%s/one/applications/fifo.desktop", folder);
        assert_int_equal(mkfifo(path, 0644), 0);
        (void)snprintf(path, sizeof(path), "%s/one/applications/zero.desktop", folder);
        assert_int_equal(symlink("/dev/zero", path), 0);
        (void)snprintf(path, sizeof(path), "%s/one/applications/loop.desktop", folder);
        assert_int_equal(symlink("loop.desktop", path), 0);
        (void)alarm(20);
        assert_finds("app-fifo-1.scope", "fifo", NULL);
        assert_finds("app-dir-1.scope", "dir", NULL);
        assert_finds("app-zero-1.scope", "zero", NULL);
        (void)alarm(0);
}

static void
icons_become_names_or_uris(void **state)
{
        struct notice_app found;

        (void)state;
        put("one", "a", "Name=A\nExec=a\nIcon=a-icon\n");
        put("one", "b", "Name=B\nExec=b\nIcon=/opt/b c/ü.png\n");
        assert_true(find("", "a", &found));
        assert_string_equal(found.icon, "a-icon");
        assert_true(find("", "b", &found));
        assert_string_equal(found.icon, "file:///opt/b%20c/%C3%BC.png");
}

static void
the_search_has_an_end(void **state)
{
        static struct appinfo_places places;
        char dirs[PATH_BYTES + 16];
        struct notice_app found;
        bool by_unit;

        (void)state;
        put("one", "a", "Name=A\nExec=a\n");
        (void)snprintf(dirs, sizeof(dirs), "%s/one", folder);
        appinfo_places_of(NULL, NULL, dirs, NULL, &places);
        assert_true(appinfo_find(&places, "", "a", UINT64_MAX, &found, &by_unit));
        assert_false(appinfo_find(&places, "", "a", 0, &found, &by_unit));
}

static void
places_are_absolute_and_not_too_many(void **state)
{
        static struct appinfo_places places;
        char many[2048] = "relative::";

        (void)state;
        for (int i = 0; i < 100; i++)
                strcat(many, "/x:");
        appinfo_places_of("/home/ann", "relative", many, "C", &places);
        assert_int_equal(places.n, APPINFO_DIRS_MAX);
        assert_string_equal(places.dir[0], "/home/ann/.local/share");
        assert_string_equal(places.dir[1], "/home/ann/.local/share/flatpak/exports/share");
        assert_string_equal(places.dir[2], "/x");
        assert_string_equal(places.dir[APPINFO_DIRS_MAX - 1], "/var/lib/snapd/desktop");
        appinfo_places_of("", NULL, "", NULL, &places);
        assert_int_equal(places.n, 4);
        assert_string_equal(places.dir[0], "/usr/local/share");
        assert_string_equal(places.dir[1], "/usr/share");
}

static void
some_sessions_are_those_of_people(void **state)
{
        static const struct {
                const char *class, *state, *type;
                bool remote, seat;
                enum session_kind kind;
        } t[] = {
                { "user", "active", "x11", false, true, SESSION_GRAPHICAL },
                { "user", "online", "wayland", false, true, SESSION_GRAPHICAL },
                { "user", "active", "x11", true, false, SESSION_GRAPHICAL },
                { "user-early", "active", "wayland", false, true, SESSION_GRAPHICAL },
                { "user", "closing", "x11", false, true, SESSION_OTHER },
                { "user", "active", "unspecified", false, true, SESSION_OTHER },
                { "greeter", "active", "wayland", false, true, SESSION_OTHER },
                { "lock-screen", "active", "x11", false, true, SESSION_OTHER },
                { "manager", "active", "x11", false, true, SESSION_OTHER },
                { "background", "active", "x11", false, true, SESSION_OTHER },
                { "user", "active", "tty", false, true, SESSION_CONSOLE },
                { "user-early", "online", "tty", false, true, SESSION_CONSOLE },
                { "user", "closing", "tty", false, true, SESSION_OTHER },
                { "user", "active", "tty", true, true, SESSION_OTHER },
                { "user", "active", "tty", false, false, SESSION_OTHER },
                { "manager", "active", "tty", false, true, SESSION_OTHER },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
                assert_int_equal(
                        sessions_kind_of(t[i].class, t[i].state, t[i].type, t[i].remote, t[i].seat),
                        t[i].kind);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(units_have_ids_in_them),
                CASE(the_unit_says_more_than_the_name),
                CASE(what_runs_in_a_terminal_is_not_the_terminal),
                CASE(a_name_is_found_as_far_as_the_kernel_tells_it),
                CASE(the_persons_own_files_come_first),
                CASE(folders_may_be_one_deep),
                CASE(nothing_but_regular_files_is_read),
                CASE(icons_become_names_or_uris),
                CASE(the_search_has_an_end),
                cmocka_unit_test(places_are_absolute_and_not_too_many),
                cmocka_unit_test(some_sessions_are_those_of_people),
        };

        return cmocka_run_group_tests_name("notify_appinfo", tests, NULL, NULL);
}
