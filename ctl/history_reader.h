/* SPDX-License-Identifier: MIT */
/*
 * The reader: hands each journal entry and each line of a kernel log to who understands it, and
 * takes what they report into one history.  Pure; where the text comes from is history_source.c's.
 */
#ifndef HISTORY_READER_H
#define HISTORY_READER_H

#include "history.h"
#include "history_guard.h"
#include "history_journal.h"
#include "history_kernel.h"

struct history_reader {
        struct history history;
        struct kernel_log kernel;
        struct oomd_log oomd;
        uint64_t since_us; /* what is older is passed over; 0: nothing is */
        uint64_t now_us;   /* tells the year of dates without one; 0: they are not taken */
        uint64_t n_entries, n_kernel;
        uint64_t n_foreign; /* reports in the guard's name that others have written */
};

/* For journal_feed(): arg is the reader. */
void
history_take_entry(void *arg, const struct journal_entry *e);

/*
 * One line of a kernel log, as kernel_log_stamp() reads it.  `boot_wall_us` is the wall clock's
 * time when the kernel's clock began, or 0 where that is not known.
 */
void
history_take_line(struct history_reader *r, const char *line, size_t len, uint64_t boot_wall_us);

#endif
