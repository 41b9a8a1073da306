/* SPDX-License-Identifier: MIT */
/*
 * The fields of an event: one table of what the dictionaries on the bus and the entries in the
 * journal carry, so that both tell the same.  Strings come out printable and valid UTF-8.  It never
 * sends anything, and a command line is not among them.
 */
#ifndef NOTIFY_FIELDS_H
#define NOTIFY_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include "sentence.h"
#include "wire.h"

enum { FIELDS_TEXT_MAX = SENTENCE_MAX };

/* A record made ready to be told. */
struct event {
        struct wire_record rec; /* names taken out when they are hidden */
        bool hidden;
        bool has_process;
        uint32_t pid, processes;
        bool dry_run, blamed, builtin, sigkill_needed, after_vain, chosen, eligible, fork;
        uint64_t limit_kib, swap_limit_kib; /* that memory and swap were held against */
        uint64_t since_us;
        char word[16], reason[8], cause[16], signal[8], effect[8];
        char name[PROC_NAME_MAX], unit[PROC_UNIT_MAX], rule[WIRE_RULE_MAX], place[WIRE_PLACE_MAX];
        char consumers[WIRE_CONSUMERS_MAX];
        char sentence[SENTENCE_MAX];
};

/* `hide`: as if the reader were not to know names. */
void
fields_event(struct event *ret, const struct wire_record *rec, bool hide);

struct field {
        const char *bus;     /* key in a dictionary, or NULL */
        const char *journal; /* field without its OOMGUARD_, or NULL */
        char type;           /* as D-Bus has it: t u i d b s */
        union {
                uint64_t t;
                uint32_t u;
                int32_t i;
                double d;
                int b; /* as sd-bus wants it */
                const char *s;
        };
        uint64_t kib; /* for the journal, where `t` is a size in bytes */
        bool is_size;
};

/* How many there may be. */
size_t
fields_count(void);

/* The i-th; false when this event has no such field. */
bool
fields_get(const struct event *e, size_t i, struct field *ret);

/* Its value as the journal has it: sizes in KiB. */
void
fields_text(const struct field *f, char *ret, size_t size);

#endif
