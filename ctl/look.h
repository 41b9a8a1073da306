/* SPDX-License-Identifier: MIT */
/*
 * Small files of this machine, below ctl->root.  It reads and never writes, and it never waits.
 */
#ifndef LOOK_H
#define LOOK_H

#include <sys/types.h>
#include "ctl.h"

enum { LOOK_PATH_MAX = 1024 };

/* `path` with the root in front. */
void
look_path(const struct ctl *ctl, const char *path, char ret[LOOK_PATH_MAX]);

/* The text, at most size - 1 bytes with a zero behind them; its length, or a negative errno. */
ssize_t
look_text(const struct ctl *ctl, const char *path, char *ret, size_t size);

/* The same for text of any length, to be freed; NULL when it cannot be read. */
char *
look_all(const struct ctl *ctl, const char *path, size_t *ret_len);

/* A file that holds a number and a newline. */
bool
look_u64(const struct ctl *ctl, const char *path, uint64_t *ret);

/* This very program, of whom nothing is told; 0 below a root, where its number may be anybody's. */
int32_t
look_own_pid(const struct ctl *ctl);

bool
look_exists(const struct ctl *ctl, const char *path);

/* The value of a `KEY<separator>VALUE` line of a text, without blanks around it; false when there
 * is none. */
bool
look_line(const char *text, const char *key, char separator, char *ret, size_t size);

/* Calls back for each name in a folder that does not begin with a dot, in the order of bytes.
 * Returns how many there were, or a negative errno. */
typedef void (*look_name_fn)(void *arg, const char *name);
int
look_folder(const struct ctl *ctl, const char *path, look_name_fn tell, void *arg);

#endif
