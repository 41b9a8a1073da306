/* SPDX-License-Identifier: MIT */
/*
 * Owns the count of what rules match.
 */
#include "check_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"
#include "look.h"
#include "procfs.h"
#include "rules.h"
#include "text.h"

struct job {
        int proc_fd;
        char host_mnt[64];
        int32_t own_pid;
        const struct policy *policy;
        struct policy *alone; /* one rule, and nothing else */
        struct check_rules *ret;
};

/* False for a kernel thread, and for one that has gone. */
static bool
read_identity(struct job *j, int32_t pid, struct identity_text *ret)
{
        char text[PROCFS_TEXT_MAX], link[IDENTITY_PATH_MAX];
        struct proc_stat st;
        struct proc_status status;
        ssize_t n;

        if (procfs_stat(j->proc_fd, pid, &st) < 0 || (st.flags & PROC_KTHREAD) || st.state == 'Z')
                return false;
        n = procfs_read(j->proc_fd, pid, 0, "status", text, sizeof(text));
        if (n <= 0 || proc_status_parse(text, (size_t)n, &status) < 0)
                return false;
        memset(ret, 0, sizeof(*ret));
        memcpy(ret->name, st.name, sizeof(ret->name));
        ret->uid = status.uid;
        identity_read(j->proc_fd, pid, j->host_mnt, true, ret);
        n = procfs_link(j->proc_fd, pid, "exe", link, sizeof(link));
        if (n == -EACCES || n == -EPERM)
                j->ret->n_hidden++;
        return true;
}

static void
count(struct job *j, const struct identity_text *id)
{
        struct standing s = identity_standing(j->policy, id);

        j->ret->n++;
        if (s.builtin >= 0)
                j->ret->n_builtin++;
        if (s.rule >= 0)
                j->ret->decides[s.rule]++;
        for (uint32_t i = 0; i < j->policy->n_rules; i++) {
                j->alone->rules[0] = j->policy->rules[i];
                if (identity_standing(j->alone, id).rule == 0)
                        j->ret->matches[i]++;
        }
}

static void
visit(void *arg, const char *name)
{
        const char *p = name, *end = name + strlen(name);
        struct identity_text id;
        struct job *j = arg;
        uint64_t pid;

        if (!text_u64(&p, end, &pid) || p != end || pid == 0 || pid > INT32_MAX ||
            (int32_t)pid == j->own_pid)
                return;
        if (read_identity(j, (int32_t)pid, &id))
                count(j, &id);
}

int
check_rules_count(const struct ctl *ctl, const struct policy *p, struct check_rules *ret)
{
        struct job j = { .policy = p, .ret = ret };
        char path[LOOK_PATH_MAX];
        int r;

        memset(ret, 0, sizeof(*ret));
        look_path(ctl, "/proc", path);
        j.proc_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (j.proc_fd < 0)
                return -errno;
        j.alone = calloc(1, sizeof(*j.alone));
        if (!j.alone) {
                (void)close(j.proc_fd);
                return -ENOMEM;
        }
        j.alone->n_rules = 1;
        j.own_pid = look_own_pid(ctl);
        identity_host_namespace(j.proc_fd, j.host_mnt, sizeof(j.host_mnt));
        r = look_folder(ctl, "/proc", visit, &j);
        free(j.alone);
        (void)close(j.proc_fd);
        return r < 0 ? r : 0;
}
