/* SPDX-License-Identifier: MIT */
/*
 * What `status`, `rank` and `explain` show: how things stand and who is a candidate, as the wire
 * tells it, whoever it came from.  The printers of views read no file, no clock and no process, so
 * that the same view always prints the same text.
 */
#ifndef VIEW_H
#define VIEW_H

#include "ctl.h"
#include "json.h"
#include "message.h"
#include "wire.h"

enum { VIEW_NAME_MAX = 64, VIEW_EVENT_MAX = 1100 };

struct view {
        struct wire_state state;
        const char *version; /* of this program */
        const char
                *no_guard; /* why no guard was asked, as a clause; NULL: this is the guard's word */
        bool partial;      /* not root, and looked from here: executables of others are not known */
        uint32_t n;
        const struct wire_process *process; /* as ranked */
};

/* A size for one place in a line. */
struct view_size {
        char text[32];
};

static inline struct view_size
view_size(uint64_t kib)
{
        struct view_size s = { .text = "" };

        message_size(kib, s.text, sizeof(s.text));
        return s;
}

/* A process's name, washed; `hidden` where this reader must not know it. */
struct view_name {
        char text[VIEW_NAME_MAX];
};
struct view_name
view_name(const struct wire_process *p);

/* The time of day, with the date when it is not that of `now_s`. */
struct view_time {
        char text[40];
};
struct view_time
view_time(uint64_t s, uint64_t now_s);

/* Says, where it is so, that no guard was asked and what that means, or that it does not act. */
void
view_tell_source(struct ctl *ctl, const struct view *v);

/* The same as members of the JSON object that is open: "source" and "no_guard". */
void
view_json_source(struct json *j, const struct view *v);

/* True while memory is at or below a limit at which somebody is ended. */
bool
view_acts(const struct view *v);

/* The first that would be ended, or NULL. */
const struct wire_process *
view_chosen(const struct view *v);

/* Why nobody would be ended, as a clause; NULL: somebody would. */
const char *
view_why_nobody(const struct view *v);

/* How many would be ended together: more than one is a swarm. */
uint32_t
view_n_chosen(const struct view *v);

/* `protected by exe:*\/sshd (built-in list)`: the rule that decided, washed; false: there is none.
 */
bool
view_rule(const struct wire_process *p, char *ret, size_t size);

/* A process with everything that the wire tells of it, as an object. */
void
view_json_process(struct json *j, const char *key, const struct wire_process *p);

/* ---- the printers ---- */

/* `now_s` is CLOCK_REALTIME. */
void
status_print(struct ctl *ctl, const struct view *v, uint64_t now_s);
void
status_json(struct ctl *ctl, const struct view *v);

void
rank_print(struct ctl *ctl, const struct view *v, uint64_t now_s);
/* The table alone, without the sentences above it. */
void
rank_print_table(struct ctl *ctl, const struct view *v, uint64_t now_s);
void
rank_json(struct ctl *ctl, const struct view *v);

/* What is known of a process beside what the wire tells. */
struct explained {
        const struct wire_process *process; /* one of the view, or one looked at on its own */
        const char *exe;                    /* empty: not known */
        bool system_unit;                   /* its unit is a service of the system's */
        bool as_root;                       /* root asks: what is not known cannot be known */
};

void
explain_print(struct ctl *ctl, const struct view *v, const struct explained *e, uint64_t now_s);
void
explain_json(struct json *j, const struct view *v, const struct explained *e);

/*
 * The line that protects a process, such as `protect = exe:/usr/bin/foo`, and the NAME of the file
 * for it.  False: its name is not known, so there is none.
 */
bool
explain_protection(const struct explained *e, char *ret, size_t size, char *ret_file,
                   size_t file_size);

#endif
