/* SPDX-License-Identifier: MIT */
/* Who is protected, avoided, preferred: by the built-in list, by rules, and by neither. */
#include "rules.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static void
add(struct policy *p, enum rule_effect effect, enum rule_kind kind, const char *glob)
{
        struct rule *r = &p->rules[p->n_rules++];

        *r = (struct rule){ .effect = effect, .kind = kind };
        (void)snprintf(r->glob, sizeof(r->glob), "%s", glob);
}

/* Somebody's ordinary program, which nothing built in knows. */
static struct identity
somebody(void)
{
        return (struct identity){
                .name = "worker",
                .exe = "/opt/worker/bin/worker",
                .cmdline = "worker --all /data",
                .cgroup = "/user.slice/user-1000.slice/user@1000.service/app.slice/w.scope",
                .unit = "w.scope",
                .uid = 1000,
                .root_exe = true,
        };
}

static bool
builtin_protects(const struct identity *id)
{
        static const struct policy p = { .protect_defaults = true };
        struct match m = rules_match(&p, id);

        assert_null(m.rule);
        assert_true((m.effect == RULE_PROTECT) == (m.builtin != NULL));
        assert_true(m.effect == RULE_PROTECT || m.effect == RULE_NONE);
        return m.builtin;
}

static bool
builtin_protects_exe(const char *exe)
{
        struct identity id = somebody();

        id.exe = exe;
        return builtin_protects(&id);
}

/* ---- the built-in list ---- */

static void
what_keeps_a_machine_alive_is_protected_wherever_it_is_installed(void **state)
{
        static const char *const exes[] = {
                "/usr/lib/systemd/systemd",
                "/lib/systemd/systemd",
                "/lib/systemd/systemd-journald",
                "/usr/lib/systemd/systemd-logind",
                "/usr/lib/systemd/systemd-oomd",
                "/nix/store/0abc-systemd-255/lib/systemd/systemd-udevd",
                "/usr/bin/udevadm",
                "/sbin/init",
                "/usr/bin/dbus-daemon",
                "/usr/bin/dbus-broker",
                "/usr/bin/dbus-broker-launch",
                "/usr/sbin/NetworkManager",
                "/usr/bin/NetworkManager",
                "/usr/sbin/wpa_supplicant",
                "/usr/lib/polkit-1/polkitd",
                "/usr/sbin/sshd",
                "/usr/bin/sshd",
                "/usr/lib/openssh/sshd-session",
                "/usr/libexec/openssh/sshd-session",
                "/usr/bin/login",
                "/usr/sbin/agetty",
                "/usr/sbin/gdm3",
                "/usr/bin/gdm",
                "/usr/libexec/gdm-session-worker",
                "/usr/lib/gdm3/gdm-x-session",
                "/usr/bin/sddm",
                "/usr/lib/x86_64-linux-gnu/sddm/sddm-helper",
                "/usr/sbin/lightdm",
                "/usr/bin/greetd",
                "/usr/libexec/gnome-session-binary",
                "/usr/lib/gnome-session-binary",
                "/usr/bin/xfce4-session",
                "/usr/bin/ksmserver",
                "/usr/bin/plasma_session",
                "/usr/lib/xorg/Xorg",
                "/usr/libexec/Xorg",
                "/usr/lib/Xorg",
                "/usr/bin/Xwayland",
                "/usr/bin/gnome-shell",
                "/run/current-system/sw/bin/gnome-shell",
                "/nix/store/0abc-gnome-shell-45/bin/.gnome-shell-wrapped",
                "/usr/bin/kwin_wayland",
                "/usr/bin/kwin_x11",
                "/usr/bin/plasmashell",
                "/usr/bin/sway",
                "/usr/bin/labwc",
                "/usr/bin/wayfire",
                "/usr/bin/weston",
                "/usr/bin/Hyprland",
                "/usr/bin/mutter",
                "/usr/bin/xfwm4",
                "/usr/bin/xfce4-panel",
                "/usr/bin/xfdesktop",
                "/usr/bin/cinnamon",
                "/usr/bin/marco",
                "/usr/bin/mate-panel",
                "/usr/bin/i3",
                "/usr/bin/openbox",
                "/usr/bin/lxqt-session",
                "/usr/bin/budgie-wm",
                "/usr/bin/swaylock",
                "/usr/bin/i3lock",
                "/usr/lib/x86_64-linux-gnu/libexec/kscreenlocker_greet",
                "/usr/libexec/xscreensaver/xscreensaver-auth",
                "/usr/bin/ibus-daemon",
                "/usr/libexec/ibus-engine-simple",
                "/usr/bin/fcitx5",
                "/usr/bin/pipewire",
                "/usr/bin/pipewire-pulse",
                "/usr/bin/wireplumber",
                "/usr/bin/pulseaudio",
                "/usr/bin/tmux",
                "/usr/bin/screen",
                "/usr/bin/screen-5.0.0",
                "/usr/bin/dpkg",
                "/usr/bin/apt",
                "/usr/bin/apt-get",
                "/usr/lib/apt/methods/http",
                "/usr/bin/dnf5",
                "/usr/bin/rpm",
                "/usr/bin/pacman",
                "/usr/bin/zypper",
                "/usr/libexec/packagekitd",
                "/usr/lib/snapd/snapd",
                "/usr/bin/dockerd",
                "/usr/bin/containerd",
                "/usr/bin/containerd-shim-runc-v2",
                "/usr/bin/runc",
                "/usr/sbin/runc",
                "/usr/bin/crun",
                "/usr/bin/conmon",
                "/usr/libexec/podman/conmon",
                "/usr/bin/oomguard",
                "/usr/local/sbin/oomguard",
                "/usr/libexec/oomguard-notify",
                "/usr/bin/earlyoom",
        };

        (void)state;
        for (size_t i = 0; i < N_OF(exes); i++) {
                if (!builtin_protects_exe(exes[i]))
                        fail_msg("%s is not protected", exes[i]);
        }
}

static void
what_takes_memory_for_a_living_is_not_protected(void **state)
{
        static const char *const exes[] = {
                "/usr/lib/firefox/firefox",
                "/usr/lib/firefox-esr/firefox-esr",
                "/opt/google/chrome/chrome",
                "/usr/lib/chromium/chromium",
                "/usr/lib/thunderbird/thunderbird",
                "/usr/bin/bash",
                "/bin/sh",
                "/usr/bin/dash",
                "/usr/bin/zsh",
                "/usr/bin/fish",
                "/usr/bin/busybox",
                "/usr/bin/python3.12",
                "/usr/bin/perl",
                "/usr/bin/ruby3.1",
                "/usr/bin/node",
                "/usr/bin/gjs-console",
                "/usr/lib/jvm/java-17-openjdk-amd64/bin/java",
                "/usr/bin/gcc",
                "/usr/libexec/gcc/x86_64-linux-gnu/13/cc1plus",
                "/usr/bin/qemu-system-x86_64",
                "/usr/sbin/mysqld",
                "/usr/lib/postgresql/16/bin/postgres",
                "/usr/bin/redis-server",
                "/usr/bin/gnome-software",
                "/usr/bin/gnome-terminal.real",
                "/usr/libexec/gnome-terminal-server",
                "/usr/bin/ssh",
                "/usr/bin/make",
                "/usr/bin/initdb",
                "/usr/bin/screenshot",
                "/usr/bin/aptly",
                "/usr/bin/swaybg",
                "/usr/bin/rpmbuild",
                "/usr/bin/tail",
        };

        (void)state;
        for (size_t i = 0; i < N_OF(exes); i++) {
                if (builtin_protects_exe(exes[i]))
                        fail_msg("%s is protected", exes[i]);
        }
}

static void
a_users_own_copy_of_a_protected_program_is_not_protected(void **state)
{
        struct identity id = somebody();

        (void)state;
        id.name = "sshd";
        id.cmdline = "/usr/sbin/sshd -D";
        id.exe = "/usr/sbin/sshd";
        assert_true(builtin_protects(&id));
        id.root_exe = false;
        assert_false(builtin_protects(&id));
        /* Not for root either: in a container root is anybody. */
        id.uid = 0;
        assert_false(builtin_protects(&id));
        id.exe = "/home/me/usr/sbin/sshd";
        assert_false(builtin_protects(&id));
}

static void
a_name_protects_only_what_root_runs(void **state)
{
        struct identity id = somebody();

        (void)state;
        id.name = "unattended-upgr";
        id.exe = "/usr/bin/python3.12";
        id.uid = 0;
        assert_true(builtin_protects(&id));
        id.uid = 33; /* a web server's user can call himself what he likes */
        assert_false(builtin_protects(&id));
        id.uid = 1000;
        assert_false(builtin_protects(&id));
        id.uid = 0;
        id.name = "unattended-upgrades"; /* longer than the kernel keeps: not ours */
        assert_false(builtin_protects(&id));
}

static void
a_unit_protects_only_where_the_system_put_it(void **state)
{
        static const struct {
                const char *cgroup, *unit;
                bool want;
        } rows[] = {
                { "/system.slice/packagekit.service", "packagekit.service", true },
                { "/system.slice/packagekit.service/job", "packagekit.service", true },
                { "/system.slice/dnf-automatic-install.service", "dnf-automatic-install.service",
                  true },
                { "/init.scope", "init.scope", true },
                { "/init.scope/x", "init.scope", true },
                { "/user.slice/user-1000.slice/user@1000.service/init.scope", "init.scope", false },
                { "/system.slice/init.scope", "init.scope", true },
                { "/user.slice/user-1000.slice/user@1000.service/app.slice/packagekit.service",
                  "packagekit.service", false },
                { "/packagekit.service", "packagekit.service", false },
                { "/machine.slice/x.scope/system.slice/packagekit.service", "packagekit.service",
                  false },
                { "/system.slice/docker.service/packagekit.service", "packagekit.service", false },
                { "/system.slice/packagekit.service.d", "packagekit.service", false },
                { "/system.slice/packagekit.servic", "packagekit.service", false },
                { "system.slice/packagekit.service", "packagekit.service", false },
                { "/system.slice/packagekit.service", "", false },
                { "", "packagekit.service", false },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct identity id = somebody();

                id.cgroup = rows[i].cgroup;
                id.unit = rows[i].unit;
                if (builtin_protects(&id) != rows[i].want)
                        fail_msg("%s in %s", rows[i].unit, rows[i].cgroup);
        }
}

static void
the_built_in_list_can_be_switched_off(void **state)
{
        static const struct policy p = { .protect_defaults = false };
        struct identity id = somebody();
        struct match m;

        (void)state;
        id.exe = "/usr/sbin/sshd";
        m = rules_match(&p, &id);
        assert_int_equal(m.effect, RULE_NONE);
        assert_null(m.builtin);
}

static void
the_built_in_list_is_well_made(void **state)
{
        size_t n = 0;

        (void)state;
        for (; rules_builtin(n); n++) {
                const char *pattern = rules_builtin(n), *glob = strchr(pattern, ':');

                assert_non_null(glob);
                assert_true(strncmp(pattern, "exe:", 4) == 0 || strncmp(pattern, "name:", 5) == 0 ||
                            strncmp(pattern, "unit:", 5) == 0);
                assert_true(strspn(glob + 1, "*?/") < strlen(glob + 1));
                for (size_t i = 0; i < n; i++)
                        assert_string_not_equal(rules_builtin(i), pattern);
        }
        assert_true(n > 100);
        assert_null(rules_builtin(n + 1));
        assert_null(rules_builtin(SIZE_MAX));
}

/* ---- the policy's rules ---- */

static void
each_kind_looks_at_its_own_part_of_the_identity(void **state)
{
        static const struct {
                enum rule_kind kind;
                const char *hit, *miss;
        } rows[] = {
                { RULE_NAME, "work*", "work" },
                { RULE_NAME, "[vw]orker", "Worker" },
                { RULE_EXE, "/opt/*", "/op/*" },
                { RULE_EXE, "*/worker", "worker" },
                { RULE_CMDLINE, "* --all *", "--all" },
                { RULE_UNIT, "w.scope", "*/w.scope" },
                { RULE_CGROUP, "/user.slice/*", "user.slice/*" },
                { RULE_CGROUP, "*/app.slice/*", "*/background.slice/*" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct policy hit = { .n_rules = 0 }, miss = { .n_rules = 0 };
                struct identity id = somebody();
                struct match m;

                add(&hit, RULE_PREFER, rows[i].kind, rows[i].hit);
                add(&miss, RULE_PREFER, rows[i].kind, rows[i].miss);
                m = rules_match(&hit, &id);
                assert_int_equal(m.effect, RULE_PREFER);
                assert_ptr_equal(m.rule, &hit.rules[0]);
                assert_null(m.builtin);
                m = rules_match(&miss, &id);
                assert_int_equal(m.effect, RULE_NONE);
                assert_null(m.rule);
        }
}

static void
a_user_is_known_by_number(void **state)
{
        struct policy p = { .n_rules = 0 };
        struct identity id = somebody();

        (void)state;
        add(&p, RULE_AVOID, RULE_USER, "me");
        p.rules[0].uid = 1000;
        assert_int_equal(rules_match(&p, &id).effect, RULE_AVOID);
        id.uid = 1001;
        assert_int_equal(rules_match(&p, &id).effect, RULE_NONE);
}

static void
what_could_not_be_read_matches_nothing(void **state)
{
        static const enum rule_kind kinds[] = { RULE_NAME, RULE_EXE, RULE_CMDLINE, RULE_UNIT,
                                                RULE_CGROUP };
        const struct identity empty = { .name = "",
                                        .exe = "",
                                        .cmdline = "",
                                        .cgroup = "",
                                        .unit = "",
                                        .uid = 0,
                                        .root_exe = true };
        const struct identity none = { .uid = 0, .root_exe = true };
        struct policy p = { .protect_defaults = true };

        (void)state;
        for (size_t i = 0; i < N_OF(kinds); i++)
                add(&p, RULE_PROTECT, kinds[i], "*");
        assert_int_equal(rules_match(&p, &empty).effect, RULE_NONE);
        assert_int_equal(rules_match(&p, &none).effect, RULE_NONE);
}

static void
protection_beats_avoid_and_avoid_beats_prefer(void **state)
{
        struct policy p = { .n_rules = 0 };
        struct identity id = somebody();

        (void)state;
        add(&p, RULE_PREFER, RULE_NAME, "worker");
        assert_int_equal(rules_match(&p, &id).effect, RULE_PREFER);
        add(&p, RULE_AVOID, RULE_NAME, "worker");
        assert_int_equal(rules_match(&p, &id).effect, RULE_AVOID);
        add(&p, RULE_PROTECT, RULE_NAME, "worker");
        assert_int_equal(rules_match(&p, &id).effect, RULE_PROTECT);
        assert_ptr_equal(rules_match(&p, &id).rule, &p.rules[2]);
}

static void
of_rules_with_the_same_effect_the_first_counts(void **state)
{
        struct policy p = { .n_rules = 0 };
        struct identity id = somebody();

        (void)state;
        add(&p, RULE_AVOID, RULE_NAME, "other");
        add(&p, RULE_AVOID, RULE_NAME, "w*");
        add(&p, RULE_AVOID, RULE_NAME, "worker");
        assert_ptr_equal(rules_match(&p, &id).rule, &p.rules[1]);
}

static void
the_built_in_list_beats_prefer_and_leaves_a_protecting_rule_its_name(void **state)
{
        struct policy p = { .protect_defaults = true };
        struct identity id = somebody();
        struct match m;

        (void)state;
        id.exe = "/usr/bin/gnome-shell";
        add(&p, RULE_PREFER, RULE_EXE, "*/gnome-shell");
        add(&p, RULE_AVOID, RULE_EXE, "*/gnome-shell");
        m = rules_match(&p, &id);
        assert_int_equal(m.effect, RULE_PROTECT);
        assert_null(m.rule);
        assert_string_equal(m.builtin, "exe:*bin/gnome-shell");
        add(&p, RULE_PROTECT, RULE_EXE, "*/gnome-shell");
        m = rules_match(&p, &id);
        assert_int_equal(m.effect, RULE_PROTECT);
        assert_ptr_equal(m.rule, &p.rules[2]);
        assert_null(m.builtin);
}

static void
kinds_have_the_words_of_the_file(void **state)
{
        (void)state;
        assert_string_equal(rules_kind_word(RULE_NAME), "name");
        assert_string_equal(rules_kind_word(RULE_EXE), "exe");
        assert_string_equal(rules_kind_word(RULE_CMDLINE), "cmdline");
        assert_string_equal(rules_kind_word(RULE_USER), "user");
        assert_string_equal(rules_kind_word(RULE_UNIT), "unit");
        assert_string_equal(rules_kind_word(RULE_CGROUP), "cgroup");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_keeps_a_machine_alive_is_protected_wherever_it_is_installed),
                cmocka_unit_test(what_takes_memory_for_a_living_is_not_protected),
                cmocka_unit_test(a_users_own_copy_of_a_protected_program_is_not_protected),
                cmocka_unit_test(a_name_protects_only_what_root_runs),
                cmocka_unit_test(a_unit_protects_only_where_the_system_put_it),
                cmocka_unit_test(the_built_in_list_can_be_switched_off),
                cmocka_unit_test(the_built_in_list_is_well_made),
                cmocka_unit_test(each_kind_looks_at_its_own_part_of_the_identity),
                cmocka_unit_test(a_user_is_known_by_number),
                cmocka_unit_test(what_could_not_be_read_matches_nothing),
                cmocka_unit_test(protection_beats_avoid_and_avoid_beats_prefer),
                cmocka_unit_test(of_rules_with_the_same_effect_the_first_counts),
                cmocka_unit_test(
                        the_built_in_list_beats_prefer_and_leaves_a_protecting_rule_its_name),
                cmocka_unit_test(kinds_have_the_words_of_the_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
