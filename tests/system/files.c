/* SPDX-License-Identifier: MIT */
/*
 * Owns the made-up files of the kernel.  Never knows what the machine is like.
 *
 * The guard reads at any time, so what changes are eight aligned bytes at a time: no reader sees
 * half of a number, unless a case wants it so.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "world.h"

enum { DIGITS = 8, TEXT_SIZE = 1024, FILLER_MIN = 6 };

static struct {
        int meminfo_fd, pressure_fd, vmstat_fd;
        off_t available_at, swap_total_at, swap_free_at; /* where in meminfo */
        off_t some_at, full_at, scan_at, steal_at, refault_at;
        uint64_t available_kib, swap_total_kib, swap_free_kib;
} f;

struct text {
        char byte[TEXT_SIZE];
        size_t len;
};

__attribute__((format(printf, 2, 3))) static void
add(struct text *t, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        t->len += (size_t)vsnprintf(t->byte + t->len, TEXT_SIZE - t->len, format, ap);
        va_end(ap);
}

/* The key, blanks up to an aligned place, the number; returns where that is. */
static off_t
add_meminfo(struct text *t, const char *key, uint64_t kib)
{
        add(t, "%s: ", key);
        while (t->len % DIGITS != 0)
                add(t, " ");
        off_t at = (off_t)t->len;

        add(t, "%8llu kB\n", (unsigned long long)kib);
        return at;
}

/* A line of another key in front brings the number to its place. */
static off_t
add_vmstat(struct text *t, const char *key)
{
        size_t filler = FILLER_MIN;

        while ((t->len + filler + strlen(key) + 1) % DIGITS != 0)
                filler++;
        add(t, "pad %0*d\n%s ", (int)filler - 5, 0, key);
        off_t at = (off_t)t->len;

        add(t, "00000000\n");
        return at;
}

/* Zeros in front of a percentage do it here. */
static off_t
add_pressure(struct text *t, const char *word)
{
        static const char rest[] = ".00 avg60=0.00 avg300=0.00 total=";
        int zeros = 1;

        while ((t->len + strlen(word) + strlen(" avg10=") + (size_t)zeros + strlen(rest)) % DIGITS)
                zeros++;
        add(t, "%s avg10=%0*d%s", word, zeros, 0, rest);
        off_t at = (off_t)t->len;

        add(t, "00000000\n");
        return at;
}

static void
put_digits(int fd, off_t at, char fill, uint64_t value)
{
        char text[DIGITS];

        for (unsigned i = DIGITS; i-- > 0; value /= 10)
                text[i] = value > 0 || i == DIGITS - 1 ? (char)('0' + value % 10) : fill;
        (void)!pwrite(fd, text, DIGITS, at);
}

static int
mount_over(const char *name, const char *over, const struct text *t)
{
        int fd = open(world_path(name), O_RDWR | O_CREAT | O_CLOEXEC, 0644);

        CHECK(fd >= 0 && pwrite(fd, t->byte, t->len, 0) == (ssize_t)t->len, "%s: %s", name,
              strerror(errno));
        CHECK(mount(world_path(name), over, NULL, MS_BIND, NULL) == 0, "%s: %s", over,
              strerror(errno));
        return fd;
}

static void
write_meminfo(struct text *t)
{
        t->len = 0;
        (void)add_meminfo(t, "MemTotal", MEMORY_TOTAL_MIB * 1024);
        (void)add_meminfo(t, "MemFree", 1024);
        f.available_at = add_meminfo(t, "MemAvailable", f.available_kib);
        (void)add_meminfo(t, "Cached", 4096);
        (void)add_meminfo(t, "Shmem", 2048);
        (void)add_meminfo(t, "Hugetlb", 0);
        f.swap_total_at = add_meminfo(t, "SwapTotal", f.swap_total_kib);
        f.swap_free_at = add_meminfo(t, "SwapFree", f.swap_free_kib);
}

void
files_mount(uint64_t available_kib)
{
        struct text t;

        f.available_kib = available_kib;
        write_meminfo(&t);
        f.meminfo_fd = mount_over("meminfo", "/proc/meminfo", &t);
        t.len = 0;
        f.some_at = add_pressure(&t, "some");
        f.full_at = add_pressure(&t, "full");
        f.pressure_fd = -1;
        if (access("/proc/pressure/memory", F_OK) == 0)
                f.pressure_fd = mount_over("pressure", "/proc/pressure/memory", &t);
        t.len = 0;
        f.refault_at = add_vmstat(&t, "workingset_refault_anon");
        (void)add_vmstat(&t, "workingset_refault_file");
        f.steal_at = add_vmstat(&t, "pgsteal_kswapd");
        (void)add_vmstat(&t, "pgsteal_direct");
        f.scan_at = add_vmstat(&t, "pgscan_kswapd");
        (void)add_vmstat(&t, "pgscan_direct");
        (void)add_vmstat(&t, "oom_kill");
        f.vmstat_fd = mount_over("vmstat", "/proc/vmstat", &t);
        t.len = 0;
        add(&t, "Filename\tType\tSize\tUsed\tPriority\n");
        (void)close(mount_over("swaps", "/proc/swaps", &t));
        t.len = 0;
        add(&t, "Node 0, zone Normal\n min 1\n high 2\n managed %u\n cpu: 0\n count: 0\n",
            MEMORY_TOTAL_MIB * 256);
        (void)close(mount_over("zoneinfo", "/proc/zoneinfo", &t));
}

void
files_put_available(uint64_t kib)
{
        if (kib != f.available_kib)
                put_digits(f.meminfo_fd, f.available_at, ' ', kib);
        f.available_kib = kib;
}

void
files_put_swap(uint64_t total_kib, uint64_t free_kib)
{
        f.swap_total_kib = total_kib;
        f.swap_free_kib = free_kib;
        /* In this order free swap is never more than there is. */
        if (free_kib == 0)
                put_digits(f.meminfo_fd, f.swap_free_at, ' ', 0);
        put_digits(f.meminfo_fd, f.swap_total_at, ' ', total_kib);
        put_digits(f.meminfo_fd, f.swap_free_at, ' ', free_kib);
}

void
files_put_stall(uint64_t us)
{
        if (f.pressure_fd < 0)
                return;
        put_digits(f.pressure_fd, f.some_at, '0', us);
        put_digits(f.pressure_fd, f.full_at, '0', us);
}

void
files_put_reclaim(uint64_t pages, bool come_back)
{
        put_digits(f.vmstat_fd, f.scan_at, '0', pages);
        put_digits(f.vmstat_fd, f.steal_at, '0', pages);
        if (come_back)
                put_digits(f.vmstat_fd, f.refault_at, '0', pages);
}

/* The whole of it, in one piece, as it should be. */
static void
rewrite(void)
{
        struct text t;

        write_meminfo(&t);
        (void)!pwrite(f.meminfo_fd, t.byte, t.len, 0);
        (void)!ftruncate(f.meminfo_fd, (off_t)t.len);
}

void
files_put_swap_below_zero(void)
{
        f.swap_free_kib = UINT64_MAX - 3;
        rewrite();
}

void
files_break(enum memory_fault fault)
{
        rewrite();
        switch (fault) {
        case MEMORY_EMPTY:
                (void)!ftruncate(f.meminfo_fd, 0);
                break;
        case MEMORY_TORN:
                (void)!ftruncate(f.meminfo_fd, f.available_at + DIGITS / 2);
                break;
        case MEMORY_ABSURD:
                put_digits(f.meminfo_fd, f.available_at, ' ', 99999999);
                break;
        case MEMORY_WORDS:
                (void)!pwrite(f.meminfo_fd, "  a lot?", DIGITS, f.available_at);
                break;
        case MEMORY_GOOD:
        case MEMORY_FLAPPING:
                break;
        }
}
