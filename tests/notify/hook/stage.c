/* SPDX-License-Identifier: MIT */
/*
 * Owns the loop and the files.
 */
#include "stage.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "decide.h"
#include "tests/notify/desktop/world.h"

enum { TEXT_BYTES = 65536 };

struct hook *hook;
static sd_event *event;
static struct policy policy;
static int kept_stderr;

uint64_t
clock_us(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

const char *
read_text(const char *path)
{
        static char text[TEXT_BYTES];
        size_t n = 0;
        FILE *f = fopen(path, "re");

        if (f) {
                n = fread(text, 1, sizeof(text) - 1, f);
                (void)fclose(f);
        }
        text[n] = '\0';
        return text;
}

void
until_contains(const char *path, const char *text)
{
        uint64_t until_us = clock_us() + WORLD_CAP_US;

        while (!strstr(read_text(path), text)) {
                if (clock_us() > until_us)
                        fail_msg("`%s` does not come in %s: `%s`", text, path, read_text(path));
                assert_true(sd_event_run(event, 20000) >= 0);
        }
}

void
assert_contains(const char *path, const char *text)
{
        if (!strstr(read_text(path), text))
                fail_msg("`%s` is not in %s: `%s`", text, path, read_text(path));
}

size_t
count(const char *path, const char *text)
{
        size_t n = 0;

        for (const char *p = read_text(path); (p = strstr(p, text)) != NULL; p++)
                n++;
        return n;
}

size_t
count_children(void)
{
        char path[64];
        size_t n = 0;
        int pid;
        FILE *f;

        (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
        f = fopen(path, "re");
        assert_non_null(f);
        while (fscanf(f, "%d", &pid) == 1)
                n++;
        (void)fclose(f);
        return n;
}

void
until_idle(void)
{
        uint64_t until_us = clock_us() + WORLD_CAP_US;

        while (count_children() > 0) {
                assert_true(clock_us() < until_us);
                assert_true(sd_event_run(event, 20000) >= 0);
        }
}

size_t
count_descriptors(void)
{
        DIR *dir = opendir("/proc/self/fd");
        size_t n = 0;

        assert_non_null(dir);
        while (readdir(dir))
                n++;
        (void)closedir(dir);
        return n;
}

/* How many processes of the hook's user there are. */
size_t
count_of_user(uid_t uid)
{
        DIR *dir = opendir("/proc");
        struct dirent *d;
        struct stat st;
        size_t n = 0;

        assert_non_null(dir);
        while ((d = readdir(dir)) != NULL)
                if (d->d_name[0] >= '1' && d->d_name[0] <= '9' &&
                    fstatat(dirfd(dir), d->d_name, &st, 0) == 0 && st.st_uid == uid)
                        n++;
        (void)closedir(dir);
        return n;
}

void
write_program(const char *script)
{
        char text[4096];

        (void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
        world_write(PROGRAM, text);
        assert_int_equal(chmod(PROGRAM, 0755), 0);
}

void
use_program(const char *path)
{
        (void)snprintf(policy.notify_exec, sizeof(policy.notify_exec), "%s", path);
        hook_set_policy(hook, &policy);
}

int
open_hook(void **state)
{
        int fd;

        (void)state;
        world_write(OUT, "");
        assert_int_equal(chmod(OUT, 0666), 0);
        fd = open(SAID, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0644);
        assert_true(fd >= 0);
        kept_stderr = dup(STDERR_FILENO);
        assert_true(dup2(fd, STDERR_FILENO) == STDERR_FILENO);
        (void)close(fd);
        assert_int_equal(sd_event_new(&event), 0);
        assert_int_equal(hook_new(&hook, event), 0);
        return 0;
}

int
close_hook(void **state)
{
        (void)state;
        hook_free(hook);
        sd_event_unref(event);
        (void)dup2(kept_stderr, STDERR_FILENO);
        (void)close(kept_stderr);
        return 0;
}

struct wire_record
record_of(enum wire_kind kind, const char *name)
{
        struct wire_record rec = {
                .magic = WIRE_MAGIC,
                .version = WIRE_VERSION,
                .kind = (uint16_t)kind,
                .wall_us = UINT64_C(1700000000) * 1000000,
                .state = { .level = LEVEL_TERM,
                           .act = LEVEL_TERM,
                           .reason = REASON_LOW,
                           .total_kib = 16148070,
                           .available_kib = 509952,
                           .left_us = UINT64_MAX },
                .process = { .pid = 4000,
                             .uid = 1000,
                             .start_ticks = 77,
                             .n = 1,
                             .sig = SIGTERM,
                             .size_kib = 3250585,
                             .real_kib = 3145728 },
        };

        (void)snprintf(rec.process.name, sizeof(rec.process.name), "%s", name);
        return rec;
}

void
feed(enum wire_kind kind, const char *name)
{
        struct wire_record rec = record_of(kind, name);

        hook_record(hook, &rec);
}
