/* SPDX-License-Identifier: MIT */
/*
 * main of oomguardctl: the options that all commands share, which command it is, and whether its
 * answer could be written.  Never answers anything by itself.
 */
#include "ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "options.h"
#include "screen.h"
#include "text.h"
#include "wire.h"

enum { COLUMNS_STANDARD = 80, COLUMNS_LEAST = 20, COLUMNS_MOST = 500 };

struct command {
        const char *name;
        ctl_command_fn run;
        const char *arguments;
        const char *summary;
        const char *help; /* more of it, in lines */
};

static const struct command commands[] = {
        { "status", ctl_status, "[--watch]", "how memory stands, as the guard sees it",
          "  -w, --watch         again and again, in place; q or Ctrl-C ends it\n"
          "\n"
          "On the bars w, t and k are the limits of warn, term and kill.\n" },
        { "rank", ctl_rank, "[-n N]", "who would be ended now, in order, and why",
          "  -n, --number N      so many at most, from 1 to 128 (10; a guard tells of 32)\n"
          "\n"
          "> marks who would be ended.  BADNESS is what the order goes by, an amount of\n"
          "memory; GIVES what ending it gives back; GROWTH what it would take next.\n" },
        { "explain", ctl_explain, "PID|NAME", "the same for one process, in sentences",
          "NAME is what the kernel calls the process, or the last part of its executable.\n"
          "Says as well how to protect it.\n" },
        { "check", ctl_check, "[FILE]", "is the configuration right for this machine",
          "Names each fault with its file and line, warns of what makes no sense on this\n"
          "machine, and prints what the limits come to.  Exits 1 when there are faults.\n" },
        { "doctor", ctl_doctor, "", "what the guard can do here, and what it lacks",
          "Each line is ok, degraded or missing, with the remedy.\n" },
        { "history", ctl_history, "[--since TIME] [-n N]", "what was ended, by whom, and why",
          "      --since TIME    2h, 3d, today, yesterday, 03:00, 2026-11-19 or all\n"
          "  -n N                the last N of them\n"
          "      --journal FILE, --kernel-log FILE\n"
          "                      from a saved journal (export format) or kernel log\n" },
        { "record", ctl_record, "[-o FILE] [-t TIME]", "write a trace of every look and verdict",
          "  -o, --output FILE   to FILE, not to standard output\n"
          "  -t, --time TIME     for so long (90s, 10min, 1h), not until Ctrl-C\n" },
        { "replay", ctl_replay, "TRACE... [-n N]", "judge a trace again, by another configuration",
          "  -c, --config FILE   by this configuration, not by the one in the trace\n"
          "  -n N                show so many differences\n"
          "\n"
          "Exits 1 when a verdict differs from the one recorded.\n" },
        { "pause", ctl_pause, "[TIME]", "nobody is ended for a time (10min)",
          "TIME is from 1s to 24h, such as 90s, 10min or 2h.  Needs root.\n" },
        { "resume", ctl_resume, "", "end the pause", "Needs root.\n" },
        { "reload", ctl_reload, "", "the guard reads its configuration again",
          "A configuration with a fault is refused whole, and the running one stays: the\n"
          "faults are told, and it exits 1.  Needs root.\n" },
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static const char options_help[] = "  -c, --config FILE   the configuration (" CONFIG_FILE ")\n"
                                   "      --feed PATH     the guard's socket (" WIRE_FEED ")\n"
                                   "      --json          JSON instead of text\n"
                                   "  -h, --help          this text, or that of a command\n"
                                   "  -V, --version       the version\n";

static const char exit_help[] =
        "Exit status: 0 done; 1 the answer is no; 2 wrong usage; 3 it could not be found\n"
        "out, or there is no guard to ask; 4 only root may.\n";

static void
print_help(FILE *out)
{
        (void)fputs("oomguardctl [OPTION...] COMMAND [ARGUMENT...]\n\n"
                    "Shows how memory stands, what oomguard would do and why, and helps to tune "
                    "it.\n\n",
                    out);
        for (unsigned i = 0; i < N_COMMANDS; i++)
                (void)fprintf(out, "  %-8s %-21s %s\n", commands[i].name, commands[i].arguments,
                              commands[i].summary);
        (void)fprintf(out, "\n%s\n%s", options_help, exit_help);
}

static void
print_command_help(FILE *out, const struct command *c)
{
        (void)fprintf(out, "oomguardctl %s%s%s: %s\n\n%s\n%s\n%s", c->name,
                      *c->arguments ? " " : "", c->arguments, c->summary, c->help, options_help,
                      exit_help);
}

/* ---- the shared options, which may stand anywhere ---- */

struct shared {
        bool help, version, faulty;
};

enum taken { TAKEN_NOT, TAKEN, TAKEN_WITHOUT_VALUE };

/* Whether argv[*i] is this option; its value is in the next word or behind `=`. */
static enum taken
take_value(const char *name, int argc, char **argv, int *i, const char **ret)
{
        const char *word = argv[*i];
        size_t len = strlen(name);

        if (strncmp(word, name, len) != 0)
                return TAKEN_NOT;
        if (word[len] == '=' && name[1] == '-') {
                *ret = word + len + 1;
                return TAKEN;
        }
        if (word[len] != '\0')
                return TAKEN_NOT;
        if (*i + 1 >= argc)
                return TAKEN_WITHOUT_VALUE;
        *ret = argv[++*i];
        return TAKEN;
}

static bool
take_option(struct ctl *ctl, int argc, char **argv, int *i, struct shared *ret)
{
        const char *word = argv[*i];
        enum taken taken;

        if (strcmp(word, "--json") == 0) {
                ctl->json = true;
                return true;
        }
        if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
                ret->help = true;
                return true;
        }
        if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
                ret->version = true;
                return true;
        }
        taken = take_value("-c", argc, argv, i, &ctl->config);
        if (taken == TAKEN_NOT)
                taken = take_value("--config", argc, argv, i, &ctl->config);
        if (taken == TAKEN_NOT)
                taken = take_value("--feed", argc, argv, i, &ctl->feed);
        if (taken == TAKEN_WITHOUT_VALUE) {
                ctl_complain(ctl, "%s wants a value", word);
                ret->faulty = true;
        }
        return taken != TAKEN_NOT;
}

/* Takes them out of argv; what is left is the command and its own.  Returns how many are left. */
static int
take_shared(struct ctl *ctl, int argc, char **argv, struct shared *ret)
{
        int n = 0;

        for (int i = 0; i < argc && argv[i]; i++) {
                if (strcmp(argv[i], "--") == 0) {
                        while (i < argc)
                                argv[n++] = argv[i++];
                        break;
                }
                if (!take_option(ctl, argc, argv, &i, ret))
                        argv[n++] = argv[i];
        }
        argv[n] = NULL;
        return n;
}

/* ---- where it writes ---- */

static unsigned
columns(void)
{
        const char *text = getenv("COLUMNS");
        uint64_t n = 0;

        if (!text || !text_u64(&text, text + strlen(text), &n) || *text || n == 0)
                n = screen_columns(stdout);
        if (n == 0)
                n = COLUMNS_STANDARD;
        if (n < COLUMNS_LEAST)
                n = COLUMNS_LEAST;
        return n > COLUMNS_MOST ? COLUMNS_MOST : (unsigned)n;
}

/* https://no-color.org: set and not empty. */
static bool
colour(void)
{
        const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

        return isatty(STDOUT_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

static const struct command *
find_command(const char *name)
{
        for (unsigned i = 0; i < N_COMMANDS; i++)
                if (strcmp(commands[i].name, name) == 0)
                        return &commands[i];
        return NULL;
}

static int
run(struct ctl *ctl, const struct command *c, int argc, char **argv)
{
        int r = c->run(ctl, argc, argv);

        if (r == CTL_USAGE)
                (void)fprintf(ctl->err, "oomguardctl %s --help tells what it takes\n", c->name);
        if (fflush(ctl->out) == 0 && !ferror(ctl->out))
                return r;
        ctl_complain(ctl, "the answer cannot be written: %s", strerror(errno));
        return r == CTL_OK ? CTL_FAILED : r;
}

int
main(int argc, char **argv)
{
        struct ctl ctl = { .out = stdout, .err = stderr, .root = "" };
        struct shared shared = { 0 };
        const struct command *c = NULL;
        int n = take_shared(&ctl, argc - 1, argv + 1, &shared);

        ctl.columns = columns();
        ctl.colour = !ctl.json && colour();
        if (n > 0)
                c = find_command(argv[1]);
        if (shared.faulty)
                return CTL_USAGE;
        if (shared.help) {
                if (c)
                        print_command_help(stdout, c);
                else
                        print_help(stdout);
                return fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
        }
        if (shared.version) {
                (void)puts("oomguardctl " OOMGUARD_VERSION);
                return fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
        }
        if (!c) {
                if (n > 0)
                        ctl_complain(&ctl, "%s: there is no such command", argv[1]);
                (void)fputs("oomguardctl --help lists what there is\n", stderr);
                return CTL_USAGE;
        }
        return run(&ctl, c, n, argv + 1);
}
