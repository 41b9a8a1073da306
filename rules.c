/* SPDX-License-Identifier: MIT */
/*
 * Owns the built-in protected list and the question which rule decides about a process.  It never
 * reads a file and never asks the system: whoever fills in the identity answers for it.
 */
#include "rules.h"
#include <fnmatch.h>
#include <string.h>

static const char *const kind_words[] = {
        [RULE_NAME] = "name", [RULE_EXE] = "exe",   [RULE_CMDLINE] = "cmdline",
        [RULE_USER] = "user", [RULE_UNIT] = "unit", [RULE_CGROUP] = "cgroup",
};

/*
 * What keeps a desktop and a server alive.  Folders differ between distributions (sbin is bin on
 * Arch, libexec is lib or lib/x86_64-linux-gnu, Nix has a store), so patterns hold on to the last
 * part of the path; a word that others use too gets `bin/` in front.  A wrapper on Nix leaves the
 * program behind as .NAME-wrapped.
 *
 * Whatever runs in an interpreter shows the interpreter as its executable, and that must never
 * stand here: it would protect every script.  The few that matter are had by unit or, where root
 * runs them, by name.  No browser, no shell, no language runtime.
 */
static const char *const builtin[] = {
        /* init and the service managers */
        "exe:*/systemd/systemd*",
        "exe:*bin/init",
        "exe:*bin/openrc-init",
        "exe:*bin/runit",
        "exe:*bin/runsvdir",
        "exe:*bin/runsv",
        "exe:*bin/dinit",
        "exe:*bin/s6-svscan",
        "exe:*bin/s6-supervise",
        "name:init",
        "unit:init.scope",
        /* devices, seats, permission */
        "exe:*/udevadm",
        "exe:*bin/udevd",
        "exe:*/elogind",
        "exe:*bin/seatd",
        "exe:*/polkitd",
        "exe:*/bluetoothd",
        /* the disk below everything else */
        "exe:*bin/mdmon",
        "exe:*bin/multipathd",
        "exe:*bin/iscsid",
        "exe:*bin/dmeventd",
        /* D-Bus */
        "exe:*/dbus-daemon",
        "exe:*/dbus-daemon-launch-helper",
        "exe:*/dbus-broker",
        "exe:*/dbus-broker-launch",
        "exe:*/dbus-run-session",
        /* the network, and the way in */
        "exe:*/NetworkManager",
        "exe:*bin/wpa_supplicant",
        "exe:*/iwd",
        "exe:*bin/connmand",
        "exe:*bin/dhclient",
        "exe:*bin/dhcpcd",
        "exe:*/sshd",
        "exe:*/sshd-session",
        "exe:*/sshd-auth",
        "exe:*bin/dropbear",
        /* login and display managers */
        "exe:*bin/login",
        "exe:*bin/agetty",
        "exe:*bin/getty",
        "exe:*/gdm",
        "exe:*/gdm3",
        "exe:*/gdm-session-worker",
        "exe:*/gdm-x-session",
        "exe:*/gdm-wayland-session",
        "exe:*/sddm",
        "exe:*/sddm-helper*",
        "exe:*/sddm-greeter*",
        "exe:*bin/lightdm",
        "exe:*/lightdm-*greeter",
        "exe:*bin/greetd",
        "exe:*bin/lxdm*",
        "exe:*bin/slim",
        "exe:*bin/xdm",
        "exe:*bin/ly",
        "exe:*bin/xinit",
        /* sessions */
        "exe:*/gnome-session*",
        "exe:*bin/ksmserver",
        "exe:*bin/plasma_session",
        "exe:*bin/startplasma-*",
        "exe:*bin/xfce4-session",
        "exe:*bin/lxsession",
        "exe:*bin/lxqt-session",
        "exe:*bin/mate-session",
        "exe:*/cinnamon-session*",
        "exe:*bin/cosmic-session",
        /* display servers, compositors, window managers */
        "exe:*/Xorg",
        "exe:*/Xorg.wrap",
        "exe:*bin/Xwayland",
        "exe:*bin/Xvnc",
        "exe:*bin/Xtigervnc",
        "exe:*bin/gnome-shell",
        "exe:*bin/.gnome-shell-wrapped",
        "exe:*bin/mutter",
        "exe:*bin/kwin_wayland*",
        "exe:*bin/.kwin_wayland*",
        "exe:*bin/kwin_x11",
        "exe:*bin/.kwin_x11-wrapped",
        "exe:*bin/sway",
        "exe:*bin/.sway-wrapped",
        "exe:*bin/labwc",
        "exe:*bin/wayfire",
        "exe:*bin/weston",
        "exe:*bin/Hyprland",
        "exe:*bin/river",
        "exe:*bin/niri",
        "exe:*bin/phoc",
        "exe:*bin/cage",
        "exe:*bin/cosmic-comp",
        "exe:*bin/xfwm4",
        "exe:*bin/cinnamon",
        "exe:*bin/muffin",
        "exe:*bin/marco",
        "exe:*bin/metacity",
        "exe:*bin/gala",
        "exe:*bin/budgie-wm",
        "exe:*bin/enlightenment",
        "exe:*bin/i3",
        "exe:*bin/openbox",
        "exe:*bin/fluxbox",
        "exe:*bin/icewm*",
        "exe:*bin/bspwm",
        "exe:*bin/awesome",
        "exe:*bin/dwm",
        "exe:*bin/herbstluftwm",
        /* shells of desktops and their panels */
        "exe:*bin/plasmashell",
        "exe:*bin/.plasmashell-wrapped",
        "exe:*bin/xfce4-panel",
        "exe:*bin/xfdesktop",
        "exe:*bin/mate-panel",
        "exe:*bin/lxqt-panel",
        "exe:*bin/lxpanel",
        "exe:*bin/budgie-panel",
        "exe:*bin/cosmic-panel",
        "exe:*/phosh",
        /* screen lockers: one that ends can leave the screen open, or locked for good */
        "exe:*bin/swaylock",
        "exe:*bin/waylock",
        "exe:*bin/gtklock",
        "exe:*bin/hyprlock",
        "exe:*bin/i3lock",
        "exe:*bin/slock",
        "exe:*bin/xsecurelock",
        "exe:*bin/xscreensaver",
        "exe:*/xscreensaver-*",
        "exe:*bin/light-locker",
        "exe:*bin/xfce4-screensaver",
        "exe:*bin/mate-screensaver",
        "exe:*bin/gnome-screensaver",
        "exe:*/kscreenlocker_greet",
        /* input methods */
        "exe:*bin/ibus-daemon",
        "exe:*/ibus-engine-*",
        "exe:*/ibus-x11",
        "exe:*bin/fcitx",
        "exe:*bin/fcitx5",
        /* sound */
        "exe:*bin/pipewire",
        "exe:*bin/pipewire-*",
        "exe:*bin/wireplumber",
        "exe:*bin/pulseaudio",
        /* what a long job is left to run in */
        "exe:*bin/tmux",
        "exe:*bin/screen",
        "exe:*bin/screen-[0-9]*",
        "exe:*bin/zellij",
        /* package managers: half an installation is worse than none */
        "exe:*bin/dpkg",
        "exe:*bin/dpkg-deb",
        "exe:*bin/apt",
        "exe:*bin/apt-get",
        "exe:*bin/aptitude",
        "exe:*/lib/apt/*",
        "exe:*bin/rpm",
        "exe:*bin/rpmdb",
        "exe:*bin/rpm-ostree",
        "exe:*bin/dnf5*",
        "exe:*bin/microdnf",
        "exe:*bin/pacman",
        "exe:*bin/pamac-daemon",
        "exe:*bin/zypper",
        "exe:*bin/apk",
        "exe:*bin/xbps-install",
        "exe:*/packagekitd",
        "exe:*/snapd",
        "exe:*/flatpak-system-helper",
        "name:dnf",
        "name:dnf-3",
        "name:unattended-upgr",
        "unit:apt-daily-upgrade.service",
        "unit:unattended-upgrades.service",
        "unit:dnf-automatic*.service",
        "unit:packagekit.service",
        /* container runtimes: not what runs in the containers */
        "exe:*bin/dockerd",
        "exe:*bin/docker-proxy",
        "exe:*bin/docker-init",
        "exe:*bin/containerd",
        "exe:*bin/containerd-shim*",
        "exe:*bin/runc",
        "exe:*bin/crun",
        "exe:*/conmon",
        "exe:*bin/podman",
        "exe:*bin/crio",
        "exe:*bin/kubelet",
        "exe:*bin/k3s",
        /* those who guard memory, this program first */
        "exe:*/oomguard",
        "exe:*/oomguard-notify",
        "exe:*bin/oomguardctl",
        "exe:*bin/earlyoom",
        "exe:*bin/oomd",
        "name:nohang",
};

const char *
rules_builtin(size_t i)
{
        return i < sizeof(builtin) / sizeof(builtin[0]) ? builtin[i] : NULL;
}

const struct rule *
rules_first_of(const struct policy *p, enum rule_kind kind, enum rule_effect effect)
{
        for (uint32_t i = 0; i < p->n_rules; i++)
                if (p->rules[i].kind == kind &&
                    (effect == RULE_NONE || p->rules[i].effect == effect))
                        return &p->rules[i];
        return NULL;
}

const char *
rules_kind_word(enum rule_kind kind)
{
        return kind_words[kind];
}

static bool
glob_matches(const char *glob, const char *text)
{
        /* What could not be read is nobody: `*` would otherwise protect or prefer it by accident.
         */
        return text && *text && fnmatch(glob, text, 0) == 0;
}

static bool
rule_matches(const struct rule *r, const struct identity *id)
{
        switch (r->kind) {
        case RULE_NAME:
                return glob_matches(r->glob, id->name);
        case RULE_EXE:
                return glob_matches(r->glob, id->exe);
        case RULE_CMDLINE:
                return glob_matches(r->glob, id->cmdline);
        case RULE_USER:
                return r->uid == id->uid;
        case RULE_UNIT:
                return glob_matches(r->glob, id->unit);
        case RULE_CGROUP:
                return glob_matches(r->glob, id->cgroup);
        }
        return false;
}

static const struct rule *
first_rule(const struct policy *p, enum rule_effect effect, const struct identity *id)
{
        for (uint32_t i = 0; i < p->n_rules; i++) {
                if (p->rules[i].effect == effect && rule_matches(&p->rules[i], id))
                        return &p->rules[i];
        }
        return NULL;
}

/*
 * True for a unit that only root can have made: anybody may call a unit of his own sshd.service,
 * but it then stands below user.slice.
 */
static bool
is_system_unit(const struct identity *id)
{
        static const char slice[] = "/system.slice/";
        const char *rest = id->cgroup;
        size_t len;

        if (!rest || !id->unit || !*id->unit)
                return false;
        if (strncmp(rest, slice, sizeof(slice) - 1) == 0)
                rest += sizeof(slice) - 1;
        else if (*rest == '/' && strcmp(id->unit, "init.scope") == 0)
                rest++;
        else
                return false;
        len = strlen(id->unit);
        return strncmp(rest, id->unit, len) == 0 && (rest[len] == '\0' || rest[len] == '/');
}

static bool
builtin_matches(const char *pattern, const struct identity *id)
{
        const char *glob = strchr(pattern, ':') + 1;

        switch (*pattern) {
        case 'e':
                return id->root_exe && glob_matches(glob, id->exe);
        case 'u':
                return is_system_unit(id) && glob_matches(glob, id->unit);
        case 'n':
                return id->uid == 0 && glob_matches(glob, id->name);
        default:
                return false;
        }
}

static const char *
first_builtin(const struct identity *id)
{
        for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++) {
                if (builtin_matches(builtin[i], id))
                        return builtin[i];
        }
        return NULL;
}

struct match
rules_match(const struct policy *p, const struct identity *id)
{
        const struct rule *r = first_rule(p, RULE_PROTECT, id);
        const char *pattern;

        if (r)
                return (struct match){ .effect = RULE_PROTECT, .rule = r };
        pattern = p->protect_defaults ? first_builtin(id) : NULL;
        if (pattern)
                return (struct match){ .effect = RULE_PROTECT, .builtin = pattern };
        r = first_rule(p, RULE_AVOID, id);
        if (!r)
                r = first_rule(p, RULE_PREFER, id);
        if (r)
                return (struct match){ .effect = r->effect, .rule = r };
        return (struct match){ .effect = RULE_NONE };
}
