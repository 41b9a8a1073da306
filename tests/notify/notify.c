/* SPDX-License-Identifier: MIT */
/*
 * Runs the cases of oomguard-notify: `notify PROGRAM GMONITOR TREE [GROUP...]`; CASE=PATTERN in the
 * environment picks some of them.
 */
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

static const struct {
        const char *name;
        int (*run)(void);
} groups[] = {
        { "fields", cases_fields },   { "bus", cases_bus },         { "signals", cases_signals },
        { "monitor", cases_monitor }, { "journal", cases_journal }, { "fault", cases_fault },
        { "command", cases_command },
};

static bool
is_asked_for(const char *name, int n, char **names)
{
        for (int i = 0; i < n; i++)
                if (strcmp(names[i], name) == 0)
                        return true;
        return n == 0;
}

int
main(int argc, char **argv)
{
        char program[4096], helper[4096], tree[4096];
        int failed = 0, r;

        if (argc < 4 || !realpath(argv[1], program) || !realpath(argv[2], helper) ||
            !realpath(argv[3], tree)) {
                (void)fprintf(stderr, "notify PROGRAM GMONITOR TREE [GROUP...]\n");
                return 2;
        }
        if (getenv("CASE"))
                cmocka_set_test_filter(getenv("CASE"));
        stage_program = program;
        stage_helper = helper;
        stage_tree = tree;
        r = stage_enter();
        if (r < 0) {
                (void)fprintf(stderr, "a namespace of its own: %s\n", strerror(-r));
                return 1;
        }
        for (size_t i = 0; i < N(groups); i++)
                if (is_asked_for(groups[i].name, argc - 4, argv + 4))
                        failed += groups[i].run();
        return failed ? 1 : 0;
}
