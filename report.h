/* SPDX-License-Identifier: MIT */
/*
 * Says it: whole lines on stderr with a level in front, as journald reads them (`<4>...`).  A
 * stderr that nobody reads loses lines, counted and told later; it never holds anybody up.
 */
#ifndef OOMGUARD_REPORT_H
#define OOMGUARD_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct report {
        const char *name; /* stands in front of every line */
        int fd;
        bool is_socket;
        bool owned;
        bool plain; /* a terminal: no level in front */
        uint64_t lost;
};

/* `name` stands in front of every line, and stays the caller's.  A description of stderr of our
 * own, that can be non-blocking without changing anybody else's. */
void
report_open(struct report *r, const char *name);
void
report_close(struct report *r);

/* One line, at most about 1 kB. */
__attribute__((format(printf, 3, 4))) void
report_line(struct report *r, int level, const char *format, ...);

#endif
