/* SPDX-License-Identifier: MIT */
/*
 * Owns how the kernel words its kills (mm/oom_kill.c and mm/memcontrol.c, Linux 2.6.32 to 6.18).
 * Never trusts a name: numbers are looked for behind the last place where a name can end.
 */
#include "history_kernel.h"

#include <stdlib.h>
#include <string.h>

#include "procstat.h"
#include "text.h"

/* The lines of one kill follow each other closely; a slow console takes seconds over them. */
#define TOGETHER_US UINT64_C(60000000)
/* Limits at and above this many KiB are none: the counter's maximum. */
#define NO_LIMIT_KIB (UINT64_C(1) << 50)

enum { LINE_MAX_BYTES = 2048 };

/* The last place of `what`, or NULL. */
static const char *
find_last(const char *text, const char *what)
{
        const char *last = NULL;

        for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
                last = at;
        return last;
}

/* The number behind the first `key` at or after `text`; false when there is none. */
static bool
number_after(const char *text, const char *key, uint64_t *ret)
{
        const char *at = strstr(text, key), *p;

        if (!at)
                return false;
        p = at + strlen(key);
        return text_u64(&p, p + strlen(p), ret);
}

/* ---- what comes before the kill ---- */

static void
begin(struct kernel_log *k, uint64_t time_us)
{
        uint64_t page_kib = k->page_kib;

        memset(k, 0, sizeof(*k));
        k->page_kib = page_kib;
        k->next = history_event_init(KILLER_KERNEL, 0);
        k->open = true;
        k->at_us = time_us;
}

static bool
take_asked(struct kernel_log *k, uint64_t time_us, const char *text)
{
        const char *at = strstr(text, " invoked oom-killer: ");

        if (!at)
                return false;
        begin(k, time_us);
        history_copy(k->next.asked, sizeof(k->next.asked), text, (size_t)(at - text));
        return true;
}

/* `memory: usage 102400kB, limit 102400kB, failcnt 29`; on cgroup v1 also `memory+swap: ...`. */
static bool
take_usage(struct kernel_log *k, const char *text)
{
        static const char *const begins[] = { "memory: usage ", "memory+swap: usage " };
        uint64_t usage, limit;

        for (unsigned i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
                if (strncmp(text, begins[i], strlen(begins[i])) != 0 ||
                    !number_after(text, "usage ", &usage) || !number_after(text, "limit ", &limit))
                        continue;
                if (limit < NO_LIMIT_KIB && k->next.limit_kib == 0) {
                        k->next.usage_kib = usage;
                        k->next.limit_kib = limit;
                }
                return true;
        }
        return false;
}

static bool
take_swap(struct kernel_log *k, const char *text)
{
        uint64_t kib;

        if (strncmp(text, "Free swap ", 10) == 0 && number_after(text, "= ", &kib)) {
                k->next.swap_free_kib = kib;
                return true;
        }
        if (strncmp(text, "Total swap ", 11) == 0 && number_after(text, "= ", &kib)) {
                k->next.swap_total_kib = kib;
                k->next.has_swap = true;
                return true;
        }
        return false;
}

static void
take_path(char *ret, size_t size, const char *from, const char *to)
{
        history_copy(ret, size, from, (size_t)(to - from));
}

/* The unit in a cgroup's path, or the path where there is none. */
static void
take_unit(struct history_event *e, const char *from, const char *to)
{
        char path[HISTORY_PATH_MAX], unit[PROC_UNIT_MAX];

        take_path(path, sizeof(path), from, to);
        proc_unit_of(path, unit, sizeof(unit));
        if (unit[0])
                history_copy(e->unit, sizeof(e->unit), unit, strlen(unit));
        else if (strcmp(path, "/") != 0)
                history_copy(e->unit, sizeof(e->unit), path, strlen(path));
}

/* Before 5.0: `Task in /a killed as a result of limit of /b`. */
static bool
take_task_in(struct kernel_log *k, const char *text)
{
        static const char begins[] = "Task in ", middle[] = " killed as a result of limit of ";
        const char *at = strstr(text, middle);

        if (strncmp(text, begins, sizeof(begins) - 1) != 0 || !at)
                return false;
        k->next.scope = SCOPE_CGROUP;
        take_unit(&k->next, text + sizeof(begins) - 1, at);
        at += sizeof(middle) - 1;
        take_path(k->next.limit_cgroup, sizeof(k->next.limit_cgroup), at, at + strlen(at));
        return true;
}

/* ---- the table of tasks ---- */

static int *
column_of(struct kernel_columns *c, const char *name, size_t len)
{
        static const struct {
                const char *name;
                size_t offset;
        } known[] = {
                { "rss", offsetof(struct kernel_columns, rss) },
                { "rss_anon", offsetof(struct kernel_columns, anon) },
                { "rss_shmem", offsetof(struct kernel_columns, shmem) },
                { "swapents", offsetof(struct kernel_columns, swap) },
        };

        for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (strlen(known[i].name) == len && memcmp(known[i].name, name, len) == 0)
                        return (int *)(void *)((char *)c + known[i].offset);
        return NULL;
}

/* `[  pid  ]   uid  tgid total_vm      rss ... name`: the columns have changed over the years. */
static bool
take_head(struct kernel_log *k, const char *text)
{
        const char *at = strchr(text, ']');
        struct kernel_columns c = { .rss = -1, .anon = -1, .shmem = -1, .swap = -1 };

        if (*text != '[' || !at || !strstr(text, " total_vm "))
                return false;
        for (at++;;) {
                size_t len;
                int *column;

                at += strspn(at, " ");
                len = strcspn(at, " ");
                if (len == 0 || c.n == KERNEL_COLUMNS_MAX)
                        return false;
                if (len == 4 && memcmp(at, "name", 4) == 0)
                        break;
                column = column_of(&c, at, len);
                if (column)
                        *column = c.n;
                c.n++;
                at += len;
        }
        k->columns = c;
        return true;
}

static uint64_t
cell(const uint64_t *value, int column)
{
        return column >= 0 ? value[column] : 0;
}

/* Numbers of a row; oom_score_adj may be negative.  Where the name begins, or NULL. */
static const char *
read_row(const char *at, int n, uint64_t *value)
{
        const char *end = at + strlen(at);

        for (int i = 0; i < n; i++) {
                text_skip_blanks(&at, end);
                if (at < end && *at == '-')
                        at++;
                if (!text_u64(&at, end, &value[i]) || at == end || *at != ' ')
                        return NULL;
        }
        return at + 1;
}

static bool
take_row(struct kernel_log *k, const char *text)
{
        const char *at = text, *end = text + strlen(text), *name;
        uint64_t value[KERNEL_COLUMNS_MAX], pid, pages, swap;
        char washed[HISTORY_NAME_MAX];

        if (k->columns.n == 0 || !text_accept(&at, end, "["))
                return false;
        text_skip_blanks(&at, end);
        if (!text_u64(&at, end, &pid) || !text_accept(&at, end, "]") || pid > INT32_MAX)
                return false;
        name = read_row(at, k->columns.n, value);
        if (!name)
                return false;
        swap = cell(value, k->columns.swap);
        pages = k->columns.anon >= 0 ? cell(value, k->columns.anon) + cell(value, k->columns.shmem)
                                     : cell(value, k->columns.rss);
        if (pages > UINT32_MAX || swap > UINT32_MAX)
                return false;
        history_copy(washed, sizeof(washed), name, strlen(name));
        history_top_add(&k->next, washed, (int32_t)pid, (pages + swap) * k->page_kib);
        if (swap > 0 && k->n_swapped < KERNEL_SWAPPED_MAX) {
                k->swapped[k->n_swapped].pid = (int32_t)pid;
                k->swapped[k->n_swapped++].kib = swap * k->page_kib;
        }
        return true;
}

/* ---- the kill ---- */

static enum history_scope
scope_of(const char *word)
{
        static const struct {
                const char *word;
                enum history_scope scope;
        } all[] = {
                { "CONSTRAINT_NONE", SCOPE_MACHINE },
                { "CONSTRAINT_MEMCG", SCOPE_CGROUP },
                { "CONSTRAINT_CPUSET", SCOPE_CPUSET },
                { "CONSTRAINT_MEMORY_POLICY", SCOPE_POLICY },
        };
        size_t len = strcspn(word, ",");

        for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
                if (strlen(all[i].word) == len && memcmp(all[i].word, word, len) == 0)
                        return all[i].scope;
        return SCOPE_UNKNOWN;
}

/*
 * `oom-kill:constraint=C,nodemask=...,cpuset=...,mems_allowed=...,oom_memcg=/x,task_memcg=/y,
 * task=NAME,pid=N,uid=N`; without a limit `global_oom` stands for oom_memcg.
 */
static bool
take_summary(struct kernel_log *k, uint64_t time_us, const char *text)
{
        static const char begins[] = "oom-kill:constraint=";
        static const char in_limit[] = ",oom_memcg=", in_task[] = ",task_memcg=";
        const char *task = find_last(text, ",task="), *pid = find_last(text, ",pid=");
        const char *limit = strstr(text, in_limit), *own;
        uint64_t number;

        if (strncmp(text, begins, sizeof(begins) - 1) != 0)
                return false;
        if (!k->open)
                begin(k, time_us);
        k->next.scope = scope_of(text + sizeof(begins) - 1);
        if (pid && number_after(pid, ",pid=", &number) && number <= INT32_MAX)
                k->pid = (int32_t)number;
        if (pid && number_after(pid, ",uid=", &number) && number <= UINT32_MAX) {
                k->next.has_uid = true;
                k->next.uid = (uint32_t)number;
        }
        own = limit ? strstr(limit, in_task) : strstr(text, in_task);
        if (limit && own)
                take_path(k->next.limit_cgroup, sizeof(k->next.limit_cgroup),
                          limit + sizeof(in_limit) - 1, own);
        if (own && task && task > own)
                take_unit(&k->next, own + sizeof(in_task) - 1, task);
        return true;
}

/* Said behind the first of them, when the lines before it have been used up already. */
static bool
take_group(struct kernel_log *k, const char *text)
{
        if (strncmp(text, "Tasks in ", 9) != 0 ||
            !strstr(text, " are going to be killed due to memory.oom.group set"))
                return false;
        k->group = true;
        return true;
}

/* Where the name ends: it may hold a `)` itself, and what the kernel puts behind it does not. */
static const char *
name_end(const char *name)
{
        static const char *const ends[] = { ") total-vm:", "), UID", ") vsz:" };
        const char *last = NULL;

        for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
                const char *at = find_last(name, ends[i]);

                if (at && (!last || at > last))
                        last = at;
        }
        return last ? last : strrchr(name, ')');
}

/* `Killed process 121 (bomb) total-vm:16778768kB, anon-rss:645500kB, ... UID:1000 ...`. */
static bool
read_killed(const char *text, struct history_event *e)
{
        const char *end = text + strlen(text), *close;
        uint64_t pid, kib;

        if (!text_accept(&text, end, "Killed process ") || !text_u64(&text, end, &pid) ||
            pid == 0 || pid > INT32_MAX)
                return false;
        /* RHEL 6: `Killed process 1200, UID 104, (postgres) total-vm:...`. */
        if (text_accept(&text, end, ", UID ")) {
                if (!text_u64(&text, end, &kib) || kib > UINT32_MAX ||
                    !text_accept(&text, end, ","))
                        return false;
                e->has_uid = true;
                e->uid = (uint32_t)kib;
        }
        if (!text_accept(&text, end, " ("))
                return false;
        close = name_end(text);
        if (!close)
                return false;
        e->pid = (int32_t)pid;
        history_copy(e->name, sizeof(e->name), text, (size_t)(close - text));
        e->size_kib = 0;
        if (number_after(close, "anon-rss:", &kib))
                e->size_kib += kib;
        if (number_after(close, "shmem-rss:", &kib))
                e->size_kib += kib;
        if ((number_after(close, "UID:", &kib) || number_after(close, "UID ", &kib)) &&
            kib <= UINT32_MAX) {
                e->has_uid = true;
                e->uid = (uint32_t)kib;
        }
        return true;
}

/* What the lines before said belongs to this kill. */
static bool
is_about(const struct kernel_log *k, uint64_t time_us, int32_t pid)
{
        uint64_t age_us = time_us > k->at_us ? time_us - k->at_us : 0;

        return age_us <= TOGETHER_US && ((k->open && (k->pid == 0 || k->pid == pid)) || k->group);
}

/* The first of a cgroup that is ended as a whole is told once more among all of it. */
static bool
is_told_again(struct kernel_log *k, uint64_t time_us, int32_t pid)
{
        if (k->open || !k->group || k->pid != pid || !is_about(k, time_us, pid))
                return false;
        k->pid = 0;
        return true;
}

static void
add_swapped(const struct kernel_log *k, struct history_event *e)
{
        for (unsigned i = 0; i < k->n_swapped; i++)
                if (k->swapped[i].pid == e->pid) {
                        e->size_kib += k->swapped[i].kib;
                        return;
                }
}

static bool
take_killed(struct kernel_log *k, uint64_t time_us, const char *text, struct history_event *ret)
{
        static const char global[] = "Out of memory", limited[] = "Memory cgroup out of memory";
        bool is_global = strncmp(text, global, sizeof(global) - 1) == 0;
        bool is_limited = strncmp(text, limited, sizeof(limited) - 1) == 0;
        const char *killed = is_global || is_limited ? strstr(text, ": Killed process ") : NULL;
        struct history_event e = history_event_init(KILLER_KERNEL, 0);

        /* Before 5.3 `Kill process N (NAME) score S or sacrifice child` stands on a line of its
         * own, and who is ended is the child, perhaps. */
        if ((is_global || is_limited) && !killed && strstr(text, ": Kill process ")) {
                if (!k->open)
                        begin(k, time_us);
                if (k->next.scope == SCOPE_UNKNOWN)
                        k->next.scope = is_limited ? SCOPE_CGROUP : SCOPE_MACHINE;
                k->pid = 0;
                return false;
        }
        if (killed ? !read_killed(killed + 2, &e) : !read_killed(text, &e))
                return false;
        if (is_told_again(k, time_us, e.pid))
                return false;
        if (is_about(k, time_us, e.pid)) {
                struct history_event told = e;

                e = k->next;
                e.pid = told.pid;
                e.size_kib = told.size_kib;
                memcpy(e.name, told.name, sizeof(e.name));
                if (told.has_uid) {
                        e.has_uid = true;
                        e.uid = told.uid;
                }
                add_swapped(k, &e);
                k->open = false;
        }
        if (e.scope == SCOPE_UNKNOWN && (is_limited || is_global))
                e.scope = is_limited ? SCOPE_CGROUP : SCOPE_MACHINE;
        e.told = SOURCE_KERNEL;
        *ret = e;
        return true;
}

bool
kernel_log_line(struct kernel_log *k, uint64_t time_us, const char *text, size_t len,
                struct history_event *ret)
{
        char line[LINE_MAX_BYTES];

        if (len > sizeof(line) - 1)
                len = sizeof(line) - 1;
        memcpy(line, text, len);
        line[len] = '\0';
        if (take_asked(k, time_us, line) || take_summary(k, time_us, line))
                return false;
        if (take_killed(k, time_us, line, ret))
                return true;
        if (!take_group(k, line) && k->open)
                (void)(take_usage(k, line) || take_swap(k, line) || take_task_in(k, line) ||
                       take_head(k, line) || take_row(k, line));
        return false;
}
