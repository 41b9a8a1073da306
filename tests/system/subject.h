/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the subject have in common.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#define MIB (1024ul * 1024)

/* Ends it with status 99. */
_Noreturn void
subject_fail(const char *what);

void
subject_sleep_ms(long ms);

/* `flags` are those of mmap(2): private or shared. */
void
subject_take(size_t size, int flags, bool huge);

/* `MIB:RATE` */
void
subject_grow(const char *value, int flags, bool huge);

void
subject_touch(void);
void
subject_give_back(void);
void
subject_unmap(void);

#endif
