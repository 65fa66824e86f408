"""The arguments that an object was made with, as the configuration of what defines none."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnfast import tree

_TOLD_OTHERWISE = ("name", "dtype")  # by the object that is made


def arguments_given(init: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments of a call of `__init__` by name, defaults included; None where they can't be given by name, or are
    no plain values."""
    signature = inspect.signature(init)
    try:
        bound = signature.bind(None, *args, **kwargs)
    except TypeError:  # which the call itself will raise
        return None
    bound.apply_defaults()
    given: dict[str, Any] = {}
    for number, parameter in enumerate(signature.parameters.values()):
        value = bound.arguments[parameter.name]
        if number == 0 or parameter.name in _TOLD_OTHERWISE:
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            given |= {name: extra for name, extra in value.items() if name not in _TOLD_OTHERWISE}
        elif parameter.kind is parameter.VAR_POSITIONAL:
            if value:
                return None
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            return None
        else:
            given[parameter.name] = value
    plain = (str, int, float, bool, type(None))
    return given if all(isinstance(leaf, plain) for leaf in tree.flatten(given)) else None


def plain_arguments(made: Any, base: type, config: Mapping[str, Any]) -> dict[str, Any]:
    """What an object was made with, as its configuration.

    Args:
        made: the object.
        base: the class whose arguments are in `config`.
        config: of these, the ones that the object's class takes.

    Raises:
        NotImplementedError: the object was made with values that are not plain.
    """
    if made._given is None:
        raise NotImplementedError(
            f"{type(made).__name__} was made with arguments that are no plain values: it must define get_config(), "
            "which returns the arguments that make it again"
        )
    init = type(made).__init__
    parameters = inspect.signature(init).parameters
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    known = inspect.signature(base.__init__).parameters  # type: ignore[misc]
    return {
        **{name: value for name, value in config.items() if takes_all or name in parameters},
        **{name: value for name, value in made._given.items() if name not in known},
    }
