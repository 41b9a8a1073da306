/* SPDX-License-Identifier: MIT */
/*
 * The journal: one structured entry for each event, in journald's own protocol (one datagram to its
 * socket), because sd_journal_send(3) waits for a journald that does not read, and everything else
 * would wait with it.  What journald does not take at once is kept for a while, the oldest is lost
 * first.
 */
#ifndef NOTIFY_JOURNAL_H
#define NOTIFY_JOURNAL_H

#include <systemd/sd-event.h>
#include "wire.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

enum {
        JOURNAL_WAITING = 64,    /* entries kept for a journald that does not read */
        JOURNAL_BYTES_MAX = 8192 /* of one entry; what does not fit is left out */
};

struct journal;

/* 0 or a negative errno; that there is no journal is no error. */
int
journal_new(struct journal **ret, sd_event *event);
void
journal_free(struct journal *j); /* NULL is fine; what still waits is lost */

/* Every record that belongs to no request; those that are no events are passed over. */
void
journal_record(struct journal *j, const struct wire_record *rec);

/* Makes an entry; returns its length, or 0 for a record that is no event. */
size_t
journal_format(const struct wire_record *rec, char *ret, size_t size);

#endif
