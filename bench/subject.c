/* SPDX-License-Identifier: MIT */
/*
 * Owns the daemons under measurement and what is done to those that they tell.  Never measures.
 */
#include "subject.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "wire.h"

/* From its first words until the filler starts. */
#define SETTLE_MS 180u
/* oomguard-notify has gone to the bus and to the feed by then. */
#define TELLER_MS 500u

static const char *guard, *notify, *nohang;
static struct sockaddr_un feed = { .sun_family = AF_UNIX };
static char bus[80];

void
subject_set(const char *guard_program, const char *notify_program, const char *nohang_program)
{
        guard = guard_program;
        notify = notify_program;
        nohang = nohang_program;
        (void)snprintf(feed.sun_path, sizeof(feed.sun_path), "/tmp/oomguard-bench-feed.%d",
                       (int)getpid());
        (void)snprintf(bus, sizeof(bus), "/tmp/oomguard-bench-bus.%d", (int)getpid());
}

bool
subject_here(enum who who)
{
        if (who == NOHANG)
                return nohang != NULL;
        if (who == EARLYOOM)
                return system("command -v earlyoom >/dev/null") == 0;
        return who != GUARD_BUS ||
               (access(notify, X_OK) == 0 && system("command -v dbus-daemon >/dev/null") == 0);
}

const char *
subject_name(enum who who)
{
        static const char *const name[N_WHO] = {
                [GUARD] = "undisturbed",       [EARLYOOM] = "earlyoom",
                [NOHANG] = "nohang",           [GUARD_JOURNAL] = "a stopped journal",
                [GUARD_BUS] = "a stopped bus", [GUARD_READERS] = "16 stopped subscribers",
        };

        return name[who];
}

/* ---- limits ---- */

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

/* True when earlyoom's limit, as it says itself, is the one that was meant. */
static bool
same_limit(const struct subject *s, uint64_t limit_kib)
{
        const char *at = strstr(s->text, "SIGTERM when mem");
        double percent = 0, whole = (double)bench_meminfo_kib("MemTotal");

        at = at ? strstr(at, "<=") : NULL;
        if (!at || sscanf(at + 2, "%lf", &percent) != 1)
                return false;
        double off = percent * whole / 100 - (double)earlyoom_kib(limit_kib);

        return off < whole / 5000 && off > -whole / 5000;
}

static void
write_guard_config(FILE *f, uint64_t limit_kib, uint64_t warn_kib)
{
        (void)fprintf(f,
                      "[memory]\nwarn = %lluK\nterm = %lluK\nkill = 0%%\nnew_low = 0s\n"
                      "[pressure]\nterm = 0%%\nkill = 0%%\n",
                      (unsigned long long)warn_kib, (unsigned long long)limit_kib);
}

/* As packaged, but for the limits; swap counts as used up. */
static void
write_nohang_config(FILE *f, uint64_t limit_kib)
{
        FILE *packaged = fopen("/usr/share/nohang/nohang.conf", "re");
        char line[512], path[512];

        if (!packaged) {
                (void)snprintf(path, sizeof(path), "%.*s/../share/nohang/nohang.conf",
                               (int)(strrchr(nohang, '/') - nohang), nohang);
                packaged = fopen(path, "re");
        }
        while (packaged && fgets(line, sizeof(line), packaged)) {
                if (strncmp(line, "soft_threshold_min_mem ", 23) == 0)
                        (void)fprintf(f, "soft_threshold_min_mem = %.3f M\n",
                                      (double)limit_kib / 1024);
                else if (strncmp(line, "soft_threshold_min_swap ", 24) == 0)
                        (void)fputs("soft_threshold_min_swap = 100 %\n", f);
                else
                        (void)fputs(line, f);
        }
        if (packaged)
                (void)fclose(packaged);
}

static void
become(enum who who, uint64_t limit_kib, uint64_t warn_kib)
{
        char path[] = "/tmp/oomguard-bench-XXXXXX", kib[48];
        int fd = mkstemp(path);
        FILE *f = fd >= 0 ? fdopen(dup(fd), "w") : NULL;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!f)
                _exit(127);
        if (who == NOHANG)
                write_nohang_config(f, limit_kib);
        else
                write_guard_config(f, limit_kib, warn_kib);
        (void)fclose(f);
        /* Gone when it has been read: through the descriptor it still can be. */
        (void)unlink(path);
        (void)snprintf(path, sizeof(path), "/dev/fd/%d", fd);
        if (who == EARLYOOM) {
                (void)snprintf(kib, sizeof(kib), "%llu,%llu",
                               (unsigned long long)earlyoom_kib(limit_kib),
                               (unsigned long long)earlyoom_kib(limit_kib) / 2);
                (void)execlp("earlyoom", "earlyoom", "-p", "-M", kib, "-s", "100", "-r", "0",
                             (char *)NULL);
        } else if (who == NOHANG) {
                (void)execlp("python3", "python3", "-W", "ignore", nohang, "--monitor", "--config",
                             path, (char *)NULL);
        } else {
                (void)execl(guard, "oomguard", "-c", path, "--feed", feed.sun_path, (char *)NULL);
        }
        _exit(127);
}

/* ---- what it says, and to whom ---- */

/* Takes what it says for so long; true when it is still running. */
static bool
hear(struct subject *s, unsigned ms, const char *until)
{
        uint64_t end_ns = bench_mono_ns() + (uint64_t)ms * 1000000u;

        for (;;) {
                uint64_t now_ns = bench_mono_ns();
                struct pollfd p = { .fd = s->says, .events = POLLIN };

                if (now_ns >= end_ns || (until && strstr(s->text, until)))
                        return true;
                if (poll(&p, 1, (int)((end_ns - now_ns) / 1000000u) + 1) != 1)
                        continue;
                char *to = s->len < sizeof(s->text) - 512 ? s->text + s->len : s->text;
                ssize_t n = read(s->says, to, 511);

                if (n <= 0)
                        return false;
                to[n] = '\0';
                s->len = (size_t)(to - s->text) + (size_t)n;
        }
}

static bool
subscribe_all(struct subject *s)
{
        const struct wire_request all = { .magic = WIRE_MAGIC,
                                          .version = WIRE_VERSION,
                                          .op = WIRE_OP_SUBSCRIBE,
                                          .arg = WIRE_SUB_ALL };
        struct wire_record answer;
        bool good = true;

        for (unsigned i = 0; i < SUBJECT_READERS; i++) {
                s->reader[i] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
                good &= connect(s->reader[i], (struct sockaddr *)&feed, sizeof(feed)) == 0 &&
                        send(s->reader[i], &all, sizeof(all), MSG_NOSIGNAL) == sizeof(all) &&
                        recv(s->reader[i], &answer, sizeof(answer), 0) == sizeof(answer) &&
                        answer.kind == WIRE_ANSWER && answer.error == 0;
        }
        return good;
}

/* From here on nothing that it writes finds room. */
static bool
stop_journal(struct subject *s)
{
        static const char junk[4096];

        while (send(s->its_end, junk, sizeof(junk), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
                ;
        while (send(s->its_end, junk, 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
                ;
        return true;
}

static pid_t
spawn(const char *const argv[])
{
        pid_t pid = fork();

        if (pid != 0)
                return pid;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (freopen("/dev/null", "w", stderr) && freopen("/dev/null", "w", stdout))
                (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
}

/* oomguard-notify goes to a bus, and then the bus answers no more: whatever it tells is stuck. */
static bool
stop_bus(struct subject *s)
{
        char address[sizeof(bus) + 16];
        const char *const bus_argv[] = { "dbus-daemon", "--session", "--nofork", "--nopidfile",
                                         "--address",   address,     NULL };
        const char *const notify_argv[] = {
                notify, "-c", "/dev/null", "--feed", feed.sun_path, NULL
        };
        struct timespec wait = { .tv_nsec = TELLER_MS * 1000000l };
        struct stat st;

        (void)snprintf(address, sizeof(address), "unix:path=%s", bus);
        (void)setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
        (void)unlink(bus);
        s->bus = spawn(bus_argv);
        for (unsigned i = 0; i < 100 && stat(bus, &st) < 0; i++)
                (void)nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
        s->notify = spawn(notify_argv);
        (void)nanosleep(&wait, NULL);
        return kill(s->notify, 0) == 0 && kill(s->bus, SIGSTOP) == 0;
}

/* ---- from start to end ---- */

bool
subject_start(struct subject *s, enum who who, uint64_t limit_kib, uint64_t warn_kib)
{
        static const char *const first_words[N_WHO] = {
                [EARLYOOM] = "SIGKILL when", [NOHANG] = "Monitoring has started"
        };
        const char *until = first_words[who] ? first_words[who] : "limits of available";
        int fd[2];

        memset(s, 0, sizeof(*s));
        s->who = who;
        /* A socket, as a unit has it. */
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
                return false;
        s->says = fd[0];
        s->its_end = fd[1];
        s->pid = fork();
        if (s->pid == 0) {
                (void)dup2(fd[1], STDOUT_FILENO);
                (void)dup2(fd[1], STDERR_FILENO);
                become(who, limit_kib, warn_kib);
        }
        if (!hear(s, 5000, until) || !strstr(s->text, until) ||
            (who == EARLYOOM && !same_limit(s, limit_kib)) ||
            (who == GUARD_READERS && !subscribe_all(s)) || (who == GUARD_BUS && !stop_bus(s)) ||
            (who == GUARD_JOURNAL && !stop_journal(s)))
                return false;
        if (who == GUARD_JOURNAL)
                return nanosleep(&(struct timespec){ .tv_nsec = SETTLE_MS * 1000000l }, NULL) == 0;
        return hear(s, SETTLE_MS + (unsigned)(random() % 100), NULL);
}

void
subject_end(struct subject *s)
{
        bench_end(s->pid);
        bench_end(s->notify);
        bench_end(s->bus);
        (void)close(s->says);
        (void)close(s->its_end);
        for (unsigned i = 0; i < SUBJECT_READERS; i++)
                if (s->reader[i] > 0)
                        (void)close(s->reader[i]);
        (void)unlink(bus);
        memset(s, 0, sizeof(*s));
}
