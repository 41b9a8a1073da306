/* SPDX-License-Identifier: MIT */
/*
 * Starting a thread of the guard's: a small stack, ordinary priority.
 */
#ifndef OOMGUARD_THREAD_H
#define OOMGUARD_THREAD_H

#include <pthread.h>
#include <stddef.h>

/*
 * Runs `run` in a thread with a stack of `stack` bytes, or of the least that the C library takes:
 * 16 KiB on x86-64, 128 KiB on arm64 (glibc's PTHREAD_STACK_MIN).  It has ordinary priority,
 * whatever the caller has.  To be joined or detached.  0 or a negative errno.
 */
int
thread_start(pthread_t *ret, size_t stack, void *(*run)(void *), void *arg);

#endif
