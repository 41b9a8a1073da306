/* SPDX-License-Identifier: MIT */
/*
 * The people who may have a desktop before them, one entry for each, kept fresh while memory is
 * plentiful so that nobody has to be asked when it is not.  It reads what logind keeps in /run and
 * the user database; it never speaks to logind, and it shows nothing to anybody.
 *
 * Without privileges the only person is whoever runs this.
 */
#ifndef NOTIFY_SESSIONS_H
#define NOTIFY_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

enum { PEOPLE_MAX = 32, PERSON_HOME_MAX = 256 };

struct person {
        uid_t uid;
        gid_t gid;
        bool admin;   /* root, or a member of sudo, wheel or adm */
        bool console; /* no session of theirs is graphical, one is on a text console */
        char home[PERSON_HOME_MAX];
};

struct people {
        uint32_t n;
        struct person p[PEOPLE_MAX];
};

struct sessions;

/* `changed` is called from the loop after the list has changed; not for the first list. 0 or a
 * negative errno; logind may be absent, and come later. */
int
sessions_new(struct sessions **ret, sd_event *event,
             void (*changed)(void *arg, const struct people *people), void *arg);
void
sessions_free(struct sessions *s); /* NULL is fine */

const struct people *
sessions_people(const struct sessions *s);

/* Looks again if logind was not there so far; else the list is fresh anyway. */
void
sessions_refresh(struct sessions *s);

enum session_kind {
        SESSION_OTHER, /* nothing is shown in it */
        SESSION_GRAPHICAL,
        SESSION_CONSOLE, /* a login on a text console: a desktop may have been begun there, and
                          * logind does not tell (sway, startx) */
};

/* Pure. */
enum session_kind
sessions_kind_of(const char *class, const char *state, const char *type, bool remote, bool seat);

#endif
