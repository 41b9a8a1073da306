/* SPDX-License-Identifier: MIT */
/*
 * Owns the forms of a process' stat, statm, status and cgroup.  Never opens them, and never trusts
 * a name.
 */
#include <errno.h>
#include <string.h>
#include "procstat.h"
#include "text.h"

/* Columns of stat by their numbers in proc_pid_stat(5). */
enum {
        STAT_PPID = 4,
        STAT_PGRP = 5,
        STAT_FLAGS = 9,
        STAT_THREADS = 20,
        STAT_START = 22,
        STAT_RSS = 24,
        STAT_STACK = 28
};

static bool
read_max(const char **p, const char *end, uint64_t max, uint64_t *ret)
{
        return text_column(p, end, ret) && *ret <= max;
}

/* Some of the other columns are negative, so they are passed over unread. */
static bool
read_stat_columns(const char *p, const char *end, struct proc_stat *ret)
{
        uint64_t ppid = 0, pgrp = 0, flags = 0, n_threads = 0;

        for (int column = STAT_PPID; column <= STAT_STACK; column++) {
                bool good = true;

                if (column == STAT_PPID)
                        good = read_max(&p, end, INT32_MAX, &ppid);
                else if (column == STAT_PGRP && read_max(&p, end, INT32_MAX, &pgrp))
                        continue; /* -1 of one without a signal handler table any more */
                else if (column == STAT_FLAGS)
                        good = read_max(&p, end, UINT32_MAX, &flags);
                else if (column == STAT_THREADS)
                        good = read_max(&p, end, UINT32_MAX, &n_threads);
                else if (column == STAT_START)
                        good = text_column(&p, end, &ret->start_ticks);
                else if (column == STAT_RSS)
                        good = text_column(&p, end, &ret->resident);
                else if (column == STAT_STACK)
                        good = text_column(&p, end, &ret->start_stack);
                else
                        text_skip_column(&p, end);
                if (!good)
                        return false;
        }
        ret->ppid = (int32_t)ppid;
        ret->pgrp = (int32_t)pgrp;
        ret->flags = (uint32_t)flags;
        ret->n_threads = (uint32_t)n_threads;
        return true;
}

/* Copies what fits, and a terminating zero. */
static void
copy_cut(char *ret, size_t ret_size, const char *text, size_t len)
{
        if (len >= ret_size)
                len = ret_size - 1;
        memcpy(ret, text, len);
        ret[len] = '\0';
}

int
proc_stat_parse(const char *text, size_t len, struct proc_stat *ret)
{
        const char *p = text, *end = text + len;
        struct proc_stat st = { .pid = 0 };
        uint64_t pid;

        if (!text_u64(&p, end, &pid) || pid == 0 || pid > INT32_MAX || !text_accept(&p, end, " ("))
                return -EINVAL;
        /* Only numbers follow the name: the last parenthesis of all is the one that closes it. */
        const char *close = memrchr(p, ')', (size_t)(end - p));

        if (!close)
                return -EINVAL;
        /* Of a text cut to a buffer the last column may be half a number. */
        while (end > close && end[-1] != ' ' && end[-1] != '\n')
                end--;
        st.pid = (int32_t)pid;
        copy_cut(st.name, sizeof(st.name), p, (size_t)(close - p));
        p = close + 1;
        if (end - p < 3 || p[0] != ' ' || p[1] <= ' ' || p[2] != ' ')
                return -EINVAL;
        st.state = p[1];
        if (!read_stat_columns(p + 2, end, &st))
                return -EINVAL;
        *ret = st;
        return 0;
}

int
proc_statm_parse(const char *text, size_t len, struct proc_statm *ret)
{
        const char *p = text, *end = text + len;
        struct proc_statm m;

        if (!text_is_whole(text, len) || !text_column(&p, end, &m.size) ||
            !text_column(&p, end, &m.resident) || !text_column(&p, end, &m.shared) ||
            m.shared > m.resident)
                return -EINVAL;
        *ret = m;
        return 0;
}

enum status_key {
        UID,
        NS_PID,
        MAPPED,
        ANON,
        FILE_PAGES,
        SHMEM,
        PAGE_TABLES,
        SWAP,
        THREADS,
        N_STATUS_KEYS
};

static const struct text_key status_keys[N_STATUS_KEYS] = {
        [UID] = TEXT_KEY("Uid"),
        [NS_PID] = TEXT_KEY("NSpid"),
        [MAPPED] = TEXT_KEY("VmSize"),
        [ANON] = TEXT_KEY("RssAnon"),
        [FILE_PAGES] = TEXT_KEY("RssFile"),
        [SHMEM] = TEXT_KEY("RssShmem"),
        [PAGE_TABLES] = TEXT_KEY("VmPTE"),
        [SWAP] = TEXT_KEY("VmSwap"),
        [THREADS] = TEXT_KEY("Threads"),
};

#define STATUS_REQUIRED (1u << UID | 1u << THREADS)

/*
 * The one number of a line that counts: of Uid the second (real, effective, saved, filesystem), of
 * NSpid 1 if the innermost namespace is not the outermost and calls the process 1, else 0.
 */
static bool
read_status_value(const struct text_scan *scan, uint64_t *ret)
{
        const char *p = scan->value, *end = scan->value_end;
        uint64_t value, n = 0;

        switch (scan->key) {
        case UID:
                return read_max(&p, end, UINT32_MAX, &value) && read_max(&p, end, UINT32_MAX, ret);
        case THREADS:
                return read_max(&p, end, UINT32_MAX, ret) && p == end;
        case NS_PID:
                for (; p < end; n++) {
                        if (!text_column(&p, end, &value))
                                return false;
                }
                *ret = n > 1 && value == 1;
                return n > 0;
        default:
                return text_column(&p, end, ret) && text_accept(&p, end, " kB") && p == end;
        }
}

int
proc_status_parse(const char *text, size_t len, struct proc_status *ret)
{
        struct text_scan scan = { .p = text,
                                  .end = text + len,
                                  .keys = status_keys,
                                  .n_keys = N_STATUS_KEYS,
                                  .stop = ':' };
        uint64_t value[N_STATUS_KEYS] = { 0 };
        uint32_t good = 0, bad = 0;

        if (!text_is_whole(text, len))
                return -EINVAL;
        while (text_scan_next(&scan)) {
                uint32_t bit = 1u << scan.key;

                if (read_status_value(&scan, &value[scan.key])) {
                        good |= bit;
                        bad &= ~bit;
                } else {
                        bad |= bit;
                }
        }
        if (bad || (good & STATUS_REQUIRED) != STATUS_REQUIRED)
                return -EINVAL;
        *ret = (struct proc_status){
                .uid = (uint32_t)value[UID],
                .anon_kib = value[ANON],
                .file_kib = value[FILE_PAGES],
                .shmem_kib = value[SHMEM],
                .pagetables_kib = value[PAGE_TABLES],
                .swap_kib = value[SWAP],
                .mapped_kib = value[MAPPED],
                .n_threads = (uint32_t)value[THREADS],
                .ns_init = value[NS_PID] == 1,
        };
        return 0;
}

/* What follows the tag in `ID:name=systemd:PATH` or `0::PATH`. */
static bool
accept_hierarchy(const char **at, const char *end, bool unified)
{
        uint64_t id;

        if (unified)
                return text_accept(at, end, "0::");
        return text_u64(at, end, &id) && text_accept(at, end, ":name=systemd:");
}

static int
read_cgroup(const char *text, size_t len, bool unified, char *ret, size_t ret_size)
{
        const char *p = text, *end = text + len, *line;
        size_t line_len;
        bool whole;

        while (text_line(&p, end, &line, &line_len, &whole) && whole) {
                const char *line_end = line + line_len;

                if (!accept_hierarchy(&line, line_end, unified) || line == line_end ||
                    *line != '/' || ret_size == 0)
                        continue;
                copy_cut(ret, ret_size, line, (size_t)(line_end - line));
                return 0;
        }
        return -EINVAL;
}

int
proc_cgroup_parse(const char *text, size_t len, char *ret, size_t ret_size)
{
        int r = read_cgroup(text, len, false, ret, ret_size);

        return r == 0 ? 0 : proc_cgroup_unified(text, len, ret, ret_size);
}

int
proc_cgroup_unified(const char *text, size_t len, char *ret, size_t ret_size)
{
        return read_cgroup(text, len, true, ret, ret_size);
}

static bool
ends_in(const char *text, size_t len, const char *tail)
{
        size_t tail_len = strlen(tail);

        return len > tail_len && memcmp(text + len - tail_len, tail, tail_len) == 0;
}

void
proc_unit_of(const char *cgroup, char *ret, size_t ret_size)
{
        const char *end = cgroup + strlen(cgroup);

        if (ret_size == 0)
                return;
        ret[0] = '\0';
        while (end > cgroup) {
                const char *slash = memrchr(cgroup, '/', (size_t)(end - cgroup));
                const char *part = slash ? slash + 1 : cgroup;
                size_t len = (size_t)(end - part);

                if (ends_in(part, len, ".service") || ends_in(part, len, ".scope")) {
                        copy_cut(ret, ret_size, part, len);
                        return;
                }
                end = slash ? slash : cgroup;
        }
}
