/* SPDX-License-Identifier: MIT */
/*
 * The errand thread: everything that may block or allocate.  It walks /proc and hands the loop its
 * rosters, says what the loop has to say (tell.h), answers requests (serve.h) and signals, reloads.
 * The loop never waits for it.
 */
#ifndef OOMGUARD_ERRAND_H
#define OOMGUARD_ERRAND_H

#include <pthread.h>
#include <stdio.h>
#include "boxes.h"
#include "census.h"
#include "feed.h"
#include "report.h"
#include "sdnotify.h"
#include "share.h"

enum { ERRAND_SLOTS = 2 * CENSUS_ROWS, ERRAND_STACK = 64 * 1024 };

/* What was told of late, and what is needed to tell it. */
struct told {
        struct record last; /* the newest look that the loop has told of */
        bool any;           /* there is one */
        struct wire_record out;
        uint32_t level, flags; /* as last sent */
        uint64_t kills, missed, last_kill_s, lost;
        enum level status_level;
        uint64_t status_us; /* when the service manager last heard */
        bool ready;
};

struct errand {
        struct share *share;
        struct report *report;
        const char *config;   /* path given with -c, or NULL */
        struct policy *spare; /* where a reload is read into; the other one is in force */
        struct policy *current;
        FILE *trace; /* --record, or NULL */
        bool dry_run, blind;
        struct feed feed;   /* opened by main, or closed: FEED_INIT */
        struct sdnotify sd; /* the same */
        int signal_fd;
        pthread_t thread;

        struct census census;
        struct row row[CENSUS_ROWS];
        uint16_t slot[ERRAND_SLOTS];
        struct numbered_roster buffer[3];
        struct numbered_roster *building;
        struct numbered_roster *waiting; /* given to the loop, perhaps not taken yet */
        struct numbered_roster *used;    /* the one before: the loop's, once it has taken that */
        uint64_t scan_due_us, took_us;   /* the latter of a processor */
        uint64_t scan_supply_kib;        /* at the last scan */
        bool plateau;                    /* share.plateau at the last scan */
        uint64_t barred_due_us;          /* when it is to be asked again whether swap is used */
        int level;                       /* as of the last scan */
        uint32_t n_strikes;
        bool reload_due; /* one was asked for before the last was in force */
        bool no_ballast; /* it was refused since the level was last CALM */

        struct boxes boxes;
        bool may_box;          /* there are descriptors for it */
        uint64_t boxes_due_us; /* UINT64_MAX: nobody wants to know */

        int scan_error, feed_error; /* as last said */

        struct told told;
        struct roster shown; /* for people: nobody else writes it, nothing in it is open */
        uint64_t shown_us;   /* when it was made; 0: never */
};

/* Opens what it needs.  share, report, config, spare, current, trace, feed and sd are set. SIGTERM,
 * SIGINT and SIGHUP are blocked by the caller, in every thread.  0 or a negative errno. */
int
errand_open(struct errand *e, int fd_budget);
void
errand_close(struct errand *e);

/* Scans once and touches every table, on the caller's thread. */
void
errand_rehearse(struct errand *e);

/* 0 or a negative errno. */
int
errand_start(struct errand *e);

/* Waits for it to have written what is left; the stop flag is set. */
void
errand_join(struct errand *e);

/* ---- for serve.c ---- */

/*
 * Reads the configuration again.  Returns the number of faults, each of them told and handed to
 * `fault` too (which may be NULL); -EBUSY: the last one is not in force yet, and this one follows
 * by itself.
 */
int
errand_reload(struct errand *e, void (*fault)(void *arg, const char *text), void *arg);

/* Makes e->shown of a scan, unless it is younger than a second.  False: /proc cannot be read. */
bool
errand_show(struct errand *e);

#endif
