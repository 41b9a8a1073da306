/* SPDX-License-Identifier: MIT */
/*
 * The commands `pause`, `resume` and `reload`: what root tells the guard.  Never does any of it by
 * itself.
 */
#include "ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "source.h"
#include "span.h"

enum { PAUSE_STANDARD_S = 600 };

/* What the guard had to say beside its answer: one line a fault. */
struct faults {
        char *text;
        size_t len;
        FILE *out;
};

static void
take_fault(void *arg, const struct wire_record *rec)
{
        struct faults *f = arg;
        char line[WIRE_TEXT_MAX];

        if (rec->kind != WIRE_TEXT)
                return;
        message_wash(rec->text, line, sizeof(line));
        (void)fprintf(f->out, "%s\n", line);
}

static int
explain_error(struct ctl *ctl, const char *command, int error)
{
        char why[SOURCE_WHY_MAX];

        if (error == -EPERM || error == -EACCES) {
                ctl_complain(ctl, "%s: only root may tell the guard to (sudo oomguardctl %s)",
                             command, command);
                return CTL_NOT_ROOT;
        }
        source_why(ctl, error, why, sizeof(why));
        ctl_complain(ctl, "%s: no guard has heard it: %s", command, why);
        return CTL_FAILED;
}

/* Connects and asks; the answer's error. */
static int
call(struct ctl *ctl, enum wire_op op, uint64_t arg, struct faults *f)
{
        struct subscription sub = SUBSCRIPTION_INIT;
        int r = subscribe_open(&sub, ctl->feed);

        if (r == 0)
                r = subscribe_call(&sub, op, arg, SOURCE_TIMEOUT_MS, f ? take_fault : NULL, f);
        subscribe_close(&sub);
        return r;
}

static void
answer_json(struct ctl *ctl, const char *command, bool done, const char *faults)
{
        struct json j = JSON_INIT(ctl->out);

        json_open(&j, NULL, '{');
        json_string(&j, "command", command);
        json_bool(&j, "done", done);
        json_open(&j, "faults", '[');
        while (faults && *faults) {
                size_t len = strcspn(faults, "\n");
                char line[WIRE_TEXT_MAX];

                (void)snprintf(line, sizeof(line), "%.*s", (int)len, faults);
                json_string(&j, NULL, line);
                faults += len + (faults[len] == '\n');
        }
        json_close(&j, ']');
        json_close(&j, '}');
}

static int
no_more(struct ctl *ctl, int argc, char **argv, int first)
{
        if (argc <= first)
                return CTL_OK;
        ctl_complain(ctl, "%s: %s: one argument too many", argv[0], argv[first]);
        return CTL_USAGE;
}

int
ctl_pause(struct ctl *ctl, int argc, char **argv)
{
        uint64_t s = PAUSE_STANDARD_S;
        char length[SPAN_TEXT_MAX];
        int r = no_more(ctl, argc, argv, 2);

        if (r != CTL_OK)
                return r;
        if (argc > 1 && (!span_parse(argv[1], &s) || s == 0 || s > WIRE_PAUSE_MAX_S)) {
                ctl_complain(ctl, "pause: %s: not a time from 1s to 24h, such as 90s, 10min or 2h",
                             argv[1]);
                return CTL_USAGE;
        }
        r = call(ctl, WIRE_OP_PAUSE, s, NULL);
        if (r < 0)
                return explain_error(ctl, "pause", r);
        span_format(s * 1000000, length);
        if (ctl->json)
                answer_json(ctl, "pause", true, NULL);
        else
                (void)fprintf(
                        ctl->out,
                        "Paused for %s: until %s, or `oomguardctl resume`, nobody is ended.\n",
                        length, view_time((uint64_t)time(NULL) + s, (uint64_t)time(NULL)).text);
        return CTL_OK;
}

int
ctl_resume(struct ctl *ctl, int argc, char **argv)
{
        int r = no_more(ctl, argc, argv, 1);

        if (r != CTL_OK)
                return r;
        r = call(ctl, WIRE_OP_RESUME, 0, NULL);
        if (r < 0)
                return explain_error(ctl, "resume", r);
        if (ctl->json)
                answer_json(ctl, "resume", true, NULL);
        else
                (void)fputs("The guard is at work.\n", ctl->out);
        return CTL_OK;
}

static int
reloaded(struct ctl *ctl, int error, const char *faults)
{
        if (error == 0) {
                if (ctl->json)
                        answer_json(ctl, "reload", true, faults);
                else
                        (void)fputs("The guard has read its configuration again.\n", ctl->out);
                return CTL_OK;
        }
        if (error == -EBUSY) {
                ctl_complain(ctl, "reload: the one before is not in force yet; this one "
                                  "follows by itself");
                return CTL_FAILED;
        }
        if (!*faults)
                return explain_error(ctl, "reload", error);
        if (ctl->json)
                answer_json(ctl, "reload", false, faults);
        while (!ctl->json && *faults) {
                int len = (int)strcspn(faults, "\n");

                ctl_complain(ctl, "%.*s", len, faults);
                faults += len + (faults[len] == '\n');
        }
        if (!ctl->json)
                ctl_complain(ctl, "the running configuration stays");
        return CTL_NO;
}

int
ctl_reload(struct ctl *ctl, int argc, char **argv)
{
        struct faults f = { .text = NULL };
        int r = no_more(ctl, argc, argv, 1);

        if (r != CTL_OK)
                return r;
        f.out = open_memstream(&f.text, &f.len);
        if (!f.out) {
                ctl_complain(ctl, "reload: %s", strerror(errno));
                return CTL_FAILED;
        }
        r = call(ctl, WIRE_OP_RELOAD, 0, &f);
        (void)fclose(f.out);
        r = reloaded(ctl, r, f.text);
        free(f.text);
        return r;
}
