/* SPDX-License-Identifier: MIT */
/*
 * Sentences for people: record -> one line with subject, cause with numbers and limits,
 * consequence. Runs on the errand thread only.  It never writes anywhere, and a process's name
 * never reaches a line unwashed.
 */
#ifndef OOMGUARD_MESSAGE_H
#define OOMGUARD_MESSAGE_H

#include <stddef.h>
#include "policy.h"
#include "record.h"

enum { MESSAGE_MAX = 1024 };

/* Levels of sd-daemon(3). */
enum message_level {
        MESSAGE_ERROR = 3,
        MESSAGE_WARNING = 4,
        MESSAGE_NOTICE = 5,
        MESSAGE_INFO = 6,
};

/*
 * The line for a record, without level and newline.  Returns its level, or -1 when there is nothing
 * to say.  `p` is what rule numbers in the record point into.
 */
int
message_format(const struct record *rec, const struct policy *p, char *ret, size_t size);

/* "1.2 GiB", "340 MiB", "12 KiB", "0". */
void
message_size(uint64_t kib, char *ret, size_t size);

/* Printable and valid UTF-8 whatever the process calls itself: other bytes become `?`. */
void
message_wash(const char *name, char *ret, size_t size);

#endif
