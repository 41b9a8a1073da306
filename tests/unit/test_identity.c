/* SPDX-License-Identifier: MIT */
/*
 * Who a process is: fake trees for what the kernel would say, /proc itself for what it does say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include "fake_proc.h"
#include "identity.h"
#include "rules.h"

#define OWN_MNT "mnt:[4026531832]"

enum { NOBODY_UID = 65534 };

static int proc_fd = -1;
static struct identity_text id;
static struct policy policy;

static int
set_up(void **state)
{
        (void)state;
        fake_open();
        proc_fd = open(fake_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        memset(&id, 0x5a, sizeof(id));
        memset(&policy, 0, sizeof(policy));
        return proc_fd < 0;
}

static int
tear_down(void **state)
{
        (void)state;
        (void)close(proc_fd);
        fake_close();
        return 0;
}

static void
read_id(void)
{
        identity_read(proc_fd, PID, OWN_MNT, true, &id);
}

/* ---- what is read ---- */

static void
identity_read_leaves_empty_what_cannot_be_read(void **state)
{
        (void)state;
        read_id();
        assert_string_equal(id.exe, "");
        assert_string_equal(id.cmdline, "");
        assert_string_equal(id.cgroup, "");
        assert_string_equal(id.unit, "");
        assert_false(id.root_exe);
}

static void
identity_read_cuts_deleted_off_an_executable(void **state)
{
        static const char *const cases[][2] = {
                { "/usr/bin/a", "/usr/bin/a" },
                { "/usr/bin/a (deleted)", "/usr/bin/a" },
                { "/a (deleted) (deleted)", "/a (deleted)" },
                { "/usr/bin/a(deleted)", "/usr/bin/a(deleted)" },
                { " (deleted)", " (deleted)" },
                { "/usr/bin/a (deleted)x", "/usr/bin/a (deleted)x" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                fake_link(PID, "exe", cases[i][0]);
                read_id();
                assert_string_equal(id.exe, cases[i][1]);
        }
}

static void
identity_read_survives_an_executable_longer_than_its_room(void **state)
{
        char path[1200], *p = path;

        (void)state;
        while (p < path + 1000)
                p = stpcpy(p, "/long");
        (void)strcpy(p, " (deleted)");
        fake_link(PID, "exe", path);
        read_id();
        assert_int_equal(strlen(id.exe), sizeof(id.exe) - 1);
        assert_memory_equal(id.exe, path, sizeof(id.exe) - 1);
}

static void
identity_read_joins_a_command_line_by_spaces(void **state)
{
        static const struct {
                const char *bytes;
                size_t len;
                const char *text;
        } cases[] = {
                { "a\0-b\0c d\0", 9, "a -b c d" },
                { "a\0\0\0", 4, "a" },
                { "\0\0\0", 3, "" },
                { "", 0, "" },
                { "a\0\0b\0", 5, "a  b" },
                { "\0a", 2, " a" },
                { "a: title", 8, "a: title" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                fake_bytes(PID, "cmdline", cases[i].bytes, cases[i].len);
                read_id();
                assert_string_equal(id.cmdline, cases[i].text);
        }
}

static void
identity_read_cuts_a_long_command_line(void **state)
{
        char bytes[5000];

        (void)state;
        memset(bytes, 'x', sizeof(bytes));
        bytes[100] = '\0';
        fake_bytes(PID, "cmdline", bytes, sizeof(bytes));
        read_id();
        assert_int_equal(strlen(id.cmdline), sizeof(id.cmdline) - 1);
        assert_int_equal(id.cmdline[100], ' ');
}

/* Whoever opened it here would wait for a writer, and nobody writes. */
static void
identity_read_leaves_a_command_line_alone_that_is_not_wanted(void **state)
{
        (void)state;
        (void)mkdir(fake_path("%d", PID), 0755);
        assert_int_equal(mkfifo(fake_path("%d/cmdline", PID), 0600), 0);
        (void)strcpy(id.cmdline, "of another one");
        (void)alarm(20);
        identity_read(proc_fd, PID, OWN_MNT, false, &id);
        (void)alarm(0);
        assert_string_equal(id.cmdline, "");
}

static void
identity_read_takes_the_innermost_unit(void **state)
{
        static const char *const cases[][3] = {
                { "0::/system.slice/ssh.service\n", "/system.slice/ssh.service", "ssh.service" },
                { "0::/user.slice/user-1.slice/user@1.service/app.slice/app-x.scope\n",
                  "/user.slice/user-1.slice/user@1.service/app.slice/app-x.scope", "app-x.scope" },
                { "0::/system.slice/a.service/child\n", "/system.slice/a.service/child",
                  "a.service" },
                { "0::/system.slice/a.service/b.service\n", "/system.slice/a.service/b.service",
                  "b.service" },
                { "0::/\n", "/", "" },
                { "4:memory:/x.service\n1:name=systemd:/y.service\n", "/y.service", "y.service" },
                { "4:memory:/x.service\n", "", "" },
                { "7:freezer:/docker/4f1e\n1:name=systemd:/docker/4f1e\n"
                  "0::/system.slice/containerd.service\n",
                  "/docker/4f1e", "" },
                /* hostile ones: a name may hold anything but a slash and a newline */
                { "0::/user.slice/0::\\x2f.service\n", "/user.slice/0::\\x2f.service",
                  "0::\\x2f.service" },
                { "1:name=systemd:/0::/system.slice/sshd.service\n0::/user.slice/a.scope\n",
                  "/0::/system.slice/sshd.service", "sshd.service" },
                { "0::/system.slice/ssh.service", "", "" },
                { "0::relative.service\n", "", "" },
                { "\n\n::\n0:\n", "", "" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                fake_text(PID, "cgroup", cases[i][0]);
                read_id();
                assert_string_equal(id.cgroup, cases[i][1]);
                assert_string_equal(id.unit, cases[i][2]);
        }
}

static void
identity_read_cuts_a_long_cgroup_and_leaves_a_long_unit_whole(void **state)
{
        char text[3000] = "0::", *p = text + 3;

        (void)state;
        p = stpcpy(p, "/");
        for (unsigned i = 0; i < 30; i++)
                p = stpcpy(p, "0123456789");
        p = stpcpy(p, ".service/");
        while (p < text + 2500)
                *p++ = 'x';
        (void)strcpy(p, "\n");
        fake_text(PID, "cgroup", text);
        read_id();
        assert_int_equal(strlen(id.cgroup), sizeof(id.cgroup) - 1);
        assert_int_equal(strlen(id.unit), 300 + strlen(".service"));
        assert_string_equal(id.unit + 300, ".service");
}

/* ---- whose executable it is ---- */

/* A file that belongs to whoever is not root. */
static const char *
not_roots(void)
{
        static char path[128];

        fake_text(PID, "program", "");
        (void)snprintf(path, sizeof(path), "%s", fake_path("%d/program", PID));
        if (geteuid() == 0)
                assert_int_equal(chown(path, NOBODY_UID, NOBODY_UID), 0);
        return path;
}

static void
identity_read_trusts_roots_executable_in_the_hosts_namespace(void **state)
{
        struct stat st;

        (void)state;
        assert_int_equal(stat("/", &st), 0);
        fake_link(PID, "exe", "/");
        read_id();
        assert_false(id.root_exe); /* no namespace can be read */
        fake_link(PID, "ns/mnt", OWN_MNT);
        read_id();
        assert_int_equal(id.root_exe, st.st_uid == 0);
        fake_link(PID, "ns/mnt", "mnt:[4026531833]");
        read_id();
        assert_false(id.root_exe);
        fake_link(PID, "ns/mnt", OWN_MNT "1");
        read_id();
        assert_false(id.root_exe);
}

static void
identity_read_trusts_nobody_when_the_hosts_namespace_is_unknown(void **state)
{
        (void)state;
        fake_link(PID, "exe", "/");
        fake_link(PID, "ns/mnt", OWN_MNT);
        identity_read(proc_fd, PID, "", true, &id);
        assert_false(id.root_exe);
}

static void
identity_read_does_not_trust_a_file_of_somebody_else(void **state)
{
        (void)state;
        fake_link(PID, "ns/mnt", OWN_MNT);
        fake_link(PID, "exe", not_roots());
        read_id();
        assert_string_equal(id.exe, not_roots());
        assert_false(id.root_exe);
        fake_link(PID, "exe", "/no/such/file");
        read_id();
        assert_false(id.root_exe);
}

static void
identity_host_namespace_is_that_of_pid_1_or_else_of_this_process(void **state)
{
        char mnt[64] = "zzz";

        (void)state;
        identity_host_namespace(proc_fd, mnt, sizeof(mnt));
        assert_string_equal(mnt, "");
        fake_link((int32_t)getpid(), "ns/mnt", OWN_MNT);
        identity_host_namespace(proc_fd, mnt, sizeof(mnt));
        assert_string_equal(mnt, OWN_MNT);
        fake_link(1, "ns/mnt", "mnt:[7]");
        identity_host_namespace(proc_fd, mnt, sizeof(mnt));
        assert_string_equal(mnt, "mnt:[7]");
}

/* A service in a sandbox runs the host's files in a mount namespace of its own. */
static void
identity_read_trusts_the_hosts_own_file_in_another_namespace(void **state)
{
        char sh[PATH_MAX];
        struct stat st;

        (void)state;
        assert_non_null(realpath("/bin/sh", sh));
        assert_int_equal(stat(sh, &st), 0);
        fake_link(PID, "ns/mnt", "mnt:[7]");
        fake_link(PID, "exe", sh);
        read_id();
        assert_string_equal(id.exe, sh);
        assert_int_equal(id.root_exe, st.st_uid == 0);
}

static int
make_mount_namespace(void)
{
        return unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* Child of a test: under the host's path it runs a file of its own. */
static void
run_a_copy_under_the_path(const char *copy, const char *path)
{
        if (make_mount_namespace() || mount(copy, path, NULL, MS_BIND, NULL))
                _exit(42);
        (void)execl(path, path, "-c", "kill -STOP $$", (char *)NULL);
        _exit(43);
}

static void
identity_read_does_not_trust_another_file_under_the_hosts_path(void **state)
{
        char sh[PATH_MAX], copy[128], mnt[64], command[PATH_MAX + 256];
        int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), status;

        (void)state;
        if (geteuid() != 0)
                skip();
        assert_non_null(realpath("/bin/sh", sh));
        (void)snprintf(copy, sizeof(copy), "%s", fake_path("copy"));
        (void)snprintf(command, sizeof(command), "cp '%s' '%s'", sh, copy);
        assert_int_equal(system(command), 0);
        pid_t pid = fork();

        if (pid == 0)
                run_a_copy_under_the_path(copy, sh);
        assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
        assert_true(WIFSTOPPED(status));
        identity_host_namespace(fd, mnt, sizeof(mnt));
        identity_read(fd, pid, mnt, true, &id);
        assert_string_equal(id.exe, sh);
        assert_false(id.root_exe);
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, &status, 0);
        (void)close(fd);
}

static void
identity_read_knows_this_very_process(void **state)
{
        int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        char mnt[64], exe[IDENTITY_PATH_MAX] = "";
        struct stat st;

        (void)state;
        assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
        assert_int_equal(stat("/proc/self/exe", &st), 0);
        identity_host_namespace(fd, mnt, sizeof(mnt));
        identity_read(fd, (int32_t)getpid(), mnt, true, &id);
        assert_string_equal(id.exe, exe);
        assert_non_null(strstr(id.cmdline, "test_identity"));
        assert_int_equal(id.root_exe, st.st_uid == 0);
        identity_read(fd, (int32_t)getpid(), "mnt:[1]", true, &id);
        assert_false(id.root_exe);
        (void)close(fd);
}

/* ---- what rules say ---- */

static void
add_rule(enum rule_effect effect, enum rule_kind kind, const char *glob)
{
        struct rule *r = &policy.rules[policy.n_rules++];

        r->effect = effect;
        r->kind = kind;
        (void)snprintf(r->glob, sizeof(r->glob), "%s", glob);
}

static void
assert_standing(enum rule_effect effect, int rule, const char *builtin)
{
        struct standing s = identity_standing(&policy, &id);

        assert_int_equal(s.effect, effect);
        assert_int_equal(s.rule, rule);
        if (!builtin) {
                assert_int_equal(s.builtin, -1);
                return;
        }
        assert_true(s.builtin >= 0);
        assert_string_equal(rules_builtin((size_t)s.builtin), builtin);
}

static void
identity_standing_unread_protects_whom_a_command_line_might(void **state)
{
        struct standing s;

        (void)state;
        memset(&id, 0, sizeof(id));
        (void)strcpy(id.name, "browser");
        add_rule(RULE_PREFER, RULE_CMDLINE, "*");
        add_rule(RULE_PREFER, RULE_NAME, "browser");
        s = identity_standing_unread(&policy, &id);
        assert_int_equal(s.effect, RULE_PREFER);
        assert_int_equal(s.rule, 1);
        add_rule(RULE_PROTECT, RULE_CMDLINE, "*--keep*");
        s = identity_standing_unread(&policy, &id);
        assert_int_equal(s.effect, RULE_PROTECT);
        assert_int_equal(s.rule, 2);
        assert_int_equal(s.builtin, -1);
        /* Whose name does it is protected by that. */
        add_rule(RULE_PROTECT, RULE_NAME, "browser");
        s = identity_standing_unread(&policy, &id);
        assert_int_equal(s.rule, 3);
}

static void
identity_standing_says_which_rule_decides(void **state)
{
        (void)state;
        memset(&id, 0, sizeof(id));
        (void)strcpy(id.name, "browser");
        (void)strcpy(id.exe, "/opt/browser/bin");
        (void)strcpy(id.cmdline, "browser --type=tab");
        (void)strcpy(id.cgroup, "/user.slice/app.scope");
        (void)strcpy(id.unit, "app.scope");
        assert_standing(RULE_NONE, -1, NULL);
        add_rule(RULE_PREFER, RULE_NAME, "nobody");
        assert_standing(RULE_NONE, -1, NULL);
        add_rule(RULE_PREFER, RULE_CMDLINE, "*--type=tab*");
        assert_standing(RULE_PREFER, 1, NULL);
        add_rule(RULE_AVOID, RULE_UNIT, "app.scope");
        assert_standing(RULE_AVOID, 2, NULL);
        add_rule(RULE_AVOID, RULE_CGROUP, "/user.slice/*");
        assert_standing(RULE_AVOID, 2, NULL);
        add_rule(RULE_PROTECT, RULE_EXE, "/opt/*");
        assert_standing(RULE_PROTECT, 4, NULL);
}

static void
identity_standing_says_which_built_in_pattern_decides(void **state)
{
        (void)state;
        memset(&id, 0, sizeof(id));
        (void)strcpy(id.exe, "/usr/bin/sway");
        id.root_exe = true;
        policy.protect_defaults = true;
        assert_standing(RULE_PROTECT, -1, "exe:*bin/sway");
        id.root_exe = false;
        assert_standing(RULE_NONE, -1, NULL);
        (void)strcpy(id.name, "init");
        assert_standing(RULE_PROTECT, -1, "name:init");
        id.uid = 1000;
        assert_standing(RULE_NONE, -1, NULL);
        id.uid = UINT32_MAX;
        assert_standing(RULE_NONE, -1, NULL);
}

static void
identity_exe_id_tells_executables_apart(void **state)
{
        (void)state;
        assert_int_equal(identity_exe_id(""), 0);
        assert_int_not_equal(identity_exe_id("/bin/a"), 0);
        assert_int_equal(identity_exe_id("/bin/a"), identity_exe_id("/bin/a"));
        assert_int_not_equal(identity_exe_id("/bin/a"), identity_exe_id("/bin/b"));
        assert_int_not_equal(identity_exe_id("/bin/ab"), identity_exe_id("/bin/ba"));
}

/* ---- frozen ---- */

/* The path of the tree as a cgroup's, seen from where cgroups of a kind are mounted. */
static void
write_cgroup(const char *prefix, const char *up)
{
        char text[256];

        (void)snprintf(text, sizeof(text), "%s%s%s\n", prefix, up, fake_root);
        fake_text(PID, "cgroup", text);
}

static void
write_state(const char *file, const char *text)
{
        int fd = open(fake_path("%s", file), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        (void)close(fd);
}

static void
identity_frozen_asks_the_cgroup(void **state)
{
        (void)state;
        if (access("/sys/fs/cgroup", X_OK) != 0)
                skip();
        assert_false(identity_frozen(proc_fd, PID));
        write_cgroup("0::", "/../../..");
        assert_false(identity_frozen(proc_fd, PID));
        write_state("cgroup.events", "populated 1\nfrozen 0\n");
        assert_false(identity_frozen(proc_fd, PID));
        write_state("cgroup.events", "");
        assert_false(identity_frozen(proc_fd, PID));
        write_state("cgroup.events", "populated 1\nfrozen 1\n");
        assert_true(identity_frozen(proc_fd, PID));
        /* Whatever systemd's hierarchy of version 1 says. */
        write_cgroup("1:name=systemd:/docker/4f1e\n0::", "/../../..");
        assert_true(identity_frozen(proc_fd, PID));
        write_cgroup("1:name=systemd:", "/../../..");
        assert_false(identity_frozen(proc_fd, PID));
}

static void
identity_frozen_asks_the_freezer_of_version_1(void **state)
{
        (void)state;
        if (access("/sys/fs/cgroup/freezer", X_OK) != 0)
                skip();
        write_cgroup("4:memory:/\n6:freezer:", "/../../../..");
        assert_false(identity_frozen(proc_fd, PID));
        write_state("freezer.state", "THAWED\n");
        assert_false(identity_frozen(proc_fd, PID));
        write_state("freezer.state", "FREEZING\n");
        assert_false(identity_frozen(proc_fd, PID));
        write_state("freezer.state", "FROZEN\n");
        assert_true(identity_frozen(proc_fd, PID));
}

static void
identity_frozen_survives_a_path_longer_than_its_room(void **state)
{
        char text[3000] = "0::", *p = text + 3;

        (void)state;
        for (unsigned i = 0; i < 100; i++)
                p = stpcpy(p, "/01234567890");
        p = stpcpy(p, "\n7:freezer:");
        for (unsigned i = 0; i < 100; i++)
                p = stpcpy(p, "/01234567890");
        fake_text(PID, "cgroup", text);
        assert_false(identity_frozen(proc_fd, PID));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                CASE(identity_read_leaves_empty_what_cannot_be_read),
                CASE(identity_read_cuts_deleted_off_an_executable),
                CASE(identity_read_survives_an_executable_longer_than_its_room),
                CASE(identity_read_joins_a_command_line_by_spaces),
                CASE(identity_read_cuts_a_long_command_line),
                CASE(identity_read_leaves_a_command_line_alone_that_is_not_wanted),
                CASE(identity_read_takes_the_innermost_unit),
                CASE(identity_read_cuts_a_long_cgroup_and_leaves_a_long_unit_whole),
                CASE(identity_read_trusts_roots_executable_in_the_hosts_namespace),
                CASE(identity_read_trusts_nobody_when_the_hosts_namespace_is_unknown),
                CASE(identity_read_does_not_trust_a_file_of_somebody_else),
                CASE(identity_host_namespace_is_that_of_pid_1_or_else_of_this_process),
                CASE(identity_read_trusts_the_hosts_own_file_in_another_namespace),
                CASE(identity_read_does_not_trust_another_file_under_the_hosts_path),
                CASE(identity_read_knows_this_very_process),
                CASE(identity_standing_unread_protects_whom_a_command_line_might),
                CASE(identity_standing_says_which_rule_decides),
                CASE(identity_standing_says_which_built_in_pattern_decides),
                CASE(identity_exe_id_tells_executables_apart),
                CASE(identity_frozen_asks_the_cgroup),
                CASE(identity_frozen_asks_the_freezer_of_version_1),
                CASE(identity_frozen_survives_a_path_longer_than_its_room),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
