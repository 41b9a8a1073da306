/* SPDX-License-Identifier: MIT */
/*
 * Owns the list of people.  What the user database says of somebody is asked once, when a session
 * of theirs appears: the database may be slow, and under pressure there is no time for it.
 */
#include "sessions.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>
#include <time.h>
#include <unistd.h>

#define SECOND_US UINT64_C(1000000)
/* logind makes its folder when it starts; until then there is nothing to watch. */
#define RETRY_US   (30 * SECOND_US)
#define LEISURE_US (10 * SECOND_US)

enum { GROUPS_MAX = 256, NAMES_BYTES = 16384, USER_NAME_MAX = 256 };

struct sessions {
        sd_event *event;
        sd_login_monitor *monitor; /* NULL: logind has not been seen */
        sd_event_source *source, *retry;
        void (*changed)(void *arg, const struct people *people);
        void *arg;
        struct people people;
};

enum session_kind
sessions_kind_of(const char *class, const char *state, const char *type, bool remote, bool seat)
{
        /* `user`, and of late `user-early` and others; not `greeter`, `lock-screen`, `manager`. */
        if (strcmp(class, "user") != 0 && strncmp(class, "user-", 5) != 0)
                return SESSION_OTHER;
        if (strcmp(state, "closing") == 0)
                return SESSION_OTHER;
        if (strcmp(type, "x11") == 0 || strcmp(type, "wayland") == 0 || strcmp(type, "mir") == 0)
                return SESSION_GRAPHICAL;
        return strcmp(type, "tty") == 0 && !remote && seat ? SESSION_CONSOLE : SESSION_OTHER;
}

/* ---- one person ---- */

static bool
is_admin(const char *name, gid_t gid)
{
        static const char *const groups[] = { "sudo", "wheel", "adm" };
        gid_t of[GROUPS_MAX];
        int n = GROUPS_MAX;

        /* Of somebody in more groups than fit the first ones count. */
        if (getgrouplist(name, gid, of, &n) < 0)
                n = GROUPS_MAX;
        for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
                char buffer[NAMES_BYTES];
                struct group g, *found = NULL;

                if (getgrnam_r(groups[i], &g, buffer, sizeof(buffer), &found) != 0 || !found)
                        continue;
                for (int k = 0; k < n; k++)
                        if (of[k] == found->gr_gid)
                                return true;
        }
        return false;
}

static bool
look_up(uid_t uid, struct person *ret)
{
        char buffer[NAMES_BYTES];
        struct passwd pw, *found = NULL;

        if (getpwuid_r(uid, &pw, buffer, sizeof(buffer), &found) != 0 || !found)
                return false;
        *ret = (struct person){ .uid = uid, .gid = found->pw_gid };
        ret->admin = uid == 0 || is_admin(found->pw_name, found->pw_gid);
        (void)snprintf(ret->home, sizeof(ret->home), "%s", found->pw_dir);
        return true;
}

static const struct person *
find(const struct people *people, uid_t uid)
{
        for (uint32_t i = 0; i < people->n; i++)
                if (people->p[i].uid == uid)
                        return &people->p[i];
        return NULL;
}

static void
add(struct people *to, uid_t uid, bool console, const struct people *known)
{
        const struct person *p = find(known, uid);

        if (find(to, uid) || to->n == PEOPLE_MAX)
                return;
        if (p)
                to->p[to->n] = *p;
        else if (!look_up(uid, &to->p[to->n]))
                return;
        to->p[to->n++].console = console;
}

/* ---- all of them ---- */

static enum session_kind
kind_of(const char *session)
{
        char *class = NULL, *state = NULL, *type = NULL, *seat = NULL;
        enum session_kind kind = SESSION_OTHER;

        if (sd_session_get_class(session, &class) >= 0 &&
            sd_session_get_state(session, &state) >= 0 && sd_session_get_type(session, &type) >= 0)
                kind = sessions_kind_of(class, state, type, sd_session_is_remote(session) != 0,
                                        sd_session_get_seat(session, &seat) >= 0);
        free(class);
        free(state);
        free(type);
        free(seat);
        return kind;
}

static void
list_kind(char **sessions, enum session_kind kind, const struct people *known, struct people *ret)
{
        uid_t uid;

        for (char **s = sessions; *s; s++)
                if (kind_of(*s) == kind && sd_session_get_uid(*s, &uid) >= 0)
                        add(ret, uid, kind == SESSION_CONSOLE, known);
}

static void
list(const struct people *known, struct people *ret)
{
        char **sessions = NULL;

        ret->n = 0;
        if (geteuid() != 0) {
                add(ret, geteuid(), false, known);
                return;
        }
        if (sd_get_sessions(&sessions) <= 0 || !sessions) {
                free(sessions);
                return;
        }
        list_kind(sessions, SESSION_GRAPHICAL, known, ret);
        list_kind(sessions, SESSION_CONSOLE, known, ret);
        for (char **s = sessions; *s; s++)
                free(*s);
        free(sessions);
}

/* What else is known of somebody does not change while they have a session. */
static bool
are_same(const struct people *a, const struct people *b)
{
        for (uint32_t i = 0; i < a->n && i < b->n; i++)
                if (a->p[i].uid != b->p[i].uid || a->p[i].console != b->p[i].console)
                        return false;
        return a->n == b->n;
}

static void
look_again(struct sessions *s)
{
        struct people fresh = { .n = 0 };

        list(&s->people, &fresh);
        if (are_same(&fresh, &s->people))
                return;
        s->people = fresh;
        s->changed(s->arg, &s->people);
}

static int
on_change(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
        struct sessions *s = arg;

        (void)source, (void)fd, (void)revents;
        (void)sd_login_monitor_flush(s->monitor);
        look_again(s);
        return 0;
}

/* False while there is no logind. */
static bool
watch(struct sessions *s)
{
        int fd, events;

        if (s->monitor)
                return true;
        if (sd_login_monitor_new("session", &s->monitor) < 0) {
                s->monitor = NULL;
                return false;
        }
        fd = sd_login_monitor_get_fd(s->monitor);
        events = sd_login_monitor_get_events(s->monitor);
        if (fd < 0 || events < 0 ||
            sd_event_add_io(s->event, &s->source, fd, events & POLLIN ? EPOLLIN : 0, on_change, s) <
                    0) {
                s->monitor = sd_login_monitor_unref(s->monitor);
                return false;
        }
        return true;
}

static int
on_retry(sd_event_source *source, uint64_t now_us, void *arg)
{
        struct sessions *s = arg;

        if (watch(s)) {
                s->retry = sd_event_source_disable_unref(s->retry);
                look_again(s);
                return 0;
        }
        (void)sd_event_source_set_time(source, now_us + RETRY_US);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

void
sessions_refresh(struct sessions *s)
{
        if (s->monitor || geteuid() != 0)
                return;
        (void)watch(s);
        look_again(s);
}

int
sessions_new(struct sessions **ret, sd_event *event,
             void (*changed)(void *arg, const struct people *people), void *arg)
{
        struct sessions *s = calloc(1, sizeof(*s));
        struct people none = { .n = 0 };
        int r = 0;

        if (!s)
                return -ENOMEM;
        s->event = sd_event_ref(event);
        s->changed = changed;
        s->arg = arg;
        if (geteuid() == 0 && !watch(s))
                r = sd_event_add_time_relative(event, &s->retry, CLOCK_MONOTONIC, RETRY_US,
                                               LEISURE_US, on_retry, s);
        if (r < 0) {
                sessions_free(s);
                return r;
        }
        list(&none, &s->people);
        *ret = s;
        return 0;
}

void
sessions_free(struct sessions *s)
{
        if (!s)
                return;
        (void)sd_event_source_disable_unref(s->source);
        (void)sd_event_source_disable_unref(s->retry);
        (void)sd_login_monitor_unref(s->monitor);
        (void)sd_event_unref(s->event);
        free(s);
}

const struct people *
sessions_people(const struct sessions *s)
{
        return &s->people;
}
