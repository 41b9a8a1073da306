/* SPDX-License-Identifier: MIT */
/*
 * What waits to be shown to one person, and what was shown lately.  Bounded, whatever happens: one
 * warning, a few kill notices, and a number for the rest.  Values only: it knows no clock, no
 * person and no child.
 */
#ifndef NOTIFY_WAITING_H
#define NOTIFY_WAITING_H

#include <stdbool.h>
#include <stdint.h>
#include "notice.h"

enum {
        WAITING_MAX = 4, /* notices kept whole */
        CAUSES_MAX = 16, /* causes remembered */
};

/* Notices with the same cause come at least this far apart. */
#define CAUSES_EVERY_US (600 * UINT64_C(1000000))

struct waiting {
        bool has_warning;
        struct notice warning;
        uint32_t n;
        struct notice kept[WAITING_MAX];
        uint32_t more;              /* programs that were ended and did not fit */
        struct wire_state more_was; /* the last of them */
};

/*
 * The last warning replaces the one before, and gives way to anything that was done.  Of the
 * others, those that do not fit are counted, if a program was ended, and else dropped.
 */
void
waiting_push(struct waiting *w, const struct notice *n);

/* The next to show, oldest first, the number last; false: nothing waits. */
bool
waiting_take(struct waiting *w, struct notice *ret);

/* Memory has recovered: a warning that was not shown is stale. */
void
waiting_drop_warning(struct waiting *w);

struct causes {
        struct {
                char what[NOTICE_CAUSE_MAX]; /* empty: a free place */
                uint64_t at_us;
        } told[CAUSES_MAX];
};

/* True, and remembered, when this cause was not told of for CAUSES_EVERY_US.  When there are too
 * many, the one told of longest ago is forgotten. */
bool
causes_due(struct causes *c, const char *what, uint64_t now_us);

#endif
