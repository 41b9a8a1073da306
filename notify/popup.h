/* SPDX-License-Identifier: MIT */
/*
 * Shows one notice to one person, and stays for the answer: a child that becomes that person,
 * connects to their session bus and asks the notification server.  Everything here runs in that
 * child; what it found is written to answer_fd.
 */
#ifndef NOTIFY_POPUP_H
#define NOTIFY_POPUP_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-id128.h>
#include "child.h"
#include "notice.h"
#include "sessions.h"

enum { POPUP_OWNER_MAX = 64 };

/* It gives up by itself after the first, and is ended after the second. */
#define POPUP_PATIENCE_US (8 * UINT64_C(1000000))
#define POPUP_LIMIT_US    (10 * UINT64_C(1000000))

/* A notification that is on somebody's screen, and the server that numbered it. */
struct popup_shown {
        uint32_t id; /* 0: none */
        sd_id128_t bus;
        char owner[POPUP_OWNER_MAX];
};

enum popup_outcome {
        POPUP_SHOWN,
        POPUP_NOT_ALLOWED, /* could not become that person */
        POPUP_NO_BUS,      /* no session bus, or it refuses */
        POPUP_NO_SERVER,   /* nobody shows notifications there */
        POPUP_NO_ANSWER,   /* sent, but not answered in time: it may still be shown */
        POPUP_REFUSED,     /* the server answered with an error */
        POPUP_DIED,        /* the child was ended, or ended without a word */
        POPUP_N_OUTCOMES
};

struct popup_answer {
        uint32_t outcome;
        int32_t error;    /* negative errno, or 0 */
        uint32_t desktop; /* 0: as far as is known there is none, and the outcome is no failure */
        struct popup_shown shown;
};

_Static_assert(sizeof(struct popup_answer) <= CHILD_ANSWER_MAX, "an answer fits in a pipe");

struct popup {
        struct person person;
        struct notice notice;
        struct popup_shown before; /* is replaced in place, if that server is still there */
};

/* For struct child_plan: `what` is a struct popup. */
int
popup_run(const void *what, int answer_fd);

#endif
