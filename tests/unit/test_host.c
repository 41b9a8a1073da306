/* SPDX-License-Identifier: MIT */
/*
 * What kind of place this is: trees of our own stand in for /proc and for the folder of cgroups.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "fake_proc.h"
#include "host.h"

#define MIB   1024ull
#define TOTAL (16 * 1024 * MIB)
#define V2    "sys/fs/cgroup"
#define V1    "sys/fs/cgroup/memory"

enum { NOBODY_UID = 65534 };

static int
set_up(void **state)
{
        (void)state;
        fake_open();
        return 0;
}

static int
tear_down(void **state)
{
        (void)state;
        fake_close();
        return 0;
}

/* ---- who can be signalled ---- */

enum { STATUS_NONE = 0, STATUS_TOLD = 1, STATUS_NO_FILTER = 2, STATUS_WRONG = 3 };

/* From here on, in this process, the call fails with that. */
static bool
refuse(int number, int error)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
               prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* What is said of a place where the call fails with that. */
static int
told_where(int number, int error, const char *name)
{
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                int told = 0;

                if (!refuse(number, error))
                        _exit(STATUS_NO_FILTER);
                const char *call = host_refused_call(&told);

                if (!call)
                        _exit(told == 0 ? STATUS_NONE : STATUS_WRONG);
                _exit(strcmp(call, name) == 0 && told == error ? STATUS_TOLD : STATUS_WRONG);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == STATUS_NO_FILTER)
                skip();
        return WEXITSTATUS(status);
}

static void
host_refused_call_is_none_on_this_machine(void **state)
{
        int error = 0;

        (void)state;
        assert_null(host_refused_call(&error));
        assert_int_equal(error, 0);
}

static void
host_refused_call_is_what_the_kernel_lacks_or_a_filter_denies(void **state)
{
        static const int refusals[] = { ENOSYS, EPERM, EACCES };

        (void)state;
        for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
                assert_int_equal(told_where(SYS_pidfd_open, refusals[i], "pidfd_open"),
                                 STATUS_TOLD);
                assert_int_equal(
                        told_where(SYS_pidfd_send_signal, refusals[i], "pidfd_send_signal"),
                        STATUS_TOLD);
        }
}

static void
host_refused_call_is_none_for_want_of_descriptors_or_memory(void **state)
{
        static const int wants[] = { EMFILE, ENFILE, ENOMEM, EINTR, ESRCH, EINVAL };

        (void)state;
        for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
                assert_int_equal(told_where(SYS_pidfd_open, wants[i], ""), STATUS_NONE);
                assert_int_equal(told_where(SYS_pidfd_send_signal, wants[i], ""), STATUS_NONE);
        }
}

/* ---- who can be seen ---- */

static bool
hides(void)
{
        int fd = open(fake_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        assert_true(fd >= 0);
        bool answer = host_hides_processes(fd);

        (void)close(fd);
        return answer;
}

static void
host_hides_processes_when_init_is_not_there(void **state)
{
        (void)state;
        assert_true(hides());
        fake_put((struct fake){ .pid = 1, .anon_kib = 100 });
        assert_false(hides());
        fake_lose(1, "statm");
        assert_true(hides());
}

static void
host_hides_processes_when_init_may_not_be_read(void **state)
{
        int status;

        (void)state;
        fake_put((struct fake){ .pid = 1, .anon_kib = 100 });
        assert_int_equal(chmod(fake_root, 0755), 0);
        assert_int_equal(chmod(fake_path("1"), 0), 0);
        pid_t pid = fork();

        if (pid == 0) {
                if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setuid(NOBODY_UID) < 0))
                        _exit(2);
                _exit(hides() ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(chmod(fake_path("1"), 0755), 0);
        assert_int_equal(status, 0);
}

static bool
shows_everybody(void)
{
        int fd = open(fake_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        assert_true(fd >= 0);
        bool answer = host_shows_everybody(fd);

        (void)close(fd);
        return answer;
}

static void
host_shows_everybody_in_the_first_pid_namespace_only(void **state)
{
        (void)state;
        fake_put((struct fake){ .pid = 1, .anon_kib = 100 });
        fake_put((struct fake){ .pid = PID, .anon_kib = 100 });
        assert_false(shows_everybody());
        assert_int_equal(symlink("10000000", fake_path("self")), 0);
        assert_false(shows_everybody());
        fake_link(PID, "ns/pid", "pid:[4026532281]");
        assert_false(shows_everybody());
        fake_link(PID, "ns/pid", "pid:[40265318360]");
        assert_false(shows_everybody());
        fake_link(PID, "ns/pid", "pid:[4026531836]");
        assert_true(shows_everybody());
        /* hidepid */
        fake_lose(1, "statm");
        assert_false(shows_everybody());
}

static void
host_hides_processes_not_for_a_file_that_says_nothing(void **state)
{
        (void)state;
        fake_text(1, "statm", "");
        assert_false(hides());
}

static void
write_at(const char *path, const char *text)
{
        char folder[256];

        for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
                (void)snprintf(folder, sizeof(folder), "%.*s", (int)(p - path), path);
                (void)mkdir(fake_path("%s", folder), 0755);
        }
        int fd = open(fake_path("%s", path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        (void)close(fd);
}

/* ---- from whom ---- */

static bool
hides_with(const char *options)
{
        char text[512];

        (void)snprintf(text, sizeof(text),
                       "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
                       "23 22 0:21 / /proc rw,nosuid shared:5 - proc proc %s\n"
                       "24 22 0:22 / /sys rw,nosuid shared:6 - sysfs sysfs rw\n",
                       options);
        write_at("proc/self/mountinfo", text);
        return host_hides_from_others(fake_root);
}

static void
host_hides_from_others_what_the_mount_of_proc_says(void **state)
{
        static const char *const hidden[] = {
                "rw,hidepid=1",
                "rw,hidepid=2",
                "rw,hidepid=noaccess",
                "rw,hidepid=invisible",
                "rw,gid=4,hidepid=invisible",
                "rw,hidepid=ptraceable",
                "rw,hidepid=4",
                "rw,hidepid=invisible,subset=pid",
        };
        static const char *const open_to_all[] = { "rw", "rw,hidepid=0", "rw,hidepid=off",
                                                   "rw,hidepid=off,gid=4", "ro,gid=4" };

        (void)state;
        for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
                assert_true(hides_with(hidden[i]));
        for (size_t i = 0; i < sizeof(open_to_all) / sizeof(open_to_all[0]); i++)
                assert_false(hides_with(open_to_all[i]));
}

static void
host_hides_from_others_asks_the_mount_that_is_seen(void **state)
{
        (void)state;
        /* A container's proc elsewhere is not ours. */
        write_at("proc/self/mountinfo", "23 22 0:21 / /proc rw - proc proc rw\n"
                                        "25 22 0:23 / /srv/jail/proc rw - proc proc rw,hidepid=2\n"
                                        "26 22 0:24 / /procs rw - proc proc rw,hidepid=2\n"
                                        "27 22 0:25 / /x rw - tmpfs hidepid=2 rw\n");
        assert_false(host_hides_from_others(fake_root));
        /* Of two, one over the other, the last. */
        write_at("proc/self/mountinfo", "23 22 0:21 / /proc rw - proc proc rw,hidepid=2\n"
                                        "28 23 0:26 / /proc rw - proc proc rw\n");
        assert_false(host_hides_from_others(fake_root));
        write_at("proc/self/mountinfo", "23 22 0:21 / /proc rw - proc proc rw\n"
                                        "28 23 0:26 / /proc rw - proc proc rw,hidepid=invisible\n");
        assert_true(host_hides_from_others(fake_root));
}

static void
host_hides_from_others_survives_what_it_cannot_read(void **state)
{
        char text[6000];
        size_t at = 0;

        (void)state;
        assert_false(host_hides_from_others(fake_root));
        write_at("proc/self/mountinfo", "");
        assert_false(host_hides_from_others(fake_root));
        write_at("proc/self/mountinfo", " - proc ");
        assert_false(host_hides_from_others(fake_root));
        /* An overlay's line is longer than any buffer. */
        at += (size_t)snprintf(text, sizeof(text),
                               "22 1 0:9 / / rw - overlay overlay rw,lowerdir=");
        while (at < 5000)
                at += (size_t)snprintf(text + at, sizeof(text) - at, "/var/lib/layers/%zu:", at);
        (void)snprintf(text + at, sizeof(text) - at,
                       "\n23 22 0:21 / /proc rw - proc proc rw,hidepid=2\n");
        write_at("proc/self/mountinfo", text);
        assert_true(host_hides_from_others(fake_root));
}

/* ---- swap ---- */

static void
host_bars_swap_without_swappiness_under_the_lru_of_generations(void **state)
{
        static const struct {
                const char *enabled, *swappiness;
                bool bars;
        } rows[] = {
                { "0x0007\n", "0\n", true },  { "0x0001\n", "0\n", true },
                { "0x0007\n", "1\n", false }, { "0x0006\n", "0\n", false },
                { "0x0000\n", "0\n", false }, { "0x0007\n", "60\n", false },
                { "0x0007\n", "", false },    { "", "0\n", false },
                { "x\n", "0\n", false },
        };

        (void)state;
        assert_false(host_bars_swap(fake_root));
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                write_at("sys/kernel/mm/lru_gen/enabled", rows[i].enabled);
                write_at("proc/sys/vm/swappiness", rows[i].swappiness);
                assert_int_equal(host_bars_swap(fake_root), rows[i].bars);
        }
}

/* ---- limits ---- */

/* The limit, and below `*ret_path`'s root where it comes from. */
static uint64_t
limit(uint64_t total_kib, char *ret_path, size_t size)
{
        char path[512] = "untouched";
        uint64_t kib = host_memory_limit(fake_root, total_kib, path, sizeof(path));
        size_t len = strlen(fake_root);

        (void)snprintf(ret_path, size, "%s",
                       strncmp(path, fake_root, len) == 0 ? path + len + 1 : path);
        return kib;
}

static void
assert_limit(uint64_t kib, const char *from)
{
        char path[512];

        assert_int_equal(limit(TOTAL, path, sizeof(path)), kib);
        assert_string_equal(path, from);
}

static void
host_memory_limit_is_none_where_there_are_no_cgroups(void **state)
{
        (void)state;
        assert_limit(0, "untouched");
        write_at("proc/self/cgroup", "");
        assert_limit(0, "untouched");
        write_at("proc/self/cgroup", "0::/\n");
        assert_limit(0, "untouched");
}

static void
host_memory_limit_is_the_least_at_or_above_the_own_cgroup(void **state)
{
        (void)state;
        write_at("proc/self/cgroup", "0::/a.slice/b.service\n");
        write_at(V2 "/a.slice/b.service/memory.max", "max\n");
        assert_limit(0, "untouched");
        write_at(V2 "/a.slice/b.service/memory.max", "1073741824\n");
        assert_limit(1024 * MIB, V2 "/a.slice/b.service/memory.max");
        write_at(V2 "/a.slice/memory.max", "536870912\n");
        assert_limit(512 * MIB, V2 "/a.slice/memory.max");
        write_at(V2 "/memory.max", "268435456\n");
        assert_limit(256 * MIB, V2 "/memory.max");
        write_at(V2 "/a.slice/other/memory.max", "1048576\n");
        write_at(V2 "/a.slice/b.service/below/memory.max", "1048576\n");
        assert_limit(256 * MIB, V2 "/memory.max");
}

static void
host_memory_limit_of_the_root_is_looked_at(void **state)
{
        (void)state;
        write_at("proc/self/cgroup", "0::/\n");
        write_at(V2 "/memory.max", "1073741824\n");
        assert_limit(1024 * MIB, V2 "/memory.max");
}

static void
host_memory_limit_must_be_below_the_machines_memory(void **state)
{
        char path[512];

        (void)state;
        write_at("proc/self/cgroup", "0::/a\n");
        write_at(V2 "/a/memory.max", "1073741824\n");
        assert_int_equal(limit(1024 * MIB, path, sizeof(path)), 0);
        assert_int_equal(limit(1024 * MIB + 1, path, sizeof(path)), 1024 * MIB);
        assert_int_equal(limit(0, path, sizeof(path)), 0);
}

static void
host_memory_limit_knows_version_1_and_takes_the_lesser(void **state)
{
        (void)state;
        write_at("proc/self/cgroup", "4:memory:/docker/x\n1:name=systemd:/y\n0::/z\n");
        write_at(V1 "/docker/x/memory.limit_in_bytes", "9223372036854771712\n");
        assert_limit(0, "untouched");
        write_at(V1 "/docker/x/memory.limit_in_bytes", "1073741824\n");
        assert_limit(1024 * MIB, V1 "/docker/x/memory.limit_in_bytes");
        write_at(V1 "/docker/memory.limit_in_bytes", "1048576\n");
        assert_limit(1 * MIB, V1 "/docker/memory.limit_in_bytes");
        write_at(V2 "/z/memory.max", "524288\n");
        assert_limit(512, V2 "/z/memory.max");
}

static void
host_memory_limit_takes_rubbish_for_none(void **state)
{
        static const char *const rubbish[] = {
                "", "\n", "max", "-1\n", "0\n", "1\n", "99999999999999999999999\n"
        };

        (void)state;
        write_at("proc/self/cgroup", "0::/a\n");
        for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
                write_at(V2 "/a/memory.max", rubbish[i]);
                assert_limit(0, "untouched");
        }
}

static void
host_memory_limit_survives_a_path_longer_than_its_room(void **state)
{
        char path[1601] = "", text[4000];

        (void)state;
        for (unsigned i = 0; i < 200; i++)
                memcpy(path + 8 * (size_t)i, "/aaaaaaa", 9);
        (void)snprintf(text, sizeof(text), "4:memory:%s\n0::%s\n", path, path);
        write_at("proc/self/cgroup", text);
        write_at(V1 "/aaaaaaa/memory.limit_in_bytes", "1073741824\n");
        write_at(V2 "/aaaaaaa/memory.max", "536870912\n");
        assert_limit(512 * MIB, V2 "/aaaaaaa/memory.max");
}

/* Whatever this machine says, it must be a limit below its memory. */
static void
host_memory_limit_answers_on_this_machine(void **state)
{
        char path[512] = "";
        uint64_t total_kib = UINT64_MAX;
        uint64_t kib = host_memory_limit("", total_kib, path, sizeof(path));

        (void)state;
        assert_true(kib < total_kib);
        assert_int_equal(kib > 0, strncmp(path, "/sys/fs/cgroup/", 15) == 0);
}

/* ---- who else is here ---- */

static bool
others(char *ret, size_t size)
{
        int fd = open(fake_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        assert_true(fd >= 0);
        bool answer = host_other_guards(fd, ret, size);

        (void)close(fd);
        return answer;
}

static void
host_other_guards_are_named(void **state)
{
        char text[64] = "zzz";

        (void)state;
        fake_text(7, "comm", "oomguard\n");
        fake_text(8, "comm", "earlyoomish\n");
        assert_false(others(text, sizeof(text)));
        assert_string_equal(text, "");
        fake_text(9, "comm", "earlyoom\n");
        assert_true(others(text, sizeof(text)));
        assert_string_equal(text, "earlyoom");
        fake_text(10, "comm", "systemd-oomd\n");
        assert_true(others(text, sizeof(text)));
        assert_int_equal(strlen(text), strlen("earlyoom, systemd-oomd"));
        for (int32_t pid = 100; pid < 140; pid++)
                fake_text(pid, "comm", "nohang\n");
        assert_true(others(text, sizeof(text)));
        assert_true(strlen(text) < sizeof(text));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                CASE(host_refused_call_is_none_on_this_machine),
                CASE(host_refused_call_is_what_the_kernel_lacks_or_a_filter_denies),
                CASE(host_refused_call_is_none_for_want_of_descriptors_or_memory),
                CASE(host_hides_processes_when_init_is_not_there),
                CASE(host_hides_processes_when_init_may_not_be_read),
                CASE(host_hides_processes_not_for_a_file_that_says_nothing),
                CASE(host_shows_everybody_in_the_first_pid_namespace_only),
                CASE(host_hides_from_others_what_the_mount_of_proc_says),
                CASE(host_hides_from_others_asks_the_mount_that_is_seen),
                CASE(host_hides_from_others_survives_what_it_cannot_read),
                CASE(host_bars_swap_without_swappiness_under_the_lru_of_generations),
                CASE(host_other_guards_are_named),
                CASE(host_memory_limit_is_none_where_there_are_no_cgroups),
                CASE(host_memory_limit_is_the_least_at_or_above_the_own_cgroup),
                CASE(host_memory_limit_of_the_root_is_looked_at),
                CASE(host_memory_limit_must_be_below_the_machines_memory),
                CASE(host_memory_limit_knows_version_1_and_takes_the_lesser),
                CASE(host_memory_limit_takes_rubbish_for_none),
                CASE(host_memory_limit_survives_a_path_longer_than_its_room),
                CASE(host_memory_limit_answers_on_this_machine),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
