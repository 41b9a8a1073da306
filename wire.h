/* SPDX-License-Identifier: MIT */
/*
 * The wire: what travels over the guard's feed, /run/oomguard/feed (SOCK_SEQPACKET).  One packet is
 * one struct, of one size, in this machine's own byte order: both ends are of one machine.  wire.c
 * makes packets from records and refuses what is not one; it never opens a socket.
 *
 * A subscriber sends struct wire_request and gets struct wire_record.  Each request is answered by
 * what was asked for, and then by WIRE_ANSWER with the request's id.  Strings end in a zero byte
 * and hold any other byte: a process's name is as hostile on the wire as in /proc.
 */
#ifndef OOMGUARD_WIRE_H
#define OOMGUARD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy.h"
#include "procstat.h"

#define WIRE_FEED  "/run/oomguard/feed"
#define WIRE_MAGIC 0x47444f4fu /* "OODG" */

enum {
        WIRE_VERSION = 1,
        WIRE_BYTES = 1024,
        WIRE_TEXT_MAX = 752,
        WIRE_RULE_MAX = POLICY_PATTERN_MAX + 8, /* with its kind in front */
        WIRE_PLACE_MAX = 96,
        WIRE_CONSUMERS_MAX = 200,
        WIRE_CANDIDATES_MAX = 32,
        WIRE_PAUSE_MAX_S = 86400,
};

/* ---- requests ---- */

enum wire_op {
        WIRE_OP_SUBSCRIBE,  /* arg: WIRE_SUB_ bits; replaces what was asked for before */
        WIRE_OP_STATE,      /* one WIRE_STATE */
        WIRE_OP_CANDIDATES, /* arg: how many at most; WIRE_CANDIDATE each, worst first */
        WIRE_OP_POLICY,     /* WIRE_TEXT: the configuration in force, as --check prints it */
        WIRE_OP_RELOAD,     /* root only; WIRE_TEXT with each fault */
        WIRE_OP_PAUSE,      /* root only; arg: for so many seconds, 1..WIRE_PAUSE_MAX_S */
        WIRE_OP_RESUME,     /* root only */
        WIRE_N_OPS
};

/* Events (warnings, kills, ...) come to every subscriber who asked for anything. */
#define WIRE_SUB_EVENTS  1u
#define WIRE_SUB_STATE   2u /* WIRE_STATE once a second and whenever it changes */
#define WIRE_SUB_SAMPLES 4u /* every look, as a line of a trace (trace.h) */
#define WIRE_SUB_ALL     7u

struct wire_request {
        uint32_t magic;
        uint16_t version;
        uint16_t op; /* enum wire_op */
        uint32_t id; /* comes back in the answer */
        uint32_t reserved;
        uint64_t arg;
};

/* ---- records ---- */

enum wire_kind {
        WIRE_STATE,
        WIRE_WARNING,   /* memory is running out; process: who grows most, pid 0 when nobody */
        WIRE_KILLING,   /* a first signal was sent, or in a dry run would have been */
        WIRE_ESCALATED, /* SIGKILL after SIGTERM */
        WIRE_KILLED,    /* ended and settled: gone_us, predicted and real give-back */
        WIRE_REFUSED,   /* may not be signalled; the next one is taken */
        WIRE_GAVE_UP,   /* does not end and nothing moves */
        WIRE_RELEASED,  /* still alive, but no longer has to end */
        WIRE_NOTHING,   /* nobody can or should be ended: cause */
        WIRE_RECOVERED, /* back from WARN or worse */
        WIRE_RELOADED,
        WIRE_FAULT,       /* a kernel file cannot be read, or can be again: text */
        WIRE_KERNEL_KILL, /* the kernel's own OOM killer was at work: state.missed has risen */
        WIRE_SAMPLE,      /* text: a line of a trace */
        WIRE_CANDIDATE,   /* process */
        WIRE_TEXT,        /* text, a part of a longer one, cut anywhere */
        WIRE_ANSWER,      /* the request with this id is answered: error */
        WIRE_N_KINDS
};

#define WIRE_FLAG_DRY_RUN    1u
#define WIRE_FLAG_PAUSED     2u
#define WIRE_FLAG_ACTING     4u  /* somebody is in flight */
#define WIRE_FLAG_PSI        8u  /* the kernel measures memory pressure */
#define WIRE_FLAG_BLIND      16u /* hidepid: nobody is ended */
#define WIRE_FLAG_BELOW_TERM 32u
#define WIRE_FLAG_RECLAIM    64u /* the kernel reclaimed globally within the window */

/* How things stand; in every record, as of when it was made. */
struct wire_state {
        uint32_t level;  /* enum level */
        uint32_t act;    /* enum level */
        uint32_t reason; /* enum reason */
        uint32_t flags;  /* WIRE_FLAG_ */
        uint64_t total_kib, available_kib, warn_kib, term_kib, kill_kib;
        uint64_t swap_total_kib, swap_free_kib, swap_warn_kib, swap_term_kib, swap_kill_kib;
        uint64_t shmem_kib, hugetlb_kib;
        uint64_t protected_kib; /* WIRE_NOTHING: held by processes that are protected */
        uint64_t zram_total_kib, zram_free_kib;
        uint32_t some_bp, full_bp, refault_bp; /* over the window; 10000 is all of the time */
        uint32_t psi_term_bp, psi_kill_bp, window_ms;
        uint64_t fall_kibps;     /* how fast memory and swap go, 0: they do not */
        uint64_t left_us;        /* until TERM at that rate; UINT64_MAX: not in sight */
        uint64_t paused_left_us; /* 0: not paused */
        uint64_t kills;          /* processes ended since the start */
        uint64_t missed;      /* ended by the kernel's OOM killer in that time, memory being low */
        uint64_t last_kill_s; /* CLOCK_REALTIME; 0: none yet */
        uint64_t lost;        /* records that the loop had to drop */
        char version[16];     /* of the guard */
};

#define WIRE_IS_DRY_RUN    1u
#define WIRE_IS_BLAMED     2u   /* chosen for what it took of what has gone missing */
#define WIRE_IS_AFTER_VAIN 4u   /* no SIGTERM, because the one before gave nothing back */
#define WIRE_IS_SIGKILLED  8u   /* SIGKILL was needed */
#define WIRE_IS_CHOSEN     16u  /* candidate: one of those that would be ended now */
#define WIRE_IS_ELIGIBLE   32u  /* candidate: may be ended at all */
#define WIRE_IS_BUILTIN    64u  /* rule is of the built-in list */
#define WIRE_IS_HIDDEN     128u /* names are kept back from this reader */
#define WIRE_IS_COW        256u /* a fork that has not exec'd: its pages are its parent's too */
#define WIRE_IS_SWAPOFF    512u /* it switches off swap that does not fit into memory */

/* A process, or of a swarm the one that took most; sizes and scores are the whole group's. */
struct wire_process {
        int32_t pid;
        uint32_t uid;
        uint64_t start_ticks;
        uint32_t n; /* processes in the group */
        int32_t sig;
        uint32_t is;     /* WIRE_IS_ */
        uint32_t effect; /* enum rule_effect */
        uint64_t size_kib;
        uint64_t growth_kibps;
        uint64_t took_kib, missing_kib, since_s; /* blame; since_s is CLOCK_REALTIME */
        /* The score and its parts: struct score. */
        uint64_t anon_kib, pagetables_kib, shared_kib, swap_kib, growth_kib, adj_kib, score_kib;
        uint32_t rule_bp;
        int32_t adj;
        uint64_t predicted_kib, predicted_swap_kib; /* what ending it should give back */
        uint64_t real_kib, real_swap_kib;           /* KILLED, GAVE_UP: what it did */
        uint64_t term_us;                           /* first signal to SIGKILL */
        uint64_t gone_us;                           /* first signal to its end */
        uint32_t n_left;                            /* GAVE_UP, RELEASED: still alive */
        int32_t error;                              /* REFUSED: negative errno */
        char name[PROC_NAME_MAX];
        char unit[PROC_UNIT_MAX];
        char rule[WIRE_RULE_MAX];           /* such as exe:/usr/bin/X; empty: no rule */
        char place[WIRE_PLACE_MAX];         /* FILE:LINE of the rule, or empty */
        char consumers[WIRE_CONSUMERS_MAX]; /* KILLING: who held most, `firefox 2.1 GiB, ...` */
};

/* What the kernel's own OOM killer did. */
struct wire_kernel {
        uint64_t n;   /* processes that it ended since the last record of this kind */
        uint32_t low; /* 1: memory was low, the guard came too late; 0: some cgroup's own limit */
        uint32_t reserved;
};

struct wire_record {
        uint32_t magic;
        uint16_t version;
        uint16_t kind;    /* enum wire_kind */
        uint32_t id;      /* of the request that this belongs to, 0: of none */
        uint32_t dropped; /* records that this subscriber lost since the last that it got */
        int32_t error;    /* WIRE_ANSWER: 0 or a negative errno */
        uint32_t cause;   /* WIRE_NOTHING: enum nobody_cause */
        uint64_t mono_us; /* CLOCK_MONOTONIC and CLOCK_REALTIME, when it was made */
        uint64_t wall_us;
        struct wire_state state;
        union {
                struct wire_process process;
                struct wire_kernel kernel; /* KERNEL_KILL */
                char text[WIRE_TEXT_MAX];
        };
};

_Static_assert(sizeof(struct wire_record) == WIRE_BYTES, "the wire has one size");
_Static_assert(sizeof(struct wire_request) == 24, "the wire has one size");

/* An empty record of a kind: magic and version, all else 0. */
void
wire_begin(struct wire_record *ret, enum wire_kind kind);

/*
 * True when the packet is one: its size, magic and version are right, its kind or op is known, its
 * strings end, and its enumerations and limits are in their ranges.  Then it may be read without
 * another look.
 */
bool
wire_record_ok(const void *packet, size_t len);
bool
wire_request_ok(const void *packet, size_t len);

#endif
