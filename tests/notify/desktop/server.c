/* SPDX-License-Identifier: MIT */
/*
 * A notification server that writes down what it gets, one line for each notification:
 *   server LOG [delay=MS] [markup] [name=NAME] [strict] [huge] [env=NAME=VALUE]...
 * delay: so long after its start until it takes its name; strict: as GNOME, refuses to replace what
 * another connection has sent; huge: answers with 60 MiB when asked who it is; env: answers for the
 * service manager, whose environment has these. It never shows anything.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

enum { IDS_MAX = 4096, SENDER_MAX = 32, ENV_MAX = 8, HUGE_BYTES = 60 << 20 };

static struct {
        const char *log, *name;
        bool markup, strict, huge;
        size_t n_env;
        const char *env[ENV_MAX];
        uint32_t last;
        char sender[IDS_MAX][SENDER_MAX];
} server = { .name = "recorder" };

/* One line, whatever is in it. */
static void
put(FILE *f, const char *key, const char *text)
{
        (void)fprintf(f, " %s=<", key);
        for (; *text; text++) {
                if ((unsigned char)*text < 0x20 || *text == 0x7f)
                        (void)fprintf(f, "\\x%02x", (unsigned)*text);
                else
                        (void)fputc(*text, f);
        }
        (void)fputc('>', f);
}

static int
put_hints(FILE *f, sd_bus_message *m)
{
        const char *key, *type, *s;
        uint8_t y;
        int r, b;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = sd_bus_message_read(m, "s", &key);
                if (r >= 0)
                        r = sd_bus_message_peek_type(m, NULL, &type);
                if (r >= 0)
                        r = sd_bus_message_enter_container(m, 'v', type);
                if (r < 0)
                        break;
                if (strcmp(type, "y") == 0 && (r = sd_bus_message_read(m, "y", &y)) >= 0)
                        (void)fprintf(f, " %s=%u", key, y);
                else if (strcmp(type, "b") == 0 && (r = sd_bus_message_read(m, "b", &b)) >= 0)
                        (void)fprintf(f, " %s=%s", key, b ? "true" : "false");
                else if (strcmp(type, "s") == 0 && (r = sd_bus_message_read(m, "s", &s)) >= 0)
                        put(f, key, s);
                else
                        r = -1;
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int
on_notify(sd_bus_message *m, void *arg, sd_bus_error *e)
{
        const char *app, *icon, *summary, *body, *sender = sd_bus_message_get_sender(m);
        uint32_t replaces, id;
        int r, expires;
        FILE *f;

        (void)arg;
        r = sd_bus_message_read(m, "susss", &app, &replaces, &icon, &summary, &body);
        if (r < 0)
                return r;
        if (server.strict && replaces && replaces < IDS_MAX && server.sender[replaces][0] &&
            strcmp(server.sender[replaces], sender) != 0)
                return sd_bus_error_set(e, SD_BUS_ERROR_INVALID_ARGS, "Invalid notification ID");
        id = replaces ? replaces : ++server.last;
        if (id < IDS_MAX)
                (void)snprintf(server.sender[id], SENDER_MAX, "%s", sender);
        f = fopen(server.log, "ae");
        if (!f)
                return -1;
        (void)fprintf(f, "id=%u replaces=%u", id, replaces);
        put(f, "app", app);
        put(f, "icon", icon);
        put(f, "summary", summary);
        put(f, "body", body);
        r = sd_bus_message_skip(m, "as");
        if (r >= 0)
                r = put_hints(f, m);
        if (r >= 0)
                r = sd_bus_message_read(m, "i", &expires);
        (void)fprintf(f, " expires=%d\n", r >= 0 ? expires : -999);
        (void)fclose(f);
        return r < 0 ? r : sd_bus_reply_method_return(m, "u", id);
}

static int
on_information(sd_bus_message *m, void *arg, sd_bus_error *e)
{
        char *text;
        int r;

        (void)arg, (void)e;
        if (server.huge) {
                text = malloc(HUGE_BYTES + 1);
                if (!text)
                        return -1;
                memset(text, 'x', HUGE_BYTES);
                text[HUGE_BYTES] = '\0';
                r = sd_bus_reply_method_return(m, "ssss", text, "oomguard's tests", "1", "1.2");
                free(text);
                return r;
        }
        return sd_bus_reply_method_return(m, "ssss", server.name, "oomguard's tests", "1", "1.2");
}

static int
on_capabilities(sd_bus_message *m, void *arg, sd_bus_error *e)
{
        (void)arg, (void)e;
        if (server.markup)
                return sd_bus_reply_method_return(m, "as", 2, "body", "body-markup");
        return sd_bus_reply_method_return(m, "as", 1, "body");
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Notify", "susssasa{sv}i", "u", on_notify, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("GetServerInformation", "", "ssss", on_information,
                      SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("GetCapabilities", "", "as", on_capabilities, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static int
on_environment(sd_bus *bus, const char *path, const char *interface, const char *property,
               sd_bus_message *reply, void *arg, sd_bus_error *e)
{
        int r = sd_bus_message_open_container(reply, 'a', "s");

        (void)bus, (void)path, (void)interface, (void)property, (void)arg, (void)e;
        for (size_t i = 0; r >= 0 && i < server.n_env; i++)
                r = sd_bus_message_append(reply, "s", server.env[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static const sd_bus_vtable manager[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Environment", "as", on_environment, 0, 0),
        SD_BUS_VTABLE_END,
};

int
main(int argc, char **argv)
{
        sd_bus *bus = NULL;
        int r;

        if (argc < 2)
                return 2;
        server.log = argv[1];
        for (int i = 2; i < argc; i++) {
                if (strncmp(argv[i], "delay=", 6) == 0)
                        (void)usleep((useconds_t)strtoul(argv[i] + 6, NULL, 10) * 1000);
                else if (strncmp(argv[i], "name=", 5) == 0)
                        server.name = argv[i] + 5;
                else if (strncmp(argv[i], "env=", 4) == 0 && server.n_env < ENV_MAX)
                        server.env[server.n_env++] = argv[i] + 4;
                else if (strcmp(argv[i], "markup") == 0)
                        server.markup = true;
                else if (strcmp(argv[i], "strict") == 0)
                        server.strict = true;
                else if (strcmp(argv[i], "huge") == 0)
                        server.huge = true;
                else
                        return 2;
        }
        r = sd_bus_open_user(&bus);
        if (r >= 0)
                r = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/Notifications",
                                             "org.freedesktop.Notifications", vtable, NULL);
        if (r >= 0 && server.n_env)
                r = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/systemd1",
                                             "org.freedesktop.systemd1.Manager", manager, NULL);
        if (r >= 0 && server.n_env)
                r = sd_bus_request_name(bus, "org.freedesktop.systemd1", 0);
        if (r >= 0)
                r = sd_bus_request_name(bus, "org.freedesktop.Notifications", 0);
        while (r >= 0) {
                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, UINT64_MAX);
        }
        (void)fprintf(stderr, "server: %s\n", strerror(-r));
        return 1;
}
