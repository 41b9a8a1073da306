/* SPDX-License-Identifier: MIT */
/*
 * Owns privileges and limits of the guard itself.  Never ends the program: it guards with less.
 */
#include "harden.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/capability.h>
#include <malloc.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

/* More are never held. */
enum { FILES_WANTED = 1024 };

/* Three of each of four or five objects. */
enum { TEXTS_MAX = 32 };

/* The loop goes 21 KiB deep, 16 of them for the text of a kernel file. */
enum { STACK_WANTED = 32 * 1024 };

static void
tell_errno(harden_tell_fn tell, void *arg, const char *what, const char *effect)
{
        char text[256];

        (void)snprintf(text, sizeof(text), "%s: %s; %s", what, strerror(errno), effect);
        tell(arg, text);
}

static bool
write_own_adj(void)
{
        static const char value[] = "-1000\n";
        int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

        if (fd < 0)
                return false;
        ssize_t n = write(fd, value, sizeof(value) - 1);
        int error = errno;

        (void)close(fd);
        errno = error;
        return n > 0;
}

int
harden_process(harden_tell_fn tell, void *arg)
{
        struct rlimit l;

#ifdef M_ARENA_MAX
        /* The first thread to allocate beside the main one would get an arena: 64 MiB of address
         * space, all of it counted as locked. */
        (void)mallopt(M_ARENA_MAX, 1);
#endif
        if (!write_own_adj())
                tell_errno(tell, arg, "oom_score_adj",
                           "the kernel may end the guard when it runs out of memory");
        if (getrlimit(RLIMIT_NOFILE, &l) < 0)
                return 256;
        if (l.rlim_cur < FILES_WANTED && l.rlim_max > l.rlim_cur) {
                l.rlim_cur = l.rlim_max < FILES_WANTED ? l.rlim_max : FILES_WANTED;
                (void)setrlimit(RLIMIT_NOFILE, &l);
                (void)getrlimit(RLIMIT_NOFILE, &l);
        }
        return l.rlim_cur > FILES_WANTED ? FILES_WANTED : (int)l.rlim_cur;
}

struct texts {
        unsigned n;
        struct {
                uintptr_t from, to;
        } text[TEXTS_MAX];
};

/* Text and constants are never written to, so dropping them loses nothing; what is relocated stands
 * in the writable segment. */
static int
note_texts(struct dl_phdr_info *info, size_t size, void *arg)
{
        uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
        struct texts *t = arg;

        (void)size;
        for (unsigned i = 0; i < info->dlpi_phnum; i++) {
                const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

                if (ph->p_type != PT_LOAD || ph->p_flags & PF_W || t->n == TEXTS_MAX)
                        continue;
                t->text[t->n].from = (info->dlpi_addr + ph->p_vaddr) & ~(page - 1);
                t->text[t->n++].to = info->dlpi_addr + ph->p_vaddr + ph->p_memsz;
        }
        return 0;
}

void
harden_trim_text(void)
{
        struct texts t = { 0 };

        /* First noted, then dropped: what finds them would have to come in again to go on. */
        (void)dl_iterate_phdr(note_texts, &t);
        for (unsigned i = 0; i < t.n; i++)
                (void)madvise((void *)t.text[i].from, t.text[i].to - t.text[i].from, MADV_DONTNEED);
}

void
harden_touch(void *table, size_t size)
{
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        volatile char *p = table;

        for (size_t at = 0; at < size; at += page - (uintptr_t)(p + at) % page) {
                char was = p[at];

                p[at] = was;
        }
}

void
harden_touch_stack(void)
{
        char depth[STACK_WANTED];

        explicit_bzero(depth, sizeof(depth));
}

void
harden_lock_memory(harden_tell_fn tell, void *arg)
{
        if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
                return;
        /* Before 4.4 there was no ONFAULT. */
        if (errno == EINVAL && mlockall(MCL_CURRENT | MCL_FUTURE) == 0)
                return;
        tell_errno(tell, arg, "mlockall",
                   "the guard itself may be swapped out and be late (wants CAP_IPC_LOCK)");
}

void
harden_loop(harden_tell_fn tell, void *arg)
{
        struct sched_param sp = { .sched_priority = 1 };

        (void)prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
        /* Asked of the kernel: musl's functions of these names do nothing but fail, because POSIX
         * wants them for the whole process and Linux does them for one thread. */
        if (syscall(SYS_sched_getscheduler, 0) == SCHED_FIFO)
                return;
        if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, &sp) < 0)
                tell_errno(tell, arg, "SCHED_FIFO",
                           "the guard may be late on a busy machine (wants CAP_SYS_NICE)");
}

static uint64_t
effective_caps(void)
{
        struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct d[2] = { 0 };

        if (syscall(SYS_capget, &h, d) < 0)
                return 0;
        return (uint64_t)d[1].effective << 32 | d[0].effective;
}

void
harden_tell_privileges(harden_tell_fn tell, void *arg)
{
        uint64_t caps = effective_caps();

        if (!(caps >> CAP_KILL & 1))
                tell(arg, "without CAP_KILL only processes of the same user can be ended");
        if (!(caps >> CAP_SYS_PTRACE & 1))
                tell(arg, "without CAP_SYS_PTRACE executables of other users cannot be told: "
                          "exe: rules and the built-in protection by executable miss them");
}
