/* SPDX-License-Identifier: MIT */
/*
 * Owns the lines of others that end processes for lack of memory: systemd-oomd (whole cgroups) with
 * what the service manager says of it, and earlyoom.
 */
#include "history_guard.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "text.h"

enum { LINE_MAX_BYTES = 2048 };

/* Candidates and the kill are told within the same second. */
#define TOGETHER_US UINT64_C(10000000)

static const char *
copy_line(char line[LINE_MAX_BYTES], const char *text, size_t len)
{
        if (len > LINE_MAX_BYTES - 1)
                len = LINE_MAX_BYTES - 1;
        memcpy(line, text, len);
        line[len] = '\0';
        return line + strspn(line, " \t");
}

/* `Considered 50 cgroups for killing, top candidates were:`, then for each `Path: /x` and below it
 * `Current Memory Usage: 43.3G` or `Swap Usage: 477.8M`. */
static bool
take_candidate(struct oomd_log *o, const char *at)
{
        static const char *const sizes[] = { "Current Memory Usage: ", "Swap Usage: " };
        const char *end = at + strlen(at);
        uint64_t kib;

        if (text_accept(&at, end, "Path: ")) {
                history_copy(o->path, sizeof(o->path), at, strlen(at));
                return true;
        }
        for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                if (!text_accept(&at, end, sizes[i]))
                        continue;
                if (o->path[0] && guard_size(&at, &kib)) {
                        const char *name = strrchr(o->path, '/');

                        history_top_add(&o->next, name ? name + 1 : o->path, 0, kib);
                }
                return true;
        }
        return false;
}

/* Its own size, when it was among the candidates. */
static void
find_size(const struct oomd_log *o, struct history_event *e)
{
        const char *name = strrchr(e->unit, '/');

        name = name ? name + 1 : e->unit;
        for (unsigned i = 0; i < o->next.n_top; i++)
                if (strcmp(o->next.top[i].name, name) == 0) {
                        e->size_kib = o->next.top[i].kib;
                        return;
                }
}

/* `memory used (15247392768) / total (16493572096) and swap used (...) / total (...) being more
 * than 90.00%`: sizes in bytes are for machines. */
static void
take_reason(struct history_event *e, const char *due)
{
        unsigned long long used, total, swap_used, swap_total;
        char size[4][32], text[HISTORY_WHY_MAX];
        int at = 0;

        if (sscanf(due,
                   "memory used (%llu) / total (%llu) and swap used (%llu) / total (%llu) being %n",
                   &used, &total, &swap_used, &swap_total, &at) != 4 ||
            at == 0) {
                history_copy(e->why, sizeof(e->why), due, strlen(due));
                return;
        }
        message_size(used / 1024, size[0], sizeof(size[0]));
        message_size(total / 1024, size[1], sizeof(size[1]));
        message_size(swap_used / 1024, size[2], sizeof(size[2]));
        message_size(swap_total / 1024, size[3], sizeof(size[3]));
        (void)snprintf(text, sizeof(text), "%s of %s of memory and %s of %s of swap were used, %s",
                       size[0], size[1], size[2], size[3], due + at);
        history_copy(e->why, sizeof(e->why), text, strlen(text));
}

bool
oomd_line(struct oomd_log *o, uint64_t time_us, const char *text, size_t len,
          struct history_event *ret)
{
        char line[LINE_MAX_BYTES];
        const char *at = copy_line(line, text, len), *end = line + strlen(line), *path, *due;
        struct history_event e = history_event_init(KILLER_OOMD, 0);

        if (strncmp(at, "Considered ", 11) == 0) {
                *o = (struct oomd_log){ .open = true, .at_us = time_us };
                return false;
        }
        if (o->open && take_candidate(o, at))
                return false;
        /* Later versions mark first; what they say of the reason is the same. */
        if (!text_accept(&at, end, "Killed ") && !text_accept(&at, end, "Marked "))
                return false;
        path = at;
        due = strstr(path, " due to memory ");
        if (*path != '/' || !due)
                return false;
        size_t path_len = (size_t)(due - path);
        static const char marked[] = " for killing";

        if (path_len > sizeof(marked) - 1 &&
            memcmp(due - (sizeof(marked) - 1), marked, sizeof(marked) - 1) == 0)
                path_len -= sizeof(marked) - 1;
        if (o->open && time_us >= o->at_us && time_us - o->at_us <= TOGETHER_US) {
                memcpy(e.top, o->next.top, sizeof(e.top));
                e.n_top = o->next.n_top;
        }
        history_copy(e.unit, sizeof(e.unit), path, path_len);
        due += strlen(" due to ");
        take_reason(&e, due);
        find_size(o, &e);
        e.n = 0;
        e.told = SOURCE_LINE;
        o->open = false;
        *ret = e;
        return true;
}

bool
oomd_manager_line(const char *unit, const char *n_processes, const char *text, size_t len,
                  struct history_event *ret)
{
        static const char said[] = ": systemd-oomd killed ";
        char line[LINE_MAX_BYTES];
        const char *at = copy_line(line, text, len), *count = strstr(at, said), *end;
        struct history_event e = history_event_init(KILLER_OOMD, 0);
        uint64_t n = 0;

        if (!count)
                return false;
        if (unit)
                history_copy(e.unit, sizeof(e.unit), unit, strlen(unit));
        else
                history_copy(e.unit, sizeof(e.unit), at, (size_t)(count - at));
        count += sizeof(said) - 1;
        if (n_processes)
                count = n_processes;
        end = count + strlen(count);
        (void)text_u64(&count, end, &n);
        e.n = n <= INT32_MAX ? (uint32_t)n : 0;
        e.told = SOURCE_MANAGER;
        *ret = e;
        return true;
}

/* `sending SIGTERM to process 29410 uid 1000 "cluster": badness 1264, VmRSS 23964 MiB` */
bool
other_line(const char *by, const char *text, size_t len, struct history_event *ret)
{
        char line[LINE_MAX_BYTES];
        const char *at = copy_line(line, text, len), *end = line + strlen(line), *quote, *rss;
        struct history_event e = history_event_init(KILLER_OTHER, 0);
        uint64_t number;

        if (text_accept(&at, end, "sending SIGTERM to process "))
                e.sig = SIGTERM;
        else if (text_accept(&at, end, "sending SIGKILL to process "))
                e.sig = SIGKILL;
        else
                return false;
        if (!text_u64(&at, end, &number) || number == 0 || number > INT32_MAX)
                return false;
        e.pid = (int32_t)number;
        e.sig_kill = e.sig == SIGKILL;
        if (text_accept(&at, end, " uid ") && text_u64(&at, end, &number) && number <= UINT32_MAX) {
                e.has_uid = true;
                e.uid = (uint32_t)number;
        }
        if (!text_accept(&at, end, " \""))
                return false;
        /* A name may hold a quotation mark; what follows the last one is a number and sizes. */
        quote = strrchr(at, '"');
        if (!quote)
                return false;
        history_copy(e.name, sizeof(e.name), at, (size_t)(quote - at));
        rss = strstr(quote, "VmRSS ");
        if (rss) {
                rss += strlen("VmRSS ");
                (void)guard_size(&rss, &e.size_kib);
        }
        history_copy(e.by, sizeof(e.by), by, strlen(by));
        e.told = SOURCE_LINE;
        *ret = e;
        return true;
}
