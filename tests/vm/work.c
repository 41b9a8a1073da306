/* SPDX-License-Identifier: MIT */
/*
 * The one program of the bench's guest: every workload, the canary and the supervisor, chosen by
 * the first argument.  It is copied under the name of each part it plays, so that each has an
 * executable of its own; that name (argv[0]) is also the comm.
 */
#include "role.h"

#include <stdio.h>
#include <string.h>

static const struct {
        const char *name;
        int (*main)(struct role_options *);
} roles[] = {
        { "grow", grow_main },       { "thrash", thrash_main }, { "readfile", readfile_main },
        { "churn", churn_main },     { "spin", spin_main },     { "spill", spill_main },
        { "swarm", swarm_main },     { "job", job_main },       { "crowd", crowd_main },
        { "brief", brief_main },     { "build", build_main },   { "copy", copy_main },
        { "listen", listen_main },   { "pace", pace_main },     { "canary", canary_main },
        { "respawn", respawn_main }, { "tables", tables_main }, { "locked", locked_main },
        { "threads", threads_main }, { "cache", cache_main },   { "snapshot", snapshot_main },
        { "workers", workers_main }, { "heap", heap_main },     { "straw", straw_main },
};

int
main(int argc, char **argv)
{
        struct role_options o;

        if (argc == 5 && !strcmp(argv[1], "run"))
                return run_main(argv[2], argv[3], argv[4]);
        if (argc < 2 || role_parse_options(argv + 2, &o) < 0) {
                fprintf(stderr, "usage: bench run TABLE SCENARIO SWAP | bench ROLE KEY=VALUE...\n");
                return 2;
        }
        for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
                if (!strcmp(argv[1], roles[i].name))
                        return roles[i].main(&o);
        fprintf(stderr, "no such role: %s\n", argv[1]);
        return 2;
}
