/* SPDX-License-Identifier: MIT */
/*
 * Owns how oomguard's own lines and journal entries are read back.  Never takes a name for anything
 * but a name, whatever stands in it.
 */
#include "history_guard.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "notify/catalog.h"
#include "procstat.h"
#include "text.h"

enum { LINE_MAX_BYTES = 2048 };

/* KiB of a unit's letter. */
static uint64_t
unit_kib(char letter)
{
        switch (letter) {
        case 'K':
                return 1;
        case 'M':
                return 1024;
        case 'G':
                return UINT64_C(1024) * 1024;
        case 'T':
                return UINT64_C(1024) * 1024 * 1024;
        default:
                return 0;
        }
}

bool
guard_size(const char **p, uint64_t *ret_kib)
{
        const char *at = *p, *end = at + strlen(at);
        uint64_t whole, tenths = 0, kib;

        if (!text_u64(&at, end, &whole))
                return false;
        if (*at == '.' && at[1] >= '0' && at[1] <= '9') {
                tenths = (uint64_t)(at[1] - '0');
                at += 2 + strspn(at + 2, "0123456789");
        }
        const char *behind = *at == ' ' ? at + 1 : at;

        kib = unit_kib(*behind);
        if (kib > 0) {
                at = behind + 1;
                if (at[0] == 'i' && at[1] == 'B')
                        at += 2;
        } else if (*at == 'B') {
                at++;
                whole /= 1024;
                kib = 1;
                tenths = 0;
        } else if (whole != 0) {
                return false;
        }
        if (whole > UINT64_MAX / 1024 / 1024 / 1024 / 1024)
                return false;
        *ret_kib = whole * kib + tenths * kib / 10;
        *p = at;
        return true;
}

/* `186 ms` or `12.3 s`. */
static bool
take_time(const char **p, uint64_t *ret_us)
{
        const char *at = *p, *end = at + strlen(at);
        uint64_t whole, tenths = 0;

        if (!text_u64(&at, end, &whole) || whole > UINT32_MAX)
                return false;
        if (text_accept(&at, end, " ms")) {
                *ret_us = whole * 1000;
        } else {
                if (text_accept(&at, end, ".") && (!text_u64(&at, end, &tenths) || tenths > 9))
                        return false;
                if (!text_accept(&at, end, " s"))
                        return false;
                *ret_us = whole * 1000000 + tenths * 100000;
        }
        *p = at;
        return true;
}

/* What may follow upon a name. */
static const char *const after_name[] = {
        ", uid ",
        " ended ",
        " still there ",
        " does not end",
        " has not ended on SIGTERM",
        " may not be signalled",
};

static bool
ends_name(const char *at)
{
        for (unsigned i = 0; i < sizeof(after_name) / sizeof(after_name[0]); i++)
                if (strncmp(at, after_name[i], strlen(after_name[i])) == 0)
                        return true;
        return false;
}

/*
 * `119 (runaway)` or `8 processes like 119 (runaway)`; the name may be kept back.  A name has at
 * most 15 bytes and may hold brackets, so the last one in reach that can end it does.
 */
static bool
take_who(const char **p, struct history_event *e)
{
        const char *at = *p, *end = at + strlen(at), *close = NULL, *name;
        uint64_t number, n = 1;

        if (!text_u64(&at, end, &number))
                return false;
        if (text_accept(&at, end, " processes like ")) {
                n = number;
                if (!text_u64(&at, end, &number))
                        return false;
        }
        if (number == 0 || number > INT32_MAX || n == 0 || n > INT32_MAX)
                return false;
        e->pid = (int32_t)number;
        e->n = (uint32_t)n;
        if (!text_accept(&at, end, " (")) {
                *p = at;
                return ends_name(at);
        }
        name = at;
        for (unsigned i = 0; i < PROC_NAME_MAX && name[i]; i++)
                if (name[i] == ')' && ends_name(name + i + 1))
                        close = name + i;
        if (!close)
                return false;
        history_copy(e->name, sizeof(e->name), name, (size_t)(close - name));
        *p = close + 1;
        return true;
}

static void
take_why(struct history_event *e, const char *text)
{
        history_copy(e->why, sizeof(e->why), text, strlen(text));
}

/* `, uid 1000, foo.scope, 93 MiB growing by 19 MiB a second: WHY` */
static bool
read_signal(const char *at, struct history_event *e)
{
        const char *end = at + strlen(at), *colon, *size;
        uint64_t uid;

        if (!text_accept(&at, end, ", uid ") || !text_u64(&at, end, &uid) || uid > UINT32_MAX ||
            !text_accept(&at, end, ", "))
                return false;
        e->has_uid = true;
        e->uid = (uint32_t)uid;
        colon = strstr(at, ": ");
        if (!colon)
                return false;
        take_why(e, colon + 2);
        /* The size is behind the last comma: a unit's name may hold some. */
        for (size = colon; size > at && !(size[-2] == ',' && size[-1] == ' '); size--)
                ;
        if (size - at > 2)
                history_copy(e->unit, sizeof(e->unit), at, (size_t)(size - at) - 2);
        return guard_size(&size, &e->size_kib);
}

/* ` 186 ms after SIGTERM (SIGKILL was needed), gave back 87 MiB (predicted ...); 136 MiB available
 * now` */
static void
read_ended(const char *at, struct history_event *e)
{
        const char *p = at, *rest;

        e->ending = ENDING_ENDED;
        (void)take_time(&p, &e->took_us);
        e->sig_kill = strstr(p, "SIGKILL") != NULL;
        rest = strstr(p, "gave back ");
        if (rest) {
                rest += strlen("gave back ");
                (void)guard_size(&rest, &e->gave_back_kib);
        }
        rest = strstr(p, "); ");
        if (rest) {
                rest += strlen("); ");
                (void)guard_size(&rest, &e->available_kib);
        }
}

/* News of somebody who was signalled before. */
static enum guard_says
read_news(const char *at, struct history_event *e, enum history_kind *ret_kind)
{
        const char *end = at + strlen(at);

        *ret_kind = REPORT_ENDING;
        if (text_accept(&at, end, " ended ")) {
                read_ended(at, e);
        } else if (text_accept(&at, end, " still there ")) {
                *ret_kind = REPORT_ESCALATED;
                e->sig_kill = true;
        } else if (text_accept(&at, end, " does not end")) {
                e->ending = ENDING_GAVE_UP;
        } else if (text_accept(&at, end, " has not ended on SIGTERM")) {
                e->ending = ENDING_RELEASED;
        } else {
                return GUARD_NOTHING;
        }
        return GUARD_REPORT;
}

/* The guard sees that the kernel was at work, not on whom. */
static bool
read_kernel(const char *text, struct history_event *ret)
{
        static const char begins[] = "the kernel's OOM killer has ended ";
        const char *at = text, *end = at + strlen(at);
        uint64_t n = 1;

        if (!text_accept(&at, end, begins))
                return false;
        (void)text_u64(&at, end, &n);
        *ret = history_event_init(KILLER_KERNEL, 0);
        ret->told = SOURCE_LINE;
        ret->n = n > 0 && n < INT32_MAX ? (uint32_t)n : 1;
        ret->scope = strstr(at, "before the guard could") ? SCOPE_MACHINE : SCOPE_UNKNOWN;
        return true;
}

enum guard_says
guard_line(const char *text, size_t len, struct history_event *ret, enum history_kind *ret_kind)
{
        struct history_event e = history_event_init(KILLER_GUARD, 0);
        char line[LINE_MAX_BYTES];
        const char *at = line, *end;

        if (len > sizeof(line) - 1)
                len = sizeof(line) - 1;
        memcpy(line, text, len);
        line[len] = '\0';
        end = line + strlen(line);
        if (*at == '<' && at[1] >= '0' && at[1] <= '7' && at[2] == '>')
                at += 3;
        (void)text_accept(&at, end, "oomguard: ");
        e.told = SOURCE_LINE;
        *ret_kind = REPORT_KILL;
        if (read_kernel(at, ret))
                return GUARD_REPORT;
        e.dry_run = text_accept(&at, end, "would send ");
        if (text_accept(&at, end, "SIGTERM to "))
                e.sig = SIGTERM;
        else if (text_accept(&at, end, "SIGKILL to "))
                e.sig = SIGKILL;
        if (!take_who(&at, &e) || (e.sig != 0 && !read_signal(at, &e)))
                return GUARD_NOTHING;
        e.sig_kill = e.sig == SIGKILL;
        if (e.sig == 0 && read_news(at, &e, ret_kind) == GUARD_NOTHING)
                return GUARD_NOTHING;
        *ret = e;
        return GUARD_REPORT;
}

/* ---- structured entries ---- */

static bool
number_of(const char *text, uint64_t *ret)
{
        const char *p = text, *end = text ? text + strlen(text) : NULL;

        return text && text_u64(&p, end, ret) && p == end;
}

static void
copy_field(char *ret, size_t size, const char *text)
{
        if (text)
                history_copy(ret, size, text, strlen(text));
}

/* `firefox 2.1 GiB, code 1.0 GiB`: names may hold commas and blanks, sizes end in a unit. */
static void
read_consumers(const char *text, struct history_event *e)
{
        while (text && *text) {
                const char *name = text, *digit = text, *comma;
                uint64_t kib = 0;
                char copy[HISTORY_NAME_MAX];

                for (comma = strstr(text, ", "); comma; comma = strstr(comma + 2, ", "))
                        if (comma > text && comma[-1] == 'B')
                                break;
                const char *end = comma ? comma : text + strlen(text);

                for (const char *at = name; at + 1 < end; at++) {
                        const char *p = at + 1;

                        if (*at == ' ' && guard_size(&p, &kib) && p == end) {
                                digit = at;
                                break;
                        }
                }
                if (digit > name) {
                        history_copy(copy, sizeof(copy), name, (size_t)(digit - name));
                        history_top_add(e, copy, 0, kib);
                }
                text = comma ? comma + 2 : NULL;
        }
}

static int
signal_of(const char *word)
{
        uint64_t number;

        if (!word)
                return 0;
        if (number_of(word, &number))
                return number == SIGKILL || number == SIGTERM ? (int)number : 0;
        if (strncmp(word, "SIG", 3) == 0)
                word += 3;
        if (strcmp(word, "TERM") == 0)
                return SIGTERM;
        return strcmp(word, "KILL") == 0 ? SIGKILL : 0;
}

static bool
is_event(const struct guard_fields *f, const char *word, const char *id)
{
        if (f->event)
                return strcmp(f->event, word) == 0;
        return id && f->message_id && strcmp(f->message_id, id) == 0;
}

static bool
kind_of(const struct guard_fields *f, struct history_event *e, enum history_kind *ret_kind)
{
        *ret_kind = REPORT_ENDING;
        if (is_event(f, "killing", OOMGUARD_MESSAGE_KILLING)) {
                *ret_kind = REPORT_KILL;
                e->sig = signal_of(f->sig);
                e->sig_kill = e->sig == SIGKILL;
        } else if (is_event(f, "escalated", OOMGUARD_MESSAGE_ESCALATED)) {
                *ret_kind = REPORT_ESCALATED;
                e->sig_kill = true;
        } else if (is_event(f, "killed", OOMGUARD_MESSAGE_KILLED)) {
                e->ending = ENDING_ENDED;
        } else if (is_event(f, "gave-up", OOMGUARD_MESSAGE_GAVE_UP)) {
                e->ending = ENDING_GAVE_UP;
        } else if (is_event(f, "released", NULL)) {
                e->ending = ENDING_RELEASED;
        } else {
                return false;
        }
        return true;
}

/* Numbers of the fields count before what was read out of the sentence. */
static void
take_fields(const struct guard_fields *f, struct history_event *e)
{
        uint64_t number;

        if (number_of(f->uid, &number) && number <= UINT32_MAX) {
                e->has_uid = true;
                e->uid = (uint32_t)number;
        }
        copy_field(e->name, sizeof(e->name), f->name);
        copy_field(e->unit, sizeof(e->unit), f->unit);
        (void)number_of(f->size_kib, &e->size_kib);
        (void)number_of(f->available_kib, &e->available_kib);
        if (e->ending == ENDING_ENDED) {
                (void)number_of(f->took_us, &e->took_us);
                (void)number_of(f->gave_back_kib, &e->gave_back_kib);
        }
        read_consumers(f->consumers, e);
}

enum guard_says
guard_fields_read(const struct guard_fields *f, struct history_event *ret,
                  enum history_kind *ret_kind)
{
        struct history_event e = history_event_init(KILLER_GUARD, 0);
        enum history_kind kind, told = REPORT_KILL;
        bool sentence;
        uint64_t pid;

        if (f->message && read_kernel(f->message, ret)) {
                ret->told = SOURCE_FIELDS;
                *ret_kind = REPORT_KILL;
                return GUARD_REPORT;
        }
        sentence =
                f->message && guard_line(f->message, strlen(f->message), &e, &told) == GUARD_REPORT;
        if (!kind_of(f, &e, &kind)) {
                /* Not every kind has a word or an id of its own; the sentence tells it, too. */
                if (!sentence)
                        return GUARD_NOTHING;
                kind = told;
        }
        if (number_of(f->pid, &pid) && pid > 0 && pid <= INT32_MAX)
                e.pid = (int32_t)pid;
        if (e.pid == 0)
                return GUARD_NOTHING;
        take_fields(f, &e);
        if (kind == REPORT_KILL) {
                e.available_kib = 0;
                if (e.why[0] == '\0')
                        copy_field(e.why, sizeof(e.why), f->reason);
        }
        e.told = SOURCE_FIELDS;
        *ret = e;
        *ret_kind = kind;
        return GUARD_REPORT;
}
