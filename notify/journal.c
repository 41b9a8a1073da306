/* SPDX-License-Identifier: MIT */
/*
 * Owns the entries: their form, and those that wait.  Never waits for journald.
 */
#include "journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "catalog.h"
#include "decide.h"
#include "fields.h"
#include "message.h"

#define RETRY_MIN_US UINT64_C(50000)
#define RETRY_MAX_US UINT64_C(5000000)

struct entry {
        char *text;
        size_t len;
};

struct journal {
        int fd;
        sd_event_source *retry;
        uint64_t retry_us;
        struct entry waiting[JOURNAL_WAITING]; /* a ring */
        unsigned first, n;
        uint64_t lost; /* since the last that journald took */
};

/* ---- an entry ---- */

/* All of a line or nothing of it: values hold no newline, so one is all that ends it. */
__attribute__((format(printf, 4, 5))) static void
put(char *to, size_t size, size_t *n, const char *format, ...)
{
        va_list ap;
        int len;

        va_start(ap, format);
        len = vsnprintf(to + *n, size - *n, format, ap);
        va_end(ap);
        if (len > 0 && (size_t)len < size - *n)
                *n += (size_t)len;
}

static const char *
message_id(enum wire_kind kind)
{
        switch (kind) {
        case WIRE_WARNING:
                return OOMGUARD_MESSAGE_WARNING;
        case WIRE_KILLING:
                return OOMGUARD_MESSAGE_KILLING;
        case WIRE_ESCALATED:
                return OOMGUARD_MESSAGE_ESCALATED;
        case WIRE_KILLED:
                return OOMGUARD_MESSAGE_KILLED;
        case WIRE_GAVE_UP:
                return OOMGUARD_MESSAGE_GAVE_UP;
        case WIRE_NOTHING:
                return OOMGUARD_MESSAGE_NOTHING;
        case WIRE_RECOVERED:
                return OOMGUARD_MESSAGE_RECOVERED;
        case WIRE_RELOADED:
                return OOMGUARD_MESSAGE_RELOADED;
        case WIRE_KERNEL_KILL:
                return OOMGUARD_MESSAGE_KERNEL_KILL;
        default:
                return NULL;
        }
}

/* The same levels as the guard's own lines have. */
static int
priority(const struct wire_record *rec)
{
        switch ((enum wire_kind)rec->kind) {
        case WIRE_NOTHING:
                return MESSAGE_ERROR;
        case WIRE_KERNEL_KILL:
                return rec->kernel.low ? MESSAGE_ERROR : MESSAGE_NOTICE;
        case WIRE_GAVE_UP:
                return rec->state.act >= LEVEL_TERM ? MESSAGE_ERROR : MESSAGE_NOTICE;
        case WIRE_KILLED:
        case WIRE_RELEASED:
                return MESSAGE_NOTICE;
        case WIRE_RECOVERED:
        case WIRE_RELOADED:
                return MESSAGE_INFO;
        default:
                return MESSAGE_WARNING;
        }
}

/* journald adds what it knows of OBJECT_PID, which has to be alive for that. */
static bool
is_alive(enum wire_kind kind)
{
        return kind == WIRE_WARNING || kind == WIRE_KILLING || kind == WIRE_ESCALATED ||
               kind == WIRE_GAVE_UP || kind == WIRE_RELEASED || kind == WIRE_REFUSED;
}

size_t
journal_format(const struct wire_record *rec, char *ret, size_t size)
{
        enum wire_kind kind = (enum wire_kind)rec->kind;
        const char *id = message_id(kind);
        struct event e;
        size_t n = 0;

        if (!sentence_event(kind))
                return 0;
        fields_event(&e, rec, false);
        put(ret, size, &n, "MESSAGE=%s\n", e.sentence);
        put(ret, size, &n, "PRIORITY=%d\nSYSLOG_IDENTIFIER=oomguard\n", priority(rec));
        if (id)
                put(ret, size, &n, "MESSAGE_ID=%s\n", id);
        if (is_alive(kind) && e.has_process)
                put(ret, size, &n, "OBJECT_PID=%u\n", e.pid);
        for (size_t i = 0; i < fields_count(); i++) {
                char text[FIELDS_TEXT_MAX];
                struct field f;

                if (!fields_get(&e, i, &f) || !f.journal)
                        continue;
                fields_text(&f, text, sizeof(text));
                put(ret, size, &n, "OOMGUARD_%s=%s\n", f.journal, text);
        }
        return n;
}

/* ---- sending ---- */

/* 0; -EAGAIN: journald does not read just now; or another negative errno: there is none. */
static int
send_entry(const struct journal *j, const char *text, size_t len)
{
        static const struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET };

        if (sendto(j->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&to,
                   sizeof(to)) >= 0)
                return 0;
        return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM || errno == EINTR ? -EAGAIN
                                                                                        : -errno;
}

static void
drop_first(struct journal *j)
{
        free(j->waiting[j->first].text);
        j->first = (j->first + 1) % JOURNAL_WAITING;
        j->n--;
}

/* Nobody is there to read: nothing is kept for nobody. */
static void
drop_all(struct journal *j)
{
        while (j->n > 0)
                drop_first(j);
        j->lost = 0;
}

static void
retry_later(struct journal *j)
{
        if (sd_event_source_set_time_relative(j->retry, j->retry_us) >= 0)
                (void)sd_event_source_set_enabled(j->retry, SD_EVENT_ONESHOT);
        j->retry_us = j->retry_us * 2 < RETRY_MAX_US ? j->retry_us * 2 : RETRY_MAX_US;
}

static int
send_lost(struct journal *j)
{
        char text[256];
        size_t n = 0;
        int r;

        if (j->lost == 0)
                return 0;
        put(text, sizeof(text), &n,
            "MESSAGE=%llu entries are lost: the journal did not take them\nPRIORITY=%d\n"
            "SYSLOG_IDENTIFIER=oomguard\n",
            (unsigned long long)j->lost, MESSAGE_WARNING);
        r = send_entry(j, text, n);
        if (r == 0)
                j->lost = 0;
        return r;
}

static int
on_retry(sd_event_source *source, uint64_t usec, void *arg)
{
        struct journal *j = arg;
        unsigned before = j->n;
        int r = send_lost(j);

        (void)source;
        (void)usec;
        while (r == 0 && j->n > 0) {
                r = send_entry(j, j->waiting[j->first].text, j->waiting[j->first].len);
                if (r == 0)
                        drop_first(j);
        }
        /* It does read: there may be room for the next few soon. */
        if (r == 0 || j->n < before)
                j->retry_us = RETRY_MIN_US;
        if (r == -EAGAIN)
                retry_later(j);
        else if (r < 0)
                drop_all(j);
        return 0;
}

static void
keep(struct journal *j, const char *text, size_t len)
{
        struct entry *last;
        char *copy = malloc(len);

        if (!copy) {
                j->lost++;
                return;
        }
        memcpy(copy, text, len);
        if (j->n == JOURNAL_WAITING) {
                drop_first(j);
                j->lost++;
        }
        last = &j->waiting[(j->first + j->n++) % JOURNAL_WAITING];
        last->text = copy;
        last->len = len;
}

void
journal_record(struct journal *j, const struct wire_record *rec)
{
        char text[JOURNAL_BYTES_MAX];
        size_t len = journal_format(rec, text, sizeof(text));
        bool waited = j->n > 0 || j->lost > 0;

        if (len == 0)
                return;
        /* In their order: behind those that wait already. */
        if (!waited && send_entry(j, text, len) != -EAGAIN)
                return;
        keep(j, text, len);
        if (!waited)
                retry_later(j);
}

int
journal_new(struct journal **ret, sd_event *event)
{
        struct journal *j = calloc(1, sizeof(*j));
        int r;

        if (!j)
                return -ENOMEM;
        j->retry_us = RETRY_MIN_US;
        j->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        r = j->fd < 0 ? -errno
                      : sd_event_add_time_relative(event, &j->retry, CLOCK_MONOTONIC, 0,
                                                   RETRY_MIN_US, on_retry, j);
        if (r >= 0)
                r = sd_event_source_set_enabled(j->retry, SD_EVENT_OFF);
        if (r < 0) {
                journal_free(j);
                return r;
        }
        *ret = j;
        return 0;
}

void
journal_free(struct journal *j)
{
        if (!j)
                return;
        drop_all(j);
        sd_event_source_disable_unref(j->retry);
        if (j->fd >= 0)
                (void)close(j->fd);
        free(j);
}
