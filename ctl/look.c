/* SPDX-License-Identifier: MIT */
/*
 * Owns the reading of small files.
 */
#include "look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

enum { ALL_MAX = 16 * 1024 * 1024 };

void
look_path(const struct ctl *ctl, const char *path, char ret[LOOK_PATH_MAX])
{
        (void)snprintf(ret, LOOK_PATH_MAX, "%s%s", ctl->root, path);
}

int32_t
look_own_pid(const struct ctl *ctl)
{
        return ctl->root[0] ? 0 : (int32_t)getpid();
}

/* A pipe or a terminal under that name is not waited for. */
static int
open_file(const struct ctl *ctl, const char *path)
{
        char full[LOOK_PATH_MAX];

        look_path(ctl, path, full);
        int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

        return fd < 0 ? -errno : fd;
}

/* As much as there is and fits; -1 with errno set. */
static ssize_t
read_full(int fd, char *ret, size_t size)
{
        size_t used = 0;

        while (used < size) {
                ssize_t n = read(fd, ret + used, size - used);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -1;
                if (n == 0)
                        break;
                used += (size_t)n;
        }
        return (ssize_t)used;
}

ssize_t
look_text(const struct ctl *ctl, const char *path, char *ret, size_t size)
{
        int fd = open_file(ctl, path);
        ssize_t n;

        ret[0] = '\0';
        if (fd < 0)
                return fd;
        n = read_full(fd, ret, size - 1);
        int error = errno;

        (void)close(fd);
        if (n < 0)
                return -error;
        ret[n] = '\0';
        return n;
}

char *
look_all(const struct ctl *ctl, const char *path, size_t *ret_len)
{
        size_t room = (size_t)64 * 1024, used = 0;
        int fd = open_file(ctl, path);
        char *text = fd >= 0 ? malloc(room) : NULL;
        bool good = text != NULL;

        while (good) {
                ssize_t n = read_full(fd, text + used, room - 1 - used);

                good = n >= 0;
                if (n <= 0)
                        break;
                used += (size_t)n;
                if (used < room - 1)
                        break;
                char *more = room < ALL_MAX ? realloc(text, room * 2) : NULL;

                good = more != NULL;
                if (more) {
                        text = more;
                        room *= 2;
                }
        }
        if (fd >= 0)
                (void)close(fd);
        if (!good) {
                free(text);
                return NULL;
        }
        text[used] = '\0';
        *ret_len = used;
        return text;
}

bool
look_u64(const struct ctl *ctl, const char *path, uint64_t *ret)
{
        char text[64];
        const char *p = text;
        ssize_t n = look_text(ctl, path, text, sizeof(text));
        uint64_t number;

        if (n <= 0 || !text_u64(&p, text + n, &number) || (*p != '\n' && *p != '\0'))
                return false;
        *ret = number;
        return true;
}

bool
look_exists(const struct ctl *ctl, const char *path)
{
        char full[LOOK_PATH_MAX];

        look_path(ctl, path, full);
        return access(full, F_OK) == 0;
}

bool
look_line(const char *text, const char *key, char separator, char *ret, size_t size)
{
        size_t len = strlen(key);

        for (const char *line = text; line && *line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (strncmp(line, key, len) != 0 || line[len] != separator)
                        continue;
                const char *value = line + len + 1;

                value += strspn(value, " \t");
                size_t end = strcspn(value, "\n");

                while (end > 0 && (value[end - 1] == ' ' || value[end - 1] == '\t'))
                        end--;
                (void)snprintf(ret, size, "%.*s", (int)end, value);
                return true;
        }
        return false;
}

static int
is_visible(const struct dirent *e)
{
        return e->d_name[0] != '.';
}

/* alphasort(3) would follow the locale. */
static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name);
}

int
look_folder(const struct ctl *ctl, const char *path, look_name_fn tell, void *arg)
{
        struct dirent **names = NULL;
        char full[LOOK_PATH_MAX];
        int n;

        look_path(ctl, path, full);
        n = scandir(full, &names, is_visible, by_bytes);
        if (n < 0)
                return -errno;
        for (int i = 0; i < n; i++) {
                tell(arg, names[i]->d_name);
                free(names[i]);
        }
        free(names);
        return n;
}
