/* SPDX-License-Identifier: MIT */
/*
 * Owns the talk with a person's session bus.  Each wait has an end: a bus that says nothing, a
 * server that is stopped, one that is only just being started.
 */
#include "popup.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include "appinfo.h"

#define SECOND_US UINT64_C(1000000)
/* Of the patience, so much for what is only good to know. */
#define ASK_US    (3 * SECOND_US)
#define ENV_US    (SECOND_US / 2)
#define SEARCH_US SECOND_US
#define AGAIN_US  SECOND_US

#define SERVER "org.freedesktop.Notifications"
#define OBJECT "/org/freedesktop/Notifications"

/* Not the name of the desktop file: GNOME would take the two for one application, and withdraws an
 * application's notifications when their sender leaves the bus. */
#define APP_NAME "Memory guard"
/* Plasma keeps in its history only what comes from a known desktop file. */
#define DESKTOP_ENTRY "oomguard"

/* Lists in the environment may be long. */
enum { VALUE_MAX = 4096, LINE_BYTES_MAX = 1024, MEMORY_MORE_MAX = 32 << 20 };

struct environment {
        char lang[VALUE_MAX], data_home[VALUE_MAX], data_dirs[VALUE_MAX];
        bool display;
};

struct talk {
        const struct popup *what;
        uint64_t until_us; /* CLOCK_MONOTONIC */
        sd_bus *bus;
        char owner[POPUP_OWNER_MAX]; /* of the server's name; empty: not known */
        bool keeps_after_exit;       /* a desktop entry does no harm */
        bool markup;                 /* the server knows it, or nobody could be asked */
        struct environment env;
        struct notice_app app;
        struct notice_text text;
};

static uint64_t
clock_us(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * SECOND_US + (uint64_t)ts.tv_nsec / 1000;
}

/* At most so much, at most what is left, and never 0, which would mean the default. */
static uint64_t
at_most(const struct talk *t, uint64_t us)
{
        uint64_t now_us = clock_us();
        uint64_t left_us = t->until_us > now_us ? t->until_us - now_us : 1;

        return us < left_us ? us : left_us;
}

/* ---- the bus ---- */

/* Where it is; false when what is there is not a socket of theirs. */
static bool
bus_address(const struct person *p, char *ret, size_t size)
{
        char path[256];
        struct stat st;

        (void)snprintf(path, sizeof(path), "/run/user/%u/bus", (unsigned)p->uid);
        if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode) || st.st_uid != p->uid)
                return false;
        (void)snprintf(ret, size, "unix:path=%s", path);
        return true;
}

/* sd_bus_call() would wait for a bus that never says hello without an end. */
static int
wait_ready(struct talk *t)
{
        int r;

        while ((r = sd_bus_is_ready(t->bus)) == 0) {
                r = sd_bus_process(t->bus, NULL);
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;
                if (clock_us() >= t->until_us)
                        return -ETIMEDOUT;
                r = sd_bus_wait(t->bus, at_most(t, SECOND_US));
                if (r < 0 && r != -EINTR)
                        return r;
        }
        return r < 0 ? r : 0;
}

static int
connect_bus(struct talk *t)
{
        char address[300];
        int r;

        if (!bus_address(&t->what->person, address, sizeof(address)))
                return -ENOENT;
        r = sd_bus_new(&t->bus);
        if (r < 0)
                return r;
        if ((r = sd_bus_set_address(t->bus, address)) < 0 ||
            (r = sd_bus_set_bus_client(t->bus, true)) < 0 ||
            (r = sd_bus_set_method_call_timeout(t->bus, ASK_US)) < 0 ||
            (r = sd_bus_start(t->bus)) < 0)
                return r;
        return wait_ready(t);
}

static bool
is_no_server(const sd_bus_error *e)
{
        return sd_bus_error_has_name(e, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
               sd_bus_error_has_name(e, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
               (e->name && strncmp(e->name, "org.freedesktop.DBus.Error.Spawn.", 33) == 0);
}

/* ---- what is good to know ---- */

/* `rank`: of the language that is known so far. */
static void
take_variable(struct environment *env, const char *item, int *rank)
{
        static const char *const by_rank[] = { "LANG=", "LC_MESSAGES=", "LC_ALL=", "LANGUAGE=" };

        if (strncmp(item, "XDG_DATA_HOME=", 14) == 0)
                (void)snprintf(env->data_home, VALUE_MAX, "%s", item + 14);
        if (strncmp(item, "XDG_DATA_DIRS=", 14) == 0)
                (void)snprintf(env->data_dirs, VALUE_MAX, "%s", item + 14);
        env->display |= strncmp(item, "DISPLAY=", 8) == 0 && item[8];
        env->display |= strncmp(item, "WAYLAND_DISPLAY=", 16) == 0 && item[16];
        for (int i = 0; i < (int)(sizeof(by_rank) / sizeof(by_rank[0])); i++) {
                size_t len = strlen(by_rank[i]);

                if (i <= *rank || strncmp(item, by_rank[i], len) != 0 || !item[len])
                        continue;
                /* LANGUAGE is a list, best first. */
                (void)snprintf(env->lang, VALUE_MAX, "%.*s", (int)strcspn(item + len, ":"),
                               item + len);
                *rank = i;
        }
}

/*
 * The session's own environment, which its service manager has: language, data folders, and whether
 * there is a display.  Without one the places are the usual ones, and names are as they are in C.
 */
static void
find_environment(struct talk *t, uint64_t patience_us)
{
        sd_bus_message *call = NULL, *reply = NULL;
        const char *item;
        int rank = -1;

        if (sd_bus_message_new_method_call(t->bus, &call, "org.freedesktop.systemd1",
                                           "/org/freedesktop/systemd1",
                                           "org.freedesktop.DBus.Properties", "Get") < 0 ||
            sd_bus_message_append(call, "ss", "org.freedesktop.systemd1.Manager", "Environment") <
                    0 ||
            sd_bus_message_set_auto_start(call, false) < 0 ||
            sd_bus_call(t->bus, call, at_most(t, patience_us), NULL, &reply) < 0 ||
            sd_bus_message_enter_container(reply, 'v', "as") <= 0 ||
            sd_bus_message_enter_container(reply, 'a', "s") <= 0)
                goto out;
        while (sd_bus_message_read(reply, "s", &item) > 0)
                take_variable(&t->env, item, &rank);
out:
        (void)sd_bus_message_unref(call);
        (void)sd_bus_message_unref(reply);
}

/* Does anything of the unit still live?  When it is gone, so is its control group. */
static bool
unit_lives(uid_t uid, const char *unit)
{
        char path[512], line[LINE_BYTES_MAX];
        bool lives = false;
        FILE *f;

        if (strchr(unit, '/'))
                return false;
        (void)snprintf(path, sizeof(path),
                       "/sys/fs/cgroup/user.slice/user-%u.slice/user@%u.service/app.slice/%s/"
                       "cgroup.events",
                       (unsigned)uid, (unsigned)uid, unit);
        f = fopen(path, "re");
        if (!f)
                return false;
        while (fgets(line, sizeof(line), f))
                lives |= strcmp(line, "populated 1\n") == 0;
        (void)fclose(f);
        return lives;
}

static void
find_app(struct talk *t)
{
        static struct appinfo_places places;
        const struct popup *w = t->what;
        const struct wire_process *p = &w->notice.rec.process;
        const struct environment *env = &t->env;
        bool by_unit;

        if (w->notice.sight != SIGHT_OWN || p->pid <= 0)
                return;
        if (!w->person.console)
                find_environment(t, ENV_US);
        appinfo_places_of(w->person.home, env->data_home, env->data_dirs, env->lang, &places);
        if (appinfo_find(&places, p->unit, p->name, clock_us() + SEARCH_US, &t->app, &by_unit) &&
            by_unit)
                t->app.is_part = w->notice.kind == NOTICE_CLOSED && unit_lives(p->uid, p->unit);
}

/* Whose it was, for administrators.  The user database may wait; /etc/passwd does not. */
static const char *
find_user(const struct notice *n, char *ret, size_t size)
{
        char buffer[LINE_BYTES_MAX];
        struct passwd pw, *found;
        const char *name = NULL;
        FILE *f;

        if (n->sight != SIGHT_OTHERS || !(f = fopen("/etc/passwd", "re")))
                return NULL;
        while (!name && fgetpwent_r(f, &pw, buffer, sizeof(buffer), &found) == 0)
                if (found->pw_uid == n->rec.process.uid) {
                        notice_wash(found->pw_name, ret, size);
                        name = ret;
                }
        (void)fclose(f);
        return name;
}

/* ---- the server ---- */

/*
 * Who shows notifications there.  One that is being started may take its time; one that has just
 * gone may come again.  0, or what the last attempt came to.
 */
static int
ask_server(struct talk *t)
{
        const char *name, *vendor, *owner;

        for (;;) {
                sd_bus_error e = SD_BUS_ERROR_NULL;
                sd_bus_message *call = NULL, *reply = NULL;
                bool again;
                int r;

                r = sd_bus_message_new_method_call(t->bus, &call, SERVER, OBJECT, SERVER,
                                                   "GetServerInformation");
                if (r >= 0)
                        r = sd_bus_call(t->bus, call, at_most(t, ASK_US), &e, &reply);
                if (r >= 0 && sd_bus_message_read(reply, "ss", &name, &vendor) >= 0) {
                        owner = sd_bus_message_get_sender(reply);
                        (void)snprintf(t->owner, sizeof(t->owner), "%s", owner ? owner : "");
                        /* Both withdraw what a desktop entry claims once its sender has gone. */
                        t->keeps_after_exit = strcasecmp(name, "gnome-shell") != 0 &&
                                              strcasecmp(name, "cinnamon") != 0 &&
                                              strcasecmp(vendor, "GNOME") != 0;
                }
                again = r < 0 && is_no_server(&e) && clock_us() + AGAIN_US < t->until_us;
                sd_bus_error_free(&e);
                (void)sd_bus_message_unref(call);
                (void)sd_bus_message_unref(reply);
                if (!again)
                        return r < 0 ? r : 0;
                (void)usleep(AGAIN_US);
        }
}

/* A server that cannot be asked is taken to know markup: then nothing can be injected. */
static void
ask_markup(struct talk *t)
{
        sd_bus_message *call = NULL, *reply = NULL;
        const char *item;

        t->markup = true;
        if (sd_bus_message_new_method_call(t->bus, &call, SERVER, OBJECT, SERVER,
                                           "GetCapabilities") >= 0 &&
            sd_bus_call(t->bus, call, at_most(t, SECOND_US), NULL, &reply) >= 0 &&
            sd_bus_message_enter_container(reply, 'a', "s") > 0) {
                t->markup = false;
                while (sd_bus_message_read(reply, "s", &item) > 0)
                        t->markup |= strcmp(item, "body-markup") == 0;
        }
        (void)sd_bus_message_unref(call);
        (void)sd_bus_message_unref(reply);
}

static int
append_hints(const struct talk *t, sd_bus_message *m)
{
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "urgency", "y", (int)t->text.urgency);
        if (r >= 0 && t->text.transient)
                r = sd_bus_message_append(m, "{sv}", "transient", "b", 1);
        if (r >= 0 && t->keeps_after_exit)
                r = sd_bus_message_append(m, "{sv}", "desktop-entry", "s", DESKTOP_ENTRY);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int
notify(struct talk *t, uint32_t replaces, sd_bus_error *e, uint32_t *ret_id)
{
        static char escaped[NOTICE_ESCAPED_MAX];
        sd_bus_message *call = NULL, *reply = NULL;
        const char *body = t->text.body;
        int r;

        if (t->markup) {
                notice_escape(body, escaped, sizeof(escaped));
                body = escaped;
        }
        r = sd_bus_message_new_method_call(t->bus, &call, SERVER, OBJECT, SERVER, "Notify");
        if (r >= 0)
                r = sd_bus_message_append(call, "susssas", APP_NAME, replaces, t->text.icon,
                                          t->text.summary, body, 0);
        if (r >= 0)
                r = append_hints(t, call);
        if (r >= 0)
                r = sd_bus_message_append(call, "i", -1);
        if (r >= 0)
                r = sd_bus_call(t->bus, call, at_most(t, POPUP_PATIENCE_US), e, &reply);
        if (r >= 0)
                r = sd_bus_message_read(reply, "u", ret_id);
        (void)sd_bus_message_unref(call);
        (void)sd_bus_message_unref(reply);
        return r;
}

static enum popup_outcome
outcome_of(int r, const sd_bus_error *e)
{
        if (r >= 0)
                return POPUP_SHOWN;
        if (r == -ETIMEDOUT || sd_bus_error_has_name(e, SD_BUS_ERROR_NO_REPLY) ||
            sd_bus_error_has_name(e, SD_BUS_ERROR_TIMEOUT))
                return POPUP_NO_ANSWER;
        if (is_no_server(e))
                return POPUP_NO_SERVER;
        return e->name ? POPUP_REFUSED : POPUP_NO_BUS;
}

static void
show(struct talk *t, struct popup_answer *ret)
{
        const struct popup_shown *before = &t->what->before;
        sd_bus_error e = SD_BUS_ERROR_NULL;
        sd_id128_t bus = SD_ID128_NULL;
        uint32_t replaces = 0, id = 0;
        int r;

        (void)sd_bus_get_bus_id(t->bus, &bus);
        /* Another server counts anew, and the number may be somebody else's there. */
        if (before->id && t->owner[0] && strcmp(before->owner, t->owner) == 0 &&
            sd_id128_equal(before->bus, bus))
                replaces = before->id;
        r = notify(t, replaces, &e, &id);
        if (r < 0 && replaces && outcome_of(r, &e) == POPUP_REFUSED) {
                /* GNOME refuses what another connection has sent, until it has seen that one go. */
                sd_bus_error_free(&e);
                r = notify(t, 0, &e, &id);
        }
        ret->outcome = outcome_of(r, &e);
        ret->error = r < 0 ? r : 0;
        if (r >= 0) {
                ret->shown = (struct popup_shown){ .id = id, .bus = bus };
                memcpy(ret->shown.owner, t->owner, sizeof(ret->shown.owner));
        }
        sd_bus_error_free(&e);
}

static void
talk(struct talk *t, struct popup_answer *ret)
{
        const struct notice *n = &t->what->notice;
        char user[64];
        int r;

        r = connect_bus(t);
        if (r < 0) {
                ret->outcome = r == -ETIMEDOUT ? POPUP_NO_ANSWER : POPUP_NO_BUS;
                ret->error = r;
                return;
        }
        /* Whoever merely works there has a bus, too, and is not to have a server started on it. */
        if (t->what->person.console) {
                find_environment(t, ASK_US);
                if (!t->env.display) {
                        ret->outcome = POPUP_NO_SERVER;
                        return;
                }
                ret->desktop = true;
        }
        r = ask_server(t);
        find_app(t);
        notice_text(n, &t->app, find_user(n, user, sizeof(user)), &t->text);
        t->markup = true;
        /* Only then does it make a difference. */
        if (r >= 0 && notice_needs_escape(t->text.body))
                ask_markup(t);
        /* A server that did not answer may be stopped: it gets the notice all the same, and shows
         * it when it goes on. */
        show(t, ret);
}

/* A bus may answer with 128 MiB, and this is no time for it.  The person's own limits do not hold
 * here. */
static void
limit_memory(void)
{
        unsigned long long size, resident, shared, text, lib, data;
        FILE *f = fopen("/proc/self/statm", "re");
        struct rlimit r;

        if (!f)
                return;
        if (fscanf(f, "%llu %llu %llu %llu %llu %llu", &size, &resident, &shared, &text, &lib,
                   &data) == 6) {
                r.rlim_cur = data * (rlim_t)sysconf(_SC_PAGESIZE) + MEMORY_MORE_MAX;
                r.rlim_max = r.rlim_cur;
                (void)setrlimit(RLIMIT_DATA, &r);
        }
        (void)fclose(f);
}

int
popup_run(const void *what, int answer_fd)
{
        static struct talk t;
        const struct popup *w = what;
        struct popup_answer answer = { .outcome = POPUP_NOT_ALLOWED,
                                       .desktop = !w->person.console };

        /* In case nobody is there, or allowed, to end it. */
        (void)alarm((unsigned)(POPUP_LIMIT_US / SECOND_US) + 1);
        limit_memory();
        answer.error = child_become(w->person.uid, w->person.gid);
        if (answer.error == 0) {
                t.what = w;
                t.until_us = clock_us() + POPUP_PATIENCE_US;
                talk(&t, &answer);
        }
        return write(answer_fd, &answer, sizeof(answer)) == (ssize_t)sizeof(answer) ? 0 : 1;
}
