/* SPDX-License-Identifier: MIT */
/*
 * Owns the filler and the looks at what is available.  Never knows who guards.
 */
#include "filler.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "meminfo.h"

enum { LOOKS_MAX = 16384, PAGE_KIB = 4, PACED_KIB = 64 };

#define LOOK_NS 1000000
#define GAP_NS  (5 * LOOK_NS)

/* Written by the filler. */
struct filler {
        _Atomic bool go;
        _Atomic uint64_t touched_kib;
        _Atomic uint64_t began_ns;
        _Atomic uint64_t signal_ns;
        _Atomic uint64_t signal_kib;
};

struct look {
        uint64_t at_ns, available_kib;
};

static struct filler *filler;
static struct look looks[LOOKS_MAX];
static _Atomic unsigned n_looks;
static _Atomic bool looking;
static _Atomic uint64_t looking_for_kib;
static _Atomic uint64_t crossed_ns;

/* ---- memory, every millisecond ---- */

static uint64_t
available_kib(int fd)
{
        char text[16384];
        struct meminfo mem;
        ssize_t n = pread(fd, text, sizeof(text), 0);

        return n > 0 && meminfo_parse(text, (size_t)n, &mem) == 0 ? mem.available_kib : 0;
}

void
filler_be_prompt(void)
{
        struct sched_param sp = { .sched_priority = 2 };

        (void)sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &sp);
}

static void *
run_looks(void *arg)
{
        int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);

        (void)arg;
        filler_be_prompt();
        for (;;) {
                struct timespec ts = { .tv_nsec = LOOK_NS };
                unsigned n = atomic_load(&n_looks);

                (void)nanosleep(&ts, NULL);
                if (!atomic_load(&looking) || n == LOOKS_MAX)
                        continue;
                looks[n].available_kib = available_kib(fd);
                looks[n].at_ns = bench_mono_ns();
                if (looks[n].available_kib <= atomic_load(&looking_for_kib) &&
                    atomic_load(&crossed_ns) == 0)
                        atomic_store(&crossed_ns, looks[n].at_ns);
                atomic_store(&n_looks, n + 1);
        }
        return NULL;
}

uint64_t
filler_available_kib(uint64_t at_ns)
{
        uint64_t kib = 0;

        for (unsigned i = 0; i < atomic_load(&n_looks) && looks[i].at_ns <= at_ns; i++)
                kib = looks[i].available_kib;
        return kib;
}

uint64_t
filler_back_ns(uint64_t after_ns, uint64_t above_kib)
{
        for (unsigned i = 0; i < atomic_load(&n_looks); i++)
                if (looks[i].at_ns > after_ns && looks[i].available_kib > above_kib)
                        return looks[i].at_ns;
        return 0;
}

bool
filler_missed(uint64_t at_ns)
{
        uint64_t last_ns = 0;

        for (unsigned i = 0; i < atomic_load(&n_looks) && looks[i].at_ns < at_ns; i++)
                last_ns = looks[i].at_ns;
        return at_ns > last_ns + GAP_NS;
}

uint64_t
filler_crossed_ns(void)
{
        return atomic_load(&crossed_ns);
}

/* ---- the filler ---- */

static void
on_term(int sig)
{
        struct timespec ts;

        (void)sig;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        atomic_store(&filler->signal_kib, atomic_load(&filler->touched_kib));
        atomic_store(&filler->signal_ns, (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec);
        _exit(0);
}

/* Waits until so much may have been touched. */
static void
keep_pace(uint64_t kib, uint64_t rate_kibps)
{
        uint64_t due_ns = atomic_load(&filler->began_ns) + kib * 1000000u / rate_kibps * 1000u;
        uint64_t now_ns = bench_mono_ns();
        struct timespec ts;

        if (now_ns >= due_ns)
                return;
        ts = (struct timespec){ (time_t)((due_ns - now_ns) / 1000000000u),
                                (long)((due_ns - now_ns) % 1000000000u) };
        (void)nanosleep(&ts, NULL);
}

static void
fill(uint64_t kib, uint64_t rate_kibps)
{
        struct timespec ts = { .tv_nsec = 1000000 };
        char *p = mmap(NULL, kib * 1024, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (p == MAP_FAILED)
                _exit(1);
        while (!atomic_load(&filler->go))
                (void)nanosleep(&ts, NULL);
        atomic_store(&filler->began_ns, bench_mono_ns());
        for (uint64_t at = 0; at < kib; at += PAGE_KIB) {
                *(volatile char *)(p + at * 1024) = 1;
                atomic_store_explicit(&filler->touched_kib, at + PAGE_KIB, memory_order_relaxed);
                if (rate_kibps && at % PACED_KIB == 0)
                        keep_pace(at, rate_kibps);
        }
        for (;;)
                (void)pause();
}

bool
filler_open(void)
{
        pthread_t thread;

        filler = mmap(NULL, sizeof(*filler), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                      0);
        return filler != MAP_FAILED && pthread_create(&thread, NULL, run_looks, NULL) == 0;
}

pid_t
filler_start(uint64_t way_kib, uint64_t rate_kibps)
{
        struct sigaction sa = { .sa_handler = on_term };
        pid_t pid;

        memset(filler, 0, sizeof(*filler));
        pid = fork();
        if (pid != 0)
                return pid;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* Naps as short as they are meant. */
        (void)prctl(PR_SET_TIMERSLACK, 1ul);
        (void)sigaction(SIGTERM, &sa, NULL);
        fill(way_kib + FILLER_BEYOND_KIB, rate_kibps);
        return 0;
}

void
filler_go(uint64_t limit_kib)
{
        atomic_store(&n_looks, 0);
        atomic_store(&crossed_ns, 0);
        atomic_store(&looking_for_kib, limit_kib);
        atomic_store(&looking, true);
        atomic_store(&filler->go, true);
}

void
filler_rest(void)
{
        atomic_store(&looking, false);
}

struct filler_says
filler_hear(void)
{
        return (struct filler_says){ atomic_load(&filler->began_ns),
                                     atomic_load(&filler->signal_ns),
                                     atomic_load(&filler->signal_kib) };
}
