/* SPDX-License-Identifier: MIT */
/*
 * Owns the words of a notice: subject, cause with numbers, consequence.  No markup: what looks like
 * it is a process's name, and escaped before it is shown.
 */
#include "notice.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "decide.h"
#include "line.h"
#include "message.h"
#include "record.h"

#define SECOND_US UINT64_C(1000000)

enum {
        KIB_PER_MIB = 1024,
        SYSTEM_UID_END = 1000, /* below are services, not people */
        NOBODY_UID = 65534,
        LEFT_MAX_S = 1800, /* a rate is no promise for longer */
        WHO_MAX = 256,
        URGENCY_NORMAL = 1,
        URGENCY_CRITICAL = 2,
};

/* A size for one place in a line. */
struct size {
        char text[32];
};

static struct size
sz(uint64_t kib)
{
        struct size s = { .text = "" };

        message_size(kib, s.text, sizeof(s.text));
        return s;
}

/* ---- who ---- */

/* Of whom the notice is, to begin a sentence with; ret_is_many: the verb is a plural one. */
static void
name_who(const struct notice *n, const struct notice_app *app, const char *user, char *ret,
         bool *ret_is_many)
{
        const struct wire_process *p = &n->rec.process;
        bool is_system = p->uid < SYSTEM_UID_END || p->uid == NOBODY_UID;
        struct line l = { ret, WHO_MAX };
        char name[NOTICE_NAME_MAX];

        *ret_is_many = p->n > 1;
        if (n->sight == SIGHT_HIDDEN) {
                if (p->n > 1)
                        line_add(&l, "%u programs", p->n);
                else
                        line_add(&l, "A program");
                line_add(&l, "%s", is_system ? " of the system" : " of another user");
                return;
        }
        if (app && app->name[0])
                notice_wash(app->name, name, sizeof(name));
        else
                notice_name(p->name, name, sizeof(name));
        if (!name[0])
                (void)snprintf(name, sizeof(name), "Process %d", p->pid);
        if (p->n > 1)
                line_add(&l, "%u processes of %s", p->n, name);
        else
                line_add(&l, "%s%s", app && app->is_part ? "Part of " : "", name);
        if (n->sight == SIGHT_OTHERS)
                line_add(&l, " (%s)", user ? user : is_system ? "system" : "another user");
}

/* ---- parts of bodies, each one sentence with a blank behind it ---- */

/* What it held and how it grew. */
static void
add_holding(struct line *l, const struct notice *n, const struct notice_app *app, bool is_past)
{
        const struct wire_process *p = &n->rec.process;
        char name[NOTICE_NAME_MAX];

        if (p->size_kib == 0)
                return;
        notice_name(p->name, name, sizeof(name));
        /* An application may be dozens of processes: this is the one. */
        if (p->n <= 1 && app && app->is_part && name[0])
                line_add(l, "Its process %s %s %s", name, is_past ? "held" : "holds",
                         sz(p->size_kib).text);
        else
                line_add(l, "%s %s",
                         p->n > 1  ? is_past ? "They held" : "They hold"
                         : is_past ? "It held"
                                   : "It holds",
                         sz(p->size_kib).text);
        if (p->growth_kibps >= KIB_PER_MIB)
                line_add(l, " and %s by %s a second",
                         is_past    ? "grew"
                         : p->n > 1 ? "grow"
                                    : "grows",
                         sz(p->growth_kibps).text);
        else if (p->growth_kibps * 60 >= KIB_PER_MIB)
                line_add(l, " and %s by %s a minute",
                         is_past    ? "grew"
                         : p->n > 1 ? "grow"
                                    : "grows",
                         sz(p->growth_kibps * 60).text);
        line_add(l, ". ");
}

/* Why, in numbers of the moment when it was decided. */
static void
add_cause(struct line *l, const struct wire_state *s, bool is_past)
{
        char swap[64] = "";

        if (s->total_kib == 0)
                return;
        if (s->swap_total_kib)
                (void)snprintf(swap, sizeof(swap), " and %s of swap", sz(s->swap_free_kib).text);
        if (s->reason == REASON_STALL) {
                line_add(l, "Programs stood still for memory %u%% of the time. ", s->full_bp / 100);
                return;
        }
        line_add(l, "%s of %s%s %s left. ", sz(s->available_kib).text, sz(s->total_kib).text, swap,
                 is_past ? "were" : "are");
}

static void
add_blame(struct line *l, const struct wire_process *p)
{
        time_t t = (time_t)p->since_s;
        struct tm tm;

        if (!(p->is & WIRE_IS_BLAMED) || p->took_kib == 0)
                return;
        /* Others may have given back meanwhile: more than all of it would read oddly. */
        bool all = p->took_kib >= p->missing_kib;

        if (all)
                line_add(l, "%s took all of", p->n > 1 ? "They" : "It");
        else
                line_add(l, "Of");
        line_add(l, " the %s that went missing", sz(p->missing_kib).text);
        if (p->since_s && localtime_r(&t, &tm))
                line_add(l, " since %02d:%02d", tm.tm_hour, tm.tm_min);
        if (!all)
                line_add(l, " %s took %s", p->n > 1 ? "they" : "it", sz(p->took_kib).text);
        line_add(l, ". ");
}

/* When something will have to be closed, at this rate. */
static void
add_outlook(struct line *l, const struct notice *n)
{
        const struct wire_state *s = &n->rec.state;
        uint64_t left_s = s->left_us / SECOND_US;
        bool swap_is_low = s->swap_total_kib == 0 || s->swap_free_kib <= s->swap_term_kib;

        if (s->term_kib && swap_is_low)
                line_add(l, "At %s", sz(s->term_kib).text);
        else
                line_add(l, "When there is no more");
        if (s->left_us != UINT64_MAX && left_s > 0 && left_s < 60)
                line_add(l, ", in about %llu s", (unsigned long long)left_s);
        else if (s->left_us != UINT64_MAX && left_s >= 60 && left_s <= LEFT_MAX_S)
                line_add(l, ", in about %llu min", (unsigned long long)(left_s / 60));
        if (s->flags & WIRE_FLAG_DRY_RUN)
                line_add(l, ", a program would be closed, but this is a dry run.");
        else
                line_add(l, ", a program will be closed: save your work, or close what you do not "
                            "need.");
}

static const char *
why_nothing(uint32_t cause)
{
        switch ((enum nobody_cause)cause) {
        case CAUSE_NOBODY:
                return "There is no program that may be closed.";
        case CAUSE_TMPFS:
                return "It lies in temporary files: delete large ones in /tmp or /dev/shm.";
        case CAUSE_IN_VAIN:
                return "All programs that may be closed would together not be enough.";
        case CAUSE_NO_EFFECT:
                return "Closing the last two programs gave next to nothing back.";
        case CAUSE_BLIND:
                return "The processes of other users are hidden, so the cause may be, too.";
        case CAUSE_PAUSED:
                return "oomguard is paused; `oomguardctl resume` ends that.";
        }
        return "";
}

/* ---- the notices ---- */

static void
say_warning(const struct notice *n, const struct notice_app *app, const char *who, bool is_many,
            struct notice_text *ret)
{
        struct line l = { ret->body, sizeof(ret->body) };

        if (n->rec.state.reason == REASON_SWAPOFF) {
                (void)snprintf(ret->summary, sizeof(ret->summary),
                               "What is in swap does not fit into memory");
                line_add(&l, "Swap is being switched off. ");
                add_cause(&l, &n->rec.state, false);
                line_add(&l, "%s",
                         n->rec.state.flags & WIRE_FLAG_DRY_RUN
                                 ? "That would be stopped, but this is a dry run."
                                 : "oomguard tries to stop that, and what is left stays.");
                return;
        }
        if (n->rec.process.pid > 0)
                (void)snprintf(ret->summary, sizeof(ret->summary),
                               "Memory is running out: %s %s growing", who, is_many ? "are" : "is");
        else
                (void)snprintf(ret->summary, sizeof(ret->summary), "Memory is running out");
        add_holding(&l, n, app, false);
        add_cause(&l, &n->rec.state, false);
        add_outlook(&l, n);
}

static const char *
why_closed(const struct wire_process *p)
{
        return p->is & WIRE_IS_SWAPOFF ? "what is in swap does not fit" : "memory ran out";
}

static void
say_closed(const struct notice *n, const struct notice_app *app, const char *who, bool is_many,
           struct notice_text *ret)
{
        const struct wire_process *p = &n->rec.process;
        struct line l = { ret->body, sizeof(ret->body) };

        (void)snprintf(ret->summary, sizeof(ret->summary), "%s %s closed: %s", who,
                       is_many ? "were" : "was", why_closed(p));
        if (p->is & WIRE_IS_SWAPOFF)
                line_add(&l, "It was switching swap off; what is left in there stays. ");
        else
                add_holding(&l, n, app, true);
        add_blame(&l, p);
        add_cause(&l, &n->cause, true);
        /* Not what it gave back: others take of that at the same time, and it looks like a fault.
         */
        if (n->cause.total_kib && n->rec.state.available_kib > n->cause.available_kib)
                line_add(&l, "%s are available again. ", sz(n->rec.state.available_kib).text);
        /* There was no time to ask. */
        if (n->sight == SIGHT_OWN && !(p->is & WIRE_IS_SWAPOFF) &&
            (p->sig == SIGKILL || (p->is & WIRE_IS_SIGKILLED)))
                line_add(&l, "What was not saved is lost.");
}

static void
say_trial(const struct notice *n, const struct notice_app *app, const char *who,
          struct notice_text *ret)
{
        struct line l = { ret->body, sizeof(ret->body) };

        (void)snprintf(ret->summary, sizeof(ret->summary), "%s would be closed: %s", who,
                       why_closed(&n->rec.process));
        add_holding(&l, n, app, false);
        add_cause(&l, &n->rec.state, false);
        add_blame(&l, &n->rec.process);
        line_add(&l, "This is a dry run: nothing is closed.");
}

static void
say_flight(const struct notice *n, const char *who, struct notice_text *ret)
{
        const struct wire_state *s = &n->rec.state;
        struct line l = { ret->body, sizeof(ret->body) };

        if (n->kind == NOTICE_STAYS && (n->rec.process.is & WIRE_IS_SWAPOFF)) {
                (void)snprintf(ret->summary, sizeof(ret->summary), "%s is still switching swap off",
                               who);
                line_add(&l,
                         "What is in swap does not fit into memory, but the kernel does not let "
                         "go of it yet.");
                return;
        }
        if (n->kind == NOTICE_STAYS) {
                (void)snprintf(ret->summary, sizeof(ret->summary), "%s could not be closed", who);
                line_add(&l, "Memory ran out, but it does not end. ");
                if (s->act >= LEVEL_TERM)
                        line_add(&l, "Another program will be closed.");
                return;
        }
        (void)snprintf(ret->summary, sizeof(ret->summary), "%s was asked to close", who);
        line_add(&l,
                 "Memory was running out. It has not closed, and need not any longer: %s are free "
                 "again.",
                 sz(s->available_kib).text);
}

static void
say_state(const struct notice *n, struct notice_text *ret)
{
        struct line l = { ret->body, sizeof(ret->body) };

        if (n->kind == NOTICE_KERNEL) {
                (void)snprintf(ret->summary, sizeof(ret->summary),
                               "The kernel closed a program: memory ran out");
                line_add(&l, "Memory went too fast for oomguard; the system's journal names the "
                             "program.");
                return;
        }
        if (n->kind == NOTICE_AND_MORE) {
                (void)snprintf(ret->summary, sizeof(ret->summary),
                               "%u more %s closed: memory ran out", n->more,
                               n->more == 1 ? "program was" : "programs were");
                line_add(&l, "The system's journal names them. ");
                add_cause(&l, &n->cause, true);
                return;
        }
        (void)snprintf(ret->summary, sizeof(ret->summary),
                       "Memory is running out, and nothing can be closed");
        line_add(&l, "%s ", why_nothing(n->rec.cause));
        add_cause(&l, &n->rec.state, false);
}

static void
choose_icon(const struct notice *n, const struct notice_app *app, struct notice_text *ret)
{
        char washed[NOTICE_ICON_MAX];

        (void)snprintf(ret->icon, sizeof(ret->icon), "dialog-warning");
        if (n->sight != SIGHT_OWN || !app || !app->icon[0])
                return;
        /* One that has to be washed is no icon. */
        notice_wash(app->icon, washed, sizeof(washed));
        if (strcmp(washed, app->icon) == 0)
                (void)snprintf(ret->icon, sizeof(ret->icon), "%s", washed);
}

/* Blanks between sentences are one too many at the end. */
static void
trim(char *text)
{
        size_t n = strlen(text);

        while (n > 0 && text[n - 1] == ' ')
                text[--n] = '\0';
}

void
notice_text(const struct notice *n, const struct notice_app *app, const char *user,
            struct notice_text *ret)
{
        char who[WHO_MAX];
        bool is_many;

        *ret = (struct notice_text){ .urgency = n->critical ? URGENCY_CRITICAL : URGENCY_NORMAL,
                                     .transient = notice_is_passing(n->kind) };
        name_who(n, app, user, who, &is_many);
        choose_icon(n, app, ret);
        switch (n->kind) {
        case NOTICE_WARNING:
                say_warning(n, app, who, is_many, ret);
                break;
        case NOTICE_CLOSED:
                say_closed(n, app, who, is_many, ret);
                break;
        case NOTICE_TRIAL:
                say_trial(n, app, who, ret);
                break;
        case NOTICE_STAYS:
        case NOTICE_SPARED:
                say_flight(n, who, ret);
                break;
        case NOTICE_NOTHING:
        case NOTICE_KERNEL:
        case NOTICE_AND_MORE:
                say_state(n, ret);
                break;
        case NOTICE_NONE:
                break;
        }
        trim(ret->body);
}
