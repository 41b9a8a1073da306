/* SPDX-License-Identifier: MIT */
/*
 * Owns what each system call may fail with: the errnos that the ERRORS section of its page in
 * section 2 of the manual names and that the arguments of this program can come to.  A call that
 * the guard makes and that is not here is a failure of the test, so that a new one is not
 * forgotten.
 *
 * Left out everywhere: EFAULT (all pointers are the program's own variables), ENOSYS (but where
 * Linux 5.3 to 5.15 has no such call), and EBADF and ENOTSOCK but where a descriptor is closed
 * meanwhile.  With EINTR also where the page sends to signal(7) for it.
 */
#include "fault.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif

enum { ERRNOS_MAX = 24 };

struct call {
        const char *name;
        int number;
        bool cut; /* may do less than it was asked for */
        int errnos[ERRNOS_MAX];
        const char *exempt; /* why it is not made to fail */
};

#define CALL(name, ...)                                         \
        {                                                       \
#name, SYS_##name, false, { __VA_ARGS__ }, NULL \
        }
#define CUT(name, ...)                                         \
        {                                                      \
#name, SYS_##name, true, { __VA_ARGS__ }, NULL \
        }
#define EXEMPT(name, why)                            \
        {                                            \
#name, SYS_##name, false, { 0 }, why \
        }

static const char cannot[] = "it cannot fail";
static const char constants[] = "it fails for a wrong `how` only, and that is a constant";
static const char libc[] = "the C library's own, which ends the program or goes on without a word";

/* clang-format off */
static const struct call calls[] = {
        /* files */
        CALL(openat, EACCES, EBUSY, EDQUOT, ENAMETOOLONG, ENOSPC, ENOTDIR, EINTR, EINVAL, EIO, EISDIR, ELOOP, EMFILE, ENFILE, ENODEV, ENOENT,
             ENOMEM, ENXIO, EPERM, EROFS),
        CUT(read, EAGAIN, EINTR, EINVAL, EIO, EISDIR, ESRCH),
        CUT(pread64, EAGAIN, EINTR, EINVAL, EIO, EISDIR, ENXIO, EOVERFLOW, ESPIPE, ESRCH),
        CUT(write, EAGAIN, EDQUOT, EFBIG, EINTR, EINVAL, EIO, ENOSPC, EPERM, EPIPE),
        CALL(close, EINTR, EIO, ENOSPC, EDQUOT),
        CALL(lseek, EINVAL, ENXIO, EOVERFLOW, ESPIPE),
        CALL(getdents64, EINVAL, ENOENT, ENOTDIR, EIO),
        CALL(readlinkat, EACCES, EINVAL, EIO, ELOOP, ENOENT, ENOMEM, ENOTDIR, ESRCH),
        CALL(statx, EACCES, EINVAL, ELOOP, ENOENT, ENOMEM, ENOTDIR, ESRCH),
        CALL(newfstatat, EACCES, EINVAL, ELOOP, ENOENT, ENOMEM, ENOTDIR, EOVERFLOW),
        CALL(faccessat, EACCES, EINVAL, EIO, ELOOP, ENOENT, ENOMEM, ENOTDIR, EPERM, EROFS),
        CALL(getrandom, EAGAIN, EINTR, EINVAL),
        CALL(fcntl, EACCES, EAGAIN, EBUSY, EINTR, EINVAL, EMFILE, EPERM),
        CALL(ioctl, EINVAL, ENOTTY),
        /* the feed and the service manager */
        CALL(socket, EACCES, EAFNOSUPPORT, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPROTONOSUPPORT),
        CALL(connect, EACCES, EPERM, EADDRINUSE, EAGAIN, EALREADY, ECONNREFUSED, EINPROGRESS, EINTR,
             EISCONN, EPROTOTYPE, ETIMEDOUT, ENOENT),
        CALL(bind, EACCES, ENAMETOOLONG, EADDRINUSE, EINVAL, EADDRNOTAVAIL, ELOOP, ENOENT, ENOMEM, ENOTDIR, EROFS),
        CALL(listen, EADDRINUSE, EOPNOTSUPP),
        CALL(accept4, EAGAIN, ECONNABORTED, EINTR, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM,
             EOPNOTSUPP, EPERM, EPROTO),
        CALL(getsockopt, EINVAL, ENOPROTOOPT),
        CALL(setsockopt, EDOM, EINVAL, ENOPROTOOPT, ENOMEM, ENOBUFS),
        CALL(sendto, EACCES, EAGAIN, ECONNRESET, EINTR, EISCONN, EMSGSIZE, ENOBUFS, ENOMEM, ENOTCONN,
             EPIPE, ECONNREFUSED, EINVAL),
        CALL(recvfrom, EAGAIN, ECONNREFUSED, EINTR, EINVAL, ENOMEM, ENOTCONN, ECONNRESET),
        CALL(recvmsg, EAGAIN, ECONNREFUSED, EINTR, EINVAL, ENOMEM, ENOTCONN, ECONNRESET),
        /* waiting */
        CALL(ppoll, EINTR, EINVAL, ENOMEM),
        CALL(eventfd2, EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM),
        CALL(signalfd4, EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM),
        EXEMPT(rt_sigprocmask, constants),
        CALL(rt_sigaction, EINVAL),
        /* processes */
        CALL(pidfd_open, EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM, ESRCH),
        CALL(pidfd_send_signal, EINVAL, EPERM, ESRCH),
        CALL(process_mrelease, EAGAIN, EINTR, EINVAL, ENOSYS, ESRCH),
        /* privileges and memory */
        CALL(prlimit64, EINVAL, EPERM, ESRCH),
        CALL(prctl, EINVAL, EPERM),
        CALL(capget, EINVAL, EPERM, ESRCH),
        CALL(mlockall, ENOMEM, EPERM, EINVAL, EAGAIN),
        CALL(madvise, EACCES, EAGAIN, EBUSY, EINVAL, EIO, ENOMEM, EPERM),
        CALL(sched_getscheduler, EINVAL, ESRCH),
        CALL(sched_setscheduler, EINVAL, EPERM, ESRCH),
        CALL(clone3, EAGAIN, EINVAL, ENOMEM, EPERM, ENOSPC),
        CALL(mmap, EAGAIN, EINVAL, ENFILE, ENOMEM, EPERM),
        CALL(mprotect, EACCES, EINVAL, ENOMEM),
        CALL(munmap, EINVAL, ENOMEM),
        CALL(brk, ENOMEM),
#ifdef __x86_64__
        CALL(poll, EINTR, EINVAL, ENOMEM),
        CALL(mkdir, EACCES, ENAMETOOLONG, EDQUOT, EEXIST, EINVAL, ELOOP, EMLINK, ENOENT, ENOMEM, ENOSPC, ENOTDIR,
             EPERM, EROFS),
        CALL(chmod, EACCES, ENAMETOOLONG, EIO, ELOOP, ENOENT, ENOMEM, ENOTDIR, EPERM, EROFS),
        CALL(unlink, EACCES, ENAMETOOLONG, EBUSY, EIO, EISDIR, ELOOP, ENOENT, ENOMEM, ENOTDIR, EPERM, EROFS),
        CALL(access, EACCES, ENAMETOOLONG, EIO, ELOOP, ENOENT, ENOMEM, ENOTDIR, EPERM, EROFS),
        CALL(readlink, EACCES, ENAMETOOLONG, EINVAL, EIO, ELOOP, ENOENT, ENOMEM, ENOTDIR),
#else
        CALL(mkdirat, EACCES, ENAMETOOLONG, EDQUOT, EEXIST, EINVAL, ELOOP, EMLINK, ENOENT, ENOMEM, ENOSPC, ENOTDIR,
             EPERM, EROFS),
        CALL(fchmodat, EACCES, ENAMETOOLONG, EIO, ELOOP, ENOENT, ENOMEM, ENOTDIR, EPERM, EROFS),
        CALL(unlinkat, EACCES, ENAMETOOLONG, EBUSY, EIO, EISDIR, ELOOP, ENOENT, ENOMEM, ENOTDIR, EPERM, EROFS),
#endif
        EXEMPT(getpid, cannot),
        EXEMPT(getppid, cannot),
        EXEMPT(gettid, cannot),
        EXEMPT(geteuid, cannot),
        EXEMPT(getuid, cannot),
        EXEMPT(exit, cannot),
        EXEMPT(exit_group, cannot),
        EXEMPT(clock_gettime, "the clocks asked for are always there, and answered without a call"),
        EXEMPT(futex, libc),
        EXEMPT(rseq, libc),
        EXEMPT(set_robust_list, libc),
        EXEMPT(restart_syscall, "the kernel's own, in the name of the call that it continues"),
};
/* clang-format on */

static const struct call *
find(int number)
{
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
                if (calls[i].number == number)
                        return &calls[i];
        return NULL;
}

const int *
calls_errnos(int number)
{
        const struct call *c = find(number);

        return c ? c->errnos : NULL;
}

const char *
calls_name(int number)
{
        const struct call *c = find(number);

        return c ? c->name : "?";
}

const char *
calls_exempt(int number)
{
        const struct call *c = find(number);

        return c ? c->exempt : NULL;
}

bool
calls_short(int number)
{
        const struct call *c = find(number);

        return c && c->cut;
}

const char *
calls_errno_name(int error)
{
        return error ? strerrorname_np(error) : "half";
}
