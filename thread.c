/* SPDX-License-Identifier: MIT */
/*
 * Owns how threads are started.  Never runs anything itself, and never ends one.
 */
#include "thread.h"

#include <unistd.h>

int
thread_start(pthread_t *ret, size_t stack, void *(*run)(void *), void *arg)
{
        long least = sysconf(_SC_THREAD_STACK_MIN);
        pthread_attr_t attr;
        int r = pthread_attr_init(&attr);

        if (r != 0)
                return -r;
        if (least > 0 && stack < (size_t)least)
                stack = (size_t)least;
        r = pthread_attr_setstacksize(&attr, stack);
        if (r == 0)
                r = pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
        if (r == 0)
                r = pthread_create(ret, &attr, run, arg);
        (void)pthread_attr_destroy(&attr);
        return -r;
}
