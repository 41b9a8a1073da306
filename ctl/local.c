/* SPDX-License-Identifier: MIT */
/*
 * Owns the guard's modules in a process of its own.  Never judges by itself: decide.c and victim.c
 * do.
 */
#include "local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "census.h"
#include "config.h"
#include "follow.h"
#include "host.h"
#include "identity.h"
#include "look.h"
#include "rank.h"
#include "sampler.h"
#include "wirerec.h"

enum { SLOTS = 2 * CENSUS_ROWS, PATH_BYTES = 512 };

/* Heavier than anybody, so that a process stands on the roster that somebody asked for. */
#define HEAVY_KIBPS (UINT32_MAX / (2 * CENSUS_HORIZON_S))

struct local {
        struct policy policy;
        char proc[PATH_BYTES], sys[PATH_BYTES];
        struct sampler sampler;
        struct decide_state decide;
        struct sample sample;
        struct verdict verdict;
        struct census census;
        struct row row[CENSUS_ROWS];
        uint16_t slot[SLOTS];
        struct roster roster;
        struct ranked ranked[ROSTER_MAX];
        int32_t wanted[LOCAL_WANTED];
        uint32_t wanted_kibps[LOCAL_WANTED]; /* what they really grow by */
        unsigned n_wanted;
};

/* ---- opening ---- */

static void
tell_fault(void *arg, const char *text)
{
        ctl_complain(arg, "%s", text);
}

int
local_read_policy(struct ctl *ctl, struct policy *ret)
{
        char path[PATH_BYTES];

        (void)snprintf(path, sizeof(path), "%s%s", ctl->root, CONFIG_FILE);
        const char *file = ctl->config ? ctl->config : *ctl->root ? path : NULL;

        if (!ctl->config && *ctl->root && access(path, F_OK) < 0) {
                config_defaults(ret);
                return 0;
        }
        if (config_load(file, ret, tell_fault, ctl) == 0)
                return 0;
        if (ctl->config)
                return -EINVAL;
        ctl_complain(ctl, "the defaults are taken instead");
        config_defaults(ret);
        return 0;
}

static uint64_t
clock_us(clockid_t clock)
{
        struct timespec ts = { 0 };

        (void)clock_gettime(clock, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* What grows from here on has been taken since. */
static void
mark(struct local *l)
{
        const struct mark now = {
                .boot_us = clock_us(CLOCK_BOOTTIME),
                .wall_s = clock_us(CLOCK_REALTIME) / 1000000,
                .supply_kib = l->verdict.supply_kib,
                .shmem_kib = l->sample.mem.shmem_kib,
        };

        census_mark(&l->census, &now, false);
}

static int
cannot_read(struct ctl *ctl, const struct local *l, const char *file, int r)
{
        ctl_complain(ctl, "%s%s cannot be read: %s", l->proc, file, strerror(-r));
        return r;
}

static int
open_all(struct ctl *ctl, struct local *l)
{
        int r = local_read_policy(ctl, &l->policy);

        if (r < 0) {
                ctl_complain(ctl, "the configuration has faults; nothing is shown");
                return r;
        }
        (void)snprintf(l->proc, sizeof(l->proc), "%s/proc", ctl->root);
        (void)snprintf(l->sys, sizeof(l->sys), "%s/sys", ctl->root);
        l->sampler = (struct sampler)SAMPLER_INIT;
        r = sampler_open(&l->sampler, l->proc, l->sys);
        if (r < 0)
                return cannot_read(ctl, l, "/meminfo", r);
        /* No descriptors are held: nobody's size is read between two looks. */
        r = census_open(&l->census, l->proc, l->row, CENSUS_ROWS, l->slot, SLOTS, 0);
        if (r < 0)
                return cannot_read(ctl, l, "", r);
        l->census.own_pid = look_own_pid(ctl);
        l->census.may_wait = true;
        census_set_policy(&l->census, &l->policy);
        local_look(l, NULL, NULL);
        r = census_scan(&l->census, l->sample.now_us, l->sample.mem.swap_total_kib > 0);
        mark(l);
        return r < 0 ? cannot_read(ctl, l, "", r) : 0;
}

int
local_open(struct ctl *ctl, struct local **ret)
{
        struct local *l = calloc(1, sizeof(*l));
        int r;

        if (!l) {
                ctl_complain(ctl, "%s", strerror(ENOMEM));
                return -ENOMEM;
        }
        l->sampler = (struct sampler)SAMPLER_INIT;
        l->census.proc_fd = -1;
        r = open_all(ctl, l);
        if (r < 0) {
                local_close(l);
                return r;
        }
        *ret = l;
        return 0;
}

void
local_close(struct local *l)
{
        if (!l)
                return;
        sampler_close(&l->sampler);
        census_close(&l->census);
        free(l);
}

/* ---- looking ---- */

void
local_look(struct local *l, struct sample *ret_sample, struct verdict *ret_verdict)
{
        sampler_take(&l->sampler, true, &l->sample);
        l->verdict = decide(&l->policy, &l->decide, &l->sample);
        if (ret_sample)
                *ret_sample = l->sample;
        if (ret_verdict)
                *ret_verdict = l->verdict;
}

void
local_settle(struct local *l)
{
        const struct timespec ts = { .tv_nsec = LOCAL_LOOK_MS * 1000000L };

        for (unsigned i = 0; i < 1000 / LOCAL_LOOK_MS; i++) {
                (void)nanosleep(&ts, NULL);
                local_look(l, NULL, NULL);
        }
}

void
local_state(const struct local *l, struct wire_state *ret)
{
        wire_state_of(&l->sample, &l->verdict, &l->policy, ret);
        if (host_hides_processes(l->census.proc_fd))
                ret->flags |= WIRE_FLAG_BLIND;
        (void)snprintf(ret->version, sizeof(ret->version), "%s", OOMGUARD_VERSION);
}

const struct policy *
local_policy(const struct local *l)
{
        return &l->policy;
}

/* ---- candidates ---- */

void
local_want(struct local *l, int32_t pid)
{
        if (l->n_wanted < LOCAL_WANTED)
                l->wanted[l->n_wanted++] = pid;
}

static void
make_heavy(struct local *l)
{
        for (unsigned i = 0; i < l->n_wanted; i++) {
                struct row *r = census_find(&l->census, l->wanted[i]);

                if (!r)
                        continue;
                l->wanted_kibps[i] = r->growth_kibps;
                r->growth_kibps = HEAVY_KIBPS;
        }
}

static void
make_light(struct local *l)
{
        for (unsigned i = 0; i < l->n_wanted; i++) {
                struct row *r = census_find(&l->census, l->wanted[i]);

                if (r)
                        r->growth_kibps = l->wanted_kibps[i];
                for (uint32_t k = 0; k < l->roster.n; k++)
                        if (l->roster.c[k].pid == l->wanted[i])
                                l->roster.c[k].growth_kibps = l->wanted_kibps[i];
        }
}

/*
 * follow.c protects what the guard was started from.  Here that is the shell and the terminal of
 * whoever asks, and a guard would see no more in them than the rules do.
 */
static void
judge_own_ancestors(struct local *l)
{
        for (uint32_t i = 0; i < l->roster.n; i++) {
                struct candidate *c = &l->roster.c[i];
                struct identity_text id = { .uid = c->uid };

                if (c->pid == 1 || c->standing.effect != RULE_PROTECT || c->standing.rule >= 0 ||
                    c->standing.builtin >= 0)
                        continue;
                memcpy(id.name, c->name, sizeof(id.name));
                identity_read(l->census.proc_fd, c->pid, l->census.host_mnt, true, &id);
                c->standing = identity_standing(&l->policy, &id);
        }
}

int
local_candidates(struct local *l, struct wire_process *ret, uint32_t max)
{
        struct choice ch;
        uint32_t n;
        int r = census_scan(&l->census, sampler_now_us(), l->sample.mem.swap_total_kib > 0);

        if (r < 0)
                return r;
        make_heavy(l);
        follow_build(&l->census, sampler_now_us(), l->census.built, &l->roster);
        make_light(l);
        judge_own_ancestors(l);
        n = rank_candidates(&l->policy, &l->verdict, &l->sample, &l->roster, &ch, l->ranked, max);
        for (uint32_t i = 0; i < n; i++)
                wire_process_of(&l->ranked[i], &ch, &l->policy, &ret[i]);
        return (int)n;
}
