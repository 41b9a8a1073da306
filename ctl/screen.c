/* SPDX-License-Identifier: MIT */
/*
 * Owns the terminal: alternate screen, cursor, keys, size.  Never knows what is drawn.
 */
#include "screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Alternate screen, no cursor, long lines cut and not wrapped; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"
/* To the top; a line and all that is below emptied, before they are written: behind a line that is
 * full, the cursor stands on its last character. */
#define HOME      "\033[H"
#define REST_LINE "\033[K"
#define REST      "\r\n\033[J"

enum { KEY_CTRL_C = 3, KEY_CTRL_D = 4, ROWS_UNKNOWN = 24 };

static void
signals(sigset_t *ret)
{
        static const int signal[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP };

        (void)sigemptyset(ret);
        for (size_t i = 0; i < sizeof(signal) / sizeof(signal[0]); i++)
                (void)sigaddset(ret, signal[i]);
}

static struct winsize
size_of(FILE *file)
{
        struct winsize w = { 0 };

        if (ioctl(fileno(file), TIOCGWINSZ, &w) < 0)
                return (struct winsize){ 0 };
        return w;
}

unsigned
screen_columns(FILE *file)
{
        return size_of(file).ws_col;
}

static void
put(const struct screen *s, const char *text)
{
        (void)fputs(text, s->ctl->out);
        (void)fflush(s->ctl->out);
}

static void
enter(struct screen *s)
{
        struct termios raw = s->before;

        if (!s->is_terminal)
                return;
        if (s->keys) {
                /* Keys one by one and unseen; Ctrl-C and Ctrl-Z stay signals. */
                raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
                /* Ctrl-S would leave us waiting to write, deaf to every signal. */
                raw.c_iflag &= ~(tcflag_t)IXON;
                raw.c_cc[VMIN] = 1;
                raw.c_cc[VTIME] = 0;
                (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
        }
        put(s, ENTER);
        s->on = true;
}

static void
leave(struct screen *s)
{
        if (!s->on)
                return;
        put(s, LEAVE);
        /* Keys that nobody has read are not for the shell. */
        if (s->keys)
                (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &s->before);
        s->on = false;
}

int
screen_open(struct screen *s, struct ctl *ctl)
{
        sigset_t set;

        *s = (struct screen){ .ctl = ctl, .is_terminal = isatty(fileno(ctl->out)) };
        s->keys = s->is_terminal && tcgetattr(STDIN_FILENO, &s->before) == 0;
        s->asked_input = s->keys;
        signals(&set);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (s->signal_fd < 0)
                return -errno;
        enter(s);
        return 0;
}

void
screen_close(struct screen *s)
{
        sigset_t set;

        leave(s);
        (void)close(s->signal_fd);
        s->signal_fd = -1;
        signals(&set);
        (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* Ctrl-Z: the shell gets its terminal back, and the screen is there again afterwards. */
static void
suspend(struct screen *s)
{
        leave(s);
        (void)raise(SIGSTOP);
        if (s->keys)
                (void)tcgetattr(STDIN_FILENO, &s->before);
        enter(s);
}

static enum screen_event
take_signal(struct screen *s)
{
        struct signalfd_siginfo si;
        unsigned columns;

        if (read(s->signal_fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
                return SCREEN_TIME;
        if (si.ssi_signo != SIGWINCH && si.ssi_signo != SIGTSTP)
                return SCREEN_END;
        if (si.ssi_signo == SIGTSTP)
                suspend(s);
        columns = screen_columns(s->ctl->out);
        if (columns > 0)
                s->ctl->columns = columns;
        return SCREEN_RESIZED;
}

static bool
is_end_key(struct screen *s)
{
        char key[16];
        ssize_t n = read(STDIN_FILENO, key, sizeof(key));

        if (n <= 0) {
                /* The terminal has hung up. */
                s->asked_input = false;
                return true;
        }
        for (ssize_t i = 0; i < n; i++)
                if (key[i] == 'q' || key[i] == 'Q' || key[i] == KEY_CTRL_C || key[i] == KEY_CTRL_D)
                        return true;
        return false;
}

enum screen_event
screen_wait(struct screen *s, int fd, int timeout_ms)
{
        struct pollfd p[3] = {
                { .fd = s->signal_fd, .events = POLLIN },
                { .fd = s->asked_input ? STDIN_FILENO : -1, .events = POLLIN },
                { .fd = fd, .events = POLLIN },
        };

        if (poll(p, 3, timeout_ms) <= 0)
                return SCREEN_TIME;
        if (p[0].revents)
                return take_signal(s);
        if (p[1].revents && is_end_key(s))
                return SCREEN_END;
        return p[2].revents ? SCREEN_FD : SCREEN_TIME;
}

void
screen_draw(struct screen *s, const char *text, size_t len)
{
        struct pollfd p = { .fd = fileno(s->ctl->out), .events = POLLOUT };
        unsigned rows = size_of(s->ctl->out).ws_row, row = 0;
        const char *end = text + len;

        if (!s->is_terminal) {
                (void)fwrite(text, 1, len, s->ctl->out);
                (void)fflush(s->ctl->out);
                return;
        }
        /* Nobody reads it: a write would wait, and no signal would be seen. */
        if (poll(&p, 1, 0) <= 0 || !(p.revents & POLLOUT))
                return;
        if (rows == 0)
                rows = ROWS_UNKNOWN;
        (void)fputs(HOME, s->ctl->out);
        for (; row < rows && text < end; row++) {
                const char *newline = memchr(text, '\n', (size_t)(end - text));
                size_t n = (size_t)((newline ? newline : end) - text);

                /* No newline behind the last line: the screen would move. */
                (void)fprintf(s->ctl->out, "%s" REST_LINE "%.*s", row > 0 ? "\r\n" : "", (int)n,
                              text);
                text += n + 1;
        }
        put(s, row < rows ? REST : "");
}
