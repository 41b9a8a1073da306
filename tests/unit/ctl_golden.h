/* SPDX-License-Identifier: MIT */
/*
 * Runs a command of oomguardctl on a made-up machine and compares what it says, byte by byte, with
 * a file under golden/ctl.  GOLDEN_WRITE=1 in the environment writes those files instead: then look
 * at the difference before it is believed.
 *
 * A machine is a file NAME.tree: `== PATH` begins a file, `== PATH -> TARGET` is a link, and what
 * stands in front of the first one is for people.  Lines of a cmdline end in a zero byte.
 */
#ifndef OOMGUARD_CTL_GOLDEN_H
#define OOMGUARD_CTL_GOLDEN_H

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "ctl/ctl.h"

enum { GOLDEN_ARGS_MAX = 16, GOLDEN_PATH_MAX = 4096 };

static char golden_root[64];
static char golden_home[GOLDEN_PATH_MAX];

/* The whole of a file, to be freed. */
static inline char *
golden_read(const char *path, size_t *ret_len)
{
        FILE *f = fopen(path, "rb");
        char *text = NULL;
        size_t len = 0;

        if (!f)
                return NULL;
        FILE *copy = open_memstream(&text, &len);
        int c;

        assert_non_null(copy);
        while ((c = getc(f)) != EOF)
                (void)putc(c, copy);
        (void)fclose(f);
        (void)fclose(copy);
        *ret_len = len;
        return text;
}

/* `golden/ctl/NAME` of the tree that the test was started in. */
static inline const char *
golden_path(const char *name)
{
        static char path[GOLDEN_PATH_MAX + 128];

        (void)snprintf(path, sizeof(path), "%s/%s", golden_home, name);
        return path;
}

static inline void
golden_make_folders(char *path)
{
        for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
                *slash = '/';
        }
}

/* One file of a tree, from its `== ` line to the next. */
static inline void
golden_put(const char *head, size_t head_len, const char *text, size_t len)
{
        static const char link[] = " -> ";
        char path[512];
        char *arrow;

        assert_true(head_len < sizeof(path) - 1);
        (void)snprintf(path, sizeof(path), ".%.*s", (int)head_len, head);
        arrow = strstr(path, link);
        if (arrow)
                *arrow = '\0';
        golden_make_folders(path);
        if (arrow) {
                assert_int_equal(symlink(arrow + sizeof(link) - 1, path), 0);
                return;
        }
        FILE *f = fopen(path, "wb");

        assert_non_null(f);
        bool zeros = strstr(path, "/cmdline") != NULL;

        for (size_t i = 0; i < len; i++)
                (void)putc(zeros && text[i] == '\n' ? '\0' : text[i], f);
        assert_int_equal(fclose(f), 0);
}

static inline void
golden_unpack(const char *name)
{
        char file[128];
        size_t len = 0;

        (void)snprintf(file, sizeof(file), "%s.tree", name);
        char *text = golden_read(golden_path(file), &len);

        assert_non_null(text);
        for (const char *at = strstr(text, "== "); at;) {
                const char *head = at + 3, *body = strchr(head, '\n') + 1;
                const char *next = body;

                /* A file may be empty: the next one begins right here. */
                while (next && strncmp(next, "== ", 3) != 0) {
                        next = strchr(next, '\n');
                        next = next && next[1] ? next + 1 : NULL;
                }
                golden_put(head, (size_t)(body - 1 - head), body,
                           next ? (size_t)(next - body) : (size_t)(text + len - body));
                at = next;
        }
        free(text);
}

/* A machine of its own, and the current folder in it: ctl->root is ".". */
static inline void
golden_begin(const char *tree)
{
        if (golden_home[0] == '\0') {
                char *home = realpath("tests/unit/golden/ctl", NULL);

                if (!home)
                        fail_msg("start it in the root of the tree");
                (void)snprintf(golden_home, sizeof(golden_home), "%s", home);
                free(home);
        }
        assert_int_equal(setenv("TZ", "UTC", 1), 0);
        tzset();
        /* Where a guard's feed may be, too. */
        assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
        (void)snprintf(golden_root, sizeof(golden_root), "/tmp/oomguard-golden-XXXXXX");
        assert_non_null(mkdtemp(golden_root));
        assert_int_equal(chdir(golden_root), 0);
        if (tree)
                golden_unpack(tree);
}

static inline int
golden_unlink(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
        (void)st;
        (void)kind;
        (void)ftw;
        return remove(path);
}

static inline void
golden_end(void)
{
        /* Back to golden/ctl's own root, four folders up. */
        assert_int_equal(chdir(golden_home), 0);
        assert_int_equal(chdir("../../../.."), 0);
        (void)nftw(golden_root, golden_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* What a command says, both streams one after the other, and its exit status. */
struct golden_answer {
        char *out, *err;
        size_t out_len, err_len;
        int status;
};

static inline struct golden_answer
golden_run(ctl_command_fn command, struct ctl ctl, const char *line)
{
        struct golden_answer a = { 0 };
        char *words = strdup(line), *argv[GOLDEN_ARGS_MAX + 1], *rest = NULL;
        int argc = 0;

        assert_non_null(words);
        for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
                assert_true(argc < GOLDEN_ARGS_MAX);
                argv[argc++] = word;
        }
        argv[argc] = NULL;
        ctl.out = open_memstream(&a.out, &a.out_len);
        ctl.err = open_memstream(&a.err, &a.err_len);
        assert_non_null(ctl.out);
        assert_non_null(ctl.err);
        if (ctl.columns == 0)
                ctl.columns = 80;
        if (!ctl.root)
                ctl.root = ".";
        a.status = command(&ctl, argc, argv);
        (void)fclose(ctl.out);
        (void)fclose(ctl.err);
        free(words);
        return a;
}

static inline void
golden_free(struct golden_answer *a)
{
        free(a->out);
        free(a->err);
}

static inline void
golden_compare(const char *name, const char *text, size_t len)
{
        size_t want_len = 0;
        char *want;

        if (getenv("GOLDEN_WRITE")) {
                FILE *f = fopen(golden_path(name), "wb");

                assert_non_null(f);
                assert_int_equal(fwrite(text, 1, len, f), len);
                assert_int_equal(fclose(f), 0);
                return;
        }
        want = golden_read(golden_path(name), &want_len);
        if (!want)
                fail_msg("%s is not there", golden_path(name));
        if (len != want_len || memcmp(text, want, len) != 0)
                fail_msg("%s differs; it is now:\n%.*s", name, (int)len, text);
        free(want);
}

/* Runs it and compares stdout with the file; stderr must be as given. */
static inline void
golden_check(const char *name, ctl_command_fn command, struct ctl ctl, const char *line, int status,
             const char *err)
{
        struct golden_answer a = golden_run(command, ctl, line);

        assert_string_equal(a.err, err);
        assert_int_equal(a.status, status);
        golden_compare(name, a.out, a.out_len);
        golden_free(&a);
}

#endif
