/* SPDX-License-Identifier: MIT */
/*
 * Owns the freshness of a roster.  Never opens a file and never decides.
 */
#include "roster.h"

#include <unistd.h>

#include "procfs.h"

static uint64_t
page_kib(void)
{
        static uint64_t kib;

        if (kib == 0)
                kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
        return kib;
}

static void
clear_sizes(struct candidate *c)
{
        c->anon_kib = c->shmem_kib = c->pagetables_kib = c->swap_kib = 0;
}

static bool
read_status(struct candidate *c, const char *text, size_t len)
{
        struct proc_status st;

        if (proc_status_parse(text, len, &st) < 0)
                return false;
        c->anon_kib = st.anon_kib;
        c->shmem_kib = st.shmem_kib;
        c->mapped_mib = (uint16_t)(st.mapped_kib / 1024);
        c->swap_kib = st.swap_kib;
        c->pagetables_kib = st.pagetables_kib;
        return true;
}

/* statm tells anonymous pages only: the rest stays as status told it last. */
static bool
read_statm(struct candidate *c, const char *text, size_t len)
{
        struct proc_statm sm;

        if (proc_statm_parse(text, len, &sm) < 0)
                return false;
        if (sm.resident == 0)
                clear_sizes(c);
        else
                c->anon_kib = sm.resident > sm.shared ? (sm.resident - sm.shared) * page_kib() : 0;
        return true;
}

bool
roster_read(struct candidate *c)
{
        char text[PROCFS_TEXT_MAX];
        ssize_t n;

        if (c->size_fd < 0)
                return false;
        n = procfs_reread(c->size_fd, text, sizeof(text));
        if (n <= 0) {
                /* The descriptor pins the process, so nobody else can answer in its name. */
                clear_sizes(c);
                return false;
        }
        return c->size_is_status ? read_status(c, text, (size_t)n) : read_statm(c, text, (size_t)n);
}

void
roster_measure(struct candidate *c, uint64_t now_us)
{
        uint64_t kib = candidate_size_kib(c);

        if (c->ref_us[0] == 0) {
                /* First seen: what it has now, it did not take in front of our eyes. */
                c->ref_us[0] = c->ref_us[1] = now_us;
                c->ref_kib[0] = c->ref_kib[1] = kib;
                c->growth_kibps = 0;
                return;
        }
        uint64_t span_us = now_us - c->ref_us[0];

        if (span_us >= ROSTER_GROWTH_US)
                c->growth_kibps =
                        kib > c->ref_kib[0] ? (kib - c->ref_kib[0]) * 1000 / (span_us / 1000) : 0;
        if (now_us - c->ref_us[1] >= ROSTER_REF_US) {
                c->ref_us[0] = c->ref_us[1];
                c->ref_kib[0] = c->ref_kib[1];
                c->ref_us[1] = now_us;
                c->ref_kib[1] = kib;
        }
}

static struct shared_seen
shared_of(const struct candidate *c)
{
        return (struct shared_seen){ c->shmem_kib, c->mapped_mib };
}

static void
keep_shared(struct candidate *c, struct shared_seen before)
{
        struct shared_seen left = shared_left(before, shared_of(c));

        c->shmem_kib = left.shmem_kib;
        c->mapped_mib = left.mapped_mib;
}

/* status costs seven times as much to print as statm. */
static bool
may_wait(const struct roster *r, uint32_t i)
{
        const struct candidate *c = &r->c[i];

        return c->size_is_status && c->growth_kibps == 0 && c->ref_us[0] != 0 &&
               i % ROSTER_TURNS != r->turn % ROSTER_TURNS;
}

static uint64_t
refresh(struct roster *r, uint64_t now_us, bool all)
{
        uint64_t owned_kibps = 0;

        for (uint32_t i = 0; i < r->n; i++) {
                struct candidate *c = &r->c[i];

                if (all || !may_wait(r, i)) {
                        struct shared_seen before = shared_of(c);

                        /* Whoever has page tables is still there. */
                        if (roster_read(c) && r->shmem_stays && c->pagetables_kib > 0)
                                keep_shared(c, before);
                        roster_measure(c, now_us);
                }
                if (candidate_eligible(c))
                        owned_kibps += c->growth_kibps;
        }
        r->turn++;
        return owned_kibps;
}

uint64_t
roster_refresh(struct roster *r, uint64_t now_us)
{
        return refresh(r, now_us, true);
}

uint64_t
roster_refresh_in_turns(struct roster *r, uint64_t now_us)
{
        return refresh(r, now_us, false);
}

uint32_t
roster_growers(const struct roster *r)
{
        const uint64_t most_kibps = UINT64_C(1) << 24; /* so that the squares of all fit */
        uint64_t sum = 0, squares = 0;

        for (uint32_t i = 0; i < r->n; i++) {
                uint64_t kibps = r->c[i].growth_kibps;

                if (!candidate_eligible(&r->c[i]))
                        continue;
                if (kibps > most_kibps)
                        kibps = most_kibps;
                sum += kibps;
                squares += kibps * kibps;
        }
        return squares ? (uint32_t)mul_div(sum, sum, squares) : 0;
}

const struct candidate *
roster_find(const struct roster *r, const struct candidate *c)
{
        for (uint32_t i = 0; i < r->n; i++)
                if (r->c[i].pid == c->pid && r->c[i].start_ticks == c->start_ticks)
                        return &r->c[i];
        return NULL;
}

void
roster_adopt(struct roster *r, const struct roster *before)
{
        for (uint32_t i = 0; i < r->n; i++) {
                struct candidate *c = &r->c[i];
                const struct candidate *b = roster_find(before, c);

                /* Who was given up after this one was begun is still given up; who could not be
                 * signalled for want of a pidfd is not, where there is one now. */
                if (b && b->struck && !(b->unopened && c->pidfd >= 0)) {
                        c->struck = true;
                        c->unopened = b->unopened;
                }
                /* Another file counts other memory: the difference would look like growth. */
                if (!b || b->size_is_status != c->size_is_status)
                        continue;
                for (unsigned k = 0; k < 2; k++) {
                        c->ref_us[k] = b->ref_us[k];
                        c->ref_kib[k] = b->ref_kib[k];
                }
                c->growth_kibps = b->growth_kibps;
        }
}

void
roster_adopt_past(struct roster *r, const struct roster *before)
{
        for (uint32_t i = 0; i < r->n; i++) {
                const struct candidate *b = roster_find(before, &r->c[i]);

                if (!b)
                        continue;
                r->c[i].first_kib = b->first_kib;
                r->c[i].copied_kib = b->copied_kib;
                /* What another program had seen is not this one's. */
                if (r->shmem_stays && r->c[i].exe_id == b->exe_id)
                        keep_shared(&r->c[i], shared_of(b));
                for (unsigned m = 0; m < MARK_MAX; m++) {
                        r->c[i].mark_kib[m] = b->mark_kib[m];
                        r->c[i].mark_shmem_kib[m] = b->mark_shmem_kib[m];
                        r->c[i].mark_above_kib[m] = b->mark_above_kib[m];
                        r->c[i].copied_since_kib[m] = b->copied_since_kib[m];
                }
        }
}
