/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Asynchronous Vala methods in a guest loop, and what 100,000 of them leave behind. PILLION_TEST_URL is the
 * address of the server in tests/loopback.py. */

const int64 SECOND = TimeSpan.SECOND;
const int64 HOUR = 3600 * TimeSpan.SECOND;
const int MANY = 100000;
const int ROUND = 1000;

/* One leaked object each would be more than ten times that */
const int64 BOUND = 1 << 20;

Pillion.Loop loop;
int n_running;

delegate void Work ();

void kick_until_quiet () {
    var end = get_monotonic_time () + 30 * SECOND;
    while (n_running > 0 || loop.get_live_tasks () > 0) {
        assert (get_monotonic_time () < end);
        loop.kick ();
        if (loop.get_deadline () != 0)
            Thread.usleep (200);
    }
}

void in_loop (owned Work work) {
    loop = new Pillion.Loop (null, Pillion.LoopFlags.DEFAULT);
    work ();
    kick_until_quiet ();
    try {
        assert (loop.close (10 * SECOND));
    } catch (Error error) {
        GLib.error ("%s", error.message);
    }
    loop = null;
}

/* Ends an asynchronous method that must not fail */
async void expect_success (Pillion.Task task) {
    n_running++;
    try {
        assert (yield task.wait_async ());
    } catch (Error error) {
        GLib.error ("%s", error.message);
    }
    n_running--;
}

async void several () {
    n_running++;
    try {
        var slow = loop.sleep (2000);
        var quick = loop.sleep (0);
        yield loop.next_frame ().wait_async ();
        yield slow.wait_async ();
        yield quick.wait_async ();
        yield quick.wait_async (null);
        assert (slow.get_boolean () && quick.get_boolean ());
        var all = Pillion.Task.all (loop, { loop.sleep (0), loop.sleep (1000) });
        yield all.wait_async ();
        assert (all.get_children ().length == 2);
    } catch (Error error) {
        GLib.error ("%s", error.message);
    }
    n_running--;
}

void test_several () {
    in_loop (() => {
        for (int i = 0; i < 10; i++)
            several.begin ();
        var task = loop.sleep (0);
        expect_success.begin (task);
        expect_success.begin (task);
    });
}

async void errors () {
    n_running++;
    var task = new Pillion.Task (loop, "bad");
    loop.call_soon (() => task.return_error (new Pillion.Error.FAILED ("oh")));
    try {
        yield task.wait_async ();
        assert_not_reached ();
    } catch (Pillion.Error.FAILED error) {
        assert (error.message == "oh");
    } catch (Error error) {
        assert_not_reached ();
    }

    var slept = loop.sleep (HOUR);
    loop.call_soon (() => slept.cancel ());
    try {
        yield slept.wait_async ();
        assert_not_reached ();
    } catch (IOError.CANCELLED error) {
        assert (slept.get_state () == Pillion.TaskState.CANCELLED);
    } catch (Error error) {
        assert_not_reached ();
    }

    /* The wait ends, but not the task */
    var cancellable = new Cancellable ();
    var pending = new Pillion.Task (loop, "pending");
    loop.call_soon (() => cancellable.cancel ());
    try {
        yield pending.wait_async (cancellable);
        assert_not_reached ();
    } catch (IOError error) {
        assert (error is IOError.CANCELLED && !pending.is_cancelled ());
    } catch (Error error) {
        assert_not_reached ();
    }
    pending.return_boolean (true);
    n_running--;
}

async void http_errors () {
    n_running++;
    var url = Environment.get_variable ("PILLION_TEST_URL");
    var client = new PillionHttp.Client (loop);
    try {
        yield client.get_bytes (url + "/missing").wait_async ();
        assert_not_reached ();
    } catch (PillionHttp.StatusError error) {
        assert (error is PillionHttp.StatusError.NOT_FOUND && error.code == 404);
    } catch (Error error) {
        assert_not_reached ();
    }
    try {
        yield client.get_json (url + "/broken.json").wait_async ();
        assert_not_reached ();
    } catch (PillionHttp.StatusError error) {
        assert_not_reached ();
    } catch (PillionHttp.Error error) {
        assert (error is PillionHttp.Error.INVALID_JSON);
    } catch (Error error) {
        assert_not_reached ();
    }
    n_running--;
}

void test_errors () {
    in_loop (() => errors.begin ());
    in_loop (() => http_errors.begin ());
}

async void compose () {
    n_running++;
    try {
        var scope = new Pillion.Scope (loop, "panel");
        scope.set_cancel_on_error (true);
        var bad = scope.start ("bad", () => {
            var task = new Pillion.Task (loop, "bad");
            task.return_error (new IOError.BUSY ("busy"));
            return task;
        });
        var other = loop.sleep (HOUR);
        assert (scope.add_with_key ("other", other) && scope.find_task ("other") == other);
        try {
            yield bad.wait_async ();
            assert_not_reached ();
        } catch (IOError.BUSY error) {
        }
        try {
            yield scope.join ().wait_async ();
        } catch (Error error) {
        }
        assert (other.get_state () == Pillion.TaskState.CANCELLED && scope.take_failed ().length == 1);

        var queue = new Pillion.Queue (loop, 1);
        yield queue.put (1).wait_async ();
        var full = queue.put_object (scope);
        assert (!full.is_done () && !queue.try_put (2));
        var got = queue.get ();
        yield got.wait_async ();
        assert (got.get_int () == 1);
        yield full.wait_async ();
        assert (queue.try_get ().get_object () == scope && queue.try_get () == null);
        queue.close ();
        try {
            yield queue.get ().wait_async ();
            assert_not_reached ();
        } catch (Pillion.Error.CLOSED error) {
        }

        var retry = new Pillion.Retry () { attempts = 2, initial_delay_usec = 1 };
        var run = retry.run (loop, "fetch", null, (attempt) => {
            if (attempt == 2)
                return loop.sleep (0);
            var task = new Pillion.Task (loop, "first");
            task.return_error (new IOError.TIMED_OUT ("late"));
            return task;
        });
        yield run.wait_async ();
        assert (run.get_children ().length == 2);

        var completions = new Pillion.Completions (loop, { loop.sleep (1000), loop.sleep (0) });
        for (;;) {
            var next = completions.next ();
            yield next.wait_async ();
            var task = (Pillion.Task?) next.get_object ();
            if (task == null)
                break;
            assert (task.get_boolean ());
        }
    } catch (Error error) {
        GLib.error ("%s", error.message);
    }
    n_running--;
}

void test_compose () {
    in_loop (() => compose.begin ());
}

void test_hosts () {
    in_loop (() => {
        Pillion.CallbackHost host = new Pillion.CallbackHost ("vala-yield");
        Pillion.Loop? rider = null;
        bool released = false;
        host.set_install ((loop) => { rider = loop; });
        host.set_remove ((loop) => { rider = null; });
        host.set_wake (null);
        try {
            assert (loop.ensure (host));
        } catch (Error error) {
            GLib.error ("%s", error.message);
        }
        assert (host.name == "vala-yield" && rider == loop && loop.host == host);
        several.begin ();
        while (rider != null) {
            Pillion.Kick report;
            rider.kick_until (0, out report);
            assert (report.overshoot_usec >= 0 && !report.refused && !report.held);
            assert (report.items == 0 || report.get_slowest_name () != "");
            Pillion.Kick copy = report;
            assert (copy.items == report.items && copy.next_deadline_usec == report.next_deadline_usec);
            Thread.usleep (200);
        }
        loop.stop ();
        loop.set_wake_func (() => { released = true; });
        loop.set_wake_func (null);
        assert (!released);
    });
}

void test_poll_source () {
    in_loop (() => {
        var pipe = new int[2];
        assert (Posix.pipe (pipe) == 0);
        var source = new Pillion.PollSource (loop, pipe[0]);
        var seen = 0;
        source.set_callback ((source, deadline) => {
            seen++;
            Posix.read (pipe[0], new uint8[1], 1);
            return -1;
        });
        assert (source.fd == pipe[0] && source.loop == loop && !source.running);
        Posix.write (pipe[1], "x".data, 1);
        var end = get_monotonic_time () + 30 * SECOND;
        while (seen == 0 && get_monotonic_time () < end)
            loop.kick ();
        assert (seen > 0);
        source.close ();
        Posix.close (pipe[0]);
        Posix.close (pipe[1]);
    });
}

int64 resident () {
    string text;
    try {
        FileUtils.get_contents ("/proc/self/statm", out text);
    } catch (FileError error) {
        assert_not_reached ();
    }
    return int64.parse (text.split (" ")[1]) * 4096;
}

int64 growth (Work work, int many) {
    for (int i = 0; i < 20; i++)
        work ();
    var before = resident ();
    for (int i = 0; i < many / ROUND; i++)
        work ();
    return resident () - before;
}

void check (Work work) {
    var left = growth (work, MANY);
    if (left >= BOUND)
        GLib.error ("%s bytes are left", left.to_string ());
}

async void yield_once (Pillion.Task task) {
    n_running++;
    try {
        yield task.wait_async ();
        assert (task.get_string () == "done");
    } catch (Error error) {
        assert (error is IOError.CANCELLED);
    }
    n_running--;
}

void test_leaks () {
    in_loop (() => check (() => {
        for (int i = 0; i < ROUND; i++) {
            var task = new Pillion.Task (loop, "yielded");
            yield_once.begin (task);
            task.return_string ("done");
        }
        kick_until_quiet ();
    }));
    in_loop (() => check (() => {
        for (int i = 0; i < ROUND; i++) {
            var task = loop.sleep (HOUR);
            yield_once.begin (task);
            task.cancel ();
        }
        kick_until_quiet ();
    }));
    in_loop (() => check (() => {
        for (int i = 0; i < ROUND; i++) {
            var task = new Pillion.Task (loop, "called");
            var text = i.to_string ();
            task.add_done_callback ((task) => { assert (text != ""); });
            assert (task.remove_done_callback (task.add_done_callback ((task) => { text = ""; })));
            var id = loop.call_later (HOUR, () => { text = ""; });
            assert (loop.cancel_call (id));
            task.return_boolean (true);
        }
        kick_until_quiet ();
    }));
}

/* Leaks would be found */
void test_leaks_are_found () {
    in_loop (() => {
        var kept = new GenericArray<Pillion.Task> ();
        var left = growth (() => {
            for (int i = 0; i < ROUND; i++) {
                var task = new Pillion.Task (loop, "kept");
                task.return_string ("done");
                kept.add (task);
            }
            kick_until_quiet ();
        }, MANY);
        assert (left > 5 * BOUND);
    });
}

int main (string[] args) {
    Test.init (ref args);
    Test.add_func ("/vala/yield/several", test_several);
    Test.add_func ("/vala/yield/errors", test_errors);
    Test.add_func ("/vala/yield/compose", test_compose);
    Test.add_func ("/vala/yield/hosts", test_hosts);
    Test.add_func ("/vala/yield/poll-source", test_poll_source);
    Test.add_func ("/vala/yield/leaks", test_leaks);
    Test.add_func ("/vala/yield/leaks-are-found", test_leaks_are_found);
    return Test.run ();
}
