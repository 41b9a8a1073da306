/* SPDX-License-Identifier: MIT */
/*
 * Owns the keys: section, name, type, range, default and sentence of each.  Never reads or writes a
 * policy: the types do.
 */
#include "keys.h"
#include <string.h>
#include "patterns.h"

enum { NAME_MAX_BYTES = 24 }; /* of a section or key; longer ones are not suggested for */

#define KEY(section, name, type, field, min, max, standard, help)                                  \
        {                                                                                          \
                section, name, &values_##type, offsetof(struct policy, field), min, max, standard, \
                        help                                                                       \
        }
/* The effect stands where other keys have their smallest value. */
#define RULES(section, name, effect, help)                                                         \
        {                                                                                          \
                section, name, &patterns_rule, offsetof(struct policy, rules), effect, effect, "", \
                        help                                                                       \
        }

const struct key keys[] = {
        KEY("memory", "warn", limit, mem_warn, 0, 5000, "10%, 1G",
            "Tell people and programs when no more memory than this is available.  Never less than "
            "72M, unless it is 0%."),
        KEY("memory", "term", limit, mem_term, 0, 5000, "5%, 512M",
            "Ask the process that takes the memory to end (SIGTERM) when no more than this is "
            "available.  Never less than 48M, unless it is 0%."),
        KEY("memory", "kill", limit, mem_kill, 0, 5000, "2.5%, 256M",
            "End it at once (SIGKILL) when no more than this is available.  Never less than 24M, "
            "unless it is 0%."),
        KEY("memory", "new_low", time, new_low_us, 0, 60 * US_PER_MIN, "10s",
            "Between term and kill a machine may simply be full and well.  There, act only if "
            "available memory has been at its lowest within this time.  0s: always act."),

        KEY("swap", "warn", limit, swap_warn, 0, ALL_BP, "20%",
            "Low memory counts for a warning only when no more swap than this is free.  100%: swap "
            "does not matter.  0%: no warning while there is swap."),
        KEY("swap", "term", limit, swap_term, 0, ALL_BP, "10%", "The same for SIGTERM."),
        KEY("swap", "kill", limit, swap_kill, 0, ALL_BP, "5%", "The same for SIGKILL."),

        KEY("pressure", "term", share, psi_term_bp, 0, ALL_BP, "30%",
            "Ask a process to end when everything stood still for memory this much of the time."),
        KEY("pressure", "kill", share, psi_kill_bp, 0, ALL_BP, "60%",
            "End it at once when everything stood still this much of the time."),
        KEY("pressure", "window", time, psi_window_us, 100 * US_PER_MS, 10 * US_PER_S, "2s",
            "The time over which standing still is measured."),
        KEY("pressure", "hold", time, psi_hold_us, 0, US_PER_MIN, "1s",
            "It has to last this long before anything is done."),
        KEY("pressure", "below", limit, psi_below, 0, ALL_BP, "25%, 4G",
            "And only while no more memory than this is available: with more, ending a process "
            "would not help."),

        KEY("victim", "growth_horizon", time, growth_horizon_us, 0, 5 * US_PER_MIN, "10s",
            "A growing process counts as large as it would be after this time.  0s: growth does "
            "not count."),
        KEY("victim", "min_size", size, min_size_kib, 0, KIB_PER_G, "1M",
            "A process smaller than this is never ended, unless with a swarm, which counts as a "
            "whole, or because it switches off swap that does not fit."),
        KEY("victim", "protect_defaults", flag, protect_defaults, 0, 1, "yes",
            "Never end what the desktop and the system need to run: the session, its windows and "
            "sound, logins, the package manager.  `oomguard --check` prints the list."),
        RULES("victim", "protect", RULE_PROTECT,
              "Never end these.  One pattern a line, as many lines as needed, such as "
              "exe:*/bin/postgres.  An empty value drops all that came before."),
        RULES("victim", "avoid", RULE_AVOID, "End these only when others would not do."),
        RULES("victim", "prefer", RULE_PREFER, "Rather end these than others."),

        KEY("kill", "grace", time, grace_us, 0, 5 * US_PER_MIN, "3s",
            "A process that was asked to end has this long, as long as memory lasts.  0s: do not "
            "ask."),
        KEY("kill", "give_up", time, give_up_us, US_PER_S, 10 * US_PER_MIN, "10s",
            "When nothing has moved for this long after SIGKILL, take the next process."),

        KEY("notify", "desktop", flag, notify_desktop, 0, 1, "yes",
            "Tell everybody with a graphical session when a program was ended."),
        KEY("notify", "warn", flag, notify_warn, 0, 1, "yes",
            "Warn them before it comes to that, once in ten minutes for each program that grows."),
        KEY("notify", "exec", path, notify_exec, 0, 0, "",
            "Run this program for each event, as an unprivileged user and with the event in its "
            "environment (oomguard-notify(8)): for mail, chat or a pager."),
        KEY("notify", "memory_monitor", auto, memory_monitor, 0, 1, "auto",
            "Ask programs to give memory back before any is ended, as "
            "org.freedesktop.LowMemoryMonitor.  auto: unless another program does."),
};

_Static_assert(sizeof(keys) / sizeof(keys[0]) == KEYS_N, "KEYS_N counts the keys");

/* What stands above a section's keys in the template. */
static const struct {
        const char *name, *help;
} intros[] = {
        { "memory",
          "How much memory must stay available.  Each limit is a percentage of the memory, a size, "
          "or both, and then the smaller counts.  0% means never." },
        { "swap",
          "How much swap must stay free.  oomguard acts on low memory only when swap is low too; a "
          "machine without swap has none free." },
        { "pressure",
          "When the machine stands still though some memory is left, because programs wait for "
          "memory instead of running.  0% means never." },
        { "victim",
          "Which process is ended.  Patterns are name:GLOB, exe:GLOB, cmdline:GLOB, user:NAME, "
          "unit:GLOB or cgroup:GLOB; in a GLOB * stands for anything, ? for one character, [abc] "
          "for one of these." },
        { "kill", "How a process is ended." },
        { "notify", "Whom oomguard-notify tells, beside the journal and D-Bus.  Without that "
                    "program this has "
                    "no effect." },
};

int
keys_find(const char *section, const char *name)
{
        for (int i = 0; i < KEYS_N; i++) {
                if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
                        return i;
        }
        return -1;
}

bool
keys_is_section(const char *name)
{
        for (int i = 0; i < KEYS_N; i++) {
                if (strcmp(keys[i].section, name) == 0)
                        return true;
        }
        return false;
}

/* Letters to insert, drop or change (Levenshtein); both at most NAME_MAX_BYTES long. */
static size_t
edit_distance(const char *a, const char *b)
{
        size_t row[NAME_MAX_BYTES + 1], len_b = strlen(b);

        for (size_t j = 0; j <= len_b; j++)
                row[j] = j;
        for (size_t i = 0; a[i]; i++) {
                size_t corner = row[0];

                row[0] = i + 1;
                for (size_t j = 0; j < len_b; j++) {
                        size_t change = corner + (a[i] != b[j]);
                        size_t shift = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;

                        corner = row[j + 1];
                        row[j + 1] = change < shift ? change : shift;
                }
        }
        return row[len_b];
}

const char *
keys_nearest(const char *section, const char *name)
{
        const char *best = NULL;
        size_t best_distance = 3, len = strlen(name);

        if (len > NAME_MAX_BYTES)
                return NULL;
        for (int i = 0; i < KEYS_N; i++) {
                const char *word = section ? keys[i].name : keys[i].section;
                size_t distance;

                if (section && strcmp(keys[i].section, section) != 0)
                        continue;
                distance = edit_distance(name, word);
                if (distance < best_distance && distance < len) {
                        best = word;
                        best_distance = distance;
                }
        }
        return best;
}

const char *
keys_intro(const char *section)
{
        for (size_t i = 0; i < sizeof(intros) / sizeof(intros[0]); i++) {
                if (strcmp(intros[i].name, section) == 0)
                        return intros[i].help;
        }
        return "";
}
