/* SPDX-License-Identifier: MIT */
/*
 * Views to print: the same machines and processes for `status`, `rank` and `explain`.
 */
#ifndef OOMGUARD_VIEWS_H
#define OOMGUARD_VIEWS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl_golden.h"
#include "ctl/view.h"
#include "decide.h"

#define GIB (UINT64_C(1024) * 1024)
#define MIB UINT64_C(1024)

/* Of guard and program, whatever this one is. */
#define VIEWS_VERSION "1.2.3"

/* 2025-11-20 13:00:00 UTC. */
#define VIEWS_NOW_S UINT64_C(1763643600)

/* A desktop of 16 GiB with 4 GiB of swap, all well. */
static inline struct wire_state
views_calm(void)
{
        struct wire_state s = {
                .level = LEVEL_CALM,
                .act = LEVEL_CALM,
                .flags = WIRE_FLAG_PSI,
                .total_kib = 16 * GIB,
                .available_kib = 10 * GIB + 205 * MIB,
                .warn_kib = GIB,
                .term_kib = 512 * MIB,
                .kill_kib = 256 * MIB,
                .swap_total_kib = 4 * GIB,
                .swap_free_kib = 3 * GIB + 100 * MIB,
                .swap_warn_kib = 820 * MIB,
                .swap_term_kib = 410 * MIB,
                .swap_kill_kib = 205 * MIB,
                .shmem_kib = 300 * MIB,
                .some_bp = 125,
                .psi_term_bp = 3000,
                .psi_kill_bp = 6000,
                .window_ms = 2000,
                .left_us = UINT64_MAX,
        };

        memcpy(s.version, VIEWS_VERSION, sizeof(VIEWS_VERSION));
        return s;
}

/* The same in need: at TERM, falling, nearly no swap, two kills so far. */
static inline struct wire_state
views_low(void)
{
        struct wire_state s = views_calm();

        s.level = s.act = LEVEL_TERM;
        s.reason = REASON_LOW;
        s.flags |= WIRE_FLAG_ACTING | WIRE_FLAG_BELOW_TERM | WIRE_FLAG_RECLAIM;
        s.available_kib = 480 * MIB;
        s.swap_free_kib = 300 * MIB;
        s.some_bp = 6512;
        s.full_bp = 3456;
        s.fall_kibps = 120 * MIB;
        s.left_us = 0;
        s.kills = 2;
        s.last_kill_s = VIEWS_NOW_S - 12;
        return s;
}

static inline struct wire_process
views_process(int32_t pid, const char *name, uint64_t anon_kib)
{
        struct wire_process p = {
                .pid = pid,
                .uid = 1000,
                .start_ticks = 500,
                .n = 1,
                .is = WIRE_IS_ELIGIBLE,
                .size_kib = anon_kib,
                .anon_kib = anon_kib,
                .score_kib = anon_kib,
                .rule_bp = 10000,
                .predicted_kib = anon_kib,
        };

        memcpy(p.name, name, strlen(name) + 1);
        return p;
}

static inline void
views_text(char *to, size_t size, const char *text)
{
        size_t len = strlen(text);

        assert_true(len < size);
        memset(to, 0, size);
        memcpy(to, text, len);
}

/* Of each kind one: to blame, large, preferred, avoided, a fork, protected in three ways. */
enum { VIEWS_PROCESSES = 9 };

static inline void
views_rules(struct wire_process p[VIEWS_PROCESSES])
{
        p[2].effect = RULE_PREFER;
        p[2].rule_bp = 40000;
        p[2].score_kib = 4 * p[2].score_kib;
        views_text(p[2].rule, sizeof(p[2].rule), "exe:*/chrome");
        views_text(p[2].place, sizeof(p[2].place), "/etc/oomguard.conf.d/mine.conf:3");
        p[3].effect = RULE_AVOID;
        p[3].rule_bp = 2500;
        p[3].score_kib = p[3].score_kib / 4;
        p[3].adj = -100;
        p[3].adj_kib = 2 * GIB;
        p[3].score_kib = 0;
        views_text(p[3].rule, sizeof(p[3].rule), "unit:backup.service");
        views_text(p[3].place, sizeof(p[3].place), "/etc/oomguard.conf:41");
        p[5].is = WIRE_IS_BUILTIN;
        p[5].effect = RULE_PROTECT;
        views_text(p[5].rule, sizeof(p[5].rule), "exe:*/Xorg");
        p[6].is = 0;
        p[6].effect = RULE_PROTECT;
        views_text(p[6].rule, sizeof(p[6].rule), "name:my-database");
        views_text(p[6].place, sizeof(p[6].place), "/etc/oomguard.conf:40");
        p[7].is = 0;
        p[7].adj = -1000;
        p[8].is = 0;
}

static inline void
views_processes(struct wire_process p[VIEWS_PROCESSES])
{
        p[0] = views_process(4711, "runaway", 2 * GIB + 300 * MIB);
        p[0].is |= WIRE_IS_CHOSEN | WIRE_IS_BLAMED;
        p[0].growth_kibps = 19 * MIB;
        p[0].growth_kib = 190 * MIB;
        p[0].score_kib += 190 * MIB;
        p[0].took_kib = 2 * GIB + 200 * MIB;
        p[0].missing_kib = 3 * GIB;
        p[0].since_s = VIEWS_NOW_S - 3600;
        views_text(p[0].unit, sizeof(p[0].unit), "app-runaway-12345678901234567890.scope");
        p[1] = views_process(1200, "firefox", 5 * GIB);
        p[1].pagetables_kib = 40 * MIB;
        p[1].shared_kib = 80 * MIB;
        p[1].swap_kib = 200 * MIB;
        p[1].size_kib = 5 * GIB + 320 * MIB;
        p[1].predicted_kib = 5 * GIB + 120 * MIB;
        p[1].predicted_swap_kib = 200 * MIB;
        p[1].adj = 200;
        p[1].score_kib = (5 * GIB + 320 * MIB) / 10 * 12;
        views_text(p[1].unit, sizeof(p[1].unit), "app-firefox.scope");
        p[2] = views_process(1300, "chrome", 200 * MIB);
        p[3] = views_process(900, "backup", 3 * GIB);
        views_text(p[3].unit, sizeof(p[3].unit), "backup.service");
        p[4] = views_process(1201, "a <b>\n\033[1m\xff\xc3\xa9", 30 * MIB);
        p[4].is |= WIRE_IS_COW;
        p[5] = views_process(800, "Xorg", 310 * MIB);
        p[6] = views_process(801, "my-database", GIB);
        p[7] = views_process(802, "untouchable", 90 * MIB);
        p[8] = views_process(803, "tiny", 300);
        views_rules(p);
}

/* ---- pictures: what several calls print, in one file of golden/ctl ---- */

struct picture {
        const char *name;
        FILE *out;
        char *text;
        size_t len;
};

static inline struct picture *
picture_open(const char *name)
{
        static struct picture p;

        p = (struct picture){ .name = name };
        p.out = open_memstream(&p.text, &p.len);
        assert_non_null(p.out);
        return &p;
}

static inline void
picture_heading(struct picture *p, const char *text)
{
        (void)fprintf(p->out, "==== %s\n", text);
}

static inline void
picture_close(struct picture *p)
{
        assert_int_equal(fclose(p->out), 0);
        golden_compare(p->name, p->text, p->len);
        free(p->text);
}

/* For cmocka: the folder of the pictures is known, and times are in UTC. */
static inline int
pictures_begin(void **state)
{
        (void)state;
        golden_begin(NULL);
        return 0;
}

static inline int
pictures_end(void **state)
{
        (void)state;
        golden_end();
        return 0;
}

#endif
