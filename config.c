/* SPDX-License-Identifier: MIT */
/*
 * Owns the files: which are read, in what order, and what must hold between keys once all are.  A
 * policy is built whole beside the caller's and handed over only when nothing is wrong with it.
 * Never logs, never ends the program, never hands out part of a policy.
 */
#include "config.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "loader.h"

enum { FILE_MAX = 1024 * 1024 }; /* bytes; whoever writes more has named the wrong file */

/* The whole of a file with a zero behind it, to be freed; 0 or -errno. */
static int
read_all(int fd, char **ret, size_t *ret_len)
{
        struct stat st;
        size_t len = 0, size;
        char *buf;
        int r = 0;

        if (fstat(fd, &st) < 0)
                return -errno;
        /* A fifo or a terminal would keep the caller waiting. */
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -ENOTSUP;
        if (st.st_size > FILE_MAX)
                return -EFBIG;
        size = (size_t)st.st_size + 1;
        buf = malloc(size);
        if (!buf)
                return -ENOMEM;
        while (len < size - 1) {
                ssize_t n = read(fd, buf + len, size - 1 - len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        r = -errno;
                if (n <= 0)
                        break;
                len += (size_t)n;
        }
        if (r < 0) {
                free(buf);
                return r;
        }
        buf[len] = '\0';
        *ret = buf;
        *ret_len = len;
        return 0;
}

/* A file that is a link to /dev/null is masked: a package's own may be put out of force that way.
 */
static bool
is_masked(int fd)
{
        struct stat st;

        return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static void
load_file(struct loader *l, const char *path, bool may_be_missing)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;
        char *text = NULL;
        size_t len = 0;

        if (fd < 0) {
                if (errno != ENOENT || !may_be_missing)
                        loader_tell(l, path, 0, "cannot be read: %s", strerror(errno));
                return;
        }
        if (is_masked(fd)) {
                (void)close(fd);
                return;
        }
        r = read_all(fd, &text, &len);
        (void)close(fd);
        if (r < 0) {
                loader_tell(l, path, 0, "cannot be read: %s",
                            r == -ENOTSUP ? "Not a regular file" : strerror(-r));
                return;
        }
        loader_read(l, path, text, len);
        free(text);
}

/* Editors leave their own files around: those begin with a dot. */
static int
is_drop_in(const struct dirent *e)
{
        const char *dot = strrchr(e->d_name, '.');

        return *e->d_name != '.' && dot && strcmp(dot, ".conf") == 0;
}

/* alphasort(3) would follow the locale. */
static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name);
}

static void
load_drop_ins(struct loader *l, const char *path)
{
        struct dirent **names = NULL;
        char *dir = NULL;
        int n;

        if (asprintf(&dir, "%s.d", path) < 0) {
                loader_tell(l, path, 0, "cannot be read: %s", strerror(ENOMEM));
                return;
        }
        n = scandir(dir, &names, is_drop_in, by_bytes);
        if (n < 0 && errno != ENOENT)
                loader_tell(l, dir, 0, "cannot be read: %s", strerror(errno));
        for (int i = 0; i < n; i++) {
                char *file = NULL;

                if (asprintf(&file, "%s/%s", dir, names[i]->d_name) < 0) {
                        loader_tell(l, dir, 0, "cannot be read: %s", strerror(ENOMEM));
                } else {
                        load_file(l, file, false);
                        free(file);
                }
                free(names[i]);
        }
        free(names);
        free(dir);
}

/* Keys of which the first must not exceed the second, once all files are read. */
static const struct {
        const char *section, *low, *high;
} orders[] = {
        { "memory", "term", "warn" }, { "memory", "kill", "term" },   { "swap", "term", "warn" },
        { "swap", "kill", "term" },   { "pressure", "term", "kill" },
};

/* Told at the key that was set last: the other was right when it was written. */
static void
tell_order(struct loader *l, int low, int high)
{
        int last = l->set[low].order > l->set[high].order ? low : high;
        int other = last == low ? high : low;
        const struct setting *s = &l->set[last], *o = &l->set[other];
        char value[VALUE_MAX], edge[VALUE_MAX], where[POLICY_PATH_MAX + 16] = "the default";

        keys[last].type->format(&l->policy, &keys[last], value);
        keys[other].type->format(&l->policy, &keys[other], edge);
        if (o->order > 0)
                (void)snprintf(where, sizeof(where), "%s:%u", l->policy.files[o->file], o->line);
        loader_tell(l, l->policy.files[s->file], s->line, "[%s] %s=%s: %s %s=%s (%s)",
                    keys[last].section, keys[last].name, value, last == low ? "above" : "below",
                    keys[other].name, edge, where);
}

static void
check_orders(struct loader *l)
{
        for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
                int low = keys_find(orders[i].section, orders[i].low);
                int high = keys_find(orders[i].section, orders[i].high);

                /* A value that was refused is not there to be compared. */
                if (!l->set[low].faulty && !l->set[high].faulty &&
                    values_exceed(&l->policy, &keys[low], &keys[high]))
                        tell_order(l, low, high);
        }
}

void
config_defaults(struct policy *ret)
{
        struct value_target t = { .policy = ret };

        memset(ret, 0, sizeof(*ret));
        for (int i = 0; i < KEYS_N; i++)
                (void)keys[i].type->parse(&t, &keys[i], keys[i].standard);
}

/* On the heap, for the thread that reloads has a small stack.  NULL when there is no memory. */
static struct loader *
begin(config_fault_fn fault, void *arg)
{
        struct loader *l = calloc(1, sizeof(*l));

        if (!l)
                return NULL;
        config_defaults(&l->policy);
        l->target.policy = &l->policy;
        l->fault = fault;
        l->arg = arg;
        return l;
}

static unsigned
finish(struct loader *l, struct policy *ret)
{
        unsigned n_faults;

        check_orders(l);
        n_faults = l->n_faults;
        if (n_faults == 0)
                *ret = l->policy;
        free(l);
        return n_faults;
}

static unsigned
no_memory(config_fault_fn fault, void *arg)
{
        if (fault)
                fault(arg, "the configuration cannot be read: no memory");
        return 1;
}

unsigned
config_load(const char *path, struct policy *ret, config_fault_fn fault, void *arg)
{
        struct loader *l = begin(fault, arg);

        if (!l)
                return no_memory(fault, arg);
        load_file(l, path ? path : CONFIG_FILE, !path);
        load_drop_ins(l, path ? path : CONFIG_FILE);
        return finish(l, ret);
}

unsigned
config_parse(const char *name, const char *text, size_t len, struct policy *ret,
             config_fault_fn fault, void *arg)
{
        struct loader *l = begin(fault, arg);
        char *copy = malloc(len + 1);

        if (!l || !copy) {
                free(copy);
                free(l);
                return no_memory(fault, arg);
        }
        if (len > 0)
                memcpy(copy, text, len);
        copy[len] = '\0';
        loader_read(l, name, copy, len);
        free(copy);
        return finish(l, ret);
}
