/* SPDX-License-Identifier: MIT */
/*
 * The errand thread: everything that may block or allocate.  It walks /proc and hands the loop its
 * rosters, writes what the loop has to say, answers signals, reloads.  The loop never waits for it.
 */
#ifndef OOMGUARD_ERRAND_H
#define OOMGUARD_ERRAND_H

#include <pthread.h>
#include <stdio.h>
#include "census.h"
#include "report.h"
#include "share.h"

enum { ERRAND_SLOTS = 2 * CENSUS_ROWS, ERRAND_STACK = 64 * 1024 };

struct errand {
        struct share *share;
        struct report *report;
        const char *config;   /* path given with -c, or NULL */
        struct policy *spare; /* where a reload is read into; the other one is in force */
        struct policy *current;
        FILE *trace; /* --record, or NULL */
        int signal_fd;
        pthread_t thread;

        struct census census;
        struct row row[CENSUS_ROWS];
        uint16_t slot[ERRAND_SLOTS];
        struct numbered_roster buffer[3];
        struct numbered_roster *building;
        struct numbered_roster *waiting; /* given to the loop, perhaps not taken yet */
        struct numbered_roster *used;    /* the one before: the loop's, once it has taken that */
        uint64_t seq;
        uint64_t scan_due_us, took_us;
        uint64_t mark_supply_kib; /* at the newest mark; 0: none */
        int level;                /* as of the last scan */
        uint32_t n_strikes;
        uint64_t lost;
};

/* Opens what it needs.  share, report, config, spare, current and trace are set.  SIGTERM, SIGINT
 * and SIGHUP are blocked by the caller, in every thread.  0 or a negative errno. */
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

#endif
