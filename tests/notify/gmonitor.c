/* SPDX-License-Identifier: MIT */
/*
 * A program that listens for low-memory warnings as GLib programs do, and prints their levels; with
 * an argument, one that asks for many rankings at a time.
 */
#include <gio/gio.h>
#include <stdio.h>

static void
on_warning(GMemoryMonitor *monitor, GMemoryMonitorWarningLevel level, gpointer data)
{
        (void)monitor;
        (void)data;
        (void)printf("level %d\n", (int)level);
        (void)fflush(stdout);
}

/* One connection, eight calls without waiting for the answers. */
static void
on_answer(GObject *source, GAsyncResult *result, gpointer loop)
{
        static int n;
        GError *error = NULL;
        GVariant *v = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

        (void)printf("%s\n", v ? "answered" : error->message);
        if (++n == 8)
                g_main_loop_quit(loop);
}

static int
ask_many(GMainLoop *loop)
{
        GDBusConnection *bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, NULL);

        for (int i = 0; bus && i < 8; i++)
                g_dbus_connection_call(bus, "org.oomguard1", "/org/oomguard1",
                                       "org.oomguard1.Guard", "Candidates", g_variant_new("(u)", 3),
                                       NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_answer, loop);
        g_main_loop_run(loop);
        return 0;
}

int
main(int argc, char **argv)
{
        (void)argv;
        GMainLoop *loop = g_main_loop_new(NULL, FALSE);

        if (argc > 1)
                return ask_many(loop);
        GMemoryMonitor *monitor = g_memory_monitor_dup_default();

        (void)g_signal_connect(monitor, "low-memory-warning", G_CALLBACK(on_warning), NULL);
        (void)printf("listens by %s\n", G_OBJECT_TYPE_NAME(monitor));
        (void)fflush(stdout);
        g_main_loop_run(loop);
        return 0;
}
