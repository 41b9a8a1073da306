/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as stat, statm, status and cgroup of a process: refused with nothing touched, or
 * plausible. Never looks at particular values; tests/unit does.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include "procstat.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_stat(const char *text, size_t len)
{
        struct proc_stat got, before;

        memset(&got, 0x5a, sizeof(got));
        memset(&before, 0x5a, sizeof(before));
        if (proc_stat_parse(text, len, &got) != 0) {
                assert(memcmp(&got, &before, sizeof(got)) == 0);
                return;
        }
        assert(got.pid > 0 && got.ppid >= 0);
        assert(memchr(got.name, '\0', sizeof(got.name)));
}

static void
try_statm(const char *text, size_t len)
{
        struct proc_statm got = { 42, 43, 44 };

        if (proc_statm_parse(text, len, &got) != 0)
                assert(got.size == 42 && got.resident == 43 && got.shared == 44);
        else
                assert(got.shared <= got.resident);
}

static void
try_status(const char *text, size_t len)
{
        struct proc_status got, before;

        memset(&got, 0x5a, sizeof(got));
        memset(&before, 0x5a, sizeof(before));
        if (proc_status_parse(text, len, &got) != 0)
                assert(memcmp(&got, &before, sizeof(got)) == 0);
}

static void
try_cgroup(const char *text, size_t len)
{
        char path[64] = "before", unit[PROC_UNIT_MAX], unified[64] = "before";

        if (proc_cgroup_unified(text, len, unified, sizeof(unified)) == 0)
                assert(unified[0] == '/' && proc_cgroup_parse(text, len, path, sizeof(path)) == 0);
        else
                assert(strcmp(unified, "before") == 0);
        (void)strcpy(path, "before");
        if (proc_cgroup_parse(text, len, path, sizeof(path)) != 0) {
                assert(strcmp(path, "before") == 0);
                return;
        }
        assert(path[0] == '/' && strlen(path) < sizeof(path));
        assert(!memchr(path, '\n', strlen(path)));
        proc_unit_of(path, unit, sizeof(unit));
        assert(strlen(unit) < strlen(path) && strstr(path, unit) && !strchr(unit, '/'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        try_stat((const char *)data, size);
        try_statm((const char *)data, size);
        try_status((const char *)data, size);
        try_cgroup((const char *)data, size);
        return 0;
}
