/* SPDX-License-Identifier: MIT */
/*
 * What the commands of oomguardctl have in common: where they write, for whom, and what they
 * return.  Each command is a file of its own with one function of this shape.
 */
#ifndef CTL_H
#define CTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Exit statuses. */
enum {
        CTL_OK = 0,
        CTL_NO = 1,       /* the answer is no: traces differ, a check has faults, nothing found */
        CTL_USAGE = 2,    /* wrong usage */
        CTL_FAILED = 3,   /* it could not be found out: a file cannot be read, no daemon to ask */
        CTL_NOT_ROOT = 4, /* only root may */
};

struct ctl {
        FILE *out;        /* answers */
        FILE *err;        /* what went wrong, as whole lines that begin with `oomguardctl: ` */
        bool json;        /* --json: one JSON document (one a line for --watch) and nothing else */
        bool colour;      /* a terminal, and NO_COLOR is not set */
        unsigned columns; /* width of the terminal, 80 where there is none */
        const char *config; /* -c, or NULL: CONFIG_FILE */
        const char *feed;   /* --feed, or NULL: where the guard puts it (wire.h) */
        const char *root;   /* stands before every path of the system: "", or a test's folder */
};

/* argv[0] is the command's own name.  Returns an exit status. */
typedef int (*ctl_command_fn)(struct ctl *ctl, int argc, char **argv);

int
ctl_status(struct ctl *ctl, int argc, char **argv);
int
ctl_rank(struct ctl *ctl, int argc, char **argv);
int
ctl_explain(struct ctl *ctl, int argc, char **argv);
int
ctl_check(struct ctl *ctl, int argc, char **argv);
int
ctl_doctor(struct ctl *ctl, int argc, char **argv);
int
ctl_history(struct ctl *ctl, int argc, char **argv);
int
ctl_record(struct ctl *ctl, int argc, char **argv);
int
ctl_replay(struct ctl *ctl, int argc, char **argv);
int
ctl_pause(struct ctl *ctl, int argc, char **argv);
int
ctl_resume(struct ctl *ctl, int argc, char **argv);
int
ctl_reload(struct ctl *ctl, int argc, char **argv);

/* Says what went wrong on ctl->err, with the program's name in front and a newline behind. */
__attribute__((format(printf, 2, 3))) void
ctl_complain(const struct ctl *ctl, const char *format, ...);

#endif
