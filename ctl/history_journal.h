/* SPDX-License-Identifier: MIT */
/*
 * The journal's export format (systemd.io/JOURNAL_EXPORT_FORMATS) as a stream: bytes in, entries
 * out, a fixed amount of memory whatever comes.  Pure.
 */
#ifndef HISTORY_JOURNAL_H
#define HISTORY_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum journal_field {
        JOURNAL_REALTIME, /* __REALTIME_TIMESTAMP: when journald got it */
        JOURNAL_MONOTONIC,
        JOURNAL_SOURCE_REALTIME,
        JOURNAL_SOURCE_MONOTONIC,
        JOURNAL_TRANSPORT,
        JOURNAL_IDENTIFIER,
        JOURNAL_UID,
        JOURNAL_SYSTEM_UNIT, /* _SYSTEMD_UNIT: of who wrote it */
        JOURNAL_UNIT,        /* UNIT: what it is about */
        JOURNAL_USER_UNIT,
        JOURNAL_MESSAGE,
        JOURNAL_MESSAGE_ID,
        JOURNAL_N_PROCESSES,
        JOURNAL_EVENT, /* OOMGUARD_EVENT, and so on */
        JOURNAL_OWN_PID,
        JOURNAL_OWN_NAME,
        JOURNAL_OWN_UID,
        JOURNAL_OWN_UNIT,
        JOURNAL_OWN_SIGNAL,
        JOURNAL_OWN_REASON,
        JOURNAL_OWN_AVAILABLE,
        JOURNAL_OWN_SIZE,
        JOURNAL_OWN_TOOK,
        JOURNAL_OWN_GAVE_BACK,
        JOURNAL_OWN_CONSUMERS,
        JOURNAL_N_FIELDS
};

enum { JOURNAL_NAME_MAX = 72, JOURNAL_VALUE_MAX = 2048 };

/* Values cut to fit, a zero byte behind each; zero bytes in them are `?`. */
struct journal_entry {
        bool has[JOURNAL_N_FIELDS];
        size_t len[JOURNAL_N_FIELDS];
        char value[JOURNAL_N_FIELDS][JOURNAL_VALUE_MAX];
};

enum journal_state { JOURNAL_AT_NAME, JOURNAL_AT_TEXT, JOURNAL_AT_SIZE, JOURNAL_AT_BINARY };

/* Begins with zeros. */
struct journal {
        enum journal_state state;
        char name[JOURNAL_NAME_MAX];
        size_t name_len; /* the whole length, also of a longer one */
        int field;       /* the one being read, -1: of no interest */
        unsigned size_bytes;
        uint64_t left; /* bytes of a binary value, its newline included */
        bool any;      /* the entry has fields */
        struct journal_entry entry;
};

typedef void (*journal_entry_fn)(void *arg, const struct journal_entry *e);

void
journal_feed(struct journal *j, const char *data, size_t len, journal_entry_fn tell, void *arg);

/* The field's name in the journal. */
const char *
journal_field_name(enum journal_field field);

/* The value, or NULL. */
const char *
journal_value(const struct journal_entry *e, enum journal_field field);

#endif
