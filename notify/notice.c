/* SPDX-License-Identifier: MIT */
/*
 * Owns who is told what.  The words of a notice are in notice_text.c.
 */
#include "notice.h"

#include <stdio.h>
#include <string.h>

#include "decide.h"
#include "message.h"

enum notice_kind
notice_kind_of(const struct wire_record *rec)
{
        switch ((enum wire_kind)rec->kind) {
        case WIRE_WARNING:
                /* Where memory falls at once somebody is being ended before anybody could be
                 * warned. */
                return rec->state.flags & WIRE_FLAG_ACTING ? NOTICE_NONE : NOTICE_WARNING;
        case WIRE_KILLING:
                return rec->process.is & WIRE_IS_DRY_RUN ? NOTICE_TRIAL : NOTICE_NONE;
        case WIRE_KILLED:
                return NOTICE_CLOSED;
        case WIRE_GAVE_UP:
                return NOTICE_STAYS;
        case WIRE_RELEASED:
                return NOTICE_SPARED;
        case WIRE_NOTHING:
                return NOTICE_NOTHING;
        case WIRE_KERNEL_KILL:
                /* With memory to spare it was some cgroup's own limit. */
                return rec->kernel.low ? NOTICE_KERNEL : NOTICE_NONE;
        default:
                return NOTICE_NONE;
        }
}

bool
notice_is_passing(enum notice_kind kind)
{
        return kind == NOTICE_WARNING || kind == NOTICE_NOTHING;
}

bool
notice_is_limited(enum notice_kind kind)
{
        return kind != NOTICE_CLOSED && kind != NOTICE_AND_MORE;
}

static bool
has_process(enum notice_kind kind)
{
        return kind == NOTICE_WARNING || kind == NOTICE_CLOSED || kind == NOTICE_TRIAL ||
               kind == NOTICE_STAYS || kind == NOTICE_SPARED;
}

/* All that tells who it was, and how it was chosen. */
static void
hide(struct wire_process *p)
{
        *p = (struct wire_process){ .pid = p->pid > 0, .uid = p->uid, .n = p->n, .is = p->is };
}

bool
notice_make(const struct wire_record *rec, const struct wire_state *cause, uid_t uid, bool admin,
            struct notice *ret)
{
        *ret = (struct notice){ .kind = notice_kind_of(rec), .rec = *rec, .cause = *cause };
        if (ret->kind == NOTICE_NONE)
                return false;
        if (!has_process(ret->kind)) {
                memset(&ret->rec.process, 0, sizeof(ret->rec.process));
                return true;
        }
        struct wire_process *p = &ret->rec.process;

        /* It names other people's programs. */
        memset(p->consumers, 0, sizeof(p->consumers));
        if (p->pid > 0 && (p->is & WIRE_IS_HIDDEN))
                ret->sight = SIGHT_HIDDEN;
        else if (p->pid <= 0 || p->uid == uid)
                ret->sight = SIGHT_OWN;
        else
                ret->sight = admin ? SIGHT_OTHERS : SIGHT_HIDDEN;
        if (ret->sight != SIGHT_HIDDEN)
                return true;
        hide(p);
        /* Without the name there is nothing in these for anybody else. */
        return ret->kind != NOTICE_STAYS && ret->kind != NOTICE_SPARED;
}

void
notice_cause(const struct notice *n, char ret[NOTICE_CAUSE_MAX])
{
        const struct wire_process *p = &n->rec.process;

        if (n->kind == NOTICE_NOTHING)
                (void)snprintf(ret, NOTICE_CAUSE_MAX, "nothing %u", n->rec.cause);
        else if (!has_process(n->kind) || p->pid <= 0)
                (void)snprintf(ret, NOTICE_CAUSE_MAX, "%d", (int)n->kind);
        else if (n->sight == SIGHT_HIDDEN)
                (void)snprintf(ret, NOTICE_CAUSE_MAX, "%d hidden", (int)n->kind);
        else
                (void)snprintf(ret, NOTICE_CAUSE_MAX, "%d %u %.16s", (int)n->kind, p->uid, p->name);
}

/* ---- text from elsewhere ---- */

/* The character at s, which is valid UTF-8, and its length. */
static uint32_t
character(const unsigned char *s, size_t *ret_len)
{
        *ret_len = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
        switch (*ret_len) {
        case 1:
                return s[0];
        case 2:
                return (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
        case 3:
                return (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
        default:
                return (s[0] & 0x07u) << 18 | (s[1] & 0x3fu) << 12 | (s[2] & 0x3fu) << 6 |
                       (s[3] & 0x3fu);
        }
}

static bool
is_bad(uint32_t c)
{
        return (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe ||  /* no characters */
               c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) || /* invisible */
               (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
               (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

void
notice_wash(const char *text, char *ret, size_t size)
{
        size_t at = 0, len;

        message_wash(text, ret, size);
        for (size_t i = 0; ret[i]; i += len) {
                uint32_t c = character((const unsigned char *)ret + i, &len);

                if (is_bad(c)) {
                        ret[at++] = '?';
                        continue;
                }
                memmove(ret + at, ret + i, len);
                at += len;
        }
        ret[at] = '\0';
}

/* How many bytes at the end are the beginning of a character that goes on. */
static size_t
torn_end(const char *s, size_t n)
{
        for (size_t back = 1; back <= 3 && back <= n; back++) {
                unsigned char c = (unsigned char)s[n - back];

                if ((c & 0xc0) == 0x80)
                        continue;
                return (c >= 0xc2 && c < 0xe0 && back < 2) || (c >= 0xe0 && c < 0xf0 && back < 3) ||
                                       (c >= 0xf0 && c < 0xf5 && back < 4)
                               ? back
                               : 0;
        }
        return 0;
}

void
notice_name(const char *name, char *ret, size_t size)
{
        char raw[PROC_NAME_MAX];
        size_t n = strnlen(name, sizeof(raw) - 1);
        bool is_cut = n == sizeof(raw) - 1;

        if (is_cut)
                n -= torn_end(name, n);
        memcpy(raw, name, n);
        raw[n] = '\0';
        notice_wash(raw, ret, size);
        n = strlen(ret);
        if (is_cut && n + sizeof("…") <= size)
                memcpy(ret + n, "…", sizeof("…"));
}

/* ---- markup ---- */

static const char *
entity(char c)
{
        return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : NULL;
}

bool
notice_needs_escape(const char *text)
{
        return strpbrk(text, "&<>") != NULL;
}

void
notice_escape(const char *text, char *ret, size_t size)
{
        size_t at = 0;

        for (; *text; text++) {
                const char *e = entity(*text);
                size_t len = e ? strlen(e) : 1;

                if (at + len >= size)
                        break;
                memcpy(ret + at, e ? e : text, len);
                at += len;
        }
        ret[at] = '\0';
}
