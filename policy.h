/* SPDX-License-Identifier: MIT */
/*
 * The policy: everything that can be tuned, as one immutable value.  config.c builds it from ini
 * text, everybody else only reads it; a reload replaces the whole of it and never a part.
 */
#ifndef OOMGUARD_POLICY_H
#define OOMGUARD_POLICY_H

#include <stdbool.h>
#include <stdint.h>

enum {
        POLICY_RULES_MAX = 128,
        POLICY_PATTERN_MAX = 160, /* bytes of a pattern, the ending zero included */
        POLICY_FILES_MAX = 16,
        POLICY_PATH_MAX = 256,
        POLICY_EXEC_MAX = 196, /* the ending zero included */
};

/*
 * A limit is a share of the whole, a size, or both, and then the smaller counts.  A part that was
 * not given is its LIMIT_NO_ value.  A limit that comes to 0 is never reached: `0%` means never.
 */
#define LIMIT_NO_BP  UINT32_MAX
#define LIMIT_NO_KIB UINT64_MAX

struct limit {
        uint32_t bp; /* basis points of the whole, 0..10000 */
        uint64_t kib;
};

/* Floors in KiB below which a memory limit other than 0 is never resolved: on a machine this small
 * a percentage leaves the kernel less than it needs to let a process die. */
#define POLICY_WARN_FLOOR_KIB (72 * UINT64_C(1024))
#define POLICY_TERM_FLOOR_KIB (48 * UINT64_C(1024))
#define POLICY_KILL_FLOOR_KIB (24 * UINT64_C(1024))

enum rule_effect { RULE_NONE, RULE_PREFER, RULE_AVOID, RULE_PROTECT };
enum rule_kind { RULE_NAME, RULE_EXE, RULE_CMDLINE, RULE_USER, RULE_UNIT, RULE_CGROUP };

struct rule {
        enum rule_effect effect;
        enum rule_kind kind;
        uint32_t uid;  /* RULE_USER only: what the name stood for when it was read */
        uint8_t file;  /* index into policy.files */
        uint32_t line; /* where it stands, from 1 */
        char glob[POLICY_PATTERN_MAX]; /* fnmatch(3) pattern, or the user's name as written */
};

/* As whom the hook ([notify] exec) is run, never as root: the package's own user, or else one who
 * owns nothing. */
#define POLICY_HOOK_USERS            \
        {                            \
                "oomguard", "nobody" \
        }

struct policy {
        struct limit mem_warn, mem_term, mem_kill;    /* of MemTotal less huge pages */
        uint64_t new_low_us;                          /* 0: no cause is needed */
        struct limit swap_warn, swap_term, swap_kill; /* of SwapTotal */

        uint32_t psi_term_bp, psi_kill_bp; /* share of time; 0: never */
        uint64_t psi_window_us;
        uint64_t psi_hold_us;
        struct limit psi_below; /* of MemTotal less huge pages */

        uint64_t growth_horizon_us;
        uint64_t min_size_kib;
        bool protect_defaults;
        uint32_t n_rules;
        struct rule rules[POLICY_RULES_MAX];

        uint64_t grace_us;
        uint64_t give_up_us;

        /* Read by oomguard-notify; the guard itself has no use for them. */
        bool notify_desktop, notify_warn;
        bool memory_monitor; /* provide org.freedesktop.LowMemoryMonitor when nobody else does */
        char notify_exec[POLICY_EXEC_MAX]; /* absolute path of the hook; empty: none */

        uint32_t n_files; /* the files it was read from, in order */
        char files[POLICY_FILES_MAX][POLICY_PATH_MAX];
};

/*
 * What the limit comes to on a whole of total_kib, in KiB; never under floor_kib, but 0 where it
 * means never.
 */
static inline uint64_t
limit_kib(const struct limit *l, uint64_t total_kib, uint64_t floor_kib)
{
        uint64_t kib = l->kib;

        if (l->bp != LIMIT_NO_BP) {
                /* In this order 2^53 KiB, more than any machine has, times 10000 does not wrap. */
                uint64_t share_kib = total_kib / 10000 * l->bp + total_kib % 10000 * l->bp / 10000;

                if (share_kib < kib)
                        kib = share_kib;
        }
        if (l->bp == 0 || l->kib == 0 || kib == LIMIT_NO_KIB)
                return 0;
        return kib < floor_kib ? floor_kib : kib;
}

#endif
