/* SPDX-License-Identifier: MIT */
/*
 * Threads: a stack smaller than the C library takes, and the priority they begin with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include "thread.h"

static void *
say_policy(void *arg)
{
        int *policy = arg;
        struct sched_param param;

        (void)pthread_getschedparam(pthread_self(), policy, &param);
        return arg;
}

/* What is small enough on one architecture is refused on another: 64 KiB on arm64. */
static void
a_stack_too_small_for_the_c_library_is_the_least_there_is(void **state)
{
        static const size_t stack[] = { 0, 1, 4096, 32 * 1024, 64 * 1024, 1024 * 1024 };

        (void)state;
        for (size_t i = 0; i < sizeof(stack) / sizeof(stack[0]); i++) {
                pthread_t thread;
                void *came_back;
                int policy = -1;

                assert_int_equal(thread_start(&thread, stack[i], say_policy, &policy), 0);
                assert_int_equal(pthread_join(thread, &came_back), 0);
                assert_ptr_equal(came_back, &policy);
                assert_int_equal(policy, SCHED_OTHER);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_stack_too_small_for_the_c_library_is_the_least_there_is),
        };

        return cmocka_run_group_tests_name("thread", tests, NULL, NULL);
}
