/* SPDX-License-Identifier: MIT */
/*
 * Owns the guard's system calls.  Never judges what comes of a failure.
 *
 * ptrace(2) with a seccomp filter, and not a filter's user notification: only a tracer can change
 * what is asked for, and so make the kernel itself read less than that.  The filter stops nothing
 * but the one call, so all others go at their full speed.
 */
#include "fault.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arch.h"

/* What is smaller than these is an eventfd's or a signalfd's, and comes whole. */
enum { THREADS_MAX = 8, WRITE_MIN = 16, READ_MIN = 256 };

static struct {
        struct fault_run *run;
        pid_t pid;
        pid_t tid[THREADS_MAX]; /* in the order in which they were made; the first is main */
        unsigned n_threads;
        bool in_main, in_loop;
        uint32_t n_matched;
} t;

/* ---- the guard's side ---- */

#define ALLOW(number)                                        \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define TRACE(number)                                        \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE)

/* Without no_new_privs, so as root only: the guard must find what it finds elsewhere. */
static bool
filter(const struct fault *f)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                ALLOW(SYS_exit_group),
                /* These two tell where in its life it is. */
                TRACE(SYS_rt_sigprocmask),
                TRACE(SYS_ppoll),
                TRACE((unsigned)f->call),
                BPF_STMT(BPF_RET | BPF_K,
                         f->when == WHEN_NEVER ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static bool
limit(__rlimit_resource_t what, rlim_t value)
{
        struct rlimit l = { value, value };

        return setrlimit(what, &l) == 0;
}

_Noreturn static void
be_guard(const struct fault *f, const char *guard, char *const argv[])
{
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0 || raise(SIGSTOP) != 0 || !filter(f))
                _exit(98);
        if ((f->n_files && !limit(RLIMIT_NOFILE, f->n_files)) ||
            (f->space_mib && !limit(RLIMIT_AS, (rlim_t)f->space_mib << 20)))
                _exit(98);
        if (f->uid && (!limit(RLIMIT_NPROC, 1) || setgid(f->uid) < 0 || setuid(f->uid) < 0))
                _exit(98);
        (void)execv(guard, argv);
        _exit(98);
}

/* ---- the tracer's side ---- */

static enum fault_who
who_is(pid_t tid)
{
        static const enum fault_who made[] = { WHO_ERRAND, WHO_REAPER, WHO_PULSE };
        unsigned i = 0;

        while (i < t.n_threads && t.tid[i] != tid)
                i++;
        if (i == 0)
                return t.in_loop ? WHO_LOOP : WHO_START;
        return i <= sizeof(made) / sizeof(made[0]) ? made[i - 1] : WHO_OTHER;
}

/* No call is interrupted for ever, nor is there nothing to be had for ever where poll(2) says that
 * there is: then it is every other call that fails, in no order. */
static bool
passes(const struct fault *f)
{
        return f->error == EINTR || (f->error == ECONNABORTED && f->call == SYS_accept4) ||
               (f->error == EAGAIN && (f->call == SYS_accept4 || f->call == SYS_recvfrom ||
                                       f->call == SYS_recvmsg || f->call == SYS_read));
}

static bool
is_to_fail(enum fault_who who, const struct arch_call *c)
{
        const struct fault *f = &t.run->fault;

        if (f->when == WHEN_NEVER || who != f->who || c->number != f->call)
                return false;
        if (f->error == 0 && c->arg[2] < (f->call == SYS_write ? WRITE_MIN : READ_MIN))
                return false;
        t.n_matched++;
        if (f->when != WHEN_ONCE && t.n_matched > 1 && passes(f) &&
            (t.n_matched * 2654435761u >> 16 & 1))
                return false;
        switch (f->when) {
        case WHEN_ONCE:
                return t.n_matched == f->at;
        case WHEN_ALWAYS:
                return true;
        case WHEN_LATE:
                return t.run->late;
        case WHEN_NEVER:
                break;
        }
        return false;
}

/* A call is about to be made. */
static void
on_call(pid_t tid)
{
        struct arch_call c;

        if (!arch_read(tid, &c))
                return;
        /* What comes before main is the dynamic linker's; this is main's first call. */
        if (!t.in_main && c.number == SYS_rt_sigprocmask && c.arg[0] == SIG_BLOCK)
                t.in_main = true;
        if (!t.in_main)
                return;
        if (tid == t.pid && c.number == SYS_ppoll)
                t.in_loop = true;
        enum fault_who who = who_is(tid);

        if (c.number >= 0 && c.number < FAULT_CALLS) {
                t.run->n_calls[who][c.number]++;
                t.run->n_late[who][c.number] += t.run->late;
        }
        if (!is_to_fail(who, &c))
                return;
        t.run->n_failed++;
        if (t.run->fault.error == 0)
                arch_set_length(tid, c.arg[2] / 2);
        else
                arch_fail(tid, t.run->fault.error);
}

static void
on_clone(pid_t tid)
{
        unsigned long new_tid = 0;

        (void)ptrace(PTRACE_GETEVENTMSG, tid, 0, &new_tid);
        if (t.n_threads < THREADS_MAX)
                t.tid[t.n_threads++] = (pid_t)new_tid;
}

static void
on_stop(pid_t tid, int status)
{
        int sig = WSTOPSIG(status), event = status >> 16;

        if (event == PTRACE_EVENT_SECCOMP)
                on_call(tid);
        else if (event == PTRACE_EVENT_CLONE)
                on_clone(tid);
        /* A new thread begins with a SIGSTOP; what else is a stop of ours is none of its own. */
        if (event != 0 || sig == SIGSTOP || sig == SIGTRAP)
                sig = 0;
        (void)ptrace(PTRACE_CONT, tid, 0, (long)sig);
}

void
tracer_run(struct fault_run *run, const char *guard, char *const argv[])
{
        const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
                             PTRACE_O_EXITKILL;
        int status = 0;
        pid_t tid;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        t.run = run;
        t.pid = fork();
        if (t.pid == 0)
                be_guard(&run->fault, guard, argv);
        t.tid[0] = t.pid;
        t.n_threads = 1;
        if (t.pid < 0 || waitpid(t.pid, &status, 0) != t.pid ||
            ptrace(PTRACE_SETOPTIONS, t.pid, 0, options) < 0)
                _exit(98);
        run->guard_pid = t.pid;
        (void)ptrace(PTRACE_CONT, t.pid, 0, 0);
        while ((tid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
                if (tid > 0 && WIFSTOPPED(status))
                        on_stop(tid, status);
                else if (tid == t.pid)
                        run->status = status;
        }
        run->over = true;
        _exit(0);
}
