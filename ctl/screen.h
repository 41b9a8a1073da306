/* SPDX-License-Identifier: MIT */
/*
 * The terminal of `status --watch`, and the signals that end it or change its size.  Where the
 * output is no terminal there is no screen, and frames are simply written one after the other.
 * Whatever way it ends, the terminal is left as it was found.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>
#include "ctl.h"

enum screen_event {
        SCREEN_TIME,    /* the time is over */
        SCREEN_FD,      /* the descriptor can be read */
        SCREEN_RESIZED, /* draw again: the size is another, or the screen was away */
        SCREEN_END,     /* q, Ctrl-C, SIGTERM, or the terminal has gone */
};

struct screen {
        struct ctl *ctl;
        bool is_terminal; /* the output */
        bool keys;        /* the input is one too */
        bool asked_input; /* it is worth polling */
        bool on;
        int signal_fd;
        struct termios before;
};

/* The width of the terminal that is behind a file; 0: there is none. */
unsigned
screen_columns(FILE *file);

/* Blocks the signals that screen_wait() takes.  0 or a negative errno. */
int
screen_open(struct screen *s, struct ctl *ctl);
void
screen_close(struct screen *s);

/* Waits for `fd` (-1: none), a key, a signal or the time; ctl->columns follows the terminal. */
enum screen_event
screen_wait(struct screen *s, int fd, int timeout_ms);

/* Writes a frame over the last one, cut to the height of the terminal; none when the terminal does
 * not take it. */
void
screen_draw(struct screen *s, const char *text, size_t len);

#endif
