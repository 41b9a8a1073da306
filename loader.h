/* SPDX-License-Identifier: MIT */
/*
 * The loader: a policy in the making, and where each key of it was set.  Takes the text of one file
 * after the other and tells what is wrong with it, each fault as one printable line.  Whoever has
 * the files, and whoever hands the policy out, is config.c.
 */
#ifndef OOMGUARD_LOADER_H
#define OOMGUARD_LOADER_H

#include "keys.h"

struct setting {
        unsigned order; /* the how-manieth setting it was; 0: never set */
        uint8_t file;   /* index into policy.files */
        uint32_t line;
        bool faulty; /* the value was refused: the policy has an earlier one */
};

/* Large.  To begin: zeros, a policy to start from, target.policy pointing to it, and `fault`. */
struct loader {
        struct policy policy;
        struct value_target target;
        void (*fault)(void *arg, const char *text); /* may be NULL */
        void *arg;
        unsigned n_faults, n_settings;
        struct setting set[KEYS_N]; /* the latest of each key */

        /* loader_read()'s own. */
        const char *path; /* of the file being read */
        char *p, *end;
        bool in_section, known_section;
};

/* Tells of a fault, `path:line: ...`, and counts it; a line of 0 is left out. */
__attribute__((format(printf, 4, 5))) void
loader_tell(struct loader *l, const char *path, uint32_t line, const char *fmt, ...);

/*
 * Takes the text of the file `path` over what there is.  It must belong to the caller: text[len] is
 * a zero, and lines are cut up in it.
 */
void
loader_read(struct loader *l, const char *path, char *text, size_t len);

#endif
