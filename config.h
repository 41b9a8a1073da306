/* SPDX-License-Identifier: MIT */
/*
 * Configuration: ini text -> struct policy, and back.  One table of keys gives each its section,
 * parser, range, default and sentence; what is printed by --check, by the shipped file and by the
 * manual comes from it.  The only user of inih.  It reads files and may allocate, so it runs before
 * memory is locked and afterwards only on the errand thread.  It never logs: faults go to the
 * caller.
 */
#ifndef OOMGUARD_CONFIG_H
#define OOMGUARD_CONFIG_H

#include <stddef.h>
#include <stdio.h>
#include "policy.h"

#define CONFIG_FILE "/etc/oomguard.conf"

/* One line without its end, such as
 * `/etc/oomguard.conf:14: [pressure] term=150%: above the maximum of 100%`.  Called once a fault.
 */
typedef void (*config_fault_fn)(void *arg, const char *text);

/* The built-in values, no rules, no files. */
void
config_defaults(struct policy *ret);

/*
 * Reads `path` and then every `*.conf` in the folder `path`.d (bytewise order of names), each
 * overriding what came before, on top of the defaults.  Every fault in every file is told.  A
 * `path` of NULL means CONFIG_FILE, and only then is a missing file no fault (the defaults hold).
 *
 * Returns the number of faults; *ret is written only when that is 0.
 */
unsigned
config_load(const char *path, struct policy *ret, config_fault_fn fault, void *arg);

/* The same for text already in memory, named `name` in faults; for tests and for traces. */
unsigned
config_parse(const char *name, const char *text, size_t len, struct policy *ret,
             config_fault_fn fault, void *arg);

/*
 * Writes every effective value in the file's own syntax, sections and all, so that reading it back
 * gives the same policy; the built-in protected list follows as comments when it is in force.
 */
void
config_print(FILE *out, const struct policy *p);

/* Writes the file that ships: every key commented out, with its default and its sentence. */
void
config_print_template(FILE *out);

#endif
