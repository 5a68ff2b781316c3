"""Reads what a solution returned: `returns=[{"id": int, "score": float}]` says which form was promised.

A solution's answer is a stranger's data. It is plain (see `grader.inside.kata_wire`), and yet a comparison
with it can raise: `==` with an array gives an array, a list has no hash, text and numbers have no order,
infinity passes for a number. So an answer is never handed to a suite as it is. It is read here, first and
completely: down to its leaves it has the promised form, or the behaviour fails with a message that names the
place. What a suite gets is as good as its own data; `grader.judge.comparison` says what equals what.

A form is written in Python's own terms:

    int, float, str, bool, bytes, None    exactly this type: True is no int, and a float is finite
    [form]                                a list of any length
    (form, form)                          that many items, in a tuple or a list
    {"id": int, "score": float}           a dict with these keys and no other
    {"id": int, ...: ...}                 the same; other keys may be there, and are left out
    {str: form}                           a dict with any keys of this type: str or int
    either(form, form)                    one of them; `int | None` is short for `either(int, None)`
    array(float, shape=(3, None))         a NumPy array of finite float64 (int: int64); None: of any length
    named(form, "after 3 batches")        the same form; messages call the value this
    sealed                                plain data that the suite only passes on: it cannot be looked at
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, get_args

import numpy as np

from grader.judge.places import MAX_DIGITS, Place, WrongAnswer, an_array, listed, shortened, typed

_SCALARS = (int, float, str, bool, bytes, type(None))
_KEYS = (str, int)
_DTYPES = {int: np.dtype(np.int64), float: np.dtype(np.float64), bool: np.dtype(bool)}


class Form(Protocol):
    """What was promised of a value."""

    def read(self, value: Any, at: Place) -> Any:
        """The value, made of nothing but what the form describes.

        Raises:
            WrongAnswer: It has another form.
        """

    def __str__(self) -> str: ...


class Sealed:
    """Plain data of a solution's that the suite passes on without looking; see `sealed`."""

    __slots__ = ("content",)

    def __init__(self, content: Any) -> None:
        self.content = content


def promised(value: Any, form: Any, name: str) -> Any:
    """The value, once it is known to have the form.

    Args:
        value: What a solution returned.
        form: What was promised; see this module.
        name: What messages call the value.

    Raises:
        WrongAnswer: It has another form.
        TypeError: This is no form.
    """
    return form_of(form).read(value, Place(name))


def opened(value: Any) -> Any:
    """The same plain data with the contents of what is sealed: ready to be sent to a solution."""
    match value:
        case Sealed():
            return value.content
        case list():
            return [opened(item) for item in value]
        case tuple():
            return tuple(opened(item) for item in value)
        case dict():
            return {key: opened(item) for key, item in value.items()}
    return value


def form_of(written: Any) -> Form:
    """The form that is written down so.

    Raises:
        TypeError: This is no form: a defect of the suite.
    """
    match written:
        case None:
            return _Scalar(type(None))
        case type() if written in _SCALARS:
            return _Scalar(written)
        case types.UnionType():
            return either(*get_args(written))
        case list() if len(written) == 1:
            return _List(form_of(written[0]))
        case tuple():
            return _Items(tuple(form_of(item) for item in written))
        case dict():
            return _dict_form(written)
    if isinstance(written, _FORMS):
        return written
    raise TypeError(f"{written!r} is no form of an answer; see grader/judge/forms.py")


def _dict_form(written: dict[Any, Any]) -> Form:
    """`{str: form}` or `{"key": form, ...}`."""
    match list(written.items()):
        case [(type() as key, value)] if key in _KEYS:
            return _Mapping(key, form_of(value))
    fields = {key: form_of(value) for key, value in written.items() if key is not ...}
    if not all(type(key) is str for key in fields):
        raise TypeError(
            f"{written!r} is no form of an answer: a key is a text, or one of the types str and int"
        )
    return _Record(fields, more=... in written)


def either(*forms: Any) -> Form:
    """One of these forms; the first that fits is taken."""
    return _Either(tuple(form_of(form) for form in forms))


def array(kind: type = float, shape: tuple[int | None, ...] = (None,)) -> Form:
    """A NumPy array of float64, int64 or bool; None in its shape stands for any length.

    Raises:
        TypeError: There is no such kind.
    """
    if kind not in _DTYPES:
        raise TypeError(f"an array of {kind!r}: write float, int or bool")
    return _Array(_DTYPES[kind], shape)


def named(form: Any, name: str) -> Form:
    """The same form; messages call the value by this name, and count their path from here."""
    return _Named(form_of(form), name)


def _other_form(at: Place, value: Any, form: Form) -> WrongAnswer:
    return at.wrong(f"is {typed(value)}, promised is {shortened(str(form))}")


# -- forms ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scalar:
    kind: type[Any]

    def read(self, value: Any, at: Place) -> Any:
        if type(value) is not self.kind:
            raise _other_form(at, value, self)
        if self.kind is float and not math.isfinite(value):
            raise at.wrong(f"is {value}, promised is a finite float", of_right_type=True)
        if self.kind is int and abs(value) >= 10**MAX_DIGITS:
            raise at.wrong(f"is an int of more than {MAX_DIGITS} digits", of_right_type=True)
        return value

    def __str__(self) -> str:
        return "None" if self.kind is type(None) else self.kind.__name__


@dataclass(frozen=True, slots=True)
class _List:
    item: Form

    def read(self, value: Any, at: Place) -> Any:
        if type(value) is not list:
            raise _other_form(at, value, self)
        return [self.item.read(item, at / number) for number, item in enumerate(value)]

    def __str__(self) -> str:
        return f"list of {self.item}"


@dataclass(frozen=True, slots=True)
class _Items:
    items: Sequence[Form]

    def read(self, value: Any, at: Place) -> Any:
        if type(value) not in (tuple, list):
            raise _other_form(at, value, self)
        if len(value) != len(self.items):
            raise at.wrong(f"has {len(value)} items, promised are {len(self.items)}: {shortened(str(self))}")
        return tuple(
            form.read(item, at / number)
            for number, (form, item) in enumerate(zip(self.items, value, strict=True))
        )

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.items))})"


@dataclass(frozen=True, slots=True)
class _Record:
    fields: Mapping[str, Form]
    more: bool

    def read(self, value: Any, at: Place) -> Any:
        if type(value) is not dict:
            raise _other_form(at, value, self)
        missing = [key for key in self.fields if key not in value]
        strange = [] if self.more else [key for key in value if key not in self.fields]
        if missing or strange:
            raise at.wrong(f"has the keys {listed(value)}, promised are {listed(self.fields)}")
        return {key: form.read(value[key], at / key) for key, form in self.fields.items()}

    def __str__(self) -> str:
        fields = [f'"{key}": {form}' for key, form in self.fields.items()]
        return "{" + ", ".join(fields + ["..."] * self.more) + "}"


@dataclass(frozen=True, slots=True)
class _Mapping:
    key: type
    item: Form

    def read(self, value: Any, at: Place) -> Any:
        if type(value) is not dict:
            raise _other_form(at, value, self)
        for key in value:
            if type(key) is not self.key:
                raise at.wrong(f"has the key {typed(key)}, promised is {shortened(str(self))}")
        return {key: self.item.read(item, at / key) for key, item in value.items()}

    def __str__(self) -> str:
        return f"dict of {self.key.__name__}: {self.item}"


@dataclass(frozen=True, slots=True)
class _Either:
    forms: Sequence[Form]

    def read(self, value: Any, at: Place) -> Any:
        seen = []
        for form in self.forms:
            try:
                return form.read(value, at)
            except WrongAnswer as wrong:
                seen.append(wrong)
        deepest = max(seen, key=lambda wrong: wrong.depth)
        raise deepest if deepest.depth > at.depth else _other_form(at, value, self)

    def __str__(self) -> str:
        return " or ".join(map(str, self.forms))


@dataclass(frozen=True, slots=True)
class _Array:
    dtype: np.dtype[Any]
    shape: tuple[int | None, ...]

    def read(self, value: Any, at: Place) -> Any:
        if type(value) is not np.ndarray or value.dtype != self.dtype or not self._suits(value.shape):
            raise _other_form(at, value, self)
        if not (finite := np.isfinite(value)).all():
            first = tuple(int(index) for index in np.argwhere(~finite)[0])
            raise at.wrong(
                f"holds {int((~finite).sum())} numbers that are not finite, the first at "
                f"{list(first)}: {float(value[first])}",
                of_right_type=True,
            )
        return value

    def _suits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) == len(self.shape) and all(
            wanted in (None, n) for wanted, n in zip(self.shape, shape, strict=True)
        )

    def __str__(self) -> str:
        lengths = ", ".join("any" if n is None else str(n) for n in self.shape)
        return f"{an_array(self.dtype)} of shape ({lengths}{',' * (len(self.shape) == 1)})"


@dataclass(frozen=True, slots=True)
class _Named:
    form: Form
    name: str

    def read(self, value: Any, at: Place) -> Any:
        return self.form.read(value, Place(self.name, above=at.depth + 1))

    def __str__(self) -> str:
        return str(self.form)


@dataclass(frozen=True, slots=True)
class _Sealed:
    def read(self, value: Any, at: Place) -> Any:  # noqa: ARG002 - any plain data will do
        return Sealed(value)

    def __str__(self) -> str:
        return "plain data"


sealed: Form = _Sealed()


_FORMS = (_Scalar, _List, _Items, _Record, _Mapping, _Either, _Array, _Named, _Sealed)
