/* SPDX-License-Identifier: MIT */
/*
 * `doctor`: what the guard can do on this machine, what it lacks, and the commands that would help.
 * It changes nothing.
 */
#include "doctor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "look.h"
#include "options.h"
#include "print.h"
#include "procstat.h"
#include "text.h"

/* Programs that end others for lack of memory, as /proc names them. */
static const char *const killers[] = { "earlyoom", "nohang", "systemd-oomd", "oomd", "lmkd" };

/* Ordinary users begin here: what they start under such a name is no service of the system's.
 * systemd's DynamicUser=, which Debian's earlyoom runs with, takes its numbers far above them. */
enum { SYSTEM_UID_END = 1000, DYNAMIC_UID_MIN = 61184, DYNAMIC_UID_MAX = 65519 };

struct finding *
doctor_tell(struct doctor *d, enum finding_state state, const char *subject, const char *format,
            ...)
{
        struct finding *f =
                &d->finding[d->n < DOCTOR_FINDINGS_MAX ? d->n : DOCTOR_FINDINGS_MAX - 1];
        char text[FINDING_TEXT_MAX];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        finding_set(f, state, subject, "%s", text);
        if (d->n < DOCTOR_FINDINGS_MAX)
                d->n++;
        return f;
}

void
doctor_sysctl(struct finding *f, const char *name, uint64_t value)
{
        unsigned long long v = value;

        finding_remedy(f, "sudo sysctl %s=%llu", name, v);
        finding_remedy(f, "echo %s=%llu | sudo tee -a /etc/sysctl.d/60-mem.conf", name, v);
}

/* ---- facts that several look at ---- */

static void
read_kernel(struct doctor *d)
{
        const char *p = d->release, *end;
        uint64_t major = 0, minor = 0;

        (void)look_text(d->ctl, "/proc/sys/kernel/osrelease", d->release, sizeof(d->release));
        d->release[strcspn(d->release, "\n")] = '\0';
        end = d->release + strlen(d->release);
        if (text_u64(&p, end, &major) && text_accept(&p, end, "."))
                (void)text_u64(&p, end, &minor);
        d->major = major < 1000 ? (unsigned)major : 0;
        d->minor = minor < 10000 ? (unsigned)minor : 0;
}

static void
read_memory(struct doctor *d)
{
        char text[8192];
        ssize_t n = look_text(d->ctl, "/proc/meminfo", text, sizeof(text));

        d->has_mem = n > 0 && meminfo_parse(text, (size_t)n, &d->mem) == 0;
}

static bool
is_systems(const struct doctor *d, const char *pid)
{
        char path[64], text[4096];
        struct proc_status status;
        ssize_t n;

        (void)snprintf(path, sizeof(path), "/proc/%s/status", pid);
        n = look_text(d->ctl, path, text, sizeof(text));
        return n > 0 && proc_status_parse(text, (size_t)n, &status) == 0 &&
               (status.uid < SYSTEM_UID_END ||
                (status.uid >= DYNAMIC_UID_MIN && status.uid <= DYNAMIC_UID_MAX));
}

static void
take_process(struct doctor *d, const struct proc_stat *st, const char *pid)
{
        if (strcmp(st->name, "oomguard") == 0) {
                d->n_guards++;
                if (d->guard_pid == 0 || is_systems(d, pid))
                        d->guard_pid = st->pid;
        } else if (strcmp(st->name, "oomguard-notify") == 0) {
                d->notifier_pid = st->pid;
        }
        for (unsigned i = 0; i < sizeof(killers) / sizeof(killers[0]); i++) {
                if (strcmp(st->name, killers[i]) != 0 || d->n_killers == DOCTOR_KILLERS_MAX ||
                    !is_systems(d, pid))
                        continue;
                struct doctor_process *k = &d->killer[d->n_killers++];

                k->pid = st->pid;
                (void)snprintf(k->name, sizeof(k->name), "%s", killers[i]);
        }
}

static void
visit(void *arg, const char *name)
{
        struct doctor *d = arg;
        char path[64], text[1024];
        struct proc_stat st;
        ssize_t n;

        if (strspn(name, "0123456789") != strlen(name) || strlen(name) > 10)
                return;
        (void)snprintf(path, sizeof(path), "/proc/%.10s/stat", name);
        n = look_text(d->ctl, path, text, sizeof(text));
        if (n > 0 && proc_stat_parse(text, (size_t)n, &st) == 0 && !(st.flags & PROC_KTHREAD) &&
            st.state != 'Z')
                take_process(d, &st, name);
}

static void
read_facts(struct doctor *d)
{
        read_kernel(d);
        read_memory(d);
        d->container = look_exists(d->ctl, "/run/systemd/container") ||
                       look_exists(d->ctl, "/run/.containerenv") ||
                       look_exists(d->ctl, "/.dockerenv");
        (void)look_folder(d->ctl, "/proc", visit, d);
}

/* ---- telling ---- */

static unsigned
count(const struct doctor *d, enum finding_state state)
{
        unsigned n = 0;

        for (unsigned i = 0; i < d->n; i++)
                n += d->finding[i].state == state;
        return n;
}

static void
print_text(struct doctor *d)
{
        unsigned missing = count(d, FINDING_MISSING), degraded = count(d, FINDING_DEGRADED);
        char text[256];

        for (unsigned i = 0; i < d->n; i++)
                finding_print(d->ctl, &d->finding[i]);
        (void)fputc('\n', d->ctl->out);
        if (missing == 0 && degraded == 0)
                (void)snprintf(text, sizeof(text), "Nothing is missing.");
        else
                (void)snprintf(text, sizeof(text), "%u ok, %u degraded, %u missing.",
                               count(d, FINDING_OK), degraded, missing);
        print_wrapped(d->ctl, 0, text);
}

static void
print_json(const struct doctor *d)
{
        struct json j = JSON_INIT(d->ctl->out);

        json_open(&j, NULL, '{');
        json_string(&j, "kernel", d->release);
        json_u64(&j, "missing", count(d, FINDING_MISSING));
        json_u64(&j, "degraded", count(d, FINDING_DEGRADED));
        json_open(&j, "findings", '[');
        for (unsigned i = 0; i < d->n; i++)
                finding_json(&j, &d->finding[i]);
        json_close(&j, ']');
        json_close(&j, '}');
}

static int
parse_options(struct ctl *ctl, int argc, char **argv)
{
        static const struct option longs[] = { { NULL, 0, NULL, 0 } };

        options_begin();
        if (getopt_long(argc, argv, "", longs, NULL) != -1)
                return options_refuse(ctl, argv);
        return options_end(ctl, argc, argv);
}

int
ctl_doctor(struct ctl *ctl, int argc, char **argv)
{
        struct doctor *d;
        int status = parse_options(ctl, argc, argv);

        if (status != CTL_OK)
                return status;
        d = calloc(1, sizeof(*d));
        if (!d) {
                ctl_complain(ctl, "doctor: no memory");
                return CTL_FAILED;
        }
        d->ctl = ctl;
        read_facts(d);
        doctor_kernel(d);
        doctor_swap(d);
        doctor_guard(d);
        doctor_people(d);
        doctor_unseen(d);
        if (ctl->json)
                print_json(d);
        else
                print_text(d);
        status = count(d, FINDING_MISSING) > 0 ? CTL_NO : CTL_OK;
        free(d);
        return status;
}
