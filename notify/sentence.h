/* SPDX-License-Identifier: MIT */
/*
 * Sentences made of records of the wire, for the journal, the hook and the desktop.  Whatever a
 * process calls itself, what comes out is printable, valid UTF-8 and one line.  It never writes
 * anywhere.
 */
#ifndef NOTIFY_SENTENCE_H
#define NOTIFY_SENTENCE_H

#include <stddef.h>
#include "wire.h"

enum { SENTENCE_MAX = 1024 };

/* `warning`, `killing`, `escalated`, `killed`, `refused`, `gave-up`, `released`, `nothing`,
 * `recovered`, `reloaded`, `fault`, `kernel-kill`; NULL for a record that is no event. */
const char *
sentence_event(enum wire_kind kind);

/* The event in one sentence, without a full stop.  False: nothing to say of it. */
bool
sentence_make(const struct wire_record *rec, char *ret, size_t size);

#endif
