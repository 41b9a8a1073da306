/* SPDX-License-Identifier: MIT */
/*
 * Owns the open files of the kernel, their reading, and the clock.  Never decides, never logs,
 * never allocates once open.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "number.h"
#include "sampler.h"
#include "vmstat.h"
#include "zoneinfo.h"

/* vmstat is the longest: 4 KiB now, and it grows with every kernel. */
enum { TEXT_MAX = 16384, SWAPS_MAX = 4096, MM_STAT_MAX = 256 };

#define REOPEN_US    1000000u
#define ZONES_OLD_US 1000000u

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
        [SAMPLER_ZONES] = { "zoneinfo", true },
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

/* True when all went well. */
static bool
read_zones(struct sampler *s)
{
        struct zoneinfo z;
        uint64_t kib = 0;
        int r = read_file(s, SAMPLER_ZONES, s->zones, sizeof(s->zones));

        if (r >= 0)
                r = zoneinfo_parse(s->zones, (size_t)r, &z);
        if (r >= 0 && __builtin_mul_overflow(z.listed, s->page_kib, &kib))
                r = -EOVERFLOW;
        if (r < 0) {
                s->last_error[SAMPLER_ZONES] = r;
                return false;
        }
        s->listed_kib = kib;
        s->zones_us = s->last.now_us;
        return true;
}

/*
 * In a container lxcfs puts a meminfo of its own over the kernel's, in which nothing of the lists
 * is missing, and leaves the host's zoneinfo.  It is another file system.
 */
static bool
of_one_source(const struct sampler *s)
{
        struct statx mem, zones;
        const int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;

        return statx(s->fd[SAMPLER_MEMINFO], "", flags, 0, &mem) == 0 &&
               statx(s->fd[SAMPLER_ZONES], "", flags, 0, &zones) == 0 &&
               mem.stx_dev_major == zones.stx_dev_major && mem.stx_dev_minor == zones.stx_dev_minor;
}

static void
keep_zones(struct sampler *s)
{
        s->page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
        s->listed_kib = 0;
        if (s->fd[SAMPLER_ZONES] >= 0 && (!of_one_source(s) || !read_zones(s)))
                close_fd(&s->fd[SAMPLER_ZONES]);
        s->last.pcp_kib = s->listed_kib;
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
                        keep_zones(s);
                }
        }
        s->reopen_us = now_us + REOPEN_US;
}

/*
 * The dearest of the files (30 us for two processors), and the kernel holds zone->lock while it
 * prints a zone: with plenty of memory what the last deep look saw will do.  A number beside a
 * MemAvailable of another time counts pages twice, or not at all; one that is old would be memory
 * that nobody has.
 */
static void
look_at_zones(struct sampler *s, bool deep)
{
        const struct meminfo *m = &s->last.mem;
        bool plenty = m->available_kib > m->total_kib / 8 * 5;

        if ((plenty && !deep) || read_zones(s))
                return;
        s->faults[SAMPLER_ZONES]++;
        if (s->last.now_us - s->zones_us > ZONES_OLD_US)
                s->listed_kib = 0;
}

/*
 * Lists that went down between two deep looks must not show as memory that is taken in a tenth of
 * a second.  A 128th a look is slow enough: from half of memory to TERM, 4 or 5 % of it, would be
 * 5.8 s, and WATCH looks 5 s ahead.  Below half all is exact, and read at each look from five
 * eighths on: who falls that far before the last of it was counted is due at WATCH anyway.
 */
static void
take_zones(struct sampler *s, bool deep)
{
        const struct meminfo *m = &s->last.mem;
        uint64_t slow_kib = sub_floor(s->last.pcp_kib, m->total_kib / 128);

        if (s->fd[SAMPLER_ZONES] < 0 || s->last.stale)
                return;
        look_at_zones(s, deep);
        s->last.pcp_kib = s->listed_kib;
        if (m->available_kib > m->total_kib / 2 && slow_kib > s->listed_kib)
                s->last.pcp_kib = slow_kib;
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
        s->last.pgsteal = vm.pgsteal;
        s->boxed = vm.boxed;
        s->direct = vm.direct;
        s->stalls = vm.stalls;
        s->last.refault = vm.refault;
        s->last.has_refault = vm.has_refault;
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

static int
read_zram(int fd, struct zram_stat *ret)
{
        char text[MM_STAT_MAX];
        int r = read_whole(fd, false, text, sizeof(text));

        return r < 0 ? r : zram_parse(text, (size_t)r, ret);
}

/* 0 or -EOVERFLOW. */
static int
add_zram(struct zram_stat *all, const struct zram_stat *z)
{
        bool over = __builtin_add_overflow(all->stored_bytes, z->stored_bytes, &all->stored_bytes);

        over |= __builtin_add_overflow(all->used_bytes, z->used_bytes, &all->used_bytes);
        over |= __builtin_add_overflow(all->data_bytes, z->data_bytes, &all->data_bytes);
        over |= __builtin_add_overflow(all->limit_bytes, z->limit_bytes, &all->limit_bytes);
        return over ? -EOVERFLOW : 0;
}

static void
take_zram(struct sampler *s)
{
        struct zram_stat all = { 0 };
        bool whole = !s->zram_unlisted, limited = s->n_zram > 0;

        for (uint32_t i = 0; i < s->n_zram; i++) {
                struct zram_stat z;

                if (s->zram_fd[i] < 0) {
                        whole = false;
                        continue;
                }
                int r = read_zram(s->zram_fd[i], &z);

                if (r == 0)
                        r = add_zram(&all, &z);
                if (!usable(s, SAMPLER_SWAPS, r))
                        return;
                limited = limited && z.limit_bytes > 0;
        }
        s->last.zram_cost_kib = whole ? all.used_bytes / 1024 : 0;
        s->last.zram_ratio_bp = zram_judge(&s->zram, s->last.zram_total_kib, &all);
        s->last.swap_barred_kib = 0;
        if (whole && limited)
                s->last.swap_barred_kib = zram_barred_kib(
                        s->last.zram_free_kib, sub_floor(all.limit_bytes, all.used_bytes),
                        s->last.zram_ratio_bp);
}

static int
open_zram(const char *sys, uint32_t id)
{
        char path[ZRAM_PATH_MAX];

        zram_path(path, id);
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
        s->zram = (struct zram_window){ 0 };
}

/*
 * What is in memory already, as it is or packed, is to be had for what is read in; some of it may
 * be of other areas.  The free part of an area that is being switched off is none any more.
 */
static void
take_going(struct sampler *s, const struct swaps *sw, const struct swap_area *a)
{
        s->last.swap_off_kib = a->used_kib;
        s->last.swap_off_in_kib = s->last.mem.swap_cached_kib + s->last.mem.zswap_kib;
        if (!a->zram)
                return;
        s->last.zram_total_kib -= a->size_kib - a->used_kib;
        s->last.zram_free_kib -= a->size_kib - a->used_kib;
        /* The ratio may be that of late. */
        if (s->last.zram_cost_kib > 0 && sw->zram_used_kib > 0)
                s->last.swap_off_in_kib +=
                        mul_div(a->used_kib, s->last.zram_cost_kib, sw->zram_used_kib);
        else
                s->last.swap_off_in_kib += mul_div(a->used_kib, 10000, s->last.zram_ratio_bp);
}

static bool
take_swaps(struct sampler *s, struct swaps *ret)
{
        char text[SWAPS_MAX];

        /* Kept, it would be held against the memory that has been filled with it since. */
        s->last.swap_off_kib = s->last.swap_off_in_kib = 0;
        if (s->fd[SAMPLER_SWAPS] < 0)
                return false;
        int r = read_text(s->fd[SAMPLER_SWAPS], source[SAMPLER_SWAPS].in_parts, text, sizeof(text));

        /* Anyone may have many swap files: the first of them will do for zram, but no half line. */
        if (r == (int)sizeof(text)) {
                const char *newline = memrchr(text, '\n', sizeof(text));

                r = newline ? (int)(newline + 1 - text) : -EINVAL;
        }
        if (r >= 0)
                r = swaps_parse(text, (size_t)r, ret);
        if (!usable(s, SAMPLER_SWAPS, r))
                return false;
        s->zram_unlisted = ret->zram_unlisted;
        s->last.zram_total_kib = ret->zram_total_kib;
        s->last.zram_free_kib = ret->zram_total_kib - ret->zram_used_kib;
        const struct swap_area *going = swaps_going(ret, s->last.mem.swap_total_kib);

        if (s->swap_fell && going)
                take_going(s, ret, going);
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
        keep_zones(s);
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
        take_zones(s, deep);
        s->last.has_psi = s->fd[SAMPLER_PRESSURE] >= 0;
        (void)take_pressure(s);
        s->last.has_pgscan = deep && (take_vmstat(s) || s->last.has_pgscan);
        s->last.has_refault = s->last.has_refault && s->last.has_pgscan;
        if (s->last.mem.swap_total_kib != swap_total_kib) {
                s->swap_fell = s->last.mem.swap_total_kib < swap_total_kib;
                sampler_find_zram(s, s->sys);
        } else if (deep) {
                check_zram(s);
        }
        if (deep) {
                take_zram(s);
                take_arc(s);
        }
        *ret = s->last;
}
