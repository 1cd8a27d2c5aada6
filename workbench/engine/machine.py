"""Machine code that numba has made, kept and called without numba: it takes a second to wake up."""

from __future__ import annotations

import ctypes
from types import ModuleType

import msgspec


def extract(module: ModuleType) -> bytes:
    """Return object files and symbols of the functions that ``CALLED`` of a module names.

    numba has compiled each of them, for one signature.
    """
    code = {}
    for name in module.CALLED:
        (compiled,) = getattr(module, name).overloads.values()
        code[name] = (compiled.fndesc.llvm_func_name, compiled.library._get_compiled_object())
    return msgspec.msgpack.encode(code)


class Machine:
    """Functions of machine code, in memory as long as this is.

    Parameters
    ----------
    kept
        What `extract` returned, on this processor; it is trusted.

    Attributes
    ----------
    addresses
        Of the functions, by name. They are called as numba does, see `call_go`.
    """

    def __init__(self, kept: bytes) -> None:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        code = msgspec.msgpack.decode(kept, type=dict[str, tuple[str, bytes]])
        target = llvm.Target.from_triple(llvm.get_process_triple())
        self._engine = llvm.create_mcjit_compiler(
            llvm.parse_assembly(""), target.create_target_machine()
        )
        for _, data in code.values():
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(data))
        self._engine.finalize_object()
        self.addresses = {
            name: self._engine.get_function_address(symbol) for name, (symbol, _) in code.items()
        }
        kind = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
        self._go = kind(self.addresses["go"])

    def go(self, address: int) -> int:
        """Do what `rules.loop.run` does, with the context at an address; the GIL is let go of."""
        bar, error = ctypes.c_int64(), ctypes.c_void_p()
        if self._go(ctypes.byref(bar), ctypes.byref(error), address):
            raise RuntimeError("The compiled rules have failed: report this, please")
        return bar.value


def processor() -> str:
    """Return what machine code depends on: the processor, and what it can do."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features().flatten()
    return f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()} {features}"
