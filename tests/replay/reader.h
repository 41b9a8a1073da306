/* SPDX-License-Identifier: MIT */
/*
 * Traces as files, for the programs beside it: the policy in the head, one look after the other,
 * and the table of how each must end.  It judges nothing.
 */
#ifndef OOMGUARD_READER_H
#define OOMGUARD_READER_H

#include "policy.h"
#include "trace.h"

struct reader {
        const char *path;
        char *text;
        size_t len, at;
        size_t line; /* number of the line last taken, from 1 */
        struct policy policy;
        /* The line last taken, without its newline. */
        const char *now;
        size_t now_len;
};

/* 0, or -1: said on stdout; then there is nothing to close. */
int
reader_open(struct reader *r, const char *path);

void
reader_close(struct reader *r);

enum reader_got { READER_END, READER_LOOK, READER_BAD };

/* The next look.  Where the policy was reloaded, reader.policy is the new one.  BAD was said. */
enum reader_got
reader_next(struct reader *r, struct sample *ret, struct trace_verdict *ret_was);

/* How a trace must end. */
enum ending {
        ENDING_UNKNOWN, /* not in the table, or the table cannot be read: said */
        ENDING_ACT,     /* TERM or KILL is asked for at least once */
        ENDING_LIVE,    /* never */
};

/* From a table of lines `NAME act|live`, where NAME is the file's without folder and ending. */
enum ending
reader_ending(const char *table, const char *path);

#endif
