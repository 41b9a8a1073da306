/* SPDX-License-Identifier: MIT */
/*
 * From the crossing of a limit to the signal and to the death of who crossed it: a process that
 * fills memory flat out, the guard and earlyoom in turn, alone and among 2,000 idle processes.
 *
 * No memory is short: the limit lies a little below what is available right before, and the filler
 * ends by itself a little below that.  In a PID namespace of its own, so nobody else is in reach.
 *
 *     kill GUARD_BINARY [stopped]
 *
 * stopped: not earlyoom is beside it, but the guard itself with 16 subscribers who do not read.
 *
 * BENCH_ROUNDS (100) rounds each, but no more than fit into BENCH_SECONDS; every median says of how
 * many it is.
 *
 * When memory crosses is seen by a thread that reads meminfo every millisecond; when the signal
 * comes, by the filler's handler; when it is dead, by its pidfd.  A guard that acts before the
 * limit, because it sees it coming, has a time below 0: the way that was left at the filler's rate.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "meminfo.h"
#include "wire.h"

enum { ROUNDS_MAX = 1000, LOOKS_MAX = 16384, PAGE = 4096 };

/* From the start to the limit, and how far beyond it the filler goes at most. */
#define WAY_KIB    (256 * 1024u)
#define BEYOND_KIB (1280 * 1024u)
/* Others on this machine may take or free so much in a round before it is done again. */
#define NOISE_KIB (WAY_KIB / 4)
#define LOOK_NS   1000000
#define GAP_NS    (5 * LOOK_NS)
/* From the daemon's first words until the filler starts: its start-up is not measured. */
#define SETTLE_MS 180u
#define DEATH_MS  4000

enum who { GUARD, EARLYOOM, N_WHO };

/* Who sits at the guard's feed and never reads, in the place of earlyoom. */
enum { SUBSCRIBERS = 16 };
static bool stopped;
static int subscriber[SUBSCRIBERS];
static struct sockaddr_un feed = { .sun_family = AF_UNIX };

/* Written by the filler. */
struct filler {
        _Atomic bool go;
        _Atomic uint64_t touched_kib;
        _Atomic uint64_t began_ns;
        _Atomic uint64_t signal_ns; /* 0: no SIGTERM came */
        _Atomic uint64_t signal_kib;
};

struct look {
        uint64_t at_ns, available_kib;
};

/* What one round came to. */
struct times {
        double signal_ms, death_ms; /* since the crossing */
        double below_mib;           /* memory below the limit at the signal */
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

static void
be_prompt(void)
{
        struct sched_param sp = { .sched_priority = 2 };

        (void)sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &sp);
}

static void *
run_looks(void *arg)
{
        int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);

        (void)arg;
        be_prompt();
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

/* The last look before a moment. */
static uint64_t
available_at(uint64_t at_ns)
{
        uint64_t kib = 0;

        for (unsigned i = 0; i < atomic_load(&n_looks) && looks[i].at_ns <= at_ns; i++)
                kib = looks[i].available_kib;
        return kib;
}

/* True when the last look before a moment was long before it: then it is not known what was so. */
static bool
looks_missed(uint64_t at_ns)
{
        uint64_t last_ns = 0;

        for (unsigned i = 0; i < atomic_load(&n_looks) && looks[i].at_ns < at_ns; i++)
                last_ns = looks[i].at_ns;
        return at_ns > last_ns + GAP_NS;
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

static void
fill(size_t kib)
{
        struct timespec ts = { .tv_nsec = 1000000 };
        char *p = mmap(NULL, kib * 1024, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (p == MAP_FAILED)
                _exit(1);
        while (!atomic_load(&filler->go))
                (void)nanosleep(&ts, NULL);
        atomic_store(&filler->began_ns, bench_mono_ns());
        for (size_t at = 0; at < kib * 1024; at += PAGE) {
                *(volatile char *)(p + at) = 1;
                atomic_store_explicit(&filler->touched_kib, (at + PAGE) / 1024,
                                      memory_order_relaxed);
        }
        for (;;)
                (void)pause();
}

static pid_t
filler_start(void)
{
        struct sigaction sa = { .sa_handler = on_term };
        pid_t pid;

        memset(filler, 0, sizeof(*filler));
        pid = fork();
        if (pid != 0)
                return pid;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)sigaction(SIGTERM, &sa, NULL);
        fill(WAY_KIB + BEYOND_KIB);
        return 0;
}

/* ---- the daemons ---- */

/*
 * Up to 1.7 earlyoom turns KiB into a percentage of MemTotal and compares that with the same; from
 * 1.8 on it compares it with a percentage of MemAvailable and AnonPages together, which hardly
 * changes while anonymous memory is filled.
 */
static uint64_t
earlyoom_kib(uint64_t limit_kib)
{
        static int minor = -1;
        uint64_t user_kib = bench_meminfo_kib("MemAvailable") + bench_meminfo_kib("AnonPages");
        FILE *f = minor < 0 ? popen("earlyoom -v 2>&1", "r") : NULL;

        if (f) {
                minor = 99;
                (void)!fscanf(f, "earlyoom %*[v]1.%d", &minor);
                (void)pclose(f);
        }
        if (minor < 8 || user_kib == 0)
                return limit_kib;
        return (uint64_t)((double)limit_kib * (double)bench_meminfo_kib("MemTotal") /
                          (double)user_kib);
}

static void
write_config(const char *path, uint64_t limit_kib)
{
        FILE *f = fopen(path, "we");

        if (!f)
                exit(EXIT_FAILURE);
        (void)fprintf(f,
                      "[memory]\nwarn = %lluK\nterm = %lluK\nkill = 0%%\nnew_low = 0s\n"
                      "[pressure]\nterm = 0%%\nkill = 0%%\n",
                      (unsigned long long)limit_kib + WAY_KIB / 4, (unsigned long long)limit_kib);
        (void)fclose(f);
}

static void
become(enum who who, const char *guard, uint64_t limit_kib)
{
        char path[] = "/tmp/oomguard-bench-XXXXXX", kib[48];
        int fd;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (who == EARLYOOM && !stopped) {
                (void)snprintf(kib, sizeof(kib), "%llu,%llu",
                               (unsigned long long)earlyoom_kib(limit_kib),
                               (unsigned long long)earlyoom_kib(limit_kib) / 2);
                (void)execlp("earlyoom", "earlyoom", "-p", "-M", kib, "-s", "100", "-r", "0",
                             (char *)NULL);
                _exit(127);
        }
        fd = mkstemp(path);
        if (fd < 0)
                _exit(127);
        write_config(path, limit_kib);
        /* Gone when it has been read: through the descriptor it still can be. */
        (void)unlink(path);
        (void)snprintf(path, sizeof(path), "/dev/fd/%d", fd);
        if (stopped)
                (void)execl(guard, "oomguard", "-c", path, "--feed", feed.sun_path, (char *)NULL);
        (void)execl(guard, "oomguard", "-c", path, (char *)NULL);
        _exit(127);
}

struct daemon {
        pid_t pid;
        int says;
        char text[4096];
        size_t len;
};

/* Takes what it says for so long; true when it is still running. */
static bool
daemon_listen(struct daemon *d, unsigned ms, const char *until)
{
        uint64_t end_ns = bench_mono_ns() + (uint64_t)ms * 1000000u;

        for (;;) {
                uint64_t now_ns = bench_mono_ns();
                struct pollfd p = { .fd = d->says, .events = POLLIN };

                if (now_ns >= end_ns || (until && strstr(d->text, until)))
                        return true;
                if (poll(&p, 1, (int)((end_ns - now_ns) / 1000000u) + 1) != 1)
                        continue;
                char *to = d->len < sizeof(d->text) - 512 ? d->text + d->len : d->text;
                ssize_t n = read(d->says, to, 511);

                if (n <= 0)
                        return false;
                to[n] = '\0';
                d->len = (size_t)(to - d->text) + (size_t)n;
        }
}

static bool
subscribe_all(void)
{
        const struct wire_request all = { .magic = WIRE_MAGIC,
                                          .version = WIRE_VERSION,
                                          .op = WIRE_OP_SUBSCRIBE,
                                          .arg = WIRE_SUB_ALL };
        struct wire_record answer;
        bool good = true;

        for (unsigned i = 0; i < SUBSCRIBERS; i++) {
                subscriber[i] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
                good &= connect(subscriber[i], (struct sockaddr *)&feed, sizeof(feed)) == 0 &&
                        send(subscriber[i], &all, sizeof(all), MSG_NOSIGNAL) == sizeof(all) &&
                        recv(subscriber[i], &answer, sizeof(answer), 0) == sizeof(answer) &&
                        answer.kind == WIRE_ANSWER && answer.error == 0;
        }
        return good;
}

/* Started, heard of and at rest. */
static bool
daemon_start(struct daemon *d, enum who who, const char *guard, uint64_t limit_kib)
{
        int fd[2];

        memset(d, 0, sizeof(*d));
        if (pipe2(fd, O_CLOEXEC) < 0)
                return false;
        d->pid = fork();
        if (d->pid == 0) {
                (void)dup2(fd[1], STDOUT_FILENO);
                (void)dup2(fd[1], STDERR_FILENO);
                become(who, guard, limit_kib);
        }
        (void)close(fd[1]);
        d->says = fd[0];
        return daemon_listen(d, 3000,
                             who == GUARD || stopped ? "limits of available" : "SIGKILL when") &&
               (who == GUARD || !stopped || subscribe_all()) &&
               daemon_listen(d, SETTLE_MS + (unsigned)(random() % 100), NULL);
}

static void
daemon_end(struct daemon *d)
{
        bench_end(d->pid);
        (void)close(d->says);
        for (unsigned i = 0; i < SUBSCRIBERS; i++)
                if (subscriber[i] > 0)
                        (void)close(subscriber[i]);
        memset(subscriber, 0, sizeof(subscriber));
}

/* True when earlyoom's limit, as it says itself, is the one that was meant. */
static bool
same_limit(const struct daemon *d, enum who who, uint64_t limit_kib)
{
        const char *at = strstr(d->text, "SIGTERM when mem");
        double percent = 0, whole = (double)bench_meminfo_kib("MemTotal");

        if (who == GUARD || stopped)
                return true;
        at = at ? strstr(at, "<=") : NULL;
        if (!at || sscanf(at + 2, "%lf", &percent) != 1)
                return false;
        double off = percent * whole / 100 - (double)earlyoom_kib(limit_kib);

        return off < whole / 5000 && off > -whole / 5000;
}

/* ---- a round ---- */

enum outcome { MEASURED, DISTURBED, SURVIVED, WRONG_LIMIT };

static enum outcome
evaluate(uint64_t limit_kib, uint64_t dead_ns, struct times *ret)
{
        uint64_t signal_ns = atomic_load(&filler->signal_ns);
        uint64_t signal_kib = atomic_load(&filler->signal_kib);
        uint64_t cross_ns = atomic_load(&crossed_ns);
        double rate = (double)signal_kib / (double)(signal_ns - atomic_load(&filler->began_ns));
        double below_kib = (double)limit_kib - (double)available_at(signal_ns);
        double lead_ns = 0;

        /* Others gave back what the filler took, or it was really let be. */
        if (!signal_ns)
                return available_at(dead_ns) > limit_kib ? DISTURBED : SURVIVED;
        if (looks_missed(signal_ns) || (cross_ns && looks_missed(cross_ns)))
                return DISTURBED;
        /* At or before the limit, by the filler's own account, give or take the noise. */
        if (signal_kib + NOISE_KIB < WAY_KIB && cross_ns && cross_ns < signal_ns)
                return DISTURBED;
        if (!cross_ns || cross_ns > signal_ns)
                lead_ns = -below_kib / rate;
        uint64_t from_ns = lead_ns > 0 ? signal_ns : cross_ns;

        ret->signal_ms = ((double)signal_ns - (double)from_ns + (lead_ns > 0 ? -lead_ns : 0)) / 1e6;
        ret->death_ms = ret->signal_ms + (double)(dead_ns - signal_ns) / 1e6;
        ret->below_mib = below_kib / 1024;
        return MEASURED;
}

static uint64_t
await_death(pid_t pid)
{
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);
        struct pollfd p = { .fd = fd, .events = POLLIN };

        (void)poll(&p, 1, DEATH_MS);
        (void)close(fd);
        return bench_mono_ns();
}

static enum outcome
run_round(enum who who, const char *guard, struct times *ret)
{
        uint64_t before_kib = bench_meminfo_kib("MemAvailable");
        uint64_t limit_kib = before_kib - WAY_KIB;
        enum outcome outcome = DISTURBED;
        struct daemon d;
        pid_t pid;

        pid = filler_start();
        if (!daemon_start(&d, who, guard, limit_kib) || !same_limit(&d, who, limit_kib)) {
                (void)fprintf(stderr, "kill: not the limit that was meant: %s\n", d.text);
                outcome = WRONG_LIMIT;
        } else if (bench_meminfo_kib("MemAvailable") + NOISE_KIB / 2 > before_kib) {
                atomic_store(&n_looks, 0);
                atomic_store(&crossed_ns, 0);
                atomic_store(&looking_for_kib, limit_kib);
                atomic_store(&looking, true);
                atomic_store(&filler->go, true);
                uint64_t dead_ns = await_death(pid);

                atomic_store(&looking, false);
                outcome = evaluate(limit_kib, dead_ns, ret);
        }
        bench_end(pid);
        daemon_end(&d);
        return outcome;
}

/* ---- results ---- */

struct series {
        double signal_ms[ROUNDS_MAX], death_ms[ROUNDS_MAX], below_mib[ROUNDS_MAX];
        unsigned n, n_early, n_survived;
};

static void
add(struct series *s, enum outcome outcome, const struct times *t)
{
        if (outcome == SURVIVED)
                s->n_survived++;
        if (outcome != MEASURED)
                return;
        s->signal_ms[s->n] = t->signal_ms;
        s->death_ms[s->n] = t->death_ms;
        s->below_mib[s->n] = t->below_mib;
        s->n_early += t->signal_ms < -1;
        s->n++;
}

static void
print_two(const char *key, const char *what, unsigned crowd, const char *unit, double *a, size_t na,
          double *b, size_t nb, double median_limit, double worst_limit)
{
        char id[48], text[160];
        struct bench_row row = { .key = id, .what = text, .unit = unit };

        (void)snprintf(id, sizeof(id), "%s%s-%u", stopped ? "feed-" : "", key, crowd);
        (void)snprintf(text, sizeof(text), "%s, %u others, median of %zu", what, crowd, na);
        row.guard = na ? bench_median(a, na) : BENCH_NOTHING;
        row.beside = nb ? (stopped ? "with 16 that do not read" : "earlyoom") : NULL;
        row.other = nb ? bench_median(b, nb) : BENCH_NOTHING;
        row.limit = median_limit;
        bench_print(&row);
        (void)snprintf(id, sizeof(id), "%s%s-worst-%u", stopped ? "feed-" : "", key, crowd);
        (void)snprintf(text, sizeof(text), "%s, %u others, worst", what, crowd);
        row.guard = na ? bench_worst(a, na) : BENCH_NOTHING;
        row.other = nb ? bench_worst(b, nb) : BENCH_NOTHING;
        row.limit = worst_limit;
        bench_print(&row);
}

static struct series series[N_WHO];

static void
run(const char *guard, unsigned crowd, unsigned n_rounds)
{
        uint64_t end_ns = bench_mono_ns() + bench_setting("BENCH_SECONDS", 3600) * 1000000000ull;
        unsigned n_again = 0;
        struct series *a = &series[GUARD], *b = &series[EARLYOOM];

        memset(series, 0, sizeof(series));
        bench_crowd_start(crowd);
        for (unsigned i = 0; i < n_rounds && bench_mono_ns() < end_ns; i++)
                for (unsigned k = 0; k < N_WHO; k++) {
                        enum who who = (enum who)((i + k) % N_WHO);
                        struct times t = { 0 };
                        enum outcome o = run_round(who, guard, &t);

                        for (unsigned again = 0; o == DISTURBED && again < 10; again++) {
                                n_again++;
                                o = run_round(who, guard, &t);
                        }
                        add(&series[who], o, &t);
                }
        bench_crowd_end();
        print_two("signal", "crossing to signal", crowd, "ms", a->signal_ms, a->n, b->signal_ms,
                  b->n, 10, 25);
        print_two("death", "crossing to death", crowd, "ms", a->death_ms, a->n, b->death_ms, b->n,
                  0, 0);
        print_two("below", "below the limit at the signal", crowd, "MiB", a->below_mib, a->n,
                  b->below_mib, b->n, 0, 0);
        (void)fprintf(stderr,
                      "kill: %u others: %u rounds again because others used memory or the CPUs; "
                      "acted before "
                      "the limit: %u and %u; not ended: %u and %u\n",
                      crowd, n_again, a->n_early, b->n_early, a->n_survived, b->n_survived);
}

int
main(int argc, char **argv)
{
        unsigned n = bench_setting("BENCH_ROUNDS", 100);
        pthread_t thread;

        stopped = argc == 3 && strcmp(argv[2], "stopped") == 0;
        if (argc != 2 && !stopped) {
                (void)fprintf(stderr, "usage: kill GUARD_BINARY [stopped]\n");
                return 2;
        }
        (void)snprintf(feed.sun_path, sizeof(feed.sun_path), "/tmp/oomguard-bench-feed.%d",
                       (int)getpid());
        if (n > ROUNDS_MAX)
                n = ROUNDS_MAX;
        if (bench_meminfo_kib("MemAvailable") < 4 * (WAY_KIB + BEYOND_KIB)) {
                (void)fprintf(stderr, "kill: too little memory is available; not run here\n");
                return BENCH_NOT_RUN;
        }
        bench_enter_space();
        filler = mmap(NULL, sizeof(*filler), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                      0);
        if (filler == MAP_FAILED || pthread_create(&thread, NULL, run_looks, NULL) != 0)
                return EXIT_FAILURE;
        be_prompt();
        srandom((unsigned)bench_mono_ns());
        run(argv[1], 0, n);
        if (!stopped)
                run(argv[1], 2000, n);
        return EXIT_SUCCESS;
}
