/* SPDX-License-Identifier: MIT */
/*
 * Who is to end the filler: the guard, as it is and with what it tells to stuck, earlyoom, nohang.
 */
#ifndef OOMGUARD_BENCH_SUBJECT_H
#define OOMGUARD_BENCH_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum who {
        GUARD,
        EARLYOOM,
        NOHANG,
        GUARD_JOURNAL, /* nobody reads what it writes, and the socket is full, as with a stuck
                          journal */
        GUARD_BUS,     /* oomguard-notify sits at its feed, on a bus that has stopped */
        GUARD_READERS, /* 16 sit at its feed and do not read */
        N_WHO
};

enum { SUBJECT_READERS = 16 };

struct subject {
        enum who who;
        pid_t pid;
        int says, its_end; /* the same socket: our end, and what it writes to */
        char text[4096];
        size_t len;
        pid_t bus, notify;
        int reader[SUBJECT_READERS];
};

/* Programs; must come first.  `nohang` may be NULL. */
void
subject_set(const char *guard, const char *notify, const char *nohang);

/* False when it is not to be had here. */
bool
subject_here(enum who who);

/* Started with a limit of available memory, heard of, and at rest: its start-up is not measured.
 * False when it has not come so far; what it said is in `text`. */
bool
subject_start(struct subject *s, enum who who, uint64_t limit_kib, uint64_t warn_kib);

void
subject_end(struct subject *s);

/* For people. */
const char *
subject_name(enum who who);

#endif
