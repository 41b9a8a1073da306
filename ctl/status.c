/* SPDX-License-Identifier: MIT */
/*
 * The command `status`, once or again and again.  Never draws by itself: status_print.c and
 * screen.c do.
 */
#include "ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "notify/sentence.h"
#include "print.h"
#include "screen.h"
#include "options.h"
#include "source.h"

enum {
        EVENTS = 6, /* the last ones shown */
        RETRY_LOOKS = 20,
        DRAW_LOOKS = 10,
};

/* Something that happened while somebody watched. */
struct event {
        uint64_t at_s;
        char text[SENTENCE_MAX];
};

struct watching {
        struct ctl *ctl;
        struct source source;
        struct screen screen;
        struct event event[EVENTS];
        unsigned n_events; /* ever */
        unsigned n_looks;  /* of our own, while there is no guard */
        bool gone;         /* the guard whose feed was asked for by name has ended */
};

static uint64_t
wall_s(void)
{
        struct timespec ts = { 0 };

        (void)clock_gettime(CLOCK_REALTIME, &ts);
        return (uint64_t)ts.tv_sec;
}

static void
show(struct ctl *ctl, const struct view *v)
{
        if (ctl->json)
                status_json(ctl, v);
        else
                status_print(ctl, v, wall_s());
}

/* ---- watching ---- */

static void
print_events(struct ctl *ctl, const struct watching *w)
{
        unsigned first = w->n_events > EVENTS ? w->n_events - EVENTS : 0;

        if (w->n_events > 0)
                (void)fputc('\n', ctl->out);
        for (unsigned i = first; i < w->n_events; i++) {
                const struct event *e = &w->event[i % EVENTS];
                char line[SENTENCE_MAX + 64];

                (void)snprintf(line, sizeof(line), "%s %s", view_time(e->at_s, wall_s()).text,
                               e->text);
                print_wrapped(ctl, 2, line);
        }
}

/* A frame is made in memory first: the terminal sees it whole. */
static void
draw(struct watching *w)
{
        struct ctl frame = *w->ctl;
        char *text = NULL;
        size_t len = 0;

        frame.out = open_memstream(&text, &len);
        if (!frame.out)
                return;
        show(&frame, &w->source.view);
        if (!frame.json)
                print_events(&frame, w);
        if (!frame.json && !w->screen.is_terminal)
                (void)fputc('\n', frame.out);
        (void)fclose(frame.out);
        screen_draw(&w->screen, text, len);
        free(text);
}

static void
add_event(struct watching *w, const struct wire_record *rec)
{
        struct event *e = &w->event[w->n_events % EVENTS];
        const char *word = sentence_event((enum wire_kind)rec->kind);

        if (!word || !sentence_make(rec, e->text, sizeof(e->text)))
                return;
        e->at_s = rec->wall_us / 1000000;
        w->n_events++;
        if (w->ctl->json) {
                struct json j = JSON_INIT(w->ctl->out);

                json_open(&j, NULL, '{');
                json_string(&j, "event", word);
                json_u64(&j, "time", e->at_s);
                json_string(&j, "text", e->text);
                json_close(&j, '}');
        }
}

/* Takes what has come; false when the guard has gone. */
static bool
take_records(struct watching *w)
{
        struct wire_record rec;
        int r;

        while ((r = subscribe_take(&w->source.sub, &rec, 0)) == 1) {
                if (rec.kind == WIRE_ANSWER)
                        continue;
                w->source.view.state = rec.state;
                add_event(w, &rec);
        }
        return r == 0;
}

static int
listen_to_guard(struct watching *w)
{
        struct subscription *sub = &w->source.sub;
        int r = subscribe_call(sub, WIRE_OP_SUBSCRIBE, WIRE_SUB_STATE | WIRE_SUB_EVENTS,
                               SOURCE_TIMEOUT_MS, NULL, NULL);

        if (r < 0)
                return r;
        return subscribe_ask(sub, WIRE_OP_STATE, 0);
}

/* The guard may have been started in the meantime. */
static void
look_for_guard(struct watching *w)
{
        struct source *s = &w->source;

        if (subscribe_open(&s->sub, w->ctl->feed) < 0)
                return;
        if (listen_to_guard(w) == 0)
                s->view.no_guard = NULL;
        else
                subscribe_close(&s->sub);
}

/* A tenth of a second without a guard. */
static void
look_by_ourselves(struct watching *w)
{
        local_look(w->source.local, NULL, NULL);
        local_state(w->source.local, &w->source.view.state);
        if (++w->n_looks % RETRY_LOOKS == 0)
                look_for_guard(w);
        if (w->n_looks % DRAW_LOOKS == 0)
                draw(w);
}

/* Goes on without it; false when it was that one or none. */
static bool
guard_went(struct watching *w)
{
        w->gone = w->ctl->feed != NULL;
        return !w->gone && source_go_local(&w->source, -ECONNREFUSED) == CTL_OK;
}

static int
watch_loop(struct watching *w)
{
        struct source *s = &w->source;

        draw(w);
        for (;;) {
                bool guard = s->sub.fd >= 0;
                enum screen_event e =
                        screen_wait(&w->screen, s->sub.fd, guard ? 1000 : LOCAL_LOOK_MS);

                if (e == SCREEN_END)
                        return CTL_OK;
                if (e == SCREEN_RESIZED) {
                        draw(w);
                } else if (guard && e == SCREEN_FD) {
                        if (!take_records(w) && !guard_went(w))
                                return CTL_FAILED;
                        draw(w);
                } else if (!guard) {
                        look_by_ourselves(w);
                }
                if (ferror(w->ctl->out))
                        return CTL_FAILED;
        }
}

static int
watch(struct ctl *ctl)
{
        struct watching *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return CTL_FAILED;
        w->ctl = ctl;
        r = source_open(&w->source, ctl);
        if (r == CTL_OK)
                r = source_state(&w->source);
        if (r == CTL_OK && w->source.sub.fd >= 0 && listen_to_guard(w) < 0)
                r = source_go_local(&w->source, -ECONNRESET);
        if (r == CTL_OK) {
                if (screen_open(&w->screen, ctl) < 0) {
                        ctl_complain(ctl, "signals: %s", strerror(errno));
                        r = CTL_FAILED;
                } else {
                        r = watch_loop(w);
                        screen_close(&w->screen);
                        if (w->gone)
                                ctl_complain(ctl, "status: the guard has ended");
                }
        }
        source_close(&w->source);
        free(w);
        return r;
}

static int
once(struct ctl *ctl)
{
        struct source s;
        int r = source_open(&s, ctl);

        if (r == CTL_OK)
                r = source_state(&s);
        if (r == CTL_OK)
                show(ctl, &s.view);
        source_close(&s);
        return r;
}

int
ctl_status(struct ctl *ctl, int argc, char **argv)
{
        static const struct option longs[] = { { "watch", no_argument, NULL, 'w' },
                                               { NULL, 0, NULL, 0 } };
        bool again = false;
        int c;

        options_begin();
        while ((c = getopt_long(argc, argv, "w", longs, NULL)) != -1) {
                if (c != 'w')
                        return options_refuse(ctl, argv);
                again = true;
        }
        if (options_end(ctl, argc, argv) != CTL_OK)
                return CTL_USAGE;
        return again ? watch(ctl) : once(ctl);
}
