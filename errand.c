/* SPDX-License-Identifier: MIT */
/*
 * Owns the thread of what may wait: /proc and rosters, signals, reload.  Never signals a candidate.
 */
#include "errand.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "follow.h"
#include "host.h"
#include "message.h"
#include "sampler.h"
#include "serve.h"
#include "tell.h"
#include "thread.h"
#include "trace.h"

#define SECOND_US UINT64_C(1000000)
/* While CALM nothing is lost by looking seldom: sizes of ten seconds ago are a base. */
#define CALM_PERIOD_US (10 * SECOND_US)
#define CALM_PART      200u /* a scan's time to its period: 0.5 % of a CPU at most */
/* From WATCH on 0.4 %, beside half a per cent for the loop; where memory falls nobody waits for it
 * (hot). */
#define WATCH_PERIOD_US SECOND_US
#define WATCH_PART      250u
/* Near a limit a scan follows the other, with room to breathe. */
#define HOT_PERIOD_US (SECOND_US / 20)
#define HOT_PART      4u
/* The loop tells how things stand once a second; when it does not, that is to be noticed too. */
#define POLL_US (SECOND_US * 3 / 2)
/* In place of a wait that could not be. */
#define REST_NS 100000000
/* Of a window of two seconds an eighth. */
#define BOXES_PERIOD_US (SECOND_US / 4)
/* Until there is an answer. */
#define BOXES_FIRST_US (SECOND_US / 20)
/* Of these marks there are two: what comes and goes within seconds looks the same at both. */
#define MARK_TIME_US (30 * SECOND_US)
/* What people are shown is no older. */
#define SHOW_US   SECOND_US
#define SHOW_PART 50u

static uint64_t
clock_us(clockid_t clock)
{
        struct timespec ts;

        if (clock_gettime(clock, &ts) < 0)
                return 0;
        return (uint64_t)ts.tv_sec * SECOND_US + (uint64_t)ts.tv_nsec / 1000;
}

static uint64_t
at_least(uint64_t a, uint64_t b)
{
        return a > b ? a : b;
}

static uint64_t
period_us(const struct errand *e, enum level level, bool hot)
{
        if (hot)
                return at_least(HOT_PERIOD_US, e->took_us * HOT_PART);
        if (level >= LEVEL_WATCH)
                return at_least(WATCH_PERIOD_US, e->took_us * WATCH_PART);
        return at_least(CALM_PERIOD_US, e->took_us * CALM_PART);
}

/* ---- rosters ---- */

/*
 * What a mark made of the scan that begins now would say.  Taken before the scan: whoever starts
 * while it goes on, behind its back, has had nothing at the mark.
 */
static struct mark
mark_now(const struct errand *e)
{
        return (struct mark){
                .boot_us = clock_us(CLOCK_BOOTTIME),
                .wall_s = clock_us(CLOCK_REALTIME) / SECOND_US,
                .supply_kib = atomic_load(&e->share->supply_kib),
                .shmem_kib = atomic_load(&e->share->shmem_kib),
        };
}

/* Before the loop has told of a supply nothing could be missing since. */
static void
set_time_mark(struct errand *e, const struct mark *now)
{
        const struct mark *last = &e->census.mark[MARK_HALF];
        struct mark mark = *now;

        if (now->supply_kib == 0 ||
            (last->boot_us != 0 && sub_floor(now->boot_us, last->boot_us) < MARK_TIME_US))
                return;
        mark.plateau = false;
        census_mark_time(&e->census, &mark);
}

/* A new mark is worth it when the supply has moved by a step since the last, or at first; and where
 * it has stood for long. */
static void
set_marks(struct errand *e, struct mark *now)
{
        bool plateau = atomic_load(&e->share->plateau), was = e->plateau;
        uint64_t step_kib = atomic_load(&e->share->step_kib);
        bool moved = mark_moved(&e->census.mark[0], now->supply_kib, step_kib);

        e->plateau = plateau;
        e->scan_supply_kib = now->supply_kib;
        now->plateau = plateau && !moved;
        if (atomic_load(&e->share->settled))
                census_mark(&e->census, now, true);
        else if ((moved && mark_is_due(&e->census.mark[0], now)) || (plateau && !was))
                census_mark(&e->census, now, false);
        set_time_mark(e, now);
}

/*
 * Three buffers: the loop's, the one that waits for it, and the one being built.  When the loop has
 * not taken the last one, that one comes back; otherwise the one that it used before is free.
 */
static void
hand_over(struct errand *e, uint64_t due_us)
{
        struct numbered_roster *mine = e->building;
        struct numbered_roster *back;

        mine->seq = e->census.built;
        mine->due_us = due_us;
        back = atomic_exchange(&e->share->next_roster, mine);
        if (back) {
                e->building = back;
                back->seq = 0; /* nobody has seen it */
        } else {
                e->building = e->used;
                e->used = e->waiting;
        }
        e->waiting = mine;
}

/* The loop may still be reading what it used before, in the moment in which it takes the next. */
static bool
may_build(const struct errand *e)
{
        return e->building->seq == 0 || e->building->seq < atomic_load(&e->share->used_seq);
}

/* Said once, and once more when it is over. */
static int
list_processes(struct errand *e, uint64_t now_us)
{
        e->census.low = atomic_load(&e->share->level) >= LEVEL_WATCH;
        e->census.swapoff = atomic_load(&e->share->swapoff);
        int r = census_scan(&e->census, now_us, atomic_load(&e->share->swap));

        if (r == e->scan_error)
                return r;
        e->scan_error = r;
        if (r < 0)
                report_line(e->report, MESSAGE_WARNING,
                            "/proc: %s; processes are looked at only when one has to be ended",
                            strerror(-r));
        else
                report_line(e->report, MESSAGE_INFO, "/proc can be listed again");
        return r;
}

/* While CALM nobody is followed: a descriptor costs the kernel half a KiB, and who has ended would
 * be held on to until the next shortage.  The marks are handed over all the same: from CALM memory
 * may be gone before the next roster, and the loop's own scan needs them. */
static void
make_roster(struct errand *e, bool follow, uint64_t now_us)
{
        uint64_t used = atomic_load(&e->share->used_seq);

        e->census.flight = atomic_load(&e->share->flight_seq);
        if (follow)
                follow_build(&e->census, now_us, used, &e->building->roster);
        else
                follow_nobody(&e->census, now_us, used, &e->building->roster);
}

/* Whether the kernel will use swap at all may change at any time, and the loop would wait for swap
 * to be taken until the kernel has ended somebody. */
static void
tend_swap(struct errand *e, uint64_t now_us)
{
        if (now_us < e->barred_due_us)
                return;
        e->barred_due_us = now_us + SECOND_US;
        atomic_store(&e->share->swap_barred, host_bars_swap(""));
}

static void
scan(struct errand *e, bool hot)
{
        enum level level = (enum level)atomic_load(&e->share->level);
        uint64_t begin_us = sampler_now_us();
        uint64_t begin_cpu_us = clock_us(CLOCK_THREAD_CPUTIME_ID);
        struct mark mark = mark_now(e);

        tend_swap(e, begin_us);
        if (list_processes(e, begin_us) < 0) {
                e->scan_due_us = begin_us + POLL_US;
                return;
        }
        set_marks(e, &mark);
        bool build = may_build(e);

        if (build)
                make_roster(e, level >= LEVEL_WATCH, begin_us);

        /*
         * Of a processor: one that had to wait, for memory or for a processor, is no reason to
         * rest. After 8 s of waiting nobody would have looked for half a minute, and a roster of
         * before would have counted as fresh for longer.
         */
        e->took_us = clock_us(CLOCK_THREAD_CPUTIME_ID) - begin_cpu_us;
        e->level = (int)level;
        e->scan_due_us = begin_us + period_us(e, level, hot);
        if (!build)
                return;
        e->building->roster.took_us = e->took_us;
        e->building->policy_n = atomic_load(&e->share->policy_n);
        if (level >= LEVEL_WATCH && feed_wants(&e->feed)) {
                e->shown = e->building->roster;
                e->shown_us = begin_us;
        }
        hand_over(e, e->scan_due_us + e->took_us * 2);
}

bool
errand_show(struct errand *e)
{
        uint64_t now_us = sampler_now_us();

        /* Anybody may ask: with thousands of processes that must not become a load of its own. */
        if (e->shown_us != 0 && now_us - e->shown_us < at_least(SHOW_US, e->took_us * SHOW_PART))
                return true;
        uint64_t begin_cpu_us = clock_us(CLOCK_THREAD_CPUTIME_ID);

        if (list_processes(e, now_us) < 0)
                return false;
        follow_show(&e->census, now_us, &e->shown);
        e->shown_us = now_us;
        e->took_us = clock_us(CLOCK_THREAD_CPUTIME_ID) - begin_cpu_us;
        return true;
}

/* ---- what the loop asks for ---- */

static void
take_strikes(struct errand *e)
{
        uint32_t n = atomic_load(&e->share->n_strikes);

        if (n - e->n_strikes > STRIKES)
                e->n_strikes = n - STRIKES;
        for (; e->n_strikes != n; e->n_strikes++) {
                const struct strike *s = &e->share->strike[e->n_strikes % STRIKES];

                census_strike(&e->census, s->pid, s->start_ticks, false);
        }
}

/* ---- signals ---- */

struct complaint {
        struct errand *e;
        void (*fault)(void *arg, const char *text);
        void *arg;
};

static void
tell_fault(void *arg, const char *text)
{
        struct complaint *c = arg;

        report_line(c->e->report, MESSAGE_ERROR, "%s; the running configuration stays", text);
        if (c->fault)
                c->fault(c->arg, text);
}

int
errand_reload(struct errand *e, void (*fault)(void *arg, const char *text), void *arg)
{
        struct complaint c = { e, fault, arg };
        struct policy *next = e->spare;
        unsigned n_faults;

        /* The buffer that it would be read into may still be looked at. */
        e->reload_due = atomic_load(&e->share->policy_used) != e->current;
        if (e->reload_due)
                return -EBUSY;
        (void)sdnotify_send(&e->sd, "RELOADING=1\nMONOTONIC_USEC=%llu",
                            (unsigned long long)sampler_now_us());
        n_faults = config_load(e->config, next, tell_fault, &c);
        e->told.ready = sdnotify_send(&e->sd, "READY=1");
        if (n_faults > 0)
                return n_faults < INT_MAX ? (int)n_faults : INT_MAX;
        e->spare = e->current;
        e->current = next;
        census_set_policy(&e->census, next);
        atomic_fetch_add(&e->share->policy_n, 1);
        atomic_store(&e->share->policy, next);
        e->scan_due_us = 0;
        e->shown_us = 0;
        e->shown.n = 0; /* its rules have other numbers */
        if (e->trace)
                trace_begin(e->trace, next);
        report_line(e->report, MESSAGE_NOTICE, "reloaded; %u rules", next->n_rules);
        tell_event(e, WIRE_RELOADED);
        return 0;
}

static void
take_signal(struct errand *e)
{
        struct signalfd_siginfo si;
        uint64_t one = 1;

        if (read(e->signal_fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
                return;
        if (si.ssi_signo == SIGHUP) {
                tell_drain(e);
                (void)errand_reload(e, NULL, NULL);
                return;
        }
        report_line(e->report, MESSAGE_INFO, "ending on signal %u", si.ssi_signo);
        atomic_store(&e->share->stop, true);
        (void)!write(e->share->loop_fd, &one, sizeof(one));
}

/* ---- the thread ---- */

static int
wait_ms(const struct errand *e)
{
        uint64_t now_us = sampler_now_us();
        uint64_t due_us = e->scan_due_us < e->boxes_due_us ? e->scan_due_us : e->boxes_due_us;
        uint64_t us = due_us > now_us ? due_us - now_us : 0;

        if (us > POLL_US)
                us = POLL_US;
        return (int)((us + 999) / 1000);
}

static bool
scan_is_due(const struct errand *e, bool hot)
{
        enum level level = (enum level)atomic_load(&e->share->level);
        uint64_t now_us = sampler_now_us();
        uint64_t supply_kib = atomic_load(&e->share->supply_kib);

        if (now_us >= e->scan_due_us)
                return true;
        /* Just left CALM: what things looked like then is worth most now. */
        if (level >= LEVEL_WATCH && e->level < (int)LEVEL_WATCH)
                return true;
        /* Whoever switches swap off is to be known before memory is short. */
        if (atomic_load(&e->share->swapoff) && !e->census.swapoff)
                return true;
        /* Hot since the last scan: no need to sit out a long period. */
        if (hot && e->scan_due_us > now_us + period_us(e, level, true))
                return true;
        return e->census.mark[0].boot_us > 0 && level >= LEVEL_WATCH &&
               supply_kib + atomic_load(&e->share->step_kib) * 2 < e->scan_supply_kib;
}

/* poll(2) wants memory.  A rest instead, and then everybody is asked: none of them keeps anybody
 * waiting. */
static int
rest(struct pollfd *p, unsigned n)
{
        struct timespec ts = { .tv_nsec = REST_NS };

        (void)nanosleep(&ts, NULL);
        for (unsigned i = 0; i < n; i++)
                p[i].revents = p[i].events;
        return (int)n;
}

static void
tell_feed(struct errand *e)
{
        if (e->feed.error == e->feed_error)
                return;
        e->feed_error = e->feed.error;
        if (e->feed_error)
                report_line(e->report, MESSAGE_WARNING, "feed: %s; nobody new is let in",
                            strerror(e->feed_error));
        else
                report_line(e->report, MESSAGE_INFO, "feed: whoever comes is let in again");
}

/*
 * Held while memory is going and there is still enough of it; nobody needs it while CALM.  Where it
 * is refused, by the limit of a cgroup or for want of memory, it is not asked for again before
 * that.
 */
static void
tend_ballast(struct errand *e)
{
        enum level level = (enum level)atomic_load(&e->share->level);

        if (level == LEVEL_CALM) {
                ballast_drop(&e->share->ballast);
                e->no_ballast = false;
        } else if (level == LEVEL_WATCH && !atomic_load(&e->share->acting) && !e->no_ballast) {
                e->no_ballast = ballast_hold(&e->share->ballast) < 0;
        }
}

static void
tend_boxes(struct errand *e)
{
        uint64_t now_us = sampler_now_us();

        if (!atomic_load(&e->share->boxes) || !e->may_box) {
                boxes_close(&e->boxes);
                atomic_store(&e->share->inside_bp, 0);
                atomic_store(&e->share->inside_steal_bp, 0);
                atomic_store(&e->share->inside_us, 0);
                e->boxes_due_us = UINT64_MAX;
                return;
        }
        if (e->boxes_due_us != UINT64_MAX && now_us < e->boxes_due_us)
                return;
        uint64_t half_bytes =
                (uint64_t)sysconf(_SC_PHYS_PAGES) / 2 * (uint64_t)sysconf(_SC_PAGESIZE);

        struct boxes_part part = boxes_look(&e->boxes, half_bytes, now_us);

        e->boxes_due_us = now_us + (part.known ? BOXES_PERIOD_US : BOXES_FIRST_US);
        if (!part.known)
                return;
        atomic_store(&e->share->inside_bp, part.refault_bp);
        atomic_store(&e->share->inside_steal_bp, part.steal_bp);
        atomic_store(&e->share->inside_us, now_us);
}

/* Waits for what there is to do; rosters come first, people afterwards. */
static void
once(struct errand *e)
{
        enum { SIGNALS, LOOP, FEED };
        struct pollfd p[FEED + FEED_POLLED] = {
                [SIGNALS] = { .fd = e->signal_fd, .events = POLLIN },
                [LOOP] = { .fd = e->share->errand_fd, .events = POLLIN },
        };
        unsigned n_feed = feed_poll(&e->feed, sampler_now_us(), &p[FEED]);
        int n = poll(p, FEED + n_feed, wait_ms(e));
        bool hot;
        uint64_t count;

        if (n < 0)
                n = rest(p, FEED + n_feed);
        if (n > 0 && p[LOOP].revents)
                (void)!read(e->share->errand_fd, &count, sizeof(count));
        atomic_fetch_add(&e->share->errands, 1);
        take_strikes(e);
        tend_ballast(e);
        hot = atomic_load(&e->share->hot);
        if (scan_is_due(e, hot))
                scan(e, hot);
        tend_boxes(e);
        tell_drain(e);
        tell_manager(e, sampler_now_us());
        if (n > 0 && p[SIGNALS].revents)
                take_signal(e);
        else if (e->reload_due)
                (void)errand_reload(e, NULL, NULL);
        if (n > 0)
                feed_serve(&e->feed, &p[FEED], n_feed, serve_request, e);
        tell_feed(e);
}

static void *
run(void *arg)
{
        struct errand *e = arg;

        while (!atomic_load(&e->share->stop))
                once(e);
        tell_drain(e);
        (void)sdnotify_send(&e->sd, "STOPPING=1");
        return NULL;
}

int
errand_open(struct errand *e, int fd_budget)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGHUP);
        e->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (e->signal_fd < 0)
                return -errno;
        e->building = &e->buffer[0];
        e->waiting = &e->buffer[1];
        e->used = &e->buffer[2];
        boxes_open(&e->boxes, "/sys/fs/cgroup", "/proc/vmstat");
        e->boxes_due_us = UINT64_MAX;
        /* Where descriptors are few, those of candidates come first. */
        e->may_box = fd_budget >= 2 * BOXES_FDS;
        if (e->may_box)
                fd_budget -= BOXES_FDS;
        int r = census_open(&e->census, "/proc", e->row, CENSUS_ROWS, e->slot, ERRAND_SLOTS,
                            fd_budget);

        if (r < 0)
                return r;
        e->census.may_wait = true;
        e->census.sees_all = host_shows_everybody(e->census.proc_fd);
        census_set_policy(&e->census, e->current);
        return 0;
}

void
errand_close(struct errand *e)
{
        census_close(&e->census);
        feed_close(&e->feed);
        sdnotify_close(&e->sd);
        (void)close(e->signal_fd);
        if (e->trace)
                (void)fclose(e->trace);
}

void
errand_rehearse(struct errand *e)
{
        memset(e->row, 0, sizeof(e->row));
        memset(e->slot, 0, sizeof(e->slot));
        memset(e->buffer, 0, sizeof(e->buffer));
        memset(&e->shown, 0, sizeof(e->shown));
        if (census_scan(&e->census, sampler_now_us(), false) == 0)
                follow_build(&e->census, sampler_now_us(), 0, &e->building->roster);
        follow_end_all(&e->census);
}

int
errand_start(struct errand *e)
{
        return thread_start(&e->thread, ERRAND_STACK, run, e);
}

void
errand_join(struct errand *e)
{
        (void)pthread_join(e->thread, NULL);
}
