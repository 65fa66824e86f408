"""What an optimizer keeps: variables of its own, and slots, which belong each to a variable that it changes."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

from nnfast import config, initializers
from nnfast.graph import Variable
from nnfast.naming import scope


def _all_or_nothing(build: Callable[..., None]) -> Callable[..., None]:
    """A build that, interrupted, is as if it had not begun."""

    @functools.wraps(build)
    def guarded(self: OptimizerVariables, *args: Any, **kwargs: Any) -> None:
        before, slots = list(self._variables), {name: dict(slots) for name, slots in self._slots.items()}
        try:
            build(self, *args, **kwargs)
        except BaseException:
            self.built, self._variables, self._slots = False, before, slots
            raise

    return guarded


class OptimizerVariables:
    """The variables of an optimizer: made in `build`, found by name and the variable they are for, saved and restored.

    Attributes:
        name: comes first in the paths of the variables.
        built: whether `build` was called.
    """

    name: str

    def __init__(self) -> None:
        self.built = False
        self._variables: list[Variable] = []
        self._trainable_variables: list[Variable] = []
        self._index: dict[int, int] = {}  # positions in those, by id
        self._slots: dict[str, dict[int, Variable]] = {}  # by name, and the position of the variable they are for

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = _all_or_nothing(cls.build)  # type: ignore[method-assign]

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._index = {id(variable): index for index, variable in enumerate(self._trainable_variables)}

    @property
    def variables(self) -> list[Variable]:
        """The number of iterations, the learning rate, and the slots, in Keras's order."""
        return list(self._variables)

    def build(self, variables: Sequence[Variable]) -> None:
        """Prepare for these variables; subclasses make their slots after calling this. Done once."""
        self._trainable_variables = list(variables)
        self._index = {id(variable): index for index, variable in enumerate(variables)}
        self.built = True

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any = "zeros",
        dtype: str | None = None,
        aggregation: str | None = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new variable of this optimizer.

        Args:
            shape: its shape.
            initializer: its first values, what `initializers.get` takes; default zeros.
            dtype: default `config.floatx()`.
            aggregation, layout: without effect, as there is one machine.
            name: default none.
        """
        with scope(self):
            variable = Variable(
                initializers.get(initializer),
                shape=tuple(shape),
                dtype=dtype or config.floatx(),
                trainable=False,
                name=name,
            )
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """A new variable of this optimizer with another's shape and dtype, and a name made of both."""
        return self.add_variable(
            reference_variable.shape,
            initializer,
            reference_variable.dtype,
            name=f"{reference_variable.path}_{name or 'var'}".replace("/", "_"),
        )

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Variable], name: str | Sequence[str], initializer: Any = "zeros"
    ) -> Any:
        """A slot of each name for each variable; `slot(name, variable)` finds it again.

        Args:
            trainable_variables: the variables. One that its gradient overwrites gets no slot.
            name: the slot's name, or the names of several.
            initializer: their first values, what `initializers.get` takes, or a list of these, one for each name;
                default zeros.

        Returns:
            The slots in the variables' order, None where there is none; for several names, a tuple of such lists.

        Raises:
            ValueError: more or fewer initializers than names.
        """
        names = [name] if isinstance(name, str) else list(name)
        firsts = list(initializer) if isinstance(initializer, list | tuple) else [initializer] * len(names)
        if len(names) != len(firsts):
            raise ValueError(
                f"The number of provided names must match the number of provided initializers. Received name={name!r}, "
                f"initializer={initializer!r}"
            )
        slots: tuple[list[Variable | None], ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for slot_name, first, found in zip(names, firsts, slots, strict=True):
                slot = None
                if not variable.overwrite_with_gradient:
                    slot = self.add_variable_from_reference(variable, slot_name, first)
                    self._keep_slot(slot_name, variable, slot)
                found.append(slot)
        return slots[0] if isinstance(name, str) else slots

    def _keep_slot(self, name: str, variable: Variable, slot: Variable) -> None:
        """From now on, `slot(name, variable)` is this one."""
        index = self._index.setdefault(id(variable), len(self._index))
        self._slots.setdefault(name, {})[index] = slot

    def slot(self, name: str, variable: Variable) -> Variable:
        """The slot `name` of a variable, made by `add_optimizer_variables`."""
        return self._slots[name][self._get_variable_index(variable)]

    def _get_variable_index(self, variable: Variable) -> int:
        """The position of a variable among those that the optimizer was built for."""
        return self._index[id(variable)]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set the variables, in the order of `variables`.

        Raises:
            ValueError: the optimizer is not built; more or fewer values, or values of other shapes.
        """
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. Please call "
                "`optimizer.build(trainable_variables)` before."
            )
        variables = self.variables
        if len(weights) != len(variables):
            raise ValueError(f"Expected values of {len(variables)} variables, got {len(weights)}")
        for variable, weight in zip(variables, weights, strict=True):
            variable.assign(weight)

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Put the variables into a store, as arrays by number."""
        for number, variable in enumerate(self.variables):
            store[str(number)] = variable.numpy()

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Set the variables from a store; one that has more or fewer changes nothing, with a warning."""
        variables = self.variables
        if len(store) != len(variables):
            hint = "" if self.built else " It was not built yet."
            warnings.warn(
                f"Skipping variable loading for optimizer '{self.name}', because it has {len(variables)} variables "
                f"whereas the saved optimizer has {len(store)} variables.{hint}",
                stacklevel=2,
            )
            return
        for number, variable in enumerate(variables):
            variable.assign(store[str(number)])
