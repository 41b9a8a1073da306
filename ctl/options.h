/* SPDX-License-Identifier: MIT */
/*
 * Options of a command, on top of getopt_long(3): what is wrong with one is said in this program's
 * own words.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <getopt.h>
#include "ctl.h"

/* Before the first getopt_long() of a command: anew, and silent. */
void
options_begin(void);

/* Complains of the option that getopt_long() has just refused.  CTL_USAGE. */
int
options_refuse(struct ctl *ctl, char **argv);

/* Complains of what is left over.  CTL_OK when nothing is, else CTL_USAGE. */
int
options_end(struct ctl *ctl, int argc, char **argv);

#endif
