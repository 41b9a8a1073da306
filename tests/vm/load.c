/* SPDX-License-Identifier: MIT */
/*
 * The roles that use memory as ordinary programs do, without leaking: readers of files,
 * churners, builds, forks that share their parent's memory or copy it, a writer into a tmpfs.
 */
#define _GNU_SOURCE
#include "role.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Keeps a file-backed working set of size= in use. */
int
readfile_main(struct role_options *o)
{
        int fd = open(ROLE_DATA_FILE, O_RDONLY | O_CLOEXEC);
        const char *p;
        unsigned sum = 0;

        if (fd < 0)
                role_fail(ROLE_DATA_FILE);
        p = mmap(NULL, o->size_kib * 1024, PROT_READ, MAP_SHARED, fd, 0);
        if (p == MAP_FAILED)
                role_fail("mmap");
        for (uint64_t kib = 0; kib < o->size_kib; kib += 4)
                sum += (unsigned char)p[kib * 1024];
        role_report(o, "ready");
        for (;;) {
                for (int i = 0; i < 64; i++)
                        sum += *(volatile const unsigned char *)(p + role_random() %
                                                                             (o->size_kib / 4) *
                                                                             ROLE_PAGE);
                role_sleep_us(1000 + sum % 2);
        }
        return 0;
}

/* Eight blocks; one is thrown away and taken anew at a time. */
int
churn_main(struct role_options *o)
{
        uint64_t block_kib = o->size_kib / 8 & ~(uint64_t)3;
        char *blocks[8] = { NULL };

        role_report(o, "ready");
        for (unsigned turn = 0;; turn++) {
                char **b = &blocks[turn % 8];

                if (*b)
                        munmap(*b, block_kib * 1024);
                *b = role_map(o, block_kib);
                for (uint64_t kib = 0; kib < block_kib; kib += 4)
                        role_fill_page(*b + kib * 1024, o->half_random);
                role_sleep_us(20000);
        }
        return 0;
}

/* A heap of which a third is garbage: taken at rate=, and collected every ms=. */
int
heap_main(struct role_options *o)
{
        uint64_t garbage_kib = o->size_kib / 3 & ~(uint64_t)3;
        uint64_t kept_kib = (o->size_kib - garbage_kib) & ~(uint64_t)3;
        char *base = role_map(o, kept_kib), *garbage = role_map(o, garbage_kib);

        for (uint64_t kib = 0; kib < kept_kib; kib += 4)
                role_fill_page(base + kib * 1024, o->half_random);
        role_report(o, "ready");
        for (;;) {
                uint64_t start_us = role_now_us(), filled_kib = 0, us;

                while ((us = role_now_us() - start_us) < o->child_ms * 1000) {
                        uint64_t due_kib = o->rate_kib_s * us / 1000000;

                        for (; filled_kib < due_kib && filled_kib < garbage_kib; filled_kib += 4)
                                role_fill_page(garbage + filled_kib * 1024, o->half_random);
                        role_sleep_us(20000);
                }
                if (madvise(garbage, garbage_kib * 1024, MADV_DONTNEED) < 0)
                        role_fail("madvise");
        }
        return 0;
}

/* Has size= for long, and takes a twelfth more at rate= once memory is down to until=. */
int
straw_main(struct role_options *o)
{
        uint64_t all_kib = o->size_kib * 13 / 12, kib = 0;
        char *base = role_map(o, all_kib);

        for (; kib < o->size_kib; kib += 4)
                role_fill_page(base + kib * 1024, o->half_random);
        role_report(o, "ready");
        while (role_available_kib() > o->until_kib)
                role_sleep_us(20000);
        for (uint64_t start_us = role_now_us(); kib + 4 <= all_kib;) {
                uint64_t due_kib =
                        o->size_kib + o->rate_kib_s * (role_now_us() - start_us) / 1000000;

                for (; kib < due_kib && kib + 4 <= all_kib; kib += 4)
                        role_fill_page(base + kib * 1024, o->half_random);
                role_sleep_us(4000);
        }
        for (;;)
                role_sleep_us(200000);
        return 0;
}

/* Takes processor time and no memory. */
int
spin_main(struct role_options *o)
{
        role_report(o, "ready");
        for (;;)
                role_random();
        return 0;
}

struct disk {
        int stat; /* Documentation/block/stat.rst: counters, which stand still with the disk */
        char seen[256];
};

static void
disk_open(struct disk *d, const char *path)
{
        d->stat = open(path, O_RDONLY | O_CLOEXEC);
        if (d->stat < 0)
                role_fail(path);
}

/* Whether a disk has worked since this was asked last. */
static bool
disk_worked(struct disk *d)
{
        char text[sizeof d->seen];
        ssize_t n = pread(d->stat, text, sizeof text - 1, 0);
        bool same;

        if (n <= 0)
                role_fail("stat of a disk");
        text[n] = '\0';
        same = strcmp(text, d->seen) == 0;
        memcpy(d->seen, text, sizeof text);
        return !same;
}

/*
 * Sleeps, for moments.  In virtual time an idle guest's clock jumps to its next timer, however far:
 * a disk request, which takes the host some 50 us, took 15 ms of a guest that waits for nothing
 * else.  Where no disk is used every 4 ms will do: 0.4 ms all the time were a third of what the
 * whole list cost the host.
 */
int
pace_main(struct role_options *o)
{
        static struct disk swap, data;

        (void)o;
        disk_open(&swap, "/sys/block/vdb/stat");
        disk_open(&data, "/sys/block/vda/stat");
        for (;;) {
                role_sleep_us(4000);
                while (disk_worked(&swap) | disk_worked(&data)) /* both are asked */
                        for (int i = 0; i < 500; i++)
                                role_sleep_us(400);
        }
        return 0;
}

/* Fills a tmpfs down to until= and ends: the memory then belongs to no process. */
int
spill_main(struct role_options *o)
{
        static char block[16 * ROLE_PAGE];
        int fd = open("/spill/data", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        if (fd < 0)
                role_fail("/spill/data");
        while (role_available_kib() > o->until_kib) {
                for (size_t i = 0; i < sizeof block; i += ROLE_PAGE)
                        role_fill_page(block + i, false);
                if (write(fd, block, sizeof block) < 0)
                        break; /* full is what was wanted */
        }
        role_report(o, "ready");
        return 0;
}

static void
compile_one(const struct role_options *o, uint64_t seed)
{
        uint64_t size_kib = o->size_kib / 4 + seed % (o->size_kib * 3 / 4);
        char *p = role_map(o, size_kib);

        for (uint64_t kib = 0; kib + 4 <= size_kib; kib += 4)
                role_fill_page(p + kib * 1024, false);
        role_sleep_us(o->child_ms * 1000);
        _exit(0);
}

/* n= compilers at a time, each taking up to size= for ms= and more, as make -j would. */
int
build_main(struct role_options *o)
{
        uint64_t running = 0;

        role_report(o, "ready");
        for (;;) {
                uint64_t seed = role_random();
                int status;
                pid_t pid;

                if (running == o->count) {
                        pid = wait(&status);
                        running--;
                        /* A compiler that was killed is a build that failed. */
                        if (pid > 0 && WIFSIGNALED(status)) {
                                role_report(o, "child %c %d compiler", ROLE_INNOCENT, pid);
                                role_report(o, "died %d %d", pid, status);
                        }
                }
                pid = fork();
                if (pid == 0)
                        compile_one(o, seed);
                if (pid > 0)
                        running++;
        }
        return 0;
}

static char *
filled(const struct role_options *o)
{
        char *base = role_map(o, o->size_kib);

        for (uint64_t i = 0; i < o->size_kib / 4; i++)
                role_fill_page(base + i * ROLE_PAGE, o->half_random);
        return base;
}

/* Writes to every page once, at rate=. */
static void
rewrite(const struct role_options *o, char *base)
{
        uint64_t start_us = role_now_us();

        for (uint64_t kib = 0; kib < o->size_kib;) {
                uint64_t due_kib = o->rate_kib_s * (role_now_us() - start_us) / 1000000;

                for (; kib < due_kib && kib < o->size_kib; kib += 4)
                        base[kib * 1024]++;
                role_sleep_us(20000);
        }
}

/* A database that forks a snapshot of itself to be saved, and from ms= on writes to all it has: of
 * every page there are two. */
int
snapshot_main(struct role_options *o)
{
        char *base = filled(o);
        pid_t pid = fork();

        if (pid < 0)
                role_fail("fork");
        if (pid == 0) {
                for (;;)
                        pause();
        }
        role_report(o, "child %c %d saver", ROLE_GUILTY, pid);
        role_report(o, "ready");
        role_sleep_us(o->child_ms * 1000);
        rewrite(o, base);
        role_mourn(o);
}

/* Has, for ms=, what n= workers are to work on; each of them writes to all of it. */
int
workers_main(struct role_options *o)
{
        char *base = filled(o);

        role_sleep_us(o->child_ms * 1000);
        for (uint64_t i = 0; i < o->count; i++) {
                pid_t pid = fork();

                if (pid < 0)
                        role_fail("fork");
                if (pid == 0) {
                        rewrite(o, base);
                        for (;;)
                                pause();
                }
                role_report(o, "child %c %d worker", ROLE_GUILTY, pid);
        }
        role_report(o, "ready");
        role_mourn(o);
}

/* A database: full, then forks a snapshot of itself that only reads, and writes on slowly. */
int
copy_main(struct role_options *o)
{
        char *base = filled(o);
        uint64_t pages = o->size_kib / 4;
        pid_t pid;

        pid = fork();
        if (pid < 0)
                role_fail("fork");
        if (pid == 0) {
                for (;;)
                        role_sleep_us(1000000);
        }
        role_report(o, "child %c %d snapshot", ROLE_INNOCENT, pid);
        role_report(o, "ready");
        for (;;) {
                int status;

                base[role_random() % pages * ROLE_PAGE]++;
                if (waitpid(pid, &status, WNOHANG) == pid)
                        role_report(o, "died %d %d", pid, status);
                role_sleep_us(20000);
        }
        return 0;
}
