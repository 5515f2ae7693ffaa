# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""For gdb, in a process or its core dump: pillion-fibers lists the fibers of Pillion's loops, with what each waits for and
where it is. gdb loads this by itself with an installed library that has debug symbols. Otherwise:

    (gdb) source pillion-fibers.py
    (gdb) pillion-fibers
"""

import gdb
import gdb.unwinder

STATES = {
    "PILLION_FIBER_NEW": "new",
    "PILLION_FIBER_RUNNING": "running",
    "PILLION_FIBER_AWAITING": "awaits",
    "PILLION_FIBER_YIELDING": "ready, after a yield",
    "PILLION_FIBER_SLEEPING": "sleeps",
    "PILLION_FIBER_ENDED": "ended",
}


class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


def read(address):
    return int(gdb.Value(address).cast(gdb.lookup_type("unsigned long").pointer()).dereference())


def registers(sp, by_ucontext, machine):
    """The registers of a parked fiber, as pillion-switch-*.S and the C library's ucontext_t save them."""
    if machine.startswith("i386:x86-64"):
        if by_ucontext:
            places = {"r12": 4, "r13": 5, "r14": 6, "r15": 7, "rbp": 10, "rbx": 11, "rsp": 15, "rip": 16}
            return {name: read(sp + 40 + 8 * place) for name, place in places.items()}
        places = {"r15": 8, "r14": 16, "r13": 24, "r12": 32, "rbx": 40, "rbp": 48, "rip": 56}
        return dict({name: read(sp + place) for name, place in places.items()}, rsp=sp + 64)
    if machine.startswith("aarch64"):
        if by_ucontext:
            found = {f"x{i}": read(sp + 184 + 8 * i) for i in range(19, 31)}
            return dict(found, sp=read(sp + 184 + 8 * 31), pc=read(sp + 184 + 8 * 32))
        found = {f"x{i}": read(sp + 64 + 8 * (i - 19)) for i in range(19, 31)}
        return dict(found, sp=sp + 176, pc=found["x30"])
    raise gdb.GdbError(f"pillion-fibers does not know the registers of {machine}")


class Unwinder(gdb.unwinder.Unwinder):
    """While this looks at a fiber, gdb believes that the fiber called the thread's innermost frame. So nothing in the process
    is changed, and it works with a core dump, too."""

    def __init__(self):
        super().__init__("pillion-fibers")
        self.registers = None
        self.innermost = None

    def __call__(self, pending_frame):
        if self.registers is None:
            return None
        sp, pc = pending_frame.read_register("sp"), pending_frame.read_register("pc")
        if (int(sp), int(pc)) != self.innermost:
            return None
        # A caller's frame has to be higher on the stack, so this one is placed where it has to be
        above = self.registers["rsp"] if "rsp" in self.registers else self.registers["sp"]
        info = pending_frame.create_unwind_info(FrameId(gdb.Value(above - 16).cast(sp.type), pc))
        for name, value in self.registers.items():
            old = pending_frame.read_register(name)
            info.add_saved_register(name, gdb.Value(value).cast(old.type))
        return info

    def look_at(self, registers_of_fiber):
        self.registers = None
        gdb.invalidate_cached_frames()
        if registers_of_fiber is not None:
            frame = gdb.newest_frame()
            self.innermost = (int(frame.read_register("sp")), int(frame.read_register("pc")))
            self.registers = registers_of_fiber
            gdb.invalidate_cached_frames()


def slabs(pool):
    classes = pool["classes"]
    for number in range(classes.type.range()[1] + 1):
        for kind in ("open", "full"):
            slab = classes[number][kind]
            while slab != 0:
                yield slab
                slab = slab["next"]


def fibers(pool):
    fiber_type = gdb.lookup_type("PillionFiber").pointer()
    while pool != 0:
        for slab in slabs(pool):
            for number in range(int(slab["n_ready"])):
                owner = slab["stacks"][number]["owner"]
                if owner != 0:
                    yield owner.cast(fiber_type)
        pool = pool["next"]


def text(pointer):
    return pointer.string("utf-8", "replace")


def describe(task):
    name = text(task["name"])
    site = f" ({text(task['site'])})" if task["site"] != 0 else ""
    return f"'{name}'{site}"


def describe_frame(frame):
    name = frame.name() or "??"
    where = frame.find_sal()
    if where.symtab is not None:
        return f"{name} at {where.symtab.filename}:{where.line}"
    library = gdb.solib_name(frame.pc())
    return f"{name} from {library}" if library else name


class Fibers(gdb.Command):
    """pillion-fibers [--short]: list the fibers that have a stack, each with its name, where it was spawned, what it waits for, and,
without --short, its backtrace."""

    def __init__(self):
        super().__init__("pillion-fibers", gdb.COMMAND_STACK)
        self.unwinder = Unwinder()
        gdb.unwinder.register_unwinder(None, self.unwinder, replace=True)

    def invoke(self, argument, from_tty):
        arguments = gdb.string_to_argv(argument)
        if arguments not in ([], ["--short"]):
            raise gdb.GdbError("usage: pillion-fibers [--short]")

        symbol = gdb.lookup_static_symbol("pillion_stack_pools")
        if symbol is None:
            raise gdb.GdbError("pillion-fibers needs Pillion's debugging symbols")
        if gdb.selected_thread() is None:
            raise gdb.GdbError("pillion-fibers needs a process, or a core dump of one")

        by_ucontext = bool(int(gdb.parse_and_eval("(int) pillion_switch_by_ucontext")))
        number = 0
        level = gdb.selected_frame().level()
        try:
            for number, fiber in enumerate(fibers(symbol.value()), 1):
                # After a crash, some of it may be missing; carry on with the other fibers
                try:
                    self.show(number, fiber, not arguments, by_ucontext)
                except gdb.error as error:
                    print(f"Fiber {number}: {error}")
        finally:
            gdb.execute(f"frame {level}", to_string=True)
        if number == 0:
            print("No fiber has a stack.")

    def show(self, number, fiber, with_backtrace, by_ucontext):
        state = STATES.get(str(fiber["state"]), "?")
        parked = state not in ("running", "ended")
        if fiber["awaited"] != 0:
            state += " " + describe(fiber["awaited"])
        print(f"Fiber {number}: {describe(fiber['body']['task'])}: {state}")
        if with_backtrace and parked:
            self.backtrace(fiber, by_ucontext)

    def backtrace(self, fiber, by_ucontext):
        machine = gdb.selected_frame().architecture().name()
        try:
            self.unwinder.look_at(registers(int(fiber["here"]["sp"]), by_ucontext, machine))
            frame = gdb.newest_frame().older()
            level = 0
            while frame is not None and frame.is_valid():
                print(f"  #{level:<2} {describe_frame(frame)}")
                frame = frame.older()
                level += 1
        finally:
            self.unwinder.look_at(None)


Fibers()
