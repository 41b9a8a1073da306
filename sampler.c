/* SPDX-License-Identifier: MIT */
/*
 * Owns the open files of the kernel, their reading, and the clock.  Never decides, never logs,
 * never allocates once open.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "sampler.h"
#include "vmstat.h"

/* vmstat is the longest: 4 KiB now, and it grows with every kernel. */
enum { TEXT_MAX = 16384, SWAPS_MAX = 4096, MM_STAT_MAX = 256 };

#define REOPEN_US 1000000u

/* Less than this in zram says nothing about what comes next. */
#define ZRAM_TELLING_BYTES (64ull << 20)
#define ZRAM_UNKNOWN_BP    20000u
/* What counts as newly stored, and how long a window of it lasts at least. */
#define ZRAM_STEP_BYTES (16ull << 20)
#define ZRAM_WINDOW_US  2000000u
/* zram keeps what does not compress as it is, so below 1:1 is the noise of pages freed in between.
 * Zero pages cost nothing, but nobody promises more of them. */
#define ZRAM_MIN_BP 10000u
#define ZRAM_MAX_BP 100000u

struct source {
        const char *path;
        /*
         * Printed record by record: a read gives whole records, but no more than a page of them
         * (fs/seq_file.c, seq_read_iter).  The others come in one piece, and a second read to see
         * their end would be a wasted one.
         */
        bool in_parts;
};

static const struct source source[SAMPLER_N_FILES] = {
        [SAMPLER_MEMINFO] = { "meminfo", false },
        [SAMPLER_PRESSURE] = { "pressure/memory", false },
        [SAMPLER_VMSTAT] = { "vmstat", true },
        [SAMPLER_SWAPS] = { "swaps", true },
        [SAMPLER_ARC] = { "spl/kstat/zfs/arcstats", true },
};

static uint64_t
clock_us(clockid_t clock)
{
        struct timespec ts = { 0 };

        (void)clock_gettime(clock, &ts);
        return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

uint64_t
sampler_now_us(void)
{
        return clock_us(CLOCK_MONOTONIC);
}

static void
close_fd(int *fd)
{
        if (*fd >= 0)
                (void)close(*fd);
        *fd = -1;
}

/* A descriptor whose text can be read, or -errno. */
static int
open_below(const char *dir, const char *path)
{
        char byte;
        int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (dir_fd < 0)
                return -errno;
        /* O_NONBLOCK: whatever lies there instead of a file, opening it must not wait. */
        int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        int r = fd < 0 ? -errno : fd;

        close_fd(&dir_fd);
        /* With psi=0 some kernels have the file and refuse only the read, with EOPNOTSUPP. */
        if (fd >= 0 && pread(fd, &byte, 1, 0) < 0) {
                r = -errno;
                close_fd(&fd);
        }
        return r;
}

/* The length read, `size` when there may be more, or -errno. */
static int
read_text(int fd, bool in_parts, char *text, size_t size)
{
        size_t len = 0;

        do {
                ssize_t n = pread(fd, text + len, size - len, (off_t)len);

                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                len += (size_t)n;
        } while (in_parts && len < size);
        return (int)len;
}

/* As above, but a text that may be cut is refused. */
static int
read_whole(int fd, bool in_parts, char *text, size_t size)
{
        int r = read_text(fd, in_parts, text, size);

        return r == (int)size ? -EFBIG : r;
}

static int
read_file(const struct sampler *s, enum sampler_file file, char *text, size_t size)
{
        return read_whole(s->fd[file], source[file].in_parts, text, size);
}

/* True when r says that all went well; anything else is counted. */
static bool
usable(struct sampler *s, enum sampler_file file, int r)
{
        if (r >= 0)
                return true;
        s->faults[file]++;
        s->last_error[file] = r;
        return false;
}

static bool
take_meminfo(struct sampler *s)
{
        char text[TEXT_MAX];
        int r = read_file(s, SAMPLER_MEMINFO, text, sizeof(text));

        if (r >= 0)
                r = meminfo_parse(text, (size_t)r, &s->last.mem);
        return usable(s, SAMPLER_MEMINFO, r);
}

/*
 * A torn read is followed by a good one.  Only a file that stays bad is worth an open(2), which may
 * wait for memory.
 */
static void
mend_meminfo(struct sampler *s)
{
        uint64_t now_us = s->last.now_us;

        if (!s->last.stale) {
                s->reopen_us = 0;
                return;
        }
        if (s->reopen_us != 0 && now_us < s->reopen_us)
                return;
        if (s->reopen_us != 0) {
                int fd = open_below(s->proc, source[SAMPLER_MEMINFO].path);

                /* The old one may yet recover; no descriptor never does. */
                if (fd >= 0) {
                        close_fd(&s->fd[SAMPLER_MEMINFO]);
                        s->fd[SAMPLER_MEMINFO] = fd;
                }
        }
        s->reopen_us = now_us + REOPEN_US;
}

static bool
take_pressure(struct sampler *s)
{
        char text[TEXT_MAX];

        if (s->fd[SAMPLER_PRESSURE] < 0)
                return false;
        int r = read_file(s, SAMPLER_PRESSURE, text, sizeof(text));

        if (r >= 0)
                r = psi_parse(text, (size_t)r, &s->last.psi);
        return usable(s, SAMPLER_PRESSURE, r);
}

static bool
take_vmstat(struct sampler *s)
{
        char text[TEXT_MAX];
        struct vmstat vm;

        if (s->fd[SAMPLER_VMSTAT] < 0)
                return false;
        int r = read_file(s, SAMPLER_VMSTAT, text, sizeof(text));

        if (r >= 0)
                r = vmstat_parse(text, (size_t)r, &vm);
        if (!usable(s, SAMPLER_VMSTAT, r))
                return false;
        s->last.pgscan = vm.pgscan;
        s->oom_kill = vm.oom_kill;
        return true;
}

static void
take_arc(struct sampler *s)
{
        char text[TEXT_MAX];

        if (s->fd[SAMPLER_ARC] < 0)
                return;
        int r = read_file(s, SAMPLER_ARC, text, sizeof(text));

        if (r >= 0)
                r = arcstats_parse(text, (size_t)r, &s->last.arc_kib);
        (void)usable(s, SAMPLER_ARC, r);
}

/* What was stored to what it costs, within limits; stored > 0. */
static uint32_t
ratio_bp(uint64_t stored, uint64_t used)
{
        if (used <= stored / (ZRAM_MAX_BP / ZRAM_MIN_BP))
                return ZRAM_MAX_BP;
        if (used >= stored)
                return ZRAM_MIN_BP;
        while (stored > UINT64_MAX / 10000) {
                stored /= 2;
                used /= 2;
        }
        return (uint32_t)(stored * 10000 / used);
}

/*
 * A leak that does not compress hides behind what is there already, so the last window counts too
 * when it is worse.  It is looked at as soon as it holds enough, not only at its end: a bomb does
 * not wait for two seconds.
 */
static uint32_t
judge_zram(struct sampler *s, uint64_t stored, uint64_t used)
{
        uint64_t now_us = s->last.now_us;
        bool again = false;

        if (stored >= s->zram_stored && stored - s->zram_stored >= ZRAM_STEP_BYTES) {
                uint64_t cost = used > s->zram_used ? used - s->zram_used : 0;

                s->zram_ratio_bp = ratio_bp(stored - s->zram_stored, cost);
                again = now_us - s->zram_window_us >= ZRAM_WINDOW_US;
        } else if (s->zram_stored > stored && s->zram_stored - stored >= ZRAM_STEP_BYTES) {
                /* What came late may be what has gone. */
                s->zram_ratio_bp = 0;
                again = true;
        }
        if (again) {
                s->zram_stored = stored;
                s->zram_used = used;
                s->zram_window_us = now_us;
        }
        if (stored < ZRAM_TELLING_BYTES)
                return ZRAM_UNKNOWN_BP;
        uint32_t total_bp = ratio_bp(stored, used);

        return s->zram_ratio_bp && s->zram_ratio_bp < total_bp ? s->zram_ratio_bp : total_bp;
}

static int
read_zram(int fd, struct zram_stat *ret)
{
        char text[MM_STAT_MAX];
        int r = read_whole(fd, false, text, sizeof(text));

        return r < 0 ? r : zram_parse(text, (size_t)r, ret);
}

static void
take_zram(struct sampler *s)
{
        uint64_t stored = 0, used = 0;

        for (uint32_t i = 0; i < s->n_zram; i++) {
                struct zram_stat z;

                if (s->zram_fd[i] < 0)
                        continue;
                int r = read_zram(s->zram_fd[i], &z);

                if (r == 0 && (__builtin_add_overflow(stored, z.stored_bytes, &stored) ||
                               __builtin_add_overflow(used, z.used_bytes, &used)))
                        r = -EOVERFLOW;
                if (!usable(s, SAMPLER_SWAPS, r))
                        return;
        }
        s->last.zram_ratio_bp = judge_zram(s, stored, used);
}

/* Appends the decimal digits of n. */
static char *
put_u32(char *p, uint32_t n)
{
        char digit[10]; /* of 2^32 - 1 */
        int n_digits = 0;

        do {
                digit[n_digits++] = (char)('0' + n % 10);
                n /= 10;
        } while (n > 0);
        while (n_digits > 0)
                *p++ = digit[--n_digits];
        return p;
}

static int
open_zram(const char *sys, uint32_t id)
{
        static const char head[] = "block/zram", tail[] = "/mm_stat";
        char path[sizeof(head) + 10 + sizeof(tail)], *p = path;

        memcpy(p, head, sizeof(head) - 1);
        p = put_u32(p + sizeof(head) - 1, id);
        memcpy(p, tail, sizeof(tail));
        return open_below(sys, path);
}

/* Takes over what is open already. */
static int
pick_zram(struct sampler *s, uint32_t id)
{
        for (uint32_t i = 0; i < s->n_zram; i++) {
                int fd = s->zram_fd[i];

                if (s->zram_id[i] == id && fd >= 0) {
                        s->zram_fd[i] = -1;
                        return fd;
                }
        }
        return -1;
}

static void
follow_zram(struct sampler *s, const char *sys, const struct swaps *sw)
{
        int fd[SWAPS_ZRAM_MAX];

        for (uint32_t i = 0; i < sw->n_zram; i++) {
                fd[i] = pick_zram(s, sw->zram[i]);
                if (fd[i] >= 0)
                        continue;
                fd[i] = open_zram(sys, sw->zram[i]);
                if (!usable(s, SAMPLER_SWAPS, fd[i]))
                        fd[i] = -1;
        }
        for (uint32_t i = 0; i < SWAPS_ZRAM_MAX; i++) {
                close_fd(&s->zram_fd[i]);
                if (i >= sw->n_zram)
                        continue;
                s->zram_fd[i] = fd[i];
                s->zram_id[i] = sw->zram[i];
        }
        s->n_zram = sw->n_zram;
        /* A window from nothing: its first ratio is that of everything. */
        s->zram_stored = s->zram_used = s->zram_window_us = 0;
        s->zram_ratio_bp = 0;
}

static bool
take_swaps(struct sampler *s, struct swaps *ret)
{
        char text[SWAPS_MAX];

        if (s->fd[SAMPLER_SWAPS] < 0)
                return false;
        int r = read_text(s->fd[SAMPLER_SWAPS], source[SAMPLER_SWAPS].in_parts, text, sizeof(text));

        /* Anyone may have many swap files: the first of them will do, but no half line. */
        if (r == (int)sizeof(text)) {
                const char *newline = memrchr(text, '\n', sizeof(text));

                r = newline ? (int)(newline + 1 - text) : -EINVAL;
        }
        if (r >= 0)
                r = swaps_parse(text, (size_t)r, ret);
        if (!usable(s, SAMPLER_SWAPS, r))
                return false;
        s->last.zram_total_kib = ret->zram_total_kib;
        s->last.zram_free_kib = ret->zram_total_kib - ret->zram_used_kib;
        return true;
}

void
sampler_find_zram(struct sampler *s, const char *sys)
{
        struct swaps sw;

        if (take_swaps(s, &sw))
                follow_zram(s, sys, &sw);
}

/* A device may take the place of another without a change in SwapTotal. */
static void
check_zram(struct sampler *s)
{
        struct swaps sw;

        if (take_swaps(s, &sw) &&
            (sw.n_zram != s->n_zram ||
             memcmp(sw.zram, s->zram_id, sw.n_zram * sizeof(sw.zram[0])) != 0))
                follow_zram(s, s->sys, &sw);
}

int
sampler_open(struct sampler *s, const char *proc, const char *sys)
{
        s->proc = proc;
        s->sys = sys;
        for (int file = 0; file < SAMPLER_N_FILES; file++) {
                int fd = open_below(proc, source[file].path);

                if (fd == -ENOENT && file != SAMPLER_MEMINFO)
                        continue;
                if (usable(s, (enum sampler_file)file, fd))
                        s->fd[file] = fd;
        }
        if (s->fd[SAMPLER_MEMINFO] < 0 || !take_meminfo(s)) {
                int r = s->last_error[SAMPLER_MEMINFO];

                sampler_close(s);
                return r;
        }
        /* Were the first good total to come later, all since boot would count as one stall. */
        if (!take_pressure(s))
                close_fd(&s->fd[SAMPLER_PRESSURE]);
        s->last.zram_ratio_bp = ZRAM_UNKNOWN_BP;
        s->last.now_us = sampler_now_us();
        (void)take_vmstat(s);
        sampler_find_zram(s, sys);
        take_zram(s);
        take_arc(s);
        return 0;
}

void
sampler_close(struct sampler *s)
{
        for (int i = 0; i < SAMPLER_N_FILES; i++)
                close_fd(&s->fd[i]);
        for (int i = 0; i < SWAPS_ZRAM_MAX; i++)
                close_fd(&s->zram_fd[i]);
        s->n_zram = 0;
}

void
sampler_take(struct sampler *s, bool deep, struct sample *ret)
{
        uint64_t swap_total_kib = s->last.mem.swap_total_kib;

        s->last.now_us = sampler_now_us();
        s->last.boot_us = clock_us(CLOCK_BOOTTIME);
        s->last.stale = !take_meminfo(s);
        mend_meminfo(s);
        s->last.has_psi = s->fd[SAMPLER_PRESSURE] >= 0;
        (void)take_pressure(s);
        s->last.has_pgscan = deep && (take_vmstat(s) || s->last.has_pgscan);
        if (s->last.mem.swap_total_kib != swap_total_kib)
                sampler_find_zram(s, s->sys);
        else if (deep)
                check_zram(s);
        if (deep) {
                take_zram(s);
                take_arc(s);
        }
        *ret = s->last;
}
