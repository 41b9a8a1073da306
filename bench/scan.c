/* SPDX-License-Identifier: MIT */
/*
 * Looking at every process once: a cold census_scan(), of known ones, and a refresh of the roster,
 * beside what earlyoom's own program spends on one of its scans and beside a floor: the same files
 * opened, read and closed, and nothing done to what they said.  CPU time a process, by the slope:
 * what one look costs among N more idle processes than at first, less what it cost at first,
 * divided by N.
 *
 * earlyoom runs with limits that are always reached and --dryrun: every round of its loop is then
 * one scan, and its CPU time is read while it sleeps between two of them.  The guard scans in those
 * pauses, so both see the same machine in turn.  All of it in a PID namespace of its own.
 *
 * Twice: all processes alike, where earlyoom reads two files of each; and with the largest first,
 * where it leaves the others after one.
 */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "census.h"
#include "config.h"
#include "follow.h"
#include "procfs.h"
#include "roster.h"
#include "sampler.h"

enum {
        SLOTS = 2 * CENSUS_ROWS,
        ROUNDS_MAX = 1000,
        FD_BUDGET = 4 * ROSTER_MAX,
        REFRESHES = 20,
        SCANS = 4
};

/* Somebody larger than earlyoom itself: it discards a scan that it would win.  The first is so
 * small that oom_score tells it from nobody, the second stands out. */
enum { LITTLE_BYTES = 8 << 20, LARGE_BYTES = 300 << 20 };
/* With nothing said for so long it does not scan. */
enum { PEER_SILENT_MS = 3000 };

/* What the guard does, twice: as on a machine without swap and as on one with it, where sizes are
 * in the larger file.  FLOOR is a cold one's. */
enum what { COLD, WARM, BUILD, REFRESH, FLOOR, SWAP, PEER = 2 * SWAP, N_WHAT };

struct cost {
        double us[N_WHAT]; /* of one whole look, median */
        double candidates;
};

static struct census census;
static struct row row[CENSUS_ROWS];
static uint16_t slot[SLOTS];
static struct roster roster;
static struct policy policy;

/* ---- earlyoom ---- */

struct peer {
        pid_t pid;
        FILE *says;
};

static bool
peer_start(struct peer *p)
{
        int fd[2];

        if (pipe(fd) < 0)
                return false;
        p->pid = fork();
        if (p->pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)dup2(fd[1], STDOUT_FILENO);
                (void)dup2(fd[1], STDERR_FILENO);
                (void)close(fd[0]);
                (void)close(fd[1]);
                (void)execlp("earlyoom", "earlyoom", "--dryrun", "-m", "99,98", "-s", "100", "-r",
                             "0", (char *)NULL);
                _exit(127);
        }
        (void)close(fd[1]);
        p->says = fdopen(fd[0], "r");
        if (p->says)
                (void)setvbuf(p->says, NULL, _IONBF, 0);
        return p->pid > 0 && p->says;
}

static void
peer_end(struct peer *p)
{
        bench_end(p->pid);
        if (p->says)
                (void)fclose(p->says);
}

/* Until it has ended a scan and sleeps; its CPU time till then, 0 when it has ended. */
static uint64_t
peer_scanned(struct peer *p)
{
        struct timespec rest = { .tv_nsec = 15000000 };
        char line[512];

        while (poll(&(struct pollfd){ .fd = fileno(p->says), .events = POLLIN }, 1,
                    PEER_SILENT_MS) == 1 &&
               fgets(line, sizeof(line), p->says))
                if (strstr(line, "not actually sending")) {
                        (void)nanosleep(&rest, NULL);
                        return bench_cpu_of_ns(p->pid);
                }
        return 0;
}

/* ---- the guard ---- */

static double
since_us(uint64_t from_ns)
{
        return (double)(bench_cpu_ns() - from_ns) / 1e3;
}

static void
read_bare(int32_t pid, const char *file)
{
        char text[PROCFS_TEXT_MAX];
        int fd = procfs_open(census.proc_fd, pid, 0, file);

        if (fd < 0)
                return;
        (void)!pread(fd, text, sizeof(text), 0);
        (void)close(fd);
}

/* What a cold scan reads of every process. */
static double
floor_round(bool swap)
{
        uint64_t from_ns = bench_cpu_ns();
        DIR *d = opendir("/proc");
        const struct dirent *e;

        while (d && (e = readdir(d)) != NULL) {
                int32_t pid = (int32_t)strtol(e->d_name, NULL, 10);

                if (pid <= 0)
                        continue;
                read_bare(pid, "stat");
                if (swap)
                        read_bare(pid, "status");
        }
        if (d)
                (void)closedir(d);
        return since_us(from_ns);
}

static void
guard_round(double us[SWAP], bool swap, bool floor_first)
{
        uint64_t from_ns;

        if (census_open(&census, "/proc", row, CENSUS_ROWS, slot, SLOTS, FD_BUDGET) < 0)
                exit(BENCH_NOT_RUN);
        memset(slot, 0, sizeof(slot));
        census_set_policy(&census, &policy);
        us[FLOOR] = floor_first ? floor_round(swap) : BENCH_NOTHING;
        from_ns = bench_cpu_ns();
        (void)census_scan(&census, sampler_now_us(), swap);
        us[COLD] = floor_first ? BENCH_NOTHING : since_us(from_ns);
        /* From the second scan on it is known what each was like before. */
        (void)census_scan(&census, sampler_now_us(), swap);
        from_ns = bench_cpu_ns();
        for (int i = 0; i < SCANS; i++)
                (void)census_scan(&census, sampler_now_us(), swap);
        us[WARM] = since_us(from_ns) / SCANS;
        from_ns = bench_cpu_ns();
        follow_build(&census, sampler_now_us(), 0, &roster);
        us[BUILD] = since_us(from_ns);
        from_ns = bench_cpu_ns();
        for (int i = 0; i < REFRESHES; i++)
                (void)roster_refresh_in_turns(&roster, sampler_now_us());
        us[REFRESH] = since_us(from_ns) / REFRESHES;
        census_close(&census);
}

struct series {
        double us[ROUNDS_MAX];
        unsigned n;
};

static void
note(struct series *s, double us)
{
        if (us > BENCH_NOTHING)
                s->us[s->n++] = us;
}

static struct cost
measure(unsigned n_rounds)
{
        static struct series series[N_WHAT];
        struct peer peer = { 0 };
        struct cost cost = { 0 };
        bool beside = peer_start(&peer);
        uint64_t before_ns = beside ? peer_scanned(&peer) : 0;

        memset(series, 0, sizeof(series));
        for (unsigned i = 0; i < n_rounds; i++) {
                double one[N_WHAT];
                uint64_t now_ns;

                /* In turn: at the same time they would wait for the same locks. */
                if (before_ns)
                        (void)kill(peer.pid, SIGSTOP);
                guard_round(one, false, i % 2);
                guard_round(one + SWAP, true, i % 2);
                if (before_ns)
                        (void)kill(peer.pid, SIGCONT);
                for (int w = 0; w < PEER; w++)
                        note(&series[w], one[w]);
                now_ns = before_ns ? peer_scanned(&peer) : 0;
                if (now_ns)
                        note(&series[PEER], (double)(now_ns - before_ns) / 1e3);
                before_ns = now_ns;
        }
        peer_end(&peer);
        for (int w = 0; w < N_WHAT; w++)
                cost.us[w] = series[w].n ? bench_median(series[w].us, series[w].n) : BENCH_NOTHING;
        cost.candidates = roster.n;
        return cost;
}

/* ---- results ---- */

static void
print_floor(const char *kind, const char *what, unsigned n, double guard, double floor)
{
        char key[48], text[160];

        (void)snprintf(key, sizeof(key), "%s-%u", kind, n);
        (void)snprintf(text, sizeof(text), "%s, to its bare reads, a process among %u", what, n);
        bench_print(&(struct bench_row){ .key = key,
                                         .what = text,
                                         .unit = "us",
                                         .guard = guard,
                                         .beside = "floor",
                                         .other = floor,
                                         .ratio_limit = 1.2 });
}

static void
print_slope(const char *kind, const char *what, unsigned n, double guard, double peer, double limit)
{
        char key[48], text[160];

        (void)snprintf(key, sizeof(key), "%s-%u", kind, n);
        (void)snprintf(text, sizeof(text), "%s, a process among %u", what, n);
        bench_print(&(struct bench_row){ .key = key,
                                         .what = text,
                                         .unit = "us",
                                         .guard = guard,
                                         .beside = peer > 0 ? "earlyoom" : NULL,
                                         .other = peer,
                                         .ratio_limit = peer > 0 ? limit : 0 });
}

static void
print(bool largest_first, unsigned n, const struct cost *base, const struct cost *c)
{
        double slope[N_WHAT];

        for (int w = 0; w < N_WHAT; w++)
                slope[w] = (c->us[w] - base->us[w]) / n;
        if (c->us[PEER] < 0 || base->us[PEER] < 0)
                slope[PEER] = -1;
        if (largest_first) {
                print_slope("scan-cold-first", "cold scan, the largest first", n, slope[COLD],
                            slope[PEER], 1);
                return;
        }
        print_floor("scan-bare", "cold scan", n, slope[COLD], slope[FLOOR]);
        print_floor("scan-bare-swap", "cold scan, with swap", n, slope[SWAP + COLD],
                    slope[SWAP + FLOOR]);
        print_slope("scan-cold", "cold scan", n, slope[COLD], slope[PEER], 1);
        print_slope("scan-cold-swap", "cold scan, with swap", n, slope[SWAP + COLD], slope[PEER],
                    1);
        print_slope("scan-warm", "scan of known ones", n, slope[WARM], slope[PEER], 0);
        print_slope("scan-warm-swap", "scan of known ones, with swap", n, slope[SWAP + WARM],
                    slope[PEER], 0);
        print_slope("refresh", "refresh of the roster, to a scan", n,
                    c->us[REFRESH] / c->candidates, slope[PEER], 0.2);
        print_slope("refresh-swap", "refresh with swap, to a scan", n,
                    c->us[SWAP + REFRESH] / c->candidates, slope[PEER], 0.2);
        print_slope("build", "making a roster, for a candidate", n, c->us[BUILD] / c->candidates,
                    -1, 0);
}

/* An ordinary process that is larger than the others. */
static pid_t
start_large(size_t bytes)
{
        pid_t pid = fork();

        if (pid != 0)
                return pid;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

        if (p == MAP_FAILED)
                _exit(1);
        for (;;)
                (void)pause();
}

/* Whoever looks first at a process has the kernel make inodes and names for it, a third of the
 * cost: that one is counted for nobody. */
static void
look_first(void)
{
        double ignored[SWAP];

        for (int swap = 0; swap < 2; swap++)
                guard_round(ignored, swap, true);
}

static void
run(bool largest_first, unsigned n_rounds)
{
        static const unsigned sizes[] = { 100, 1000, 5000, 20000 };
        size_t n_sizes = largest_first ? 3 : 4;
        struct timespec settle = { .tv_nsec = 300000000 };
        pid_t large = start_large(largest_first ? LARGE_BYTES : LITTLE_BYTES);
        struct cost base, cost;

        (void)nanosleep(&settle, NULL);
        base = measure(n_rounds);
        for (size_t i = 0; i < n_sizes; i++) {
                bench_crowd_start(sizes[i]);
                (void)nanosleep(&settle, NULL);
                look_first();
                /* Where a round is long, few of them will do. */
                cost = measure(sizes[i] > 5000 ? 2 + n_rounds / 3 : n_rounds);
                print(largest_first, sizes[i], &base, &cost);
        }
        bench_crowd_end();
        bench_end(large);
}

int
main(void)
{
        unsigned n = bench_setting("BENCH_ROUNDS", 20);

        if (n > ROUNDS_MAX)
                n = ROUNDS_MAX;
        bench_enter_space();
        config_defaults(&policy);
        run(false, n);
        run(true, n);
        return EXIT_SUCCESS;
}
