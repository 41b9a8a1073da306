/* SPDX-License-Identifier: MIT */
/*
 * Where the past is written down: the journal, the kernel's log, files of either.  It only reads,
 * and hands the text to a reader; what cannot be read it says.
 */
#ifndef HISTORY_SOURCE_H
#define HISTORY_SOURCE_H

#include "history_reader.h"

/* Told once for each thing that cannot be read, or not in full: one sentence. */
typedef void (*history_tell_fn)(void *arg, const char *text);

struct history_place {
        struct history_reader *reader;
        const char *root; /* stands before every path */
        history_tell_fn tell;
        void *arg;
};

/* The system's journal, as far as it may be read.  True when there is one. */
bool
history_read_journal(const struct history_place *s);

/* The kernel's own log: /dev/kmsg, or what syslog(2) gives.  True when it could be read. */
bool
history_read_kernel(const struct history_place *s);

/* A file in the journal's export format, or a kernel log.  True when it could be read. */
bool
history_read_journal_file(const struct history_place *s, const char *path);
bool
history_read_kernel_file(const struct history_place *s, const char *path);

#endif
