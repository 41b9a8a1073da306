/* SPDX-License-Identifier: MIT */
/*
 * A finding: one thing that was looked at, how it stands, and what would put it right.  `check` and
 * `doctor` tell theirs with it, as text and as JSON.  It never looks at anything itself.
 */
#ifndef FINDING_H
#define FINDING_H

#include "ctl.h"
#include "json.h"

enum finding_state {
        FINDING_OK,
        FINDING_NOTE,     /* worth knowing, nothing to do */
        FINDING_DEGRADED, /* it goes on with less */
        FINDING_WARNING,  /* probably not what was meant */
        FINDING_MISSING,  /* it does not go on without */
        FINDING_N_STATES
};

enum { FINDING_SUBJECT_MAX = 64, FINDING_TEXT_MAX = 768, FINDING_REMEDY_MAX = 512 };

struct finding {
        enum finding_state state;
        char subject[FINDING_SUBJECT_MAX];
        char text[FINDING_TEXT_MAX];
        char remedy[FINDING_REMEDY_MAX]; /* commands and lines to copy, a newline between them */
};

/* `ok`, `note`, ... */
const char *
finding_word(enum finding_state state);

/* Everything but the remedy, which is left empty. */
__attribute__((format(printf, 4, 5))) void
finding_set(struct finding *f, enum finding_state state, const char *subject, const char *format,
            ...);

/* A line more of the remedy. */
__attribute__((format(printf, 2, 3))) void
finding_remedy(struct finding *f, const char *format, ...);

/* The word, the subject and the text, wrapped; the remedy line by line, so that it can be copied.
 */
void
finding_print(struct ctl *ctl, const struct finding *f);

/* As one object of an array. */
void
finding_json(struct json *j, const struct finding *f);

/* Words of a text, wrapped at ctl->columns, when `at` columns of the first line are taken; the
 * lines after it begin with `indent` blanks.  Ends the last line. */
void
finding_flow(struct ctl *ctl, unsigned at, unsigned indent, const char *text);

#endif
