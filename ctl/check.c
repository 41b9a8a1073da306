/* SPDX-License-Identifier: MIT */
/*
 * `check`: what is wrong with a configuration, what of it makes no sense on this machine, and what
 * its limits come to.  It changes nothing and asks no guard.
 */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_hook.h"
#include "config.h"
#include "host.h"
#include "look.h"
#include "options.h"
#include "sampler.h"
#include "zoneinfo.h"

static void
take_fault(void *arg, const char *text)
{
        struct check *c = arg;

        if (c->n_faults < CHECK_FAULTS_MAX)
                (void)snprintf(c->fault[c->n_faults], CHECK_FAULT_MAX, "%s", text);
        c->n_faults++;
}

static void
take_finding(void *arg, const struct finding *f)
{
        struct check *c = arg;

        if (c->n_findings < CHECK_FINDINGS_MAX)
                c->finding[c->n_findings++] = *f;
}

/* ---- looking ---- */

static void
read_watermarks(struct check *c)
{
        size_t len = 0;
        char *text = look_all(c->ctl, "/proc/zoneinfo", &len);
        uint64_t page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
        struct zoneinfo z;

        if (text && zoneinfo_parse(text, len, &z) == 0) {
                c->machine.min_kib = z.min * page_kib;
                c->machine.high_kib = z.high * page_kib;
        } else {
                (void)look_u64(c->ctl, "/proc/sys/vm/min_free_kbytes", &c->machine.min_kib);
                c->machine.high_kib = c->machine.min_kib;
        }
        free(text);
}

/* By the guard's own eyes: its sampler, its verdict. */
static void
read_machine(struct check *c)
{
        char proc[LOOK_PATH_MAX], sys[LOOK_PATH_MAX];
        struct sampler s = SAMPLER_INIT;
        struct decide_state *state = calloc(1, sizeof(*state));
        int r;

        look_path(c->ctl, "/proc", proc);
        look_path(c->ctl, "/sys", sys);
        r = state ? sampler_open(&s, proc, sys) : -ENOMEM;
        if (r < 0) {
                ctl_complain(c->ctl, "%s/meminfo: %s; only the syntax is checked", proc,
                             strerror(-r));
                free(state);
                return;
        }
        sampler_take(&s, true, &c->machine.sample);
        c->machine.verdict = decide(&c->policy, state, &c->machine.sample);
        c->machine.cgroup_limit_kib = host_memory_limit(c->ctl->root, c->machine.verdict.total_kib,
                                                        c->machine.cgroup_limit_path,
                                                        sizeof(c->machine.cgroup_limit_path));
        /* A test's folder is no part of the path. */
        if (c->machine.cgroup_limit_kib > 0)
                memmove(c->machine.cgroup_limit_path,
                        c->machine.cgroup_limit_path + strlen(c->ctl->root),
                        strlen(c->machine.cgroup_limit_path) - strlen(c->ctl->root) + 1);
        read_watermarks(c);
        sampler_close(&s);
        free(state);
        c->has_machine = true;
}

/* `FILE:LINE` */
static void
rule_place(const struct policy *p, const struct rule *r, char *ret, size_t size)
{
        (void)snprintf(ret, size, "%s:%u", r->file < p->n_files ? p->files[r->file] : "?", r->line);
}

static bool
has_exe_rule(const struct policy *p)
{
        for (uint32_t i = 0; i < p->n_rules; i++)
                if (p->rules[i].kind == RULE_EXE)
                        return true;
        return false;
}

static void
judge_rules(struct check *c)
{
        const struct policy *p = &c->policy;
        char text[FINDING_SUBJECT_MAX], place[POLICY_PATH_MAX + 16];
        struct finding f;

        for (uint32_t i = 0; i < p->n_rules; i++) {
                const struct rule *r = &p->rules[i];

                check_rule_text(r, text, sizeof(text));
                rule_place(p, r, place, sizeof(place));
                if (c->rules.matches[i] == 0)
                        finding_set(&f, FINDING_WARNING, text,
                                    "(%s) matches none of %u processes now%s", place, c->rules.n,
                                    c->rules.n_hidden && r->kind == RULE_EXE
                                            ? ", as far as they may be looked at"
                                            : "");
                else if (c->rules.decides[i] == 0)
                        finding_set(&f, FINDING_NOTE, text,
                                    "(%s) matches %u process%s, but a stronger rule or the "
                                    "built-in list decides about %s",
                                    place, c->rules.matches[i],
                                    c->rules.matches[i] == 1 ? "" : "es",
                                    c->rules.matches[i] == 1 ? "it" : "each of them");
                else
                        continue;
                take_finding(c, &f);
        }
        if (c->rules.n_hidden == 0 || !has_exe_rule(p))
                return;
        finding_set(&f, FINDING_NOTE, "exe: rules",
                    "the executables of %u of %u processes may not be seen from here; the guard "
                    "sees them where it has CAP_SYS_PTRACE",
                    c->rules.n_hidden, c->rules.n);
        take_finding(c, &f);
}

static void
look_around(struct check *c)
{
        config_defaults(&c->standard);
        read_machine(c);
        if (c->has_machine)
                check_limits(&c->policy, &c->standard, &c->machine, take_finding, c);
        check_hook(c->ctl, &c->policy, take_finding, c);
        int r = check_rules_count(c->ctl, &c->policy, &c->rules);

        c->has_rules = r == 0;
        if (c->has_rules)
                judge_rules(c);
        else
                ctl_complain(c->ctl, "%s/proc: %s; rules are not tried", c->ctl->root,
                             strerror(-r));
}

/* ---- the command ---- */

static int
parse_options(struct ctl *ctl, int argc, char **argv, const char **ret_path)
{
        static const struct option longs[] = { { NULL, 0, NULL, 0 } };

        *ret_path = ctl->config;
        options_begin();
        if (getopt_long(argc, argv, "", longs, NULL) != -1)
                return options_refuse(ctl, argv);
        if (optind < argc)
                *ret_path = argv[optind++];
        return options_end(ctl, argc, argv);
}

/* The usual file, below the root of a test; it need not be there. */
static void
load(struct check *c)
{
        char usual[LOOK_PATH_MAX];

        if (c->path || c->ctl->root[0] == '\0') {
                (void)config_load(c->path, &c->policy, take_fault, c);
                c->is_standard = c->n_faults == 0 && !c->path && access(CONFIG_FILE, F_OK) < 0 &&
                                 c->policy.n_files == 0;
                return;
        }
        look_path(c->ctl, CONFIG_FILE, usual);
        c->is_standard = access(usual, F_OK) < 0;
        if (c->is_standard)
                config_defaults(&c->policy);
        else
                (void)config_load(usual, &c->policy, take_fault, c);
}

int
ctl_check(struct ctl *ctl, int argc, char **argv)
{
        const char *path;
        struct check *c;
        int status = parse_options(ctl, argc, argv, &path);

        if (status != CTL_OK)
                return status;
        c = calloc(1, sizeof(*c));
        if (!c) {
                ctl_complain(ctl, "check: no memory");
                return CTL_FAILED;
        }
        c->ctl = ctl;
        c->path = path;
        load(c);
        if (c->n_faults == 0)
                look_around(c);
        if (ctl->json)
                check_print_json(c);
        else
                check_print_text(c);
        status = c->n_faults > 0 ? CTL_NO : CTL_OK;
        free(c);
        return status;
}
