/* SPDX-License-Identifier: MIT */
/*
 * Writes the made-up traces beside it.  A story (stories.c) whose verdicts are not the right ones
 * is not written. make DIRECTORY
 */
#include "make.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "trace.h"

uint64_t
dice(struct world *w, uint64_t n)
{
        w->seed ^= w->seed << 13;
        w->seed ^= w->seed >> 7;
        w->seed ^= w->seed << 17;
        return w->seed % n;
}

void
tell(struct world *w, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        (void)fputs("# ", w->out);
        (void)vfprintf(w->out, format, ap);
        (void)fputc('\n', w->out);
        va_end(ap);
}

void
look(struct world *w, uint64_t after_us)
{
        char line[TRACE_LINE_MAX];

        w->s.now_us += after_us;
        w->s.boot_us += after_us;
        w->v = decide(&w->policy, &w->state, &w->s);
        (void)fwrite(line, 1, trace_format(&w->s, &w->v, line, sizeof(line)), w->out);
        if (w->v.act > w->worst) {
                w->worst = w->v.act;
                w->why = w->v.reason;
        }
        if (w->v.act >= LEVEL_TERM && w->first_act_kib == 0)
                w->first_act_kib = w->s.mem.available_kib;
        if (w->v.level > w->loudest)
                w->loudest = w->v.level;
}

void
idle(struct world *w, unsigned n, uint64_t every_us)
{
        for (unsigned i = 0; i < n; i++)
                look(w, every_us);
}

void
fall(struct world *w, uint64_t kibps, uint64_t to_kib)
{
        while (w->s.mem.available_kib > to_kib && w->v.act < LEVEL_TERM) {
                uint64_t us = w->v.next_us, kib = kibps * us / SECOND;

                w->s.mem.available_kib -= kib < w->s.mem.available_kib ? kib : 0;
                w->s.owned_kibps = kibps * 9 / 10;
                look(w, us);
        }
        w->s.owned_kibps = 0;
}

void
stall(struct world *w, uint64_t us, uint64_t some_percent, uint64_t full_percent, uint64_t scan,
      uint64_t refault_percent)
{
        w->s.psi.some.total_us += us * some_percent / 100;
        w->s.psi.full.total_us += us * full_percent / 100;
        w->s.pgscan += scan;
        w->s.pgsteal += scan / 2;
        w->s.refault += scan / 2 * refault_percent / 100;
        look(w, us);
}

static bool
ends_right(const struct story *st, const struct world *w)
{
        bool right = w->worst == st->worst && w->loudest == st->loudest &&
                     (w->worst == LEVEL_CALM || w->why == st->why) &&
                     w->first_act_kib >= st->act_min_kib && w->first_act_kib <= st->act_max_kib;

        if (!right)
                (void)fprintf(stderr, "%s: %s by %s, first at %llu MiB, told %s: not written\n",
                              st->name, level_word(w->worst), reason_word(w->why),
                              (unsigned long long)(w->first_act_kib / MIB), level_word(w->loudest));
        return right;
}

static bool
write_story(const char *dir, const struct story *st)
{
        static struct world w;
        char path[512];
        FILE *f;

        w = (struct world){
                .state = DECIDE_STATE_INIT,
                .seed = 20,
                .s = { .now_us = 100 * SECOND,
                       .boot_us = 100 * SECOND,
                       .has_psi = true,
                       .has_pgscan = true,
                       .has_refault = true },
        };
        config_defaults(&w.policy);
        /* The list of the protected is no part of any verdict. */
        w.policy.protect_defaults = false;
        w.v.next_us = DECIDE_TICK_US;
        w.out = open_memstream(&w.text, &w.text_size);
        if (!w.out)
                return false;
        (void)fprintf(w.out, "%s\n", TRACE_MAGIC);
        config_print(w.out, &w.policy);
        st->live(&w);
        (void)fclose(w.out);
        (void)snprintf(path, sizeof(path), "%s/%s.trace", dir, st->name);
        f = ends_right(st, &w) ? fopen(path, "w") : NULL;
        bool written = f && fwrite(w.text, 1, w.text_size, f) == w.text_size;

        free(w.text);
        return (!f || fclose(f) == 0) && written;
}

int
main(int argc, char **argv)
{
        bool all = argc == 2;

        for (size_t i = 0; argc == 2 && stories[i].name; i++)
                all = write_story(argv[1], &stories[i]) && all;
        return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
