/* SPDX-License-Identifier: MIT */
/*
 * What every workload of the bench shares: its options, how it speaks to the supervisor, and how
 * it fills a page.  A role never judges anything; it only does its work and says when it is there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ROLE_PAGE      4096
#define ROLE_REPORT_FD 3        /* a pipe to the supervisor, inherited across exec */
#define ROLE_CANARY_FD 4        /* struct canary_stats, shared with the supervisor */
#define ROLE_BIN_DIR   "/d/bin" /* on a real disk, so that program text can be evicted */
#define ROLE_DATA_FILE "/d/data.bin"

/* Must die; must live; may die only of its own cgroup's limit; may do either. */
enum role_kind { ROLE_GUILTY = 'g', ROLE_INNOCENT = 'i', ROLE_BOXED = 'b', ROLE_EITHER = 'e' };

enum role_backing { ROLE_ANON, ROLE_HUGE, ROLE_SHM, ROLE_MEMFD };
enum role_term { ROLE_TERM_DIE, ROLE_TERM_IGNORE, ROLE_TERM_FORK };

struct role_options {
        const char *slot;     /* the supervisor's name for this process on the pipe */
        uint64_t size_kib;    /* 0 is without end */
        uint64_t rate_kib_s;  /* 0 is flat out */
        uint64_t until_kib;   /* stop once MemAvailable is down to this */
        uint64_t touch_kib_s; /* how fast a full process walks over its memory */
        uint64_t count;
        uint64_t child_ms;
        bool half_random; /* compresses two to one */
        enum role_backing backing;
        enum role_term term;
};

struct canary_stats {
        uint64_t host_us; /* time that the machine below the guest stood still; the supervisor's */
        uint64_t last_beat_us;
        uint64_t worst_us;
        uint64_t over_100ms;
        uint64_t over_1s;
        uint64_t beats;
};

/* 0, or -EINVAL for an option no role knows. */
int
role_parse_options(char **argv, struct role_options *ret);

/* Text is "ready", "child KIND PID NAME" or "died PID STATUS"; the slot goes before it. */
void
role_report(const struct role_options *o, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Reports every child that dies. */
_Noreturn void
role_mourn(const struct role_options *o);

uint64_t
role_now_us(void);
void
role_sleep_us(uint64_t us);
uint64_t
role_random(void);
uint64_t
role_available_kib(void);
_Noreturn void
role_fail(const char *what);

/* Writes one page that zram cannot make smaller (or by half). */
void
role_fill_page(char *page, bool half);

/* Maps room for size_kib of the backing asked for; touches nothing. */
char *
role_map(const struct role_options *o, uint64_t size_kib);

int
grow_main(struct role_options *o);
int
thrash_main(struct role_options *o);
int
readfile_main(struct role_options *o);
int
churn_main(struct role_options *o);
int
heap_main(struct role_options *o);
int
straw_main(struct role_options *o);
int
spin_main(struct role_options *o);
int
pace_main(struct role_options *o);
int
spill_main(struct role_options *o);
int
swarm_main(struct role_options *o);
int
job_main(struct role_options *o);
int
crowd_main(struct role_options *o);
int
brief_main(struct role_options *o);
int
build_main(struct role_options *o);
int
copy_main(struct role_options *o);
int
snapshot_main(struct role_options *o);
int
workers_main(struct role_options *o);
int
respawn_main(struct role_options *o);
int
tables_main(struct role_options *o);
int
locked_main(struct role_options *o);
int
threads_main(struct role_options *o);
int
cache_main(struct role_options *o);
int
listen_main(struct role_options *o);
int
canary_main(struct role_options *o);
int
run_main(const char *table, const char *name, const char *swap);
