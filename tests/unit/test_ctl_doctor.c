/* SPDX-License-Identifier: MIT */
/*
 * `doctor` on made-up machines, and the small readers below it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "ctl_golden.h"
#include "ctl/finding.h"
#include "ctl/look.h"

static int
tear_down(void **state)
{
        (void)state;
        golden_end();
        return 0;
}

static void
doctor_of_a_server_without_swap(void **state)
{
        (void)state;
        golden_begin("server");
        golden_check("doctor-server.txt", ctl_doctor, (struct ctl){ 0 }, "doctor", CTL_OK, "");
        golden_check("doctor-server.json", ctl_doctor, (struct ctl){ .json = true }, "doctor",
                     CTL_OK, "");
}

static void
doctor_of_a_desktop_with_zram(void **state)
{
        (void)state;
        golden_begin("desktop");
        golden_check("doctor-desktop.txt", ctl_doctor, (struct ctl){ 0 }, "doctor", CTL_OK, "");
        golden_check("doctor-desktop-40.txt", ctl_doctor, (struct ctl){ .columns = 40 }, "doctor",
                     CTL_OK, "");
        golden_check("doctor-desktop-colour.txt", ctl_doctor, (struct ctl){ .colour = true },
                     "doctor", CTL_OK, "");
}

static void
doctor_of_a_container(void **state)
{
        (void)state;
        golden_begin("container");
        golden_check("doctor-container.txt", ctl_doctor, (struct ctl){ 0 }, "doctor", CTL_NO, "");
}

static void
doctor_of_an_old_kernel(void **state)
{
        (void)state;
        golden_begin("oldkernel");
        golden_check("doctor-oldkernel.txt", ctl_doctor, (struct ctl){ 0 }, "doctor", CTL_NO, "");
}

static void
doctor_says_what_it_cannot_read(void **state)
{
        (void)state;
        golden_begin(NULL);
        golden_check("doctor-empty.txt", ctl_doctor, (struct ctl){ 0 }, "doctor", CTL_NO, "");
}

/* The server with one file changed; what doctor says of it is looked for.  Lines of a cmdline end
 * in a zero byte, as in a tree. */
static void
expect_changed(const char *path, const char *text, const char *words)
{
        bool zeros = strstr(path, "/cmdline") != NULL;
        FILE *f = fopen(path, "w");

        assert_non_null(f);
        for (const char *c = text; *c; c++)
                (void)putc(zeros && *c == '\n' ? '\0' : *c, f);
        assert_int_equal(fclose(f), 0);
        struct golden_answer a = golden_run(ctl_doctor, (struct ctl){ .columns = 400 }, "doctor");

        if (!strstr(a.out, words))
                fail_msg("`%s` is not in:\n%s", words, a.out);
        golden_free(&a);
}

static void
doctor_knows_settings_apart(void **state)
{
        (void)state;
        golden_begin("server");
        expect_changed("proc/sys/vm/min_free_kbytes", "201985\n",
                       "degraded  min_free_kbytes: 197 MiB, more than 5 %");
        expect_changed("proc/sys/vm/min_free_kbytes", "201984\n", "ok        min_free_kbytes");
        expect_changed("proc/sys/vm/panic_on_oom", "2\n", "even inside a cgroup's limit");
        expect_changed("proc/sys/kernel/osrelease", "5.14.0\n", "has no process_mrelease");
        expect_changed("proc/sys/kernel/osrelease", "5.15.0\n", "5.15.0 has all");
        expect_changed("proc/sys/kernel/osrelease", "5.3.0\n", "has no process_mrelease");
        expect_changed("proc/sys/kernel/osrelease", "5.2.21\n", "missing   kernel: 5.2.21");
        expect_changed("proc/sys/kernel/osrelease", "10.0\n", "10.0 has all");
        expect_changed("sys/kernel/mm/lru_gen/min_ttl_ms", "1000\n", "MGLRU: off");
        expect_changed("sys/kernel/mm/lru_gen/enabled", "0x0007\n", "MGLRU: min_ttl_ms = 1000");
        expect_changed("proc/412/oom_score_adj", "0\n", "degraded  oom_score_adj: 0");
        expect_changed(
                "proc/412/status",
                "Name:\toomguard\nUid:\t0\t0\t0\t0\nThreads:\t1\nCapEff:\t0000000000000020\n",
                "the guard has no CAP_SYS_PTRACE");
        expect_changed("proc/self/mounts", "proc /proc proc rw,hidepid=2 0 0\n",
                       "missing   hidepid: /proc hides other people's processes (hidepid=2) from "
                       "the guard");
        expect_changed("proc/self/mounts",
                       "none /x/proc proc rw,hidepid=2 0 0\nproc /proc proc rw,hidepid=0 0 0\n",
                       "ok        hidepid: /proc shows everybody");
        expect_changed("run/systemd/sessions/3",
                       "UID=0\nREMOTE=0\nTYPE=tty\nCLASS=user\nSEAT=seat0\n",
                       "ok        sessions: none is graphical\n"
                       "note      consoles: 1 session on a text console: a desktop begun there");
        expect_changed("run/systemd/sessions/3", "UID=0\nREMOTE=1\nTYPE=tty\nCLASS=user\n",
                       "ok        sessions: none is graphical\ndegraded  journal: ");
        expect_changed("etc/oomguard.conf", "[memory]\nterm = x\n",
                       "missing   configuration: 1 fault, and");
}

static void
doctor_looks_for_the_feed_where_the_guard_serves_it(void **state)
{
        static const char elsewhere[] =
                "degraded  feed: the guard serves it at /run/other and not at /run/oomguard/feed: "
                "oomguardctl and oomguard-notify look for it there with --feed\n"
                "            oomguardctl --feed /run/other status\n";

        (void)state;
        golden_begin("server");
        expect_changed("proc/412/cmdline", "/usr/sbin/oomguard\n--feed\n/run/other\n", elsewhere);
        expect_changed("proc/412/cmdline", "/usr/sbin/oomguard\n--feed=/run/other\n-n\n",
                       elsewhere);
        expect_changed("proc/412/cmdline", "/usr/sbin/oomguard\n--feed\n/run/oomguard/feed\n",
                       "ok        feed: /run/oomguard/feed is there\n");
        expect_changed("proc/412/cmdline", "/usr/sbin/oomguard\n--feed\n",
                       "ok        feed: /run/oomguard/feed is there\n");
        expect_changed("proc/412/cmdline", "/usr/sbin/oomguard\n-c\n--feeder\n",
                       "ok        feed: /run/oomguard/feed is there\n");

        struct golden_answer a = golden_run(
                ctl_doctor, (struct ctl){ .columns = 400, .feed = "/run/none" }, "doctor");

        assert_non_null(strstr(a.out, "degraded  feed: /run/none is not there"));
        golden_free(&a);
}

/* One that runs without privileges. */
static void
doctor_tells_a_socket_that_was_left_behind(void **state)
{
        static const char head[] = "Num       RefCount Protocol Flags    Type St Inode Path\n";
        static const char line[] = "0000000000000000: 00000002 00000000 00010000 0005 01 9 ";
        char text[512];

        (void)state;
        golden_begin("server");
        assert_int_equal(mkdir("proc/412/net", 0700), 0);
        expect_changed("proc/412/net/unix", head,
                       "degraded  feed: /run/oomguard/feed is left from a guard that has ended");
        (void)snprintf(text, sizeof(text), "%s%s/run/oomguard/feed2\n", head, line);
        expect_changed("proc/412/net/unix", text, "/run/oomguard/feed is left from a guard");
        (void)snprintf(text, sizeof(text), "%s%s/run/oomguard/feed\n%s@x\n", head, line, line);
        expect_changed("proc/412/net/unix", text, "ok        feed: /run/oomguard/feed is there\n");
}

static void
doctor_reads_the_configuration_of_the_running_guard(void **state)
{
        (void)state;
        golden_begin("server");
        expect_changed("etc/mine.conf", "[memory]\nterm = 6%\n",
                       "ok        configuration: no faults\n");
        expect_changed("proc/412/cmdline", "/usr/sbin/oomguard\n-c\n/etc/mine.conf\n",
                       "ok        configuration: no faults in ./etc/mine.conf\n");
        expect_changed("etc/mine.conf", "[memory]\nterm = x\n",
                       "missing   configuration: 1 fault, and a guard would not start with it: "
                       "./etc/mine.conf:2: ");
        expect_changed("proc/412/cmdline", "/usr/sbin/oomguard\n--config=/etc/mine.conf\n",
                       "            oomguardctl -c ./etc/mine.conf check\n");
        expect_changed("proc/412/cmdline", "/usr/sbin/oomguard\n--config\n/etc/none.conf\n",
                       "missing   configuration: 1 fault, and ");
        assert_int_equal(mkdir("proc/412/cwd", 0700), 0);
        expect_changed("proc/412/cwd/mine.conf", "[memory]\nterm = 6%\n",
                       "missing   configuration: ");
        expect_changed("proc/412/cmdline", "/usr/sbin/oomguard\n-c\nmine.conf\n",
                       "ok        configuration: no faults in ./proc/412/cwd/mine.conf\n");
}

static void
doctor_looks_for_the_feed_where_others_do(void **state)
{
        (void)state;
        golden_begin("server");
        assert_int_equal(unlink("run/oomguard/feed"), 0);
        assert_int_equal(setenv("XDG_RUNTIME_DIR", "/run/user/7", 1), 0);
        expect_changed("proc/412/cmdline", "/usr/sbin/oomguard\n",
                       "degraded  feed: /run/user/7/oomguard/feed is not there");
        assert_true(mkdir("run/user", 0755) == 0 || errno == EEXIST);
        assert_int_equal(mkdir("run/user/7", 0755), 0);
        assert_int_equal(mkdir("run/user/7/oomguard", 0755), 0);
        expect_changed("run/user/7/oomguard/feed", "",
                       "ok        feed: /run/user/7/oomguard/feed is there\n");
        expect_changed("run/oomguard/feed", "", "ok        feed: /run/oomguard/feed is there\n");
}

static void
doctor_knows_kinds_of_swap_apart(void **state)
{
        static const char meminfo[] = "MemTotal: 4039680 kB\nMemFree: 300000 kB\nMemAvailable: "
                                      "2400000 kB\nSwapTotal: %u kB\nSwapFree: %u kB\n";
        char text[512];

        (void)state;
        golden_begin("server");
        (void)snprintf(text, sizeof(text), meminfo, 201983, 0);
        expect_changed("proc/meminfo", text, "degraded  swap: 197 MiB, less than 5 %");
        (void)snprintf(text, sizeof(text), meminfo, 201984, 100000);
        expect_changed("proc/meminfo", text, "ok        swap: 197 MiB, 97 MiB free\n");
        (void)snprintf(text, sizeof(text), meminfo, 2000000, 1000000);
        expect_changed("proc/meminfo", text, "ok        swappiness: 60\n");
        expect_changed("proc/swaps",
                       "Filename Type Size Used Priority\n/dev/zram0 partition 1000000 500000 100\n"
                       "/dev/sda2 partition 1000000 500000 -2\n",
                       "ok        zram: 976 MiB, next to nothing in it yet\n");
        assert_int_equal(mkdir("sys/block", 0755), 0);
        assert_int_equal(mkdir("sys/block/zram0", 0755), 0);
        expect_changed("sys/block/zram0/mm_stat", "512000000 400000000 420000000 0 0 0 0 0\n",
                       "degraded  zram: 976 MiB, compressed by no more than 1.2:1");
        expect_changed("proc/sys/vm/swappiness", "9\n", "degraded  swappiness: 9: swap is hardly");
        expect_changed("proc/sys/vm/swappiness", "10\n", "ok        swappiness: 10\n");
        expect_changed("sys/kernel/mm/lru_gen/enabled", "0x0007\n", "ok        swappiness: 10\n");
        expect_changed("proc/sys/vm/swappiness", "0\n",
                       "degraded  swappiness: 0, and the kernel has the multi-generational LRU");
}

/* Each machine has what the one before has, and what it goes by rather. */
static void
doctor_changes_the_command_line_as_the_machine_does(void **state)
{
        (void)state;
        golden_begin("server");
        expect_changed("etc/default/grub", "", "            sudo update-grub && sudo reboot\n");
        assert_int_equal(remove("usr/sbin/update-grub"), 0);
        expect_changed("etc/default/grub", "",
                       "            # add psi=1 to the kernel's command line, then reboot\n");
        assert_int_equal(mkdir("boot", 0755), 0);
        expect_changed("boot/cmdline.txt", "root=PARTUUID=1-02 rootwait\n",
                       "            sudo sed -i '1s/$/ psi=1/' /boot/cmdline.txt && sudo reboot\n");
        assert_int_equal(mkdir("boot/firmware", 0755), 0);
        expect_changed("boot/firmware/cmdline.txt", "root=PARTUUID=1-02 rootwait\n",
                       "            sudo sed -i '1s/$/ psi=1/' /boot/firmware/cmdline.txt && sudo "
                       "reboot\n");
        expect_changed("usr/sbin/grubby", "",
                       "            sudo grubby --update-kernel=ALL --args=psi=1 && sudo reboot\n");
}

static void
doctor_takes_no_arguments(void **state)
{
        (void)state;
        golden_begin(NULL);
        struct golden_answer a = golden_run(ctl_doctor, (struct ctl){ 0 }, "doctor me");

        assert_int_equal(a.status, CTL_USAGE);
        assert_int_equal(a.out_len, 0);
        assert_memory_equal(a.err, "oomguardctl: ", strlen("oomguardctl: "));
        golden_free(&a);
}

static void
look_line_finds_a_key_at_the_start_of_a_line_only(void **state)
{
        char value[8];

        (void)state;
        golden_begin(NULL);
        assert_true(look_line("AB: 1\nB:  two words \nC: 3", "B", ':', value, sizeof(value)));
        assert_string_equal(value, "two wor");
        assert_true(look_line("A:\n", "A", ':', value, sizeof(value)));
        assert_string_equal(value, "");
        assert_false(look_line("AB: 1\n", "A", ':', value, sizeof(value)));
        assert_false(look_line("", "A", ':', value, sizeof(value)));
}

static void
look_u64_takes_a_lone_number_and_nothing_else(void **state)
{
        static const struct {
                const char *text;
                bool good;
        } cases[] = { { "42\n", true }, { "42", true },     { "max\n", false },
                      { "", false },    { "4 2\n", false }, { "-1\n", false } };
        const struct ctl ctl = { .root = "." };

        (void)state;
        golden_begin(NULL);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                uint64_t n = 7;
                FILE *f = fopen("number", "w");

                assert_non_null(f);
                (void)fputs(cases[i].text, f);
                (void)fclose(f);
                assert_int_equal(look_u64(&ctl, "/number", &n), cases[i].good);
                assert_int_equal(n, cases[i].good ? 42 : 7);
        }
        assert_false(look_u64(&ctl, "/nothing", &(uint64_t){ 0 }));
}

static void
finding_cuts_what_is_too_long_and_ends_it(void **state)
{
        char longer[2 * FINDING_TEXT_MAX];
        struct finding f;

        (void)state;
        golden_begin(NULL);
        memset(longer, 'x', sizeof(longer) - 1);
        longer[sizeof(longer) - 1] = '\0';
        finding_set(&f, FINDING_OK, longer, "%s", longer);
        assert_int_equal(strlen(f.text), FINDING_TEXT_MAX - 1);
        assert_int_equal(strlen(f.subject), FINDING_SUBJECT_MAX - 1);
        for (int i = 0; i < 3; i++)
                finding_remedy(&f, "%s", longer);
        assert_int_equal(strlen(f.remedy), FINDING_REMEDY_MAX - 1);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(doctor_of_a_server_without_swap, tear_down),
                cmocka_unit_test_teardown(doctor_of_a_desktop_with_zram, tear_down),
                cmocka_unit_test_teardown(doctor_of_a_container, tear_down),
                cmocka_unit_test_teardown(doctor_of_an_old_kernel, tear_down),
                cmocka_unit_test_teardown(doctor_says_what_it_cannot_read, tear_down),
                cmocka_unit_test_teardown(doctor_knows_settings_apart, tear_down),
                cmocka_unit_test_teardown(doctor_looks_for_the_feed_where_the_guard_serves_it,
                                          tear_down),
                cmocka_unit_test_teardown(doctor_looks_for_the_feed_where_others_do, tear_down),
                cmocka_unit_test_teardown(doctor_tells_a_socket_that_was_left_behind, tear_down),
                cmocka_unit_test_teardown(doctor_reads_the_configuration_of_the_running_guard,
                                          tear_down),
                cmocka_unit_test_teardown(doctor_knows_kinds_of_swap_apart, tear_down),
                cmocka_unit_test_teardown(doctor_changes_the_command_line_as_the_machine_does,
                                          tear_down),
                cmocka_unit_test_teardown(doctor_takes_no_arguments, tear_down),
                cmocka_unit_test_teardown(look_line_finds_a_key_at_the_start_of_a_line_only,
                                          tear_down),
                cmocka_unit_test_teardown(look_u64_takes_a_lone_number_and_nothing_else, tear_down),
                cmocka_unit_test_teardown(finding_cuts_what_is_too_long_and_ends_it, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
