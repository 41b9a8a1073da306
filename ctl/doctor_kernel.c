/* SPDX-License-Identifier: MIT */
/*
 * Owns what is to be said of the kernel: its age, what it measures, and its own settings for the
 * case that memory runs out.
 */
#include "doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "look.h"
#include "message.h"
#include "psi.h"
#include "vmstat.h"

static bool
at_least(const struct doctor *d, unsigned major, unsigned minor)
{
        return d->major > major || (d->major == major && d->minor >= minor);
}

static void
look_version(struct doctor *d)
{
        if (d->release[0] == '\0') {
                (void)doctor_tell(d, FINDING_MISSING, "kernel",
                                  "/proc/sys/kernel/osrelease cannot be read: is /proc mounted?");
        } else if (!at_least(d, 5, 3)) {
                (void)doctor_tell(d, FINDING_MISSING, "kernel",
                                  "%s has no pidfd_open, by which alone processes are signalled: "
                                  "the guard needs Linux 5.3 or later",
                                  d->release);
        } else if (!at_least(d, 5, 15)) {
                (void)doctor_tell(d, FINDING_DEGRADED, "kernel",
                                  "%s has no process_mrelease (5.15): the memory of a process that "
                                  "is slow to die comes back when it is dead, not before",
                                  d->release);
        } else {
                (void)doctor_tell(d, FINDING_OK, "kernel", "%s has all that the guard uses",
                                  d->release);
        }
}

static bool
has_program(const struct doctor *d, const char *name)
{
        char sbin[64], bin[64];

        (void)snprintf(sbin, sizeof(sbin), "/usr/sbin/%s", name);
        (void)snprintf(bin, sizeof(bin), "/usr/bin/%s", name);
        return look_exists(d->ctl, sbin) || look_exists(d->ctl, bin);
}

/* Remedy: psi=1 for every boot from the next one on.  Fedora has a /etc/default/grub as well, which
 * alone does nothing there; a Raspberry Pi has neither. */
static void
remedy_command_line(const struct doctor *d, struct finding *f)
{
        static const char *const pi[] = { "/boot/firmware/cmdline.txt", "/boot/cmdline.txt" };

        if (has_program(d, "grubby")) {
                finding_remedy(f, "sudo grubby --update-kernel=ALL --args=psi=1 && sudo reboot");
                return;
        }
        for (size_t i = 0; i < sizeof(pi) / sizeof(pi[0]); i++)
                if (look_exists(d->ctl, pi[i])) {
                        finding_remedy(f, "sudo sed -i '1s/$/ psi=1/' %s && sudo reboot", pi[i]);
                        return;
                }
        if (look_exists(d->ctl, "/etc/default/grub") && has_program(d, "update-grub")) {
                finding_remedy(f,
                               "sudo sed -i 's/^GRUB_CMDLINE_LINUX=\"/&psi=1 /' /etc/default/grub");
                finding_remedy(f, "sudo update-grub && sudo reboot");
        } else {
                finding_remedy(f, "# add psi=1 to the kernel's command line, then reboot");
        }
}

static void
look_pressure(struct doctor *d)
{
        char text[512];
        ssize_t n = look_text(d->ctl, "/proc/pressure/memory", text, sizeof(text));
        struct psi psi;
        struct finding *f;

        if (n > 0 && psi_parse(text, (size_t)n, &psi) == 0) {
                (void)doctor_tell(d, FINDING_OK, "pressure", "the kernel measures it (PSI)");
                return;
        }
        f = doctor_tell(d, FINDING_DEGRADED, "pressure",
                        "the kernel does not measure it%s: a machine that stands still before "
                        "memory is low is not helped; the [memory] limits go on alone",
                        d->major == 0 || at_least(d, 4, 20) ? "" : " (Linux 4.20 does)");
        if (!at_least(d, 4, 20) || d->container)
                return;
        remedy_command_line(d, f);
}

static void
look_counters(struct doctor *d)
{
        size_t len = 0;
        char *text = look_all(d->ctl, "/proc/vmstat", &len);
        struct vmstat v;

        if (!text || vmstat_parse(text, len, &v) < 0)
                (void)doctor_tell(d, FINDING_DEGRADED, "counters",
                                  "/proc/vmstat does not tell whether the kernel reclaims: the "
                                  "[pressure] limits are never reached");
        else if (!v.has_refault)
                (void)doctor_tell(d, FINDING_DEGRADED, "counters",
                                  "/proc/vmstat does not tell refaults (Linux 5.9 does): thrashing "
                                  "is told from mere waiting less well");
        else
                (void)doctor_tell(d, FINDING_OK, "counters", "reclaim and refaults are counted");
        free(text);
        if (d->has_mem && d->mem.estimated)
                (void)doctor_tell(d, FINDING_DEGRADED, "MemAvailable",
                                  "the kernel does not tell it (Linux 3.14 does); it is estimated "
                                  "from free memory and file pages");
        if (!d->has_mem)
                (void)doctor_tell(
                        d, FINDING_MISSING, "meminfo",
                        "/proc/meminfo cannot be read: without it nothing can be guarded");
}

static void
look_min_free(struct doctor *d)
{
        uint64_t kib, total_kib = d->mem.total_kib;
        struct finding *f;
        char size[32];

        if (!d->has_mem || !look_u64(d->ctl, "/proc/sys/vm/min_free_kbytes", &kib))
                return;
        message_size(kib, size, sizeof(size));
        if (kib > total_kib / 20) {
                f = doctor_tell(d, FINDING_DEGRADED, "min_free_kbytes",
                                "%s, more than 5 %% of memory, are kept free for the kernel: "
                                "programs run short that much sooner",
                                size);
                doctor_sysctl(f, "vm.min_free_kbytes", total_kib / 100);
        } else if (total_kib > UINT64_C(4) * 1024 * 1024 && kib < 16384) {
                f = doctor_tell(d, FINDING_DEGRADED, "min_free_kbytes",
                                "only %s are kept free for the kernel: little for a machine of "
                                "this size when memory goes fast",
                                size);
                doctor_sysctl(f, "vm.min_free_kbytes", 65536);
        } else {
                (void)doctor_tell(d, FINDING_OK, "min_free_kbytes", "%s", size);
        }
}

static void
look_overcommit(struct doctor *d)
{
        char text[8192], limit[64] = "?", used[64] = "?";
        struct finding *f;
        uint64_t mode;

        if (!look_u64(d->ctl, "/proc/sys/vm/overcommit_memory", &mode))
                return;
        if (mode != 2) {
                (void)doctor_tell(d, FINDING_OK, "overcommit",
                                  "%s (overcommit_memory = %" PRIu64 ")",
                                  mode == 0 ? "by the kernel's judgement" : "always", mode);
                return;
        }
        if (look_text(d->ctl, "/proc/meminfo", text, sizeof(text)) > 0) {
                (void)look_line(text, "CommitLimit", ':', limit, sizeof(limit));
                (void)look_line(text, "Committed_AS", ':', used, sizeof(used));
        }
        f = doctor_tell(d, FINDING_DEGRADED, "overcommit",
                        "strict (overcommit_memory = 2): programs are refused memory at %s "
                        "promised (%s are), whatever is really used, and many end by that before "
                        "the guard sees any shortage",
                        limit, used);
        doctor_sysctl(f, "vm.overcommit_memory", 0);
}

static void
look_own_killer(struct doctor *d)
{
        uint64_t panic = 0, asking = 0, dump = 1;
        struct finding *f;

        bool known = look_u64(d->ctl, "/proc/sys/vm/panic_on_oom", &panic);

        (void)look_u64(d->ctl, "/proc/sys/vm/oom_kill_allocating_task", &asking);
        (void)look_u64(d->ctl, "/proc/sys/vm/oom_dump_tasks", &dump);
        if (panic != 0) {
                f = doctor_tell(d, FINDING_DEGRADED, "panic_on_oom",
                                "the machine goes down when the kernel runs out of memory%s, "
                                "should the guard ever be late",
                                panic == 1 ? "" : ", even inside a cgroup's limit");
                doctor_sysctl(f, "vm.panic_on_oom", 0);
        } else if (known) {
                (void)doctor_tell(d, FINDING_OK, "panic_on_oom", "off");
        }
        if (asking != 0) {
                f = doctor_tell(d, FINDING_DEGRADED, "the kernel's choice",
                                "its own OOM killer ends whoever asks for memory next, not who "
                                "holds it (oom_kill_allocating_task)");
                doctor_sysctl(f, "vm.oom_kill_allocating_task", 0);
        }
        if (dump == 0) {
                f = doctor_tell(d, FINDING_DEGRADED, "oom_dump_tasks",
                                "off: after a kill by the kernel nobody can tell who was large at "
                                "the time");
                doctor_sysctl(f, "vm.oom_dump_tasks", 1);
        }
}

static void
look_mglru(struct doctor *d)
{
        char enabled[32];
        uint64_t ttl_ms = 0;
        struct finding *f;

        if (look_text(d->ctl, "/sys/kernel/mm/lru_gen/enabled", enabled, sizeof(enabled)) < 0) {
                (void)doctor_tell(d, FINDING_OK, "MGLRU",
                                  "not in this kernel; nothing depends on it");
                return;
        }
        (void)look_u64(d->ctl, "/sys/kernel/mm/lru_gen/min_ttl_ms", &ttl_ms);
        enabled[strcspn(enabled, "\n")] = '\0';
        if (ttl_ms == 0 || strcmp(enabled, "0x0000") == 0) {
                (void)doctor_tell(d, FINDING_OK, "MGLRU", "%s, min_ttl_ms = %" PRIu64,
                                  strcmp(enabled, "0x0000") == 0 ? "off" : "on", ttl_ms);
                return;
        }
        f = doctor_tell(d, FINDING_DEGRADED, "MGLRU",
                        "min_ttl_ms = %" PRIu64 ": the kernel ends a process by itself as soon as "
                        "what was used in the last %" PRIu64 " ms does not fit, and that may be "
                        "before the guard's [pressure] limits hold",
                        ttl_ms, ttl_ms);
        finding_remedy(f, "echo 0 | sudo tee /sys/kernel/mm/lru_gen/min_ttl_ms");
}

void
doctor_kernel(struct doctor *d)
{
        look_version(d);
        look_pressure(d);
        look_counters(d);
        look_min_free(d);
        look_overcommit(d);
        look_own_killer(d);
        look_mglru(d);
}
