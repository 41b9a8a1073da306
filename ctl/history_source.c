/* SPDX-License-Identifier: MIT */
/*
 * Owns the children and files that the past is read from.  The journal is read by running
 * journalctl: linking sd-journal would drag libsystemd, and all that it links, into a tool that has
 * to work where there is no systemd.  It never writes anywhere but into the reader.
 */
#include "history_source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "notify/catalog.h"

enum {
        RECORD_MAX = 8192 + 1024, /* of /dev/kmsg, prefix included */
        COMPLAINT_MAX = 512,
        EXIT_NO_PROGRAM = 127,
        KLOG_READ_ALL = 3,
        KLOG_SIZE = 10,
};

__attribute__((format(printf, 2, 3))) static void
tell(const struct history_place *s, const char *format, ...)
{
        char text[COMPLAINT_MAX + 256];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        s->tell(s->arg, text);
}

static uint64_t
clock_us(clockid_t clock)
{
        struct timespec ts;

        if (clock_gettime(clock, &ts) < 0)
                return 0;
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- the journal ---- */

/* Only what may tell of a kill, and of that only what is of use. */
static _Noreturn void
run_journalctl(uint64_t since_us)
{
        static const char own_kills[] = "MESSAGE_ID=" OOMGUARD_MESSAGE_KILLING;
        char fields[1024] = "--output-fields=", since[64] = "--since=@0";

        for (unsigned i = JOURNAL_SOURCE_REALTIME; i < JOURNAL_N_FIELDS; i++) {
                size_t used = strlen(fields);

                (void)snprintf(fields + used, sizeof(fields) - used, "%s%s",
                               i > JOURNAL_SOURCE_REALTIME ? "," : "", journal_field_name(i));
        }
        if (since_us > 0)
                (void)snprintf(since, sizeof(since), "--since=@%" PRIu64, since_us / 1000000);
        const char *const argv[] = {
                "journalctl",
                "--no-pager",
                "--output=export",
                fields,
                since,
                "_TRANSPORT=kernel",
                "+",
                "SYSLOG_IDENTIFIER=oomguard",
                "SYSLOG_IDENTIFIER=oomguard-notify",
                "SYSLOG_IDENTIFIER=systemd-oomd",
                "SYSLOG_IDENTIFIER=earlyoom",
                "+",
                "MESSAGE_ID=d989611b15e44c9dbf31e3c81256e4ed",
                own_kills,
                NULL,
        };

        /* Its complaints are looked into. */
        (void)setenv("LC_ALL", "C", 1);
        (void)setenv("SYSTEMD_COLORS", "0", 1);
        (void)execvp(argv[0], (char *const *)argv);
        _exit(EXIT_NO_PROGRAM);
}

struct child {
        pid_t pid;
        int out, err;
};

static bool
start_journalctl(uint64_t since_us, struct child *ret)
{
        int out[2], err[2];

        if (pipe2(out, O_CLOEXEC) < 0)
                return false;
        if (pipe2(err, O_CLOEXEC) < 0) {
                (void)close(out[0]);
                (void)close(out[1]);
                return false;
        }
        *ret = (struct child){ .pid = fork(), .out = out[0], .err = err[0] };
        if (ret->pid == 0) {
                if (dup2(out[1], STDOUT_FILENO) < 0 || dup2(err[1], STDERR_FILENO) < 0)
                        _exit(EXIT_NO_PROGRAM);
                run_journalctl(since_us);
        }
        int error = errno;

        (void)close(out[1]);
        (void)close(err[1]);
        if (ret->pid > 0)
                return true;
        (void)close(out[0]);
        (void)close(err[0]);
        errno = error;
        return false;
}

/* Both at once: a child that waits for one of its pipes would never get on with the other. */
static void
read_child(const struct child *c, struct journal *j, struct history_reader *r,
           char complaint[COMPLAINT_MAX])
{
        struct pollfd p[2] = {
                { .fd = c->out, .events = POLLIN },
                { .fd = c->err, .events = POLLIN },
        };
        char buf[16384];
        size_t kept = 0;

        while (p[0].fd >= 0 || p[1].fd >= 0) {
                if (poll(p, 2, -1) < 0 && errno != EINTR)
                        break;
                for (unsigned i = 0; i < 2; i++) {
                        if (p[i].fd < 0 || p[i].revents == 0)
                                continue;
                        ssize_t n = read(p[i].fd, buf, sizeof(buf));

                        if (n < 0 && errno == EINTR)
                                continue;
                        if (n <= 0)
                                p[i].fd = -1;
                        else if (i == 0)
                                journal_feed(j, buf, (size_t)n, history_take_entry, r);
                        for (ssize_t k = 0; i == 1 && k < n && kept + 1 < COMPLAINT_MAX; k++)
                                complaint[kept++] = buf[k] ? buf[k] : '?';
                }
        }
        complaint[kept] = '\0';
}

/* What journalctl has said, and how it ended, in our words. */
static bool
judge_child(const struct history_place *s, int status, char *complaint)
{
        bool failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;

        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_PROGRAM) {
                tell(s, "the journal cannot be read: there is no journalctl here");
                return false;
        }
        if (strstr(complaint, "No journal files were found")) {
                tell(s, "there is no journal on this machine");
                return false;
        }
        if (strstr(complaint, "insufficient permissions")) {
                tell(s, "the journal may not be read: root may, and members of the group "
                        "systemd-journal");
                return false;
        }
        if (strstr(complaint, "not seeing messages from other users")) {
                tell(s, "only your own part of the journal may be read: root sees all of it, and "
                        "members of the group systemd-journal");
                return true;
        }
        if (!failed)
                return true;
        complaint[strcspn(complaint, "\n")] = '\0';
        tell(s, "journalctl has failed%s%s", *complaint ? ": " : "", complaint);
        return false;
}

bool
history_read_journal(const struct history_place *s)
{
        struct journal *j = calloc(1, sizeof(*j));
        char complaint[COMPLAINT_MAX];
        struct child c;
        int status = 0;

        if (!j || !start_journalctl(s->reader->since_us, &c)) {
                tell(s, "the journal cannot be read: %s", strerror(errno));
                free(j);
                return false;
        }
        read_child(&c, j, s->reader, complaint);
        free(j);
        (void)close(c.out);
        (void)close(c.err);
        while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
                ;
        return judge_child(s, status, complaint);
}

/* ---- the kernel's log ---- */

static void
take_text(struct history_reader *r, const char *text, size_t len, uint64_t boot_wall_us)
{
        const char *end = text + len;

        while (text < end) {
                const char *newline = memchr(text, '\n', (size_t)(end - text));
                size_t line = (size_t)((newline ? newline : end) - text);

                /* What begins with a blank in a record tells of devices, and goes with it. */
                history_take_line(r, text, line, boot_wall_us);
                text += line + 1;
        }
}

/* Each read is one record; it may be followed by lines about devices. */
static bool
read_records(struct history_reader *r, int fd, uint64_t boot_wall_us)
{
        char record[RECORD_MAX];

        for (;;) {
                ssize_t n = read(fd, record, sizeof(record));

                /* EPIPE: what comes next was overwritten meanwhile; the one after it follows.
                 * EINVAL: longer than any record that tells of a kill. */
                if (n < 0 && (errno == EINTR || errno == EPIPE || errno == EINVAL))
                        continue;
                if (n <= 0)
                        return n == 0 || errno == EAGAIN;
                const char *newline = memchr(record, '\n', (size_t)n);

                history_take_line(r, record, newline ? (size_t)(newline - record) : (size_t)n,
                                  boot_wall_us);
        }
}

static bool
read_syslog(struct history_reader *r, uint64_t boot_wall_us)
{
        int size = klogctl(KLOG_SIZE, NULL, 0), n;
        char *text;

        if (size <= 0)
                return false;
        text = malloc((size_t)size);
        if (!text)
                return false;
        n = klogctl(KLOG_READ_ALL, text, size);
        if (n > 0)
                take_text(r, text, (size_t)n, boot_wall_us);
        free(text);
        return n >= 0;
}

static void
tell_suspended(const struct history_place *s)
{
        uint64_t away_us = clock_us(CLOCK_BOOTTIME) - clock_us(CLOCK_MONOTONIC);

        if (away_us / 1000000 >= 60 && clock_us(CLOCK_BOOTTIME) > clock_us(CLOCK_MONOTONIC))
                tell(s,
                     "the kernel's own clock stood still for %" PRIu64
                     " min while the machine was suspended: what happened before that shows up to "
                     "so much too late",
                     away_us / 60000000);
}

bool
history_read_kernel(const struct history_place *s)
{
        uint64_t boot_wall_us = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC);
        char path[512];
        struct stat st;
        bool good;
        int fd;

        (void)snprintf(path, sizeof(path), "%s/dev/kmsg", s->root);
        fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 && s->root[0] == '\0' && read_syslog(s->reader, boot_wall_us)) {
                tell_suspended(s);
                return true;
        }
        if (fd < 0) {
                tell(s, "the kernel's log cannot be read (%s: %s)%s", path, strerror(errno),
                     errno == EPERM || errno == EACCES ? ": root may" : "");
                return false;
        }
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
                (void)close(fd);
                return history_read_kernel_file(s, path);
        }
        good = read_records(s->reader, fd, boot_wall_us);
        if (good)
                tell_suspended(s);
        else
                tell(s, "%s: %s", path, strerror(errno));
        (void)close(fd);
        return good;
}

/* ---- files ---- */

bool
history_read_journal_file(const struct history_place *s, const char *path)
{
        struct journal *j = calloc(1, sizeof(*j));
        FILE *f = j ? fopen(path, "re") : NULL;
        char buf[16384];
        size_t n;
        bool good;

        if (!f) {
                tell(s, "%s: %s", path, strerror(errno));
                free(j);
                return false;
        }
        while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
                journal_feed(j, buf, n, history_take_entry, s->reader);
        good = ferror(f) == 0;
        if (!good)
                tell(s, "%s: %s", path, strerror(errno));
        /* An entry ends with an empty line; the last one of a file may lack it. */
        journal_feed(j, "\n\n", 2, history_take_entry, s->reader);
        if (good && s->reader->n_entries == 0)
                tell(s, "%s: no entries in it (write it with journalctl -o export)", path);
        (void)fclose(f);
        free(j);
        return good;
}

bool
history_read_kernel_file(const struct history_place *s, const char *path)
{
        FILE *f = fopen(path, "re");
        char *line = NULL;
        size_t room = 0;
        ssize_t n;
        bool good;

        if (!f) {
                tell(s, "%s: %s", path, strerror(errno));
                return false;
        }
        while ((n = getline(&line, &room, f)) > 0) {
                while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
                        n--;
                history_take_line(s->reader, line, (size_t)n, 0);
        }
        good = ferror(f) == 0;
        if (!good)
                tell(s, "%s: %s", path, strerror(errno));
        free(line);
        (void)fclose(f);
        return good;
}
