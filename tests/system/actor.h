/* SPDX-License-Identifier: MIT */
/*
 * The processes that a case starts to be guarded: programs of subject.c, their end, and what they
 * say.
 */
#ifndef ACTOR_H
#define ACTOR_H

#include <stdbool.h>
#include <sys/types.h>

enum { ACTOR_CHILDREN_MAX = 4096, ACTOR_TEXT_MAX = 4096 };

struct actor {
        pid_t pid;
        int in_fd, out_fd;
        unsigned n_ready; /* times it has said so */
        unsigned n_waited;
        bool done;
        bool over;
        int status;
        int n_children; /* as told by it: pids are in child[] */
        pid_t child[ACTOR_CHILDREN_MAX];
        int died[ACTOR_CHILDREN_MAX]; /* signal; -1: lives */
        char text[ACTOR_TEXT_MAX];    /* what it said last and is not read yet */
        size_t n_text;
        bool shared;
};

/* Starts the subject with these words, separated by single blanks, and counts its memory. */
struct actor *
actor_start(const char *words);

/* The same, with its part of what several share counted as its own; so for its children. */
struct actor *
actor_start_sharing(const char *words);

/* The same of another program file, and not counted at all. */
struct actor *
actor_start_as(const char *path, const char *words);
struct actor *
actor_start_uncounted(const char *words);

/* The same under this process number, which must be free. */
struct actor *
actor_start_numbered(pid_t pid, const char *words);

/* Waits for the next n times that it, or a child of it, says that it is ready. */
void
actor_ready(struct actor *a, unsigned n);

/* Lets n of those that wait go on. */
void
actor_go(struct actor *a, unsigned n);

/* Starts it and waits until it is ready, once. */
struct actor *
actor_start_ready(const char *words);

/* Waits until it says `done`. */
void
actor_done(struct actor *a);

bool
actor_lives(struct actor *a);

/* Waits for its end, which must be by this signal; 0: by itself. */
void
actor_dies(struct actor *a, int sig);

/* Waits until it says of this child that it has died, by this signal. */
void
actor_child_dies(struct actor *a, int index, int sig);
bool
actor_child_lives(struct actor *a, int index);

#endif
