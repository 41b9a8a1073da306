/* SPDX-License-Identifier: MIT */
/*
 * A thread's system call, as its registers have it: the one part of the tracer that knows the
 * processor.
 */
#ifndef FAULT_ARCH_H
#define FAULT_ARCH_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>

struct arch_call {
        int number;
        uint64_t arg[3];
};

#if defined(__x86_64__)

static inline bool
arch_read(pid_t tid, struct arch_call *ret)
{
        struct user_regs_struct r;

        if (ptrace(PTRACE_GETREGS, tid, 0, &r) < 0)
                return false;
        *ret = (struct arch_call){ (int)r.orig_rax, { r.rdi, r.rsi, r.rdx } };
        return true;
}

/* The third argument of what is about to be called. */
static inline void
arch_set_length(pid_t tid, uint64_t length)
{
        struct user_regs_struct r;

        if (ptrace(PTRACE_GETREGS, tid, 0, &r) < 0)
                return;
        r.rdx = length;
        (void)ptrace(PTRACE_SETREGS, tid, 0, &r);
}

/* It is not called at all, and has failed. */
static inline void
arch_fail(pid_t tid, int error)
{
        struct user_regs_struct r;

        if (ptrace(PTRACE_GETREGS, tid, 0, &r) < 0)
                return;
        r.orig_rax = UINT64_MAX;
        r.rax = 0 - (unsigned long long)error;
        (void)ptrace(PTRACE_SETREGS, tid, 0, &r);
}

#elif defined(__aarch64__)

static inline bool
arch_regs(pid_t tid, int request, struct user_regs_struct *r)
{
        struct iovec io = { r, sizeof(*r) };

        return ptrace(request, tid, NT_PRSTATUS, &io) == 0;
}

static inline bool
arch_read(pid_t tid, struct arch_call *ret)
{
        struct user_regs_struct r;

        if (!arch_regs(tid, PTRACE_GETREGSET, &r))
                return false;
        *ret = (struct arch_call){ (int)r.regs[8], { r.regs[0], r.regs[1], r.regs[2] } };
        return true;
}

static inline void
arch_set_length(pid_t tid, uint64_t length)
{
        struct user_regs_struct r;

        if (!arch_regs(tid, PTRACE_GETREGSET, &r))
                return;
        r.regs[2] = length;
        (void)arch_regs(tid, PTRACE_SETREGSET, &r);
}

static inline void
arch_fail(pid_t tid, int error)
{
        int none = -1;
        struct iovec io = { &none, sizeof(none) };
        struct user_regs_struct r;

        /* The number has a set of its own here. */
        if (!arch_regs(tid, PTRACE_GETREGSET, &r) ||
            ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &io) < 0)
                return;
        r.regs[0] = 0 - (unsigned long long)error;
        (void)arch_regs(tid, PTRACE_SETREGSET, &r);
}

#else
#error "the registers of this processor are not known"
#endif

#endif
