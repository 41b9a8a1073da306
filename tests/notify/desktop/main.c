/* SPDX-License-Identifier: MIT */
/*
 * Desktop notifications, for real: session buses, notification servers, people's files and
 * sessions.  `server` is expected beside this program.
 *   desktop [FOLDER_OF_PROGRAMS]
 */
#include "cases.h"

#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "decide.h"

enum { CASES_MAX = 64 };

struct stage stage;

uint64_t
clock_now_us(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void
stage_open(void)
{
        assert_int_equal(sd_event_new(&stage.event), 0);
        assert_int_equal(desktop_new(&stage.desktop, stage.event), 0);
        stage.policy = (struct policy){ .notify_desktop = true, .notify_warn = true };
        desktop_set_policy(stage.desktop, &stage.policy);
}

void
stage_close(void)
{
        desktop_free(stage.desktop);
        sd_event_unref(stage.event);
        stage = (struct stage){ .event = NULL };
}

void
stage_until(bool (*done)(const void *arg), const void *arg)
{
        uint64_t until_us = clock_now_us() + WORLD_CAP_US;

        while (!done(arg)) {
                if (clock_now_us() > until_us)
                        fail_msg("it does not happen");
                assert_true(sd_event_run(stage.event, 20000) >= 0);
        }
}

struct lines {
        uid_t uid;
        size_t n;
};

static bool
has_lines(const void *arg)
{
        const struct lines *l = arg;

        return world_log_lines(l->uid) >= l->n;
}

void
stage_until_lines(uid_t uid, size_t n)
{
        stage_until(has_lines, &(struct lines){ uid, n });
}

/* Children of this process that the module started: not those of the world, which are exec'd. */
size_t
count_children(void)
{
        char path[64], mine[PATH_MAX], other[PATH_MAX];
        ssize_t len = readlink("/proc/self/exe", mine, sizeof(mine));
        size_t n = 0;
        int pid;
        FILE *f;

        (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
        f = fopen(path, "re");
        assert_non_null(f);
        while (fscanf(f, "%d", &pid) == 1) {
                (void)snprintf(path, sizeof(path), "/proc/%d/exe", pid);
                ssize_t other_len = readlink(path, other, sizeof(other));

                /* One that has ended and was not waited for has no such link. */
                if (other_len < 0 || (other_len == len && memcmp(mine, other, (size_t)len) == 0))
                        n++;
        }
        (void)fclose(f);
        return n;
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

static bool
is_idle(const void *arg)
{
        (void)arg;
        return count_children() == 0;
}

void
stage_until_idle(void)
{
        stage_until(is_idle, NULL);
}

struct wire_record
record_of(enum wire_kind kind, uid_t uid, const char *name)
{
        struct wire_record rec = {
                .magic = WIRE_MAGIC,
                .version = WIRE_VERSION,
                .kind = (uint16_t)kind,
                .state = { .level = LEVEL_TERM,
                           .act = LEVEL_TERM,
                           .reason = REASON_LOW,
                           .total_kib = 16148070,
                           .available_kib = 498 * 1024,
                           .term_kib = 512 * 1024,
                           .left_us = UINT64_MAX },
                .process = { .pid = 4000,
                             .uid = uid,
                             .start_ticks = 77,
                             .n = 1,
                             .sig = SIGTERM,
                             .size_kib = 3250585,
                             .growth_kibps = 120 * 1024,
                             .real_kib = 3145728 },
        };

        (void)snprintf(rec.process.name, sizeof(rec.process.name), "%s", name);
        if (kind == WIRE_WARNING) {
                rec.state.level = LEVEL_WARN;
                rec.state.available_kib = 900 * 1024;
                rec.state.left_us = 12 * UINT64_C(1000000);
        }
        return rec;
}

void
stage_feed(const struct wire_record *rec)
{
        desktop_record(stage.desktop, rec);
}

void
stage_kill(uid_t uid, const char *name, int32_t pid)
{
        struct wire_record rec = record_of(WIRE_KILLING, uid, name);

        rec.process.pid = pid;
        stage_feed(&rec);
        rec = record_of(WIRE_KILLED, uid, name);
        rec.process.pid = pid;
        rec.state.available_kib = 3670016;
        stage_feed(&rec);
}

void
put_desktop_file(const char *data_dir, const char *id, const char *text)
{
        char path[PATH_MAX];

        (void)snprintf(path, sizeof(path), "%s/applications", data_dir);
        world_mkdirs(path, 0);
        (void)snprintf(path, sizeof(path), "%s/applications/%s.desktop", data_dir, id);
        world_write(path, text);
}

static int
run_cases(void)
{
        static struct CMUnitTest all[CASES_MAX];
        const struct {
                const struct CMUnitTest *from;
                size_t n;
        } parts[] = {
                { cases_show, n_cases_show },
                { cases_people, n_cases_people },
                { cases_ailing, n_cases_ailing },
                { cases_dunst, n_cases_dunst },
        };
        size_t n = 0;

        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
                for (size_t k = 0; k < parts[i].n && n < CASES_MAX; k++)
                        all[n++] = parts[i].from[k];
        cmocka_set_test_filter(getenv("DESKTOP_ONLY"));
        return _cmocka_run_group_tests("desktop", all, n, NULL, NULL);
}

int
main(int argc, char **argv)
{
        static char self[PATH_MAX];
        const char *folder = argc > 1 ? argv[1] : dirname(strncpy(self, argv[0], PATH_MAX - 1));

        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        return world_run(folder, run_cases);
}
