/* SPDX-License-Identifier: MIT */
/*
 * A notice: what one person is told of one record, and in which words.  Values in, values and text
 * out: it opens nothing, asks nobody and never shows anything.
 *
 * Who may see what is decided here, before anything is handed to a child that becomes that person:
 * what they may not see is taken out of the copy of the record.
 */
#ifndef NOTIFY_NOTICE_H
#define NOTIFY_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "wire.h"

enum {
        NOTICE_NAME_MAX = 128,
        NOTICE_ICON_MAX = 512,
        NOTICE_SUMMARY_MAX = 320,
        NOTICE_BODY_MAX = 1024,
        /* Every byte may become `&amp;`. */
        NOTICE_ESCAPED_MAX = 5 * NOTICE_BODY_MAX,
};

enum notice_kind {
        NOTICE_NONE,
        NOTICE_WARNING,  /* it has not come to anything yet */
        NOTICE_CLOSED,   /* a program was ended */
        NOTICE_TRIAL,    /* a dry run would have ended it */
        NOTICE_STAYS,    /* does not end: given up */
        NOTICE_SPARED,   /* was asked to end, has not, and need not any longer */
        NOTICE_NOTHING,  /* nobody can or should be ended */
        NOTICE_KERNEL,   /* the kernel was first */
        NOTICE_AND_MORE, /* so many more were ended */
};

enum notice_sight {
        SIGHT_OWN,    /* the person's own program */
        SIGHT_OTHERS, /* somebody else's, and the person is an administrator */
        SIGHT_HIDDEN, /* somebody else's: no name */
};

struct notice {
        enum notice_kind kind;
        enum notice_sight sight;
        bool critical;           /* it stays on the screen until it is clicked away */
        uint32_t more;           /* AND_MORE */
        struct wire_record rec;  /* as far as this person may see it */
        struct wire_state cause; /* how things stood when the first signal was sent */
};

/* The application that a process belongs to, as its person knows it. */
struct notice_app {
        char name[NOTICE_NAME_MAX]; /* empty: not known */
        char icon[NOTICE_ICON_MAX]; /* a themed icon's name or a file:// URI; empty: none */
        bool is_part;               /* the process was only a part of it, and others of it live */
};

struct notice_text {
        char summary[NOTICE_SUMMARY_MAX];
        char body[NOTICE_BODY_MAX]; /* plain text, not escaped */
        char icon[NOTICE_ICON_MAX];
        uint8_t urgency;
        bool transient;
};

/* What kind of notice the record is; NONE: nobody is told of it. */
enum notice_kind
notice_kind_of(const struct wire_record *rec);

/* What is stale in a minute: transient, and replaced in place by what comes next. */
bool
notice_is_passing(enum notice_kind kind);

/* What is told only once in a while for each cause; programs that were ended are told always. */
bool
notice_is_limited(enum notice_kind kind);

/* Fills the notice for that person.  False: this is none of theirs. */
bool
notice_make(const struct wire_record *rec, const struct wire_state *cause, uid_t uid, bool admin,
            struct notice *ret);

/* What repeated notices are counted by: the program, as far as this person may see it. */
enum { NOTICE_CAUSE_MAX = 48 };
void
notice_cause(const struct notice *n, char ret[NOTICE_CAUSE_MAX]);

/*
 * The words.  `app` is what was found out about the process, `user` who it belongs to if that is
 * somebody else; either may be NULL.
 *
 * Urgency: what is passing is normal and transient.  A kill notice is never transient, so it waits
 * in the history of who was not looking.  It is critical, which stays on the screen, only if
 * `critical` says so: GNOME shows nothing else until a critical one is clicked away, and Plasma
 * stacks them.
 */
void
notice_text(const struct notice *n, const struct notice_app *app, const char *user,
            struct notice_text *ret);

/* A process's name as people can read it: printable, valid, and `…` where the kernel cut it. */
void
notice_name(const char *name, char *ret, size_t size);

/* Printable and valid UTF-8 as D-Bus has it (message_wash() leaves noncharacters, which D-Bus
 * refuses), and nothing that is invisible or turns text around. */
void
notice_wash(const char *text, char *ret, size_t size);

/* True when a server that knows markup would take a character of it for its own. */
bool
notice_needs_escape(const char *text);
void
notice_escape(const char *text, char *ret, size_t size);

#endif
