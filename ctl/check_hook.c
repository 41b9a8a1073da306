/* SPDX-License-Identifier: MIT */
/*
 * Owns the judgement of the hook: it goes by what stands in the file system, and by modes as the
 * kernel takes them for the user whom oomguard-notify becomes.
 */
#include "check_hook.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "look.h"

static const char subject[] = "[notify] exec";

struct job {
        const struct ctl *ctl;
        const char *exec;
        struct passwd *user;
        check_tell_fn tell;
        void *arg;
        bool refused; /* it is not run: one reason is enough */
};

static void
tell(struct job *j, const struct finding *f)
{
        j->tell(j->arg, f);
}

/* As oomguard-notify looks for one; it does not run the hook as root. */
static struct passwd *
find_user(void)
{
        static const char *const names[] = POLICY_HOOK_USERS;

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                struct passwd *user = getpwnam(names[i]);

                if (user && user->pw_uid != 0)
                        return user;
        }
        return NULL;
}

/* `bits` as of others: S_IXOTH and the like. */
static bool
may(const struct passwd *user, const struct stat *st, mode_t bits)
{
        mode_t mode = st->st_mode;

        if (st->st_uid == user->pw_uid)
                mode >>= 6;
        else if (st->st_gid == user->pw_gid)
                mode >>= 3;
        return (mode & bits) == bits;
}

/* Whoever runs a script has to read it, too: its interpreter does. */
static mode_t
needed(const char *path, const struct stat *st)
{
        char head[2] = "";
        int fd = S_ISREG(st->st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        ssize_t n = fd < 0 ? 0 : read(fd, head, sizeof(head));

        if (fd >= 0)
                (void)close(fd);
        return n == 2 && head[0] == '#' && head[1] == '!' ? S_IXOTH | S_IROTH : S_IXOTH;
}

static void
refuse(struct job *j, const char *path, const struct stat *st)
{
        bool folder = S_ISDIR(st->st_mode);
        struct finding f;

        if (j->refused)
                return;
        j->refused = true;
        finding_set(&f, FINDING_WARNING, subject,
                    "%s is not run: the user %s, as whom it would be, may not %s %s (mode %04o)",
                    j->exec, j->user->pw_name, folder ? "enter" : "execute", path,
                    (unsigned)(st->st_mode & 07777));
        finding_remedy(&f, "sudo chmod a+%s %s", folder ? "x" : "rx", path);
        tell(j, &f);
}

/* In a folder whose sticky bit is set, everybody may write and nobody replaces what is another's.
 */
static bool
is_anybodys(const struct stat *st)
{
        return (st->st_mode & S_IWOTH) && !(S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX));
}

static void
judge_part(struct job *j, const char *path, const struct stat *st, mode_t bits)
{
        struct finding f;

        if (j->user && !may(j->user, st, bits))
                refuse(j, path, st);
        if (!is_anybodys(st))
                return;
        finding_set(&f, FINDING_WARNING, subject,
                    "anybody may write %s (mode %04o), and so decide what is run", path,
                    (unsigned)(st->st_mode & 07777));
        finding_remedy(&f, "sudo chmod o-w %s", path);
        tell(j, &f);
}

/* Each folder on the way and the file itself, of which none is a link any more. */
static void
judge_way(struct job *j, char *real)
{
        char *at = real;
        char root[PATH_MAX];
        struct stat st;

        /* A test's folder is no part of the path. */
        if (j->ctl->root[0] && realpath(j->ctl->root, root))
                at += strlen(root);
        for (char *slash = at; slash;) {
                slash = strchr(slash + 1, '/');
                if (slash)
                        *slash = '\0';
                if (stat(real, &st) == 0)
                        judge_part(j, at, &st, needed(real, &st));
                if (slash)
                        *slash = '/';
        }
}

static void
tell_missing(struct job *j, int error)
{
        bool hidden = error == EACCES;
        struct finding f;

        finding_set(&f, hidden ? FINDING_NOTE : FINDING_WARNING, subject,
                    hidden ? "%s may not be looked at from here (%s)"
                           : "%s is not run: it cannot be found (%s)",
                    j->exec, strerror(error));
        tell(j, &f);
}

static void
tell_no_program(struct job *j)
{
        struct finding f;

        finding_set(&f, FINDING_WARNING, subject, "%s is not run: it is no regular file", j->exec);
        tell(j, &f);
}

static void
tell_no_user(struct job *j)
{
        struct finding f;

        finding_set(&f, FINDING_WARNING, subject,
                    "%s is not run: there is no user oomguard or nobody to run it as", j->exec);
        tell(j, &f);
}

/* PrivateTmp= in the unit. */
static void
judge_place(struct job *j)
{
        struct finding f;

        if (strncmp(j->exec, "/tmp/", 5) != 0 && strncmp(j->exec, "/var/tmp/", 9) != 0)
                return;
        finding_set(&f, FINDING_WARNING, subject,
                    "%s cannot be found by oomguard-notify.service, which has a /tmp and a "
                    "/var/tmp of its own",
                    j->exec);
        tell(j, &f);
}

void
check_hook(const struct ctl *ctl, const struct policy *p, check_tell_fn tell_fn, void *arg)
{
        struct job j = {
                .ctl = ctl,
                .exec = p->notify_exec,
                .tell = tell_fn,
                .arg = arg,
        };
        char path[LOOK_PATH_MAX], real[PATH_MAX];
        struct stat st;

        if (!j.exec[0])
                return;
        look_path(ctl, j.exec, path);
        if (!realpath(path, real) || stat(real, &st) < 0) {
                tell_missing(&j, errno);
                return;
        }
        judge_place(&j);
        if (!S_ISREG(st.st_mode)) {
                tell_no_program(&j);
                return;
        }
        j.user = find_user();
        if (!j.user)
                tell_no_user(&j);
        judge_way(&j, real);
}
