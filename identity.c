/* SPDX-License-Identifier: MIT */
/*
 * Owns the look-ups behind rules.  Never on the way of a signal, unless nobody else has looked.
 */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "procfs.h"
#include "rules.h"

static const char deleted[] = " (deleted)";

/* Folders that hold programs and are as near as the system itself: a look-up elsewhere might wait
 * for a file server. */
static const char *const program_folders[] = {
        "/usr/", "/bin/", "/sbin/", "/lib/", "/nix/store/", "/gnu/store/",
};

void
identity_host_namespace(int proc_fd, char *ret, size_t size)
{
        if (procfs_link(proc_fd, 1, "ns/mnt", ret, size) < 0 &&
            procfs_link(proc_fd, (int32_t)getpid(), "ns/mnt", ret, size) < 0)
                ret[0] = '\0';
}

/* True when the file that runs is the one that the guard finds under the same path. */
static bool
is_file_here(const char *exe, const struct statx *st)
{
        struct statx here;
        bool near = false;

        for (size_t i = 0; i < sizeof(program_folders) / sizeof(program_folders[0]); i++)
                near = near || strncmp(exe, program_folders[i], strlen(program_folders[i])) == 0;
        return near &&
               statx(AT_FDCWD, exe, AT_STATX_DONT_SYNC | AT_SYMLINK_NOFOLLOW, STATX_INO, &here) ==
                       0 &&
               here.stx_ino == st->stx_ino && here.stx_dev_major == st->stx_dev_major &&
               here.stx_dev_minor == st->stx_dev_minor;
}

/*
 * The executable is trusted for what its path says only where only root could put the file there,
 * and where a path means what it means on the host: in the host's mount namespace, or in another
 * one (services have them for their sandbox) that shows the very same file under that path.  stat
 * follows the link to the very file that runs, replaced and deleted ones too.
 */
static bool
exe_is_roots(int proc_fd, int32_t pid, const char *host_mnt, const char *exe)
{
        char path[PROCFS_PATH_MAX], mnt[64];
        struct statx st;

        if (procfs_link(proc_fd, pid, "ns/mnt", mnt, sizeof(mnt)) < 0 || host_mnt[0] == '\0')
                return false;
        procfs_path(path, sizeof(path), pid, 0, "exe");
        /* What is known of the file here has to do: a file server that hangs must not be waited
         * for. */
        if (statx(proc_fd, path, AT_STATX_DONT_SYNC, STATX_UID | STATX_INO, &st) < 0 ||
            st.stx_uid != 0)
                return false;
        return strcmp(mnt, host_mnt) == 0 || is_file_here(exe, &st);
}

static void
read_exe(int proc_fd, int32_t pid, const char *host_mnt, struct identity_text *ret)
{
        ssize_t n = procfs_link(proc_fd, pid, "exe", ret->exe, sizeof(ret->exe));
        size_t tail = sizeof(deleted) - 1;

        if (n < 0) {
                ret->exe[0] = '\0';
                return;
        }
        if ((size_t)n > tail && strcmp(ret->exe + n - tail, deleted) == 0)
                ret->exe[(size_t)n - tail] = '\0';
        ret->root_exe = exe_is_roots(proc_fd, pid, host_mnt, ret->exe);
}

static void
read_cmdline(int proc_fd, int32_t pid, struct identity_text *ret)
{
        ssize_t n = procfs_read(proc_fd, pid, 0, "cmdline", ret->cmdline, sizeof(ret->cmdline));

        if (n < 0)
                n = 0;
        while (n > 0 && ret->cmdline[n - 1] == '\0')
                n--;
        for (ssize_t i = 0; i < n; i++)
                if (ret->cmdline[i] == '\0')
                        ret->cmdline[i] = ' ';
        ret->cmdline[n] = '\0';
}

static void
read_cgroup(int proc_fd, int32_t pid, struct identity_text *ret)
{
        char text[PROCFS_TEXT_MAX];
        ssize_t n = procfs_read(proc_fd, pid, 0, "cgroup", text, sizeof(text));

        ret->cgroup[0] = '\0';
        if (n > 0)
                (void)proc_cgroup_parse(text, (size_t)n, ret->cgroup, sizeof(ret->cgroup));
        proc_unit_of(ret->cgroup, ret->unit, sizeof(ret->unit));
}

void
identity_read(int proc_fd, int32_t pid, const char *host_mnt, bool cmdline,
              struct identity_text *ret)
{
        ret->root_exe = false;
        read_exe(proc_fd, pid, host_mnt, ret);
        ret->cmdline[0] = '\0';
        if (cmdline)
                read_cmdline(proc_fd, pid, ret);
        read_cgroup(proc_fd, pid, ret);
}

struct standing
identity_standing(const struct policy *p, const struct identity_text *text)
{
        struct identity id = {
                .name = text->name,
                .exe = text->exe,
                .cmdline = text->cmdline,
                .cgroup = text->cgroup,
                .unit = text->unit,
                .uid = text->uid,
                .root_exe = text->root_exe,
        };
        struct match m = rules_match(p, &id);
        struct standing s = { .effect = m.effect, .rule = -1, .builtin = -1 };

        if (m.rule)
                s.rule = (int16_t)(m.rule - p->rules);
        for (size_t i = 0; m.builtin && rules_builtin(i); i++)
                if (strcmp(rules_builtin(i), m.builtin) == 0) {
                        s.builtin = (int16_t)i;
                        break;
                }
        return s;
}

struct standing
identity_standing_unread(const struct policy *p, const struct identity_text *text)
{
        const struct rule *r = rules_first_of(p, RULE_CMDLINE, RULE_PROTECT);
        struct standing s = identity_standing(p, text);

        if (s.effect != RULE_PROTECT && r)
                s = (struct standing){ RULE_PROTECT, (int16_t)(r - p->rules), -1 };
        return s;
}

uint32_t
identity_exe_id(const char *exe)
{
        uint32_t h = 2166136261u; /* FNV-1a */

        if (exe[0] == '\0')
                return 0;
        for (; *exe; exe++)
                h = (h ^ (uint8_t)*exe) * 16777619u;
        return h ? h : 1;
}

/* True when the file at `path` holds `word`. */
static bool
file_says(const char *path, const char *word)
{
        char text[256];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
                return false;
        n = read(fd, text, sizeof(text) - 1);
        (void)close(fd);
        if (n <= 0)
                return false;
        text[n] = '\0';
        return strstr(text, word) != NULL;
}

static bool
join(char *ret, size_t size, const char *a, const char *b, const char *c)
{
        size_t la = strlen(a), lb = strlen(b), lc = strlen(c);

        if (la + lb + lc >= size)
                return false;
        memcpy(ret, a, la);
        memcpy(ret + la, b, lb);
        memcpy(ret + la + lb, c, lc + 1);
        return true;
}

/* The path of the v1 freezer's line, or NULL: `7:freezer:/path`. */
static char *
freezer_path(char *text)
{
        char *at = strstr(text, ":freezer:");
        char *end;

        if (!at)
                return NULL;
        at += strlen(":freezer:");
        end = strchr(at, '\n');
        if (end)
                *end = '\0';
        return at;
}

bool
identity_frozen(int proc_fd, int32_t pid)
{
        char path[IDENTITY_PATH_MAX + 64], cgroup[IDENTITY_PATH_MAX], text[PROCFS_TEXT_MAX];
        ssize_t n = procfs_read(proc_fd, pid, 0, "cgroup", text, sizeof(text));
        char *freezer;

        if (n <= 0)
                return false;
        if (proc_cgroup_unified(text, (size_t)n, cgroup, sizeof(cgroup)) == 0 &&
            join(path, sizeof(path), "/sys/fs/cgroup", cgroup, "/cgroup.events") &&
            file_says(path, "frozen 1"))
                return true;
        freezer = freezer_path(text);
        return freezer &&
               join(path, sizeof(path), "/sys/fs/cgroup/freezer", freezer, "/freezer.state") &&
               file_says(path, "FROZEN");
}
