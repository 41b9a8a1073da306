/* SPDX-License-Identifier: MIT */
/*
 * main: arguments, configuration, open, rehearse, lock down, run, and undo in reverse order.
 * Nothing below it ends the program.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "errand.h"
#include "guard.h"
#include "harden.h"
#include "host.h"
#include "message.h"
#include "pulse.h"
#include "report.h"
#include "trace.h"

/* 78 is EX_CONFIG of sysexits.h: the unit is not started again, for what is wrong with the
 * configuration or the kernel would still be wrong. */
enum { EXIT_USAGE = 2, EXIT_CONFIG = 78 };

/* Open at all times, or for a moment: standard ones, report, trace, events, kernel files, /proc
 * twice, the service manager, the feed and whoever is being let in or turned away, and what two
 * scans and a reload have in hand.  zram swaps and the feed's subscribers come on top, one each. */
enum { FILES_FIXED = 27 };

struct options {
        const char *config;
        const char *record;
        const char *feed;
        bool dry_run;
        bool check;
};

/* Large, and to be resident from the start: not on any stack. */
static struct share share;
static struct guard guard;
static struct errand errand;
static struct reaper reaper;
static struct pulse pulse;
static struct policy policies[2];
static struct report report;

static void
print_help(FILE *out)
{
        (void)fputs(
                "oomguard [-c FILE] [--dry-run] [--check] [--record FILE] [--feed PATH] ...\n"
                "\n"
                "Ends the process that is eating the machine's memory before the machine stands "
                "still.\n"
                "\n"
                "  -c, --config FILE   read FILE and FILE.d/*.conf (default " CONFIG_FILE ")\n"
                "  -n, --dry-run       do all but signal, and say what would have been ended\n"
                "      --check         print the effective configuration, or its faults, and exit\n"
                "      --record FILE   write every look and its verdict to FILE\n"
                "      --feed PATH     where oomguardctl finds it (default " WIRE_FEED ")\n"
                "  -h, --help          this text\n"
                "  -V, --version       the version\n"
                "\n"
                "SIGHUP reads the configuration again, SIGTERM and SIGINT end it.\n"
                "Exit status: 0 ended as asked, 1 start failed or --check found faults, 2 wrong "
                "usage, 78 the configuration has a fault, or the kernel lets nobody be ended.\n",
                out);
}

/* -1 to go on, else the exit status. */
static int
parse_arguments(int argc, char **argv, struct options *o)
{
        enum { OPT_CHECK = 256, OPT_RECORD, OPT_FEED };
        static const struct option longs[] = {
                { "config", required_argument, NULL, 'c' },
                { "dry-run", no_argument, NULL, 'n' },
                { "check", no_argument, NULL, OPT_CHECK },
                { "record", required_argument, NULL, OPT_RECORD },
                { "feed", required_argument, NULL, OPT_FEED },
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'V' },
                { NULL, 0, NULL, 0 },
        };
        int c;

        while ((c = getopt_long(argc, argv, "c:nhV", longs, NULL)) != -1) {
                switch (c) {
                case 'c':
                        o->config = optarg;
                        break;
                case 'n':
                        o->dry_run = true;
                        break;
                case OPT_CHECK:
                        o->check = true;
                        break;
                case OPT_RECORD:
                        o->record = optarg;
                        break;
                case OPT_FEED:
                        o->feed = optarg;
                        break;
                case 'h':
                        print_help(stdout);
                        return EXIT_SUCCESS;
                case 'V':
                        (void)puts("oomguard " OOMGUARD_VERSION);
                        return EXIT_SUCCESS;
                default:
                        (void)fputs("oomguard --help lists what it takes\n", stderr);
                        return EXIT_USAGE;
                }
        }
        if (optind == argc)
                return -1;
        (void)fprintf(stderr, "oomguard: %s: it takes no arguments but options\n", argv[optind]);
        return EXIT_USAGE;
}

static void
tell_check_fault(void *arg, const char *text)
{
        (void)arg;
        (void)fprintf(stderr, "%s; this configuration would be refused\n", text);
}

static int
check(const struct options *o)
{
        if (config_load(o->config, &policies[0], tell_check_fault, NULL) > 0)
                return EXIT_FAILURE;
        config_print(stdout, &policies[0]);
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void
tell_start_fault(void *arg, const char *text)
{
        (void)arg;
        report_line(&report, MESSAGE_ERROR, "%s; not started", text);
}

static void
tell_warning(void *arg, const char *text)
{
        (void)arg;
        report_line(&report, MESSAGE_WARNING, "%s", text);
}

static void
block_signals(void)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGHUP);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
}

static int
open_share(const struct policy *p)
{
        share.loop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        share.errand_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (share.loop_fd < 0 || share.errand_fd < 0)
                return -errno;
        atomic_store(&share.policy, p);
        atomic_store(&share.policy_used, p);
        return 0;
}

static int
open_trace(const char *path)
{
        if (!path)
                return 0;
        errand.trace = fopen(path, "we");
        if (!errand.trace) {
                report_line(&report, MESSAGE_ERROR, "--record %s: %s; not started", path,
                            strerror(errno));
                return -1;
        }
        trace_begin(errand.trace, errand.current);
        atomic_store(&share.recording, true);
        return 0;
}

/* Without a feed nobody can look, or be told; that is no reason not to guard. */
static void
open_feed(const struct options *o, unsigned max)
{
        char path[sizeof(errand.feed.path)];
        int r = -ENAMETOOLONG;

        errand.feed = (struct feed)FEED_INIT;
        if (!o->feed && !feed_default_path(path, sizeof(path))) {
                tell_warning(NULL, "feed: $XDG_RUNTIME_DIR names no folder; oomguardctl and "
                                   "oomguard-notify cannot reach this guard");
                return;
        }
        if (!o->feed || strlen(o->feed) < sizeof(path))
                r = feed_open(&errand.feed, o->feed ? o->feed : path, max);
        if (r < 0)
                report_line(&report, MESSAGE_WARNING,
                            "feed %s: %s; oomguardctl and oomguard-notify cannot reach this guard",
                            o->feed ? o->feed : path,
                            r == -EADDRINUSE ? "another guard is there" : strerror(-r));
        errand.feed.hide = host_hides_from_others("");
}

static void
open_manager(void)
{
        int r = sdnotify_open(&errand.sd);

        if (r < 0)
                report_line(&report, MESSAGE_WARNING, "NOTIFY_SOCKET=%s: %s; not told",
                            getenv("NOTIFY_SOCKET"), strerror(-r));
}

/* Things about this machine that people should know, said once. */
static void
tell_surroundings(void)
{
        uint64_t total_kib = guard.sampler.last.mem.total_kib;
        char path[512], size[32], others[64];
        uint64_t limit_kib_here = host_memory_limit("", total_kib, path, sizeof(path));

        if (guard.sampler.fd[SAMPLER_PRESSURE] < 0)
                tell_warning(NULL, "the kernel does not measure memory pressure (boot with psi=1); "
                                   "the [memory] limits go on alone");
        if (limit_kib_here) {
                message_size(limit_kib_here, size, sizeof(size));
                report_line(&report, MESSAGE_WARNING,
                            "%s limits this place to %s of memory; that limit is not guarded, only "
                            "the machine's memory is",
                            path, size);
        }
        if (host_other_guards(guard.own.proc_fd, others, sizeof(others)))
                report_line(&report, MESSAGE_WARNING,
                            "%s runs here as well; whoever is first acts, and two may end two "
                            "processes for one shortage",
                            others);
        if (guard.blind)
                tell_warning(NULL,
                             "/proc hides other people's processes (hidepid); nobody is ended, "
                             "because the cause may be hidden too: run with CAP_SYS_PTRACE");
}

static void
tell_start(const struct options *o)
{
        const struct policy *p = errand.current;
        const struct meminfo *m = &guard.sampler.last.mem;
        uint64_t total_kib = m->total_kib > m->hugetlb_kib ? m->total_kib - m->hugetlb_kib : 0;
        uint64_t term_kib = limit_kib(&p->mem_term, total_kib, POLICY_TERM_FLOOR_KIB);
        char total[32], warn[32], term[32], kill[32], swap[32];

        message_size(total_kib, total, sizeof(total));
        message_size(limit_kib(&p->mem_warn, total_kib, POLICY_WARN_FLOOR_KIB), warn, sizeof(warn));
        message_size(term_kib, term, sizeof(term));
        message_size(limit_kib(&p->mem_kill, total_kib, POLICY_KILL_FLOOR_KIB), kill, sizeof(kill));
        message_size(m->swap_total_kib, swap, sizeof(swap));
        report_line(&report, MESSAGE_INFO,
                    "%s guards %s of memory and %s of swap%s; limits of available memory: warn %s, "
                    "term %s, kill %s",
                    OOMGUARD_VERSION, total, swap, o->dry_run ? " (dry run: nobody is ended)" : "",
                    warn, term, kill);
        if (m->swap_total_kib == 0 && sample_available_kib(&guard.sampler.last) <= term_kib)
                report_line(&report, MESSAGE_WARNING,
                            "[memory] term: no more than that is available already now");
}

static int
open_all(const struct options *o)
{
        int n_files = harden_process(tell_warning, NULL);
        int n_clients = n_files / 8 < FEED_CLIENTS ? n_files / 8 : FEED_CLIENTS;
        int n_fixed = FILES_FIXED + n_clients;
        int to_hold = n_files > n_fixed ? n_files - n_fixed : 0;
        int r;

        if (n_files < FILES_FIXED) {
                report_line(&report, MESSAGE_ERROR,
                            "RLIMIT_NOFILE: %d descriptors where %d are needed; not started",
                            n_files, FILES_FIXED);
                return -1;
        }
        if (open_trace(o->record) < 0)
                return -1;
        r = open_share(errand.current);
        if (r == 0)
                r = guard_open(&guard, &share, errand.current);
        /* Two for each on the roster.  Whoever runs out of descriptors cannot even look. */
        if (r == 0 && guard.own.fd_budget > to_hold / 4)
                guard.own.fd_budget = to_hold / 4;
        if (r == 0)
                r = errand_open(&errand, to_hold - to_hold / 4);
        if (r < 0) {
                report_line(&report, MESSAGE_ERROR, "/proc%s: %s; not started",
                            guard.sampler.last_error[SAMPLER_MEMINFO] < 0 ? "/meminfo" : "",
                            strerror(-r));
                return -1;
        }
        guard.reaper = &reaper;
        guard.dry_run = errand.dry_run = o->dry_run;
        guard.blind = errand.blind = host_hides_processes(guard.own.proc_fd);
        open_feed(o, (unsigned)n_clients);
        open_manager();
        return 0;
}

/* Without signals there is no guard, only the look of one. */
static bool
can_signal(const struct options *o)
{
        int error;
        const char *call = host_refused_call(&error);
        const char *end = o->dry_run ? "goes on as a dry run" : "not started";
        int level = o->dry_run ? MESSAGE_WARNING : MESSAGE_ERROR;

        if (call)
                report_line(&report, level,
                            "%s: %s: without it nobody can be ended; Linux 5.3 has it, and no "
                            "filter of system calls may refuse it; %s",
                            call, strerror(error), end);
        else if (host_proc_is_foreign())
                report_line(&report, level,
                            "/proc is of another PID namespace: whom it shows cannot be ended from "
                            "here, and the same number here is somebody else; mount the /proc of "
                            "this one, or run in that one (unshare has --mount-proc, a container "
                            "--pid=host); %s",
                            end);
        else
                return true;
        return o->dry_run;
}

static int
run(const struct options *o)
{
        int r;

        if (config_load(o->config, &policies[0], tell_start_fault, NULL) > 0)
                return EXIT_CONFIG;
        errand.share = &share;
        errand.report = &report;
        errand.config = o->config;
        errand.current = &policies[0];
        errand.spare = &policies[1];
        if (!can_signal(o))
                return EXIT_CONFIG;
        if (open_all(o) < 0)
                return EXIT_FAILURE;
        tell_start(o);
        tell_surroundings();
        harden_tell_privileges(tell_warning, NULL);
        /* A page that the loop is the first to write to would be wanted when there is none. */
        harden_touch(&share, sizeof(share));
        harden_touch(&guard, sizeof(guard));
        harden_touch(&reaper, sizeof(reaper));
        errand_rehearse(&errand);
        /* Without it a victim may be slower to end: that is no reason not to guard. */
        (void)ballast_open(&share.ballast);
        reaper.ballast = &share.ballast;
        r = errand_start(&errand);
        if (r == 0)
                r = reaper_start(&reaper);
        if (r == 0)
                r = pulse_start(&pulse, &share, &errand.sd);
        if (r < 0) {
                report_line(&report, MESSAGE_ERROR, "threads: %s; not started", strerror(-r));
                return EXIT_FAILURE;
        }
        /* Meanwhile the threads begin.  What that took, and all before it, is dropped then, and
         * what the loop needs comes back. */
        guard_rehearse(&guard);
        harden_loop(tell_warning, NULL);
        harden_trim_text();
        guard_rehearse(&guard);
        harden_touch_stack();
        harden_lock_memory(tell_warning, NULL);
        guard_run(&guard);
        pulse_stop(&pulse);
        reaper_stop(&reaper);
        errand_join(&errand);
        errand_close(&errand);
        guard_close(&guard);
        ballast_close(&share.ballast);
        return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
        struct options o = { 0 };
        int status = parse_arguments(argc, argv, &o);

        if (status >= 0)
                return status;
        if (o.check)
                return check(&o);
        block_signals();
        tzset(); /* or its file would be read when somebody has just been ended */
        report_open(&report, "oomguard");
        status = run(&o);
        report_close(&report);
        return status;
}
