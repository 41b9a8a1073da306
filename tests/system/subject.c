/* SPDX-License-Identifier: MIT */
/*
 * A process to be guarded: it does in order what its arguments say, and then nothing for ever.  It
 * says on stdout what the harness has to know, waits on stdin where it is told to, and never
 * judges anything.
 *
 *   hold=MIB shm=MIB thp=MIB         takes memory: private, shared with its children, huge pages
 *   grow=MIB:RATE growshm= growthp=  the same by RATE MiB a second; 0 MIB is without end
 *   touch  free  unmap               reads all of it, which maps what is shared; gives it back;
 *                                    as reclaim does: what is shared stays, its page tables go
 *   wait                             says `ready` and reads one byte
 *   name=TEXT                        PR_SET_NAME; %HH is a byte
 *   uid=N  adj=N  nodump             becomes that user; oom_score_adj; PR_SET_DUMPABLE 0
 *   ignore  slow=MS  stop            SIGTERM: does nothing, ends it after MS; SIGSTOP to itself
 *   fork=N { ... }                   N children that do what the braces say; says `pid N` of each
 *   crowd=N { ... }                  the same, and says nothing of them
 *   newpid { ... }                   one child, the first of a PID namespace of its own
 *   every=MS { ... }                 for ever: a child, and the next one MS after its end
 *   exit                             ends
 *   reap                             for ever: says `died PID SIGNAL` of each child
 *   churn=N                          N children that end at once, 32 at a time; then says `done`
 *   thread=MIB                       a thread takes it, says `thread TID`; the leader ends
 *   exec=PATH  newmnt=PATH           runs PATH with the arguments that follow; in a mount namespace
 *                                    where PATH is this very program
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "subject.h"

enum { CHURN_AT_ONCE = 32 };

static long slow_ms;

static void
run(char **arg);

__attribute__((format(printf, 1, 2))) static void
say(const char *format, ...)
{
        char text[128];
        va_list ap;

        va_start(ap, format);
        int n = vsnprintf(text, sizeof(text), format, ap);

        va_end(ap);
        if (n < 0 || write(STDOUT_FILENO, text, (size_t)n) != n)
                subject_fail("stdout");
}

_Noreturn static void
idle(void)
{
        for (;;)
                (void)pause();
}

/* ---- threads ---- */

static void *
thread_holds(void *arg)
{
        subject_take((size_t)(uintptr_t)arg, MAP_PRIVATE, false);
        subject_sleep_ms(100); /* the leader has ended by then, or soon */
        say("thread %ld\n", syscall(SYS_gettid));
        idle();
}

_Noreturn static void
leave_thread(size_t size)
{
        pthread_t thread;

        if (pthread_create(&thread, NULL, thread_holds, (void *)(uintptr_t)size) != 0)
                subject_fail("pthread_create");
        (void)syscall(SYS_exit, 0);
        idle();
}

/* ---- signals ---- */

static void
end_slowly(int sig)
{
        (void)sig;
        subject_sleep_ms(slow_ms);
        _exit(0);
}

static void
handle_term(void (*handler)(int))
{
        struct sigaction sa = { .sa_handler = handler };

        if (sigaction(SIGTERM, &sa, NULL) < 0)
                subject_fail("sigaction");
}

/* ---- children ---- */

/* Past the block that begins at `arg` with a brace. */
static char **
block_end(char **arg)
{
        unsigned depth = 0;

        if (!*arg || strcmp(*arg, "{") != 0)
                subject_fail("no block");
        for (; *arg; arg++) {
                depth += strcmp(*arg, "{") == 0;
                depth -= strcmp(*arg, "}") == 0;
                if (depth == 0)
                        return arg + 1;
        }
        subject_fail("block without end");
}

static pid_t
fork_child(void)
{
        pid_t pid = fork();

        /* The machine has 32768 numbers for everybody: there is room again when others end. */
        for (; pid < 0 && errno == EAGAIN; pid = fork())
                subject_sleep_ms(10);
        if (pid < 0)
                subject_fail("fork");
        return pid;
}

_Noreturn static void
be_child(char **block)
{
        run(block + 1);
        idle();
}

static pid_t
child(char **block)
{
        pid_t pid = fork_child();

        if (pid == 0)
                be_child(block);
        return pid;
}

/* It waits until it has been named: ready, and even dead, it would be somebody nobody knows of. */
static void
named_child(char **block)
{
        int named[2];
        char byte;

        if (pipe2(named, O_CLOEXEC) < 0)
                subject_fail("pipe");
        pid_t pid = fork_child();

        if (pid == 0) {
                (void)close(named[1]);
                if (read(named[0], &byte, 1) != 0)
                        subject_fail("pipe");
                (void)close(named[0]);
                be_child(block);
        }
        say("pid %d\n", (int)pid);
        (void)close(named[0]);
        (void)close(named[1]);
}

static void
fork_many(unsigned long n, char **block, bool tell)
{
        while (n-- > 0)
                if (tell)
                        named_child(block);
                else
                        (void)child(block);
}

static void
fork_first(char **block)
{
        if (unshare(CLONE_NEWPID) < 0)
                subject_fail("CLONE_NEWPID");
        fork_many(1, block, true);
}

_Noreturn static void
fork_every(long ms, char **block)
{
        for (;;) {
                (void)waitpid(child(block), NULL, 0);
                subject_sleep_ms(ms);
        }
}

_Noreturn static void
reap(void)
{
        int status;

        for (;;) {
                pid_t pid = waitpid(-1, &status, 0);

                if (pid < 0)
                        idle();
                say("died %d %d\n", (int)pid, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
        }
}

static void
churn(unsigned long n)
{
        unsigned alive = 0;

        for (unsigned long i = 0; i < n; i++) {
                pid_t pid = fork();

                if (pid < 0)
                        subject_fail("fork");
                if (pid == 0)
                        _exit(0);
                if (++alive == CHURN_AT_ONCE && waitpid(-1, NULL, 0) > 0)
                        alive--;
        }
        while (alive-- > 0)
                (void)waitpid(-1, NULL, 0);
        say("done\n");
}

/* ---- what it is ---- */

static void
set_name(const char *value)
{
        char name[16] = { 0 };

        for (unsigned i = 0; *value && i < sizeof(name) - 1; i++) {
                unsigned byte;

                if (*value == '%' && sscanf(value + 1, "%2x", &byte) == 1) {
                        name[i] = (char)byte;
                        value += 3;
                } else {
                        name[i] = *value++;
                }
        }
        (void)prctl(PR_SET_NAME, name);
}

static void
set_adj(const char *value)
{
        int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, value, strlen(value)) < 0)
                subject_fail("oom_score_adj");
        (void)close(fd);
}

_Noreturn static void
become(const char *path, char **arg)
{
        arg[-1] = (char *)(uintptr_t)path;
        (void)execv(path, arg - 1);
        subject_fail(path);
}

_Noreturn static void
become_in_new_mount(const char *path, char **arg)
{
        char self[256] = { 0 };

        if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || unshare(CLONE_NEWNS) < 0 ||
            mount(self, path, NULL, MS_BIND, NULL) < 0)
                subject_fail(path);
        become(path, arg);
}

static void
wait_for_go(void)
{
        char byte;

        say("ready\n");
        if (read(STDIN_FILENO, &byte, 1) != 1)
                subject_fail("stdin");
}

/* ---- the commands ---- */

/* Commands about memory and signals; false when it is none of them. */
static bool
run_simple(const char *word, const char *value)
{
        size_t size = strtoul(value, NULL, 10) * MIB;

        if (strcmp(word, "hold") == 0)
                subject_take(size, MAP_PRIVATE, false);
        else if (strcmp(word, "shm") == 0)
                subject_take(size, MAP_SHARED, false);
        else if (strcmp(word, "thp") == 0)
                subject_take(size, MAP_PRIVATE, true);
        else if (strcmp(word, "grow") == 0)
                subject_grow(value, MAP_PRIVATE, false);
        else if (strcmp(word, "growshm") == 0)
                subject_grow(value, MAP_SHARED, false);
        else if (strcmp(word, "growthp") == 0)
                subject_grow(value, MAP_PRIVATE, true);
        else if (strcmp(word, "touch") == 0)
                subject_touch();
        else if (strcmp(word, "free") == 0)
                subject_give_back();
        else if (strcmp(word, "unmap") == 0)
                subject_unmap();
        else if (strcmp(word, "wait") == 0)
                wait_for_go();
        else if (strcmp(word, "ignore") == 0)
                handle_term(SIG_IGN);
        else if (strcmp(word, "exit") == 0)
                _exit(0);
        else if (strcmp(word, "stop") == 0)
                (void)raise(SIGSTOP);
        else if (strcmp(word, "thread") == 0)
                leave_thread(size);
        else
                return false;
        return true;
}

static void
run_other(const char *word, const char *value, char **next)
{
        if (strcmp(word, "name") == 0)
                set_name(value);
        else if (strcmp(word, "adj") == 0)
                set_adj(value);
        else if (strcmp(word, "nodump") == 0)
                (void)prctl(PR_SET_DUMPABLE, 0);
        else if (strcmp(word, "churn") == 0)
                churn(strtoul(value, NULL, 10));
        else if (strcmp(word, "reap") == 0)
                reap();
        else if (strcmp(word, "exec") == 0)
                become(value, next);
        else if (strcmp(word, "newmnt") == 0)
                become_in_new_mount(value, next);
        else if (strcmp(word, "slow") == 0) {
                slow_ms = strtol(value, NULL, 10);
                handle_term(end_slowly);
        } else if (strcmp(word, "uid") == 0) {
                uid_t uid = (uid_t)strtoul(value, NULL, 10);

                if (setgid(uid) < 0 || setuid(uid) < 0)
                        subject_fail("setuid");
        } else {
                subject_fail(word);
        }
}

/* Commands with a block; false when it is none of them. */
static bool
run_block(const char *word, const char *value, char **block)
{
        if (strcmp(word, "fork") == 0)
                fork_many(strtoul(value, NULL, 10), block, true);
        else if (strcmp(word, "crowd") == 0)
                fork_many(strtoul(value, NULL, 10), block, false);
        else if (strcmp(word, "newpid") == 0)
                fork_first(block);
        else if (strcmp(word, "every") == 0)
                fork_every(strtol(value, NULL, 10), block);
        else
                return false;
        return true;
}

static void
run(char **arg)
{
        char word[32];

        while (*arg && strcmp(*arg, "}") != 0) {
                size_t len = strcspn(*arg, "=");
                const char *value = (*arg)[len] ? *arg + len + 1 : "";

                (void)snprintf(word, sizeof(word), "%.*s", (int)len, *arg);
                arg++;
                if (*arg && strcmp(*arg, "{") == 0 && run_block(word, value, arg))
                        arg = block_end(arg);
                else if (!run_simple(word, value))
                        run_other(word, value, arg);
        }
}

int
main(int argc, char **argv)
{
        if (argc > 1)
                run(argv + 1);
        idle();
}
