"""The errors a user can cause: a sentence that says what is wrong, and what to do."""

from __future__ import annotations


class IndexnetError(Exception):
    """Base of every error shown to the user without a traceback.

    ``message`` names what is wrong (with the file's name), ``hint`` says what to do about it;
    ``exit_code`` is the status with which the command line ends.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(IndexnetError):
    """The command line asks for something that cannot be meant."""

    exit_code = 2


class InputError(IndexnetError):
    """An input cannot be read or does not fit the others."""

    exit_code = 3


class OutputError(IndexnetError):
    """An output cannot be written."""

    exit_code = 3


class CheckpointError(IndexnetError):
    """A checkpoint is missing, damaged, refused, or cannot be fetched."""

    exit_code = 4


class DeviceError(IndexnetError):
    """Out of memory, or the device asked for is not there."""

    exit_code = 5


class TrainingError(IndexnetError):
    """A training run that cannot go on: its loss is no number any more."""

    exit_code = 1


# What Python, torch, OpenCV and the linker say where memory ends.
_OUT_OF_MEMORY = (
    "not enough memory",
    "insufficient memory",
    "allocate memory",
    "could not create a primitive",  # oneDNN, which compiles its kernels where no room is left
    "failed to allocate",
    "failed to map segment",
    "can't start new thread",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a library says with ``error`` that no memory is left."""
    if isinstance(error, IndexnetError):
        return False
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return any(sign in text for sign in _OUT_OF_MEMORY)


def out_of_memory() -> DeviceError:
    """What a user is told of such an error."""
    return DeviceError("out of memory", "close other programs, or use a smaller picture")
