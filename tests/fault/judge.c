/* SPDX-License-Identifier: MIT */
/*
 * Owns the rules of what a failing call may cost.  Never runs anything.
 */
#include "judge.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { WORDS_MAX = 65536, LINE_MAX_BYTES = 1024 };

/* Every line of the clean runs, without its numbers, one after the other. */
static char known[WORDS_MAX];

/* Numbers, units and names differ from run to run. */
static void
strip(const char *line, size_t len, char *ret)
{
        size_t n = 0;

        for (size_t i = 0; i < len && n < LINE_MAX_BYTES - 1; i++) {
                if (isdigit((unsigned char)line[i]) || line[i] == '.')
                        continue;
                ret[n++] = line[i];
                /* A second line may say GiB where a first says MiB. */
                if (n >= 3 && strncmp(ret + n - 2, "iB", 2) == 0)
                        ret[n - 3] = 'x';
        }
        ret[n] = '\0';
}

/* The next line from *at; NULL at the end. */
static const char *
next_line(const char **at, size_t *ret_len)
{
        const char *line = *at, *end = strchr(line, '\n');

        if (!end)
                return NULL;
        *ret_len = (size_t)(end - line);
        *at = end + 1;
        return line;
}

void
judge_learn(const struct fault_run *clean, unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                const char *at = clean[i].said, *line;
                char words[LINE_MAX_BYTES];
                size_t len;

                while ((line = next_line(&at, &len))) {
                        strip(line, len, words);
                        if (strlen(known) + strlen(words) + 2 < sizeof(known))
                                (void)strcat(strcat(known, words), "\n");
                }
        }
}

/* The beginning is enough: what follows tells the sizes, in as many words as there are. */
static bool
is_known(const char *words)
{
        static const char *const usual[] = { "memory is running out", "memory is enough again",
                                             "SIGTERM to ", " ended ", "still there" };
        const char *at = known, *line;
        size_t len;

        for (unsigned i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
                if (strstr(words, usual[i]))
                        return true;
        while ((line = next_line(&at, &len)))
                if (strlen(words) == len && strncmp(words, line, len) == 0)
                        return true;
        return false;
}

/* It has said something that it says only when something is wrong. */
static bool
has_complained(const struct fault_run *r)
{
        const char *at = r->said, *line;
        char words[LINE_MAX_BYTES];
        size_t len;

        while ((line = next_line(&at, &len))) {
                strip(line, len, words);
                if (!is_known(words))
                        return true;
        }
        return false;
}

static bool
judge_refusal(const struct fault_run *r, char *why, size_t size)
{
        /* 78: the configuration could not be read, or nobody could be signalled. */
        bool one = WIFEXITED(r->status) &&
                   (WEXITSTATUS(r->status) == 1 || WEXITSTATUS(r->status) == 78);
        bool said = strstr(r->said, "; not started") != NULL;

        if (!r->over || !one)
                (void)snprintf(why, size, "it has not started: %s, status %x",
                               r->over ? "ended" : "still there", (unsigned)r->status);
        else if (!said)
                (void)snprintf(why, size, "it does not say why it has not started");
        return r->over && one && said;
}

enum { NOT_KILLED = 1, NOT_STOPPED = 2, NOT_SAID = 4 };

#define PERSISTS (1u << WHEN_ALWAYS | 1u << WHEN_LATE)
#define AT_ALL   (PERSISTS | 1u << WHEN_ONCE)

/* What may be lost without a guard being any worse, and why. */
static const struct excuse {
        enum fault_who who;
        int call;
        unsigned when, what;
        const char *why;
} excuses[] = {
        { WHO_LOOP, SYS_pread64, PERSISTS, NOT_KILLED, "how much is available is not known" },
        { WHO_LOOP, SYS_pidfd_send_signal, PERSISTS, NOT_KILLED, "nobody can be signalled" },
        { WHO_LOOP, SYS_write, PERSISTS, NOT_STOPPED | NOT_SAID,
          "threads are told to stop by eventfd" },
        { WHO_ERRAND, SYS_read, PERSISTS, NOT_STOPPED | NOT_SAID,
          "SIGTERM is read from a signalfd" },
        { WHO_ERRAND, SYS_write, AT_ALL, NOT_SAID, "what is said is written" },
        { WHO_ERRAND, SYS_sendto, AT_ALL, NOT_SAID, "subscribers are told so by `dropped`" },
        { WHO_ERRAND, SYS_recvfrom, AT_ALL, NOT_SAID, "the subscriber is hung up on" },
        { WHO_ERRAND, SYS_recvmsg, AT_ALL, NOT_SAID, "the subscriber is hung up on" },
        { WHO_ERRAND, SYS_getsockopt, AT_ALL, NOT_SAID, "the subscriber is hung up on" },
};

static unsigned
excused(const struct fault *f)
{
        unsigned what = 0;

        for (size_t i = 0; i < sizeof(excuses) / sizeof(excuses[0]); i++)
                if (excuses[i].who == f->who && excuses[i].call == f->call &&
                    (excuses[i].when >> f->when & 1))
                        what |= excuses[i].what;
        return what;
}

bool
judge(const struct fault_run *r, char *why, size_t size)
{
        unsigned excuse = excused(&r->fault);
        bool all = r->looked && r->told && r->killed && r->ended && r->fed && r->answered &&
                   r->reloaded && r->looked_on && r->stopped;

        if (r->trouble[0] != '\0') {
                (void)snprintf(why, size, "%s", r->trouble);
                return false;
        }
        if (!r->started || strstr(r->said, "; not started"))
                return judge_refusal(r, why, size);
        if (all)
                return true;
        if (!r->killed && !(excuse & NOT_KILLED))
                (void)snprintf(why, size, "it guards no more: nobody was ended");
        else if (!r->stopped && !(excuse & NOT_STOPPED))
                (void)snprintf(why, size, "it does not stop: status %x", (unsigned)r->status);
        else if (!r->stopped && !r->looked_on)
                (void)snprintf(why, size, "it looks no more");
        else if (!has_complained(r) && !(excuse & NOT_SAID))
                (void)snprintf(why, size, "it does not say what it has lost");
        else
                return true;
        return false;
}

void
judge_show(const struct fault_run *r)
{
        const char *at = r->said, *line;
        size_t len;

        printf("  started %d, looked %d, told %d, killed %d, ended %d, fed %d, answered %d, "
               "reloaded %d, looked on %d, stopped %d\n",
               r->started, r->looked, r->told, r->killed, r->ended, r->fed, r->answered,
               r->reloaded, r->looked_on, r->stopped);
        while ((line = next_line(&at, &len)))
                printf("  guard: %.*s\n", (int)len, line);
}
