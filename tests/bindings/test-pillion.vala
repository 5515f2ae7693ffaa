/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The whole API as a newcomer uses it from Vala. PILLION_TEST_URL is the address of tests/loopback.py's server. */

const int64 MSEC = TimeSpan.MILLISECOND;
const int64 SECOND = TimeSpan.SECOND;

delegate bool Condition ();

/* Does what a host does, sleeping as it would in poll () */
void kick_until (Pillion.Loop loop, Condition condition) {
    var end = get_monotonic_time () + 30 * SECOND;
    while (!condition ()) {
        assert (get_monotonic_time () < end);
        loop.kick ();
        if (loop.get_deadline () != 0)
            Thread.usleep (200);
    }
}

void kick_until_done (Pillion.Loop loop) {
    kick_until (loop, () => loop.get_live_tasks () == 0);
}

Pillion.Loop new_loop () {
    return new Pillion.Loop (null, Pillion.LoopFlags.DEFAULT);
}

void close_loop (Pillion.Loop loop) {
    try {
        assert (loop.close (10 * SECOND));
    } catch (Error error) {
        assert_not_reached ();
    }
}

void test_loop () {
    var loop = new_loop ();
    string[] called = {};

    assert (!loop.is_riding () && !loop.is_passenger () && !loop.is_closed ());
    assert (loop.get_host () == null);
    assert (Pillion.Loop.get_default () == Pillion.Loop.get_default ());

    loop.call_later (2 * MSEC, () => { called += "later"; });
    var cancelled = loop.call_soon (() => { called += "cancelled"; });
    loop.call_soon (() => { called += "soon"; });
    loop.call_soon_threadsafe (() => { called += "threadsafe"; });
    assert (loop.cancel_call (cancelled));
    assert (!loop.cancel_call (cancelled));
    kick_until (loop, () => called.length == 3);
    assert (string.joinv (" ", called) == "soon threadsafe later");

    close_loop (loop);
    assert (loop.is_closed ());
}

void test_report () {
    var loop = new_loop ();
    Pillion.Kick report;

    for (int i = 0; i < 100; i++)
        loop.call_soon (() => { });
    assert (!loop.kick_until (loop.get_now () + SECOND, out report));
    assert (report.items >= 100);
    assert (!report.more_ready && !report.refused);
    assert (report.overshoot_usec == 0 && report.duration_usec >= 0 && report.slowest_usec >= 0);
    assert (report.get_slowest_name () != null);
    close_loop (loop);
}

void test_properties () {
    var loop = new_loop ();

    loop.budget_usec = 5000;
    assert (loop.get_budget_usec () == 5000);
    loop.budget_mode = Pillion.BudgetMode.AUTOMATIC;
    assert (loop.get_budget_mode () == Pillion.BudgetMode.AUTOMATIC);
    loop.slow_threshold_usec = 7000;
    assert (loop.get_slow_threshold_usec () == 7000);
    loop.max_workers = 2;
    assert (loop.get_max_workers () == 2);
    loop.auto_stop = false;
    assert (!loop.get_auto_stop ());
    assert (loop.get_fd () >= -1);
    assert (loop.get_deadline () == -1);
    close_loop (loop);
}

void test_signals () {
    var loop = new_loop ();
    string[] seen = {};

    loop.task_added.connect ((task) => { seen += "added " + task.get_name (); });
    loop.task_done.connect ((task) => { seen += "done " + task.get_name (); });
    loop.unhandled_error.connect ((task, error) => { seen += error.message; });
    var task = new Pillion.Task (loop, "watched", null);
    task.return_boolean (true);
    kick_until_done (loop);
    new Pillion.Task (loop, "bad", null).return_error (new IOError.FAILED ("oh"));
    task = null;
    kick_until (loop, () => seen.length == 5);
    assert (string.joinv (", ", seen) == "added watched, done watched, added bad, done bad, oh");
    close_loop (loop);
}

void test_callback_host () {
    var loop = new_loop ();
    var host = (Pillion.CallbackHost) new Pillion.CallbackHost ("vala-host");
    string[] log = {};

    host.set_install ((rider) => { log += "install"; });
    host.set_remove ((rider) => { log += "remove"; });
    host.set_wake (() => { });
    assert (host.get_name () == "vala-host");
    try {
        assert (loop.ensure (host));
        assert (loop.ensure (host));
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (log.length == 1);
    assert (Pillion.Loop.find_by_name ("vala-host") == loop);
    assert (loop.get_host () == host);
    loop.sleep (MSEC, null);
    kick_until (loop, () => !loop.is_riding ());
    assert (string.joinv (" ", log) == "install remove");
    /* The hook is gone, but the next task would bring it back */
    assert (Pillion.Loop.stop_by_name ("vala-host"));
    assert (!Pillion.Loop.stop_by_name ("vala-host"));
    close_loop (loop);
}

class ValaHost : Object, Pillion.Host {
    public unowned Pillion.Loop? rider;

    public unowned string get_name () {
        return "a class";
    }

    public bool install (Pillion.Loop loop) throws Error {
        rider = loop;
        return true;
    }

    public void remove (Pillion.Loop loop) {
        rider = null;
    }
}

void test_host_class () {
    var loop = new_loop ();
    var host = new ValaHost ();

    try {
        assert (loop.ensure (host));
    } catch (Error error) {
        assert_not_reached ();
    }
    var task = loop.sleep (MSEC, null);
    kick_until (loop, () => host.rider == null);
    assert (task.is_done ());
    close_loop (loop);
}

void test_tick_host () {
    var loop = new_loop ();
    var host = (Pillion.TickHost) new Pillion.TickHost ("frames", 500);
    uint frames = 0;

    host.set_work_usec (100);
    host.add_stall (2, 2 * MSEC);
    assert (host.get_rate () == 500 && host.get_work_usec () == 100);
    host.frame.connect ((frame) => { frames++; });
    try {
        loop.ensure (host);
    } catch (Error error) {
        assert_not_reached ();
    }
    var task = loop.sleep (10 * MSEC, null);
    task.add_done_callback ((task) => { host.quit (); });
    var count = host.run (500);
    assert (task.is_done ());
    assert (frames == count && host.get_frames () == count);
    assert (host.get_kick_times ().length == count);
    assert (host.get_late_frames () <= count);
    close_loop (loop);
}

void test_test_host () {
    var loop = new_loop ();
    var host = (Pillion.TestHost) new Pillion.TestHost ();
    bool fired = false;

    try {
        loop.ensure (host);
    } catch (Error error) {
        assert_not_reached ();
    }
    loop.hold ();
    var start = host.get_now ();
    loop.call_later (3600 * SECOND, () => { fired = true; });
    host.advance (3600 * SECOND - 1);
    assert (!fired);
    host.advance (1);
    assert (fired);
    loop.sleep (3600 * SECOND, null);
    host.run_until_idle ();
    assert (host.get_now () - start == 7200 * SECOND);
    assert (loop.is_riding ());
    loop.release ();
    host.run_until_idle ();
    assert (!loop.is_riding ());
    close_loop (loop);
}

void test_glib_host () {
    var loop = new_loop ();
    var context = new MainContext ();
    var host = (Pillion.GlibHost) new Pillion.GlibHost ("glib", context);

    assert (host.get_context () == context);
    try {
        loop.ensure (host);
    } catch (Error error) {
        assert_not_reached ();
    }
    var task = loop.sleep (MSEC, null);
    while (!task.is_done ())
        context.iteration (true);
    close_loop (loop);
}

void test_results () {
    var loop = new_loop ();

    try {
        var task = new Pillion.Task (loop, "result", null);
        task.return_boolean (true);
        assert (task.get_boolean ());
        task = new Pillion.Task (loop, "result", null);
        task.return_int (int64.MIN);
        assert (task.get_int () == int64.MIN);
        task = new Pillion.Task (loop, "result", null);
        task.return_double (2.5);
        assert (task.get_double () == 2.5);
        task = new Pillion.Task (loop, "result", null);
        task.return_string ("grüße");
        assert (task.get_string () == "grüße" && task.get_string () == "grüße");
        task = new Pillion.Task (loop, "result", null);
        task.return_bytes (new Bytes ({ 1, 0, 2 }));
        assert (task.get_bytes ().compare (new Bytes ({ 1, 0, 2 })) == 0);
        task = new Pillion.Task (loop, "result", null);
        task.return_variant (new Variant ("(si)", "x", 1));
        assert (task.get_variant ().print (false) == "('x', 1)");
        task = new Pillion.Task (loop, "result", null);
        var file = File.new_for_path ("/");
        task.return_object (file);
        assert (task.get_object () == file);
        var value = Value (typeof (int64));
        value.set_int64 (42);
        task = new Pillion.Task (loop, "result", null);
        task.return_value (value);
        Value copy;
        assert (task.get_value (out copy) && copy.get_int64 () == 42);
    } catch (Error error) {
        assert_not_reached ();
    }
    kick_until_done (loop);
    close_loop (loop);
}

void test_errors () {
    var loop = new_loop ();
    var task = new Pillion.Task (loop, "bad", null);

    try {
        task.get_int ();
        assert_not_reached ();
    } catch (Pillion.Error.NOT_DONE error) {
    } catch (Error error) {
        assert_not_reached ();
    }
    task.return_error (new IOError.NOT_FOUND ("gone"));
    try {
        task.get_int ();
        assert_not_reached ();
    } catch (IOError.NOT_FOUND error) {
        assert (error.message == "gone");
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (task.get_state () == Pillion.TaskState.FAILED);
    kick_until_done (loop);
    close_loop (loop);
}

void test_cancel_and_progress () {
    var loop = new_loop ();
    var cancellable = new Cancellable ();
    var task = new Pillion.Task (loop, "first", cancellable);
    uint seen = 0;

    task.set_name ("second");
    task.set_site ("test-pillion.vala:1");
    assert (task.get_name () == "second" && task.get_site () == "test-pillion.vala:1" && task.get_loop () == loop);
    task.progress.connect (() => { seen++; });
    task.set_unit ("files");
    task.set_message ("one by one");
    task.set_progress (1, 3);
    task.set_progress (2, 3);
    loop.kick ();
    assert (seen == 1 && task.get_completed () == 2 && task.get_total () == 3);
    assert (task.get_unit () == "files" && task.dup_message () == "one by one");
    assert (task.get_rate () >= 0);

    cancellable.cancel ();
    assert (task.is_cancelled () && task.get_cancellable ().is_cancelled ());
    assert (task.return_if_cancelled ());
    kick_until_done (loop);
    assert (task.get_state () == Pillion.TaskState.CANCELLED);
    close_loop (loop);
}

async int sleep_three_times (Pillion.Loop loop) throws Error {
    int slept = 0;
    for (int i = 0; i < 3; i++) {
        yield loop.sleep (MSEC, null).wait_async (null);
        slept++;
    }
    return slept;
}

void test_yield () {
    var loop = new_loop ();
    int slept = 0;

    sleep_three_times.begin (loop, (source, result) => {
        try {
            slept = sleep_three_times.end (result);
        } catch (Error error) {
            assert_not_reached ();
        }
    });
    kick_until (loop, () => slept == 3);
    close_loop (loop);
}

async uint8[] load (Pillion.Loop loop, File file) throws Error {
    var task = new Pillion.Task (loop, "load", null);
    file.load_contents_async.begin (task.get_cancellable (), (source, result) => {
        Pillion.Task.ready (source, result, task);
    });
    yield task.wait_async (null);
    uint8[] contents;
    file.load_contents_async.end (task.get_async_result (), out contents, null);
    return contents;
}

void test_any_gio_call () {
    var loop = new_loop ();
    int length = 0;

    load.begin (loop, File.new_for_path ("/etc/passwd"), (source, result) => {
        try {
            length = load.end (result).length;
        } catch (Error error) {
            assert_not_reached ();
        }
    });
    kick_until (loop, () => length > 0);
    close_loop (loop);
}

void test_thread () {
    var loop = new_loop ();
    Thread<void*>? worker = null;

    var task = loop.run_in_thread ("double", null, (task, cancellable) => {
        worker = Thread.self<void*> ();
        task.return_int (42);
    });
    try {
        assert (loop.run_until_complete (task));
        assert (task.get_int () == 42);
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (worker != Thread.self<void*> ());
    close_loop (loop);
}

async void fetch (Pillion.Loop loop) throws Error {
    var url = Environment.get_variable ("PILLION_TEST_URL");
    var sha256 = Environment.get_variable ("PILLION_TEST_SHA256");
    var client = new PillionHttp.Client (loop);
    client.set_max_connections (5);
    client.set_max_connections_per_host (2);
    client.max_connections_per_download = 16;
    client.set_idle_timeout_usec (9000000);
    client.set_user_agent ("smoke/1");
    assert (client.get_max_connections () == 5 && client.get_max_connections_per_host () == 2 && client.max_connections_per_download == 16);
    assert (client.get_idle_timeout_usec () == 9000000 && client.get_user_agent () == "smoke/1" && client.get_loop () == loop);

    var jar = new PillionHttp.CookieJar.for_file (File.new_for_path ("/nowhere/cookies.txt"));
    client.cookie_jar = jar;
    client.rate_limit = 100000000;
    client.http2 = false;
    client.set_pinned_keys ({ "sha256//vPxEyNDcp5sWwgwCk4ktR4MdxHgXAf4XmYBqATQvTTo=" });
    client.set_local_address (new InetSocketAddress.from_string ("127.0.0.1", 0) as InetSocketAddress);
    assert (client.cookie_jar == jar && client.get_pinned_keys ().length == 1 && client.unix_socket_path == null);
    var cookie = new PillionHttp.Cookie ("a", "1", ".example.org", null);
    cookie.secure = true;
    jar.add (cookie);
    assert (jar.list ("https://www.example.org/").length == 1 && jar.list (null)[0].domain == "example.org");
    jar.clear ();
    try {
        client.load_certificate (File.new_for_path ("/nowhere/cert.pem"), null);
        assert_not_reached ();
    } catch (Error error) {
        assert (error is IOError.NOT_FOUND);
    }

    var request = new PillionHttp.Request ("GET", "hello.txt");
    request.set_header ("Accept", "text/plain");
    request.add_parameter ("a", "b c");
    request.redirect_policy = PillionHttp.RedirectPolicy.SAME_ORIGIN;
    client.set_base_url (url + "/");
    var sent = client.send (request, null);
    yield sent.wait_async (null);
    var response = (PillionHttp.Response) sent.get_object ();
    assert (response.get_status () == 200 && response.dup_text () == "Hello from loopback\n");
    assert (response.get_url () == url + "/hello.txt?a=b%20c" && response.get_history ().length == 0);
    assert (response.reason == "OK" && response.http_version == "1.1" && response.get_header ("Content-Type") == "text/plain");
    assert (response.peer is InetSocketAddress && response.get_elapsed (PillionHttp.Phase.BODY) > 0);

    var opened = client.open (request, null);
    yield opened.wait_async (null);
    var stream = (PillionHttp.Stream) opened.get_object ();
    var piece = stream.read (0, null);
    yield piece.wait_async (null);
    assert (piece.get_bytes ().get_size () == 20 && stream.response.get_status () == 200);
    stream.close ();

    var opening = client.open_web_socket (request, { "chat" }, null);
    try {
        yield opening.wait_async (null);
        assert_not_reached ();
    } catch (Error error) {
        assert (error is PillionHttp.Error.NOT_WEB_SOCKET);
    }
    Type[] types = { typeof (PillionHttp.WebSocket), typeof (PillionHttp.WebSocketMessage) };
    assert (types[0].is_a (typeof (Object)) && types[1].is_a (Type.BOXED));

    var hello = client.get_bytes (url + "/hello.txt", null);
    yield hello.wait_async (null);
    assert (hello.get_bytes ().compare (new Bytes ("Hello from loopback\n".data)) == 0);

    var folder = File.new_for_path (DirUtils.make_tmp ("pillion-vala-XXXXXX"));
    var target = folder.get_child ("file.bin");
    var task = client.download (url + "/file.bin", target, sha256, null);
    yield task.wait_async (null);
    var download = (PillionHttp.Download) task.get_object ();
    assert (download.get_size () == 1 << 20 && download.get_sha256 () == sha256);
    assert (download.get_integrity () == PillionHttp.Integrity.DIGEST);
    assert (download.get_file ().equal (target));
    target.delete (null);
    folder.delete (null);

    var missing = client.get_bytes (url + "/missing", null);
    try {
        yield missing.wait_async (null);
        assert_not_reached ();
    } catch (PillionHttp.StatusError.NOT_FOUND error) {
        assert (error.code == 404);
        assert (PillionHttp.Response.from_error (error).status == 404);
        assert (PillionHttp.Response.from_task (missing).get_url () == url + "/missing");
    }
}

/* The server's end of a WebSocket */
async bool serve_web_socket (PillionHttp.TestExchange exchange) throws Error {
    var socket = exchange.accept_web_socket ("chat");
    var receiving = socket.receive (null);
    yield receiving.wait_async (null);
    Value value;
    receiving.get_value (out value);
    var message = (PillionHttp.WebSocketMessage) value.get_boxed ();
    var sending = socket.send_text (message.text + "!", null);
    yield sending.wait_async (null);
    exchange.cut (0);
    return true;
}

async void use_web_socket (Pillion.Loop loop) throws Error {
    var transport = new PillionHttp.TestTransport (loop);
    var client = new PillionHttp.Client (loop);
    client.transport = transport;
    transport.add_handler ("/echo", (exchange) => {
        var served = new Pillion.Task (loop, "handler", null);
        serve_web_socket.begin (exchange, (source, result) => {
            try {
                served.return_boolean (serve_web_socket.end (result));
            } catch (Error error) {
                served.return_error (error.copy ());
            }
        });
        return served;
    });

    var opening = client.open_web_socket (new PillionHttp.Request ("GET", "wss://example.org/echo"), { "chat" }, null);
    yield opening.wait_async (null);
    var socket = (PillionHttp.WebSocket) opening.get_object ();
    assert (socket.protocol == "chat");
    socket.send_text ("hello", null);
    var receiving = socket.receive (null);
    yield receiving.wait_async (null);
    Value value;
    receiving.get_value (out value);
    var message = (PillionHttp.WebSocketMessage) value.get_boxed ();
    assert (message.text == "hello!");
    var broken = socket.receive (null);
    try {
        yield broken.wait_async (null);
        assert_not_reached ();
    } catch (Error error) {
        assert (error is PillionHttp.Error.TRUNCATED);
    }
}

async void use_cache (Pillion.Loop loop) throws Error {
    var cache = new PillionHttp.Cache (DirUtils.make_tmp ("pillion-cache-XXXXXX"));
    var server = new PillionHttp.TestServer (loop);
    int requests = 0;
    server.add_handler ("/", (exchange) => {
        requests++;
        exchange.add_header ("Cache-Control", "max-age=10000");
        exchange.set_text ("%d".printf (requests), null);
        return null;
    });
    var client = new PillionHttp.Client (loop) { cache = cache };
    var url = server.get_url () + "/";

    var first = client.send (new PillionHttp.Request ("GET", url), null);
    yield first.wait_async (null);
    assert (!((PillionHttp.Response) first.get_object ()).from_cache);
    client.offline = true;
    var second = client.send (new PillionHttp.Request ("GET", url), null);
    yield second.wait_async (null);
    var response = (PillionHttp.Response) second.get_object ();
    assert (response.from_cache && response.dup_text () == "1" && requests == 1);

    client.offline = false;
    response.remove_from_cache ();
    var request = new PillionHttp.Request ("GET", url);
    request.cache_mode = PillionHttp.CacheMode.ONLY_IF_CACHED;
    try {
        yield client.send (request, null).wait_async (null);
        assert_not_reached ();
    } catch (Error error) {
        assert (error is PillionHttp.Error.NOT_CACHED);
    }

    var verifying = cache.verify (loop, null);
    yield verifying.wait_async (null);
    assert (verifying.get_int () == 0);
    var listing = cache.list (null, loop, null);
    yield listing.wait_async (null);
    assert (((ListModel) listing.get_object ()).get_n_items () == 0);
    var clearing = cache.clear (loop, null);
    yield clearing.wait_async (null);
    assert (clearing.get_boolean ());
    var flushing = cache.flush (loop, null);
    yield flushing.wait_async (null);
    assert (flushing.get_boolean ());
    server.close ();
}

void test_cache () {
    var loop = new_loop ();
    bool finished = false;

    use_cache.begin (loop, (source, result) => {
        try {
            use_cache.end (result);
        } catch (Error error) {
            GLib.error ("%s", error.message);
        }
        finished = true;
    });
    kick_until (loop, () => finished);
    close_loop (loop);
}

void test_web_socket () {
    var loop = new_loop ();
    bool finished = false;

    use_web_socket.begin (loop, (source, result) => {
        try {
            use_web_socket.end (result);
        } catch (Error error) {
            GLib.error ("%s", error.message);
        }
        finished = true;
    });
    kick_until (loop, () => finished);
    close_loop (loop);
}

void test_http () {
    var loop = new_loop ();
    bool finished = false;

    fetch.begin (loop, (source, result) => {
        try {
            fetch.end (result);
        } catch (Error error) {
            GLib.error ("%s", error.message);
        }
        finished = true;
    });
    kick_until (loop, () => finished);
    close_loop (loop);
}

/* Combinators, completions and retries */

Pillion.Task task_of (Pillion.Loop loop, int64 result) {
    var task = new Pillion.Task (loop, "child", null);
    task.return_int (result);
    return task;
}

void test_compose () {
    var loop = new_loop ();
    var first = task_of (loop, 1);
    var second = new Pillion.Task (loop, "second", null);
    Pillion.Task[] tasks = { first, second };
    var all = Pillion.Task.all (loop, tasks);
    var settled = Pillion.Task.settle (loop, tasks);
    var some = Pillion.Task.any (loop, { first, second });
    var race = Pillion.Task.race (loop, tasks);
    var mapped = Pillion.Task.map (loop, 3, 2, null, (index) => task_of (loop, index * 10));
    var then = first.and_then ((task) => {
        try {
            return task_of (loop, task.get_int () + 41);
        } catch (Error error) {
            return null;
        }
    });
    var late = new Pillion.Task (loop, "late", null);
    var timed = late.with_timeout (0);
    var passed = first.with_deadline (0);
    var shield = first.shield ();
    var completions = (Pillion.Completions?) null;
    try {
        completions = new Pillion.Completions (loop, { second });
        assert (completions.add (first));
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (completions.get_n_left () == 2);
    var next = completions.next ();
    var last = completions.next ();
    assert (completions.try_next () == null);
    var retry = new Pillion.Retry ();
    retry.attempts = 3;
    retry.initial_delay_usec = 100;
    uint asked = 0;
    retry.set_predicate ((error, attempt) => { asked = attempt; return error is IOError.BUSY; });
    var retried = retry.run (loop, "fetch", null, (attempt) => {
        var task = new Pillion.Task (loop, "attempt", null);
        if (attempt < 3)
            task.return_error (new IOError.BUSY ("busy"));
        else
            task.return_int (attempt);
        return task;
    });

    second.return_int (2);
    kick_until (loop, () => late.is_cancelled ());
    assert (late.return_if_cancelled ());
    kick_until_done (loop);
    try {
        assert (all.get_boolean () && settled.get_boolean () && mapped.get_boolean ());
        assert (some.get_int () == 1 && race.get_int () == 1 && then.get_int () == 42);
        assert (passed.get_int () == 1 && shield.get_int () == 1);
        assert (mapped.get_children ().length == 3);
        assert (mapped.get_children ()[2].get_int () == 20);
        assert (all.get_children ()[1] == second);
        assert (((Pillion.Task) next.get_object ()) == first);
        assert (((Pillion.Task) last.get_object ()) == second);
        assert (completions.next ().get_object () == null);
        assert (retried.get_int () == 3 && asked == 2);
    } catch (Error error) {
        GLib.error ("%s", error.message);
    }
    try {
        timed.check ();
        assert_not_reached ();
    } catch (IOError.TIMED_OUT error) {
    } catch (Error error) {
        assert_not_reached ();
    }
    close_loop (loop);
}

async void wait_in_line (Pillion.Loop loop, Pillion.Scope scope) throws Error {
    var semaphore = new Pillion.Semaphore (loop, 1);
    var permit = semaphore.acquire ();
    yield permit.wait_async (null);
    assert (!semaphore.try_acquire ());
    assert (semaphore.release ());
    try {
        semaphore.release ();
        assert_not_reached ();
    } catch (Pillion.Error.OVER_RELEASED error) {
    }

    var queue = new Pillion.Queue (loop, 1);
    var get = queue.get ();
    queue.put ("item");
    yield get.wait_async (null);
    assert (get.get_string () == "item");

    var event = new Pillion.Event (loop);
    event.set ();
    yield event.wait ().wait_async (null);

    scope.set_limit (1);
    var first = scope.start ("first", () => loop.sleep (0, null));
    var second = scope.start ("second", () => loop.sleep (0, null));
    yield scope.join ().wait_async (null);
    assert (first.get_boolean () && second.get_boolean ());
}

void test_scope () {
    var loop = new_loop ();
    bool finished = false;

    try {
        var scope = new Pillion.Scope (loop, "addon");
        var child = new Pillion.Scope.child (scope, "previews");
        assert (Pillion.Scope.find (loop, "addon/previews") == child);
        assert (scope.get_children ().length == 1);
        wait_in_line.begin (loop, scope, (source, result) => {
            try {
                wait_in_line.end (result);
            } catch (Error error) {
                GLib.error ("%s", error.message);
            }
            finished = true;
        });
        kick_until (loop, () => finished);
        assert (scope.take_failed ().length == 0);

        var stuck = new Pillion.Task (loop, "stuck", null);
        assert (child.add (stuck));
        try {
            scope.close (1000);
            assert_not_reached ();
        } catch (Pillion.Error.LEFT_BEHIND error) {
            assert (error.message.contains ("stuck"));
        }
        stuck.return_boolean (true);
    } catch (Error error) {
        GLib.error ("%s", error.message);
    }
    close_loop (loop);
}

void test_regions () {
    var loop = new_loop ();
    bool called = false;

    loop.begin_region ("undo", Pillion.RegionFlags.NO_DESTRUCTIVE);
    loop.call_at_safe_point (() => { called = true; });
    loop.kick ();
    assert (!called && !loop.is_safe_point ());
    try {
        assert (loop.end_region ("undo"));
    } catch (Error error) {
        assert_not_reached ();
    }
    kick_until (loop, () => called);
    close_loop (loop);
}

int main (string[] args) {
    Test.init (ref args);
    Test.add_func ("/vala/loop", test_loop);
    Test.add_func ("/vala/report", test_report);
    Test.add_func ("/vala/properties", test_properties);
    Test.add_func ("/vala/signals", test_signals);
    Test.add_func ("/vala/callback-host", test_callback_host);
    Test.add_func ("/vala/host-class", test_host_class);
    Test.add_func ("/vala/tick-host", test_tick_host);
    Test.add_func ("/vala/test-host", test_test_host);
    Test.add_func ("/vala/glib-host", test_glib_host);
    Test.add_func ("/vala/results", test_results);
    Test.add_func ("/vala/errors", test_errors);
    Test.add_func ("/vala/cancel-and-progress", test_cancel_and_progress);
    Test.add_func ("/vala/yield", test_yield);
    Test.add_func ("/vala/any-gio-call", test_any_gio_call);
    Test.add_func ("/vala/thread", test_thread);
    Test.add_func ("/vala/scope", test_scope);
    Test.add_func ("/vala/regions", test_regions);
    Test.add_func ("/vala/http", test_http);
    Test.add_func ("/vala/http/test-web-socket", test_web_socket);
    Test.add_func ("/vala/http/cache", test_cache);
    Test.add_func ("/vala/compose", test_compose);
    return Test.run ();
}
