"""A million entries in twenty megabytes: a hash table of numbers, without the texts. It does not know what they mean.

Open addressing with linear steps over three arrays: `index` holds places, `marks` and `values` what is there. A mark is
the 64-bit hash of a key, keyed with this process's secret (siphash; PYTHONHASHSEED would make it known). Two keys of
one mark would be one key here: that happens once in 10^13 look-ups among a million, and nobody can bring it about.
"""

from array import array
from collections.abc import Callable

if hash(2**61 - 1) == 0:  # what numbers are reduced by tells how wide a hash is
    _mark: Callable[[str], int] = hash
else:

    def _mark(key: str) -> int:
        return hash(key) << 32 ^ hash(f"\0{key}")


class Compact:
    """From keys to numbers above 0. What others may be reading must not be changed: copy it first.

    Attributes:
        dead: keys that were taken out, and still take room.
    """

    __slots__ = ("_index", "_marks", "_mask", "_values", "dead")

    def __init__(self, expected: int = 0) -> None:
        self.dead = 0
        self._marks = array("q", [0])
        self._values = array("I", [0])
        self._sized(expected)

    def __len__(self) -> int:
        return len(self._marks) - 1 - self.dead

    def get(self, key: str) -> int:
        """The number of a key, 0: it is not there."""
        mark = _mark(key)
        index, marks, mask = self._index, self._marks, self._mask
        at = mark & mask
        while place := index[at]:
            if marks[place] == mark:
                return self._values[place]
            at = (at + 1) & mask
        return 0

    def put(self, key: str, value: int) -> None:
        """Set the number of a key; 0 takes it out."""
        mark = _mark(key)
        index, marks, mask = self._index, self._marks, self._mask
        at = mark & mask
        while place := index[at]:
            if marks[place] == mark:
                self.dead += (value == 0) - (self._values[place] == 0)
                self._set(place, value)
                return
            at = (at + 1) & mask
        if value:
            self._add(at, mark, value)

    def copy(self) -> "Compact":
        made = Compact.__new__(Compact)
        made.dead, made._mask = self.dead, self._mask
        made._index, made._marks, made._values = self._index[:], self._marks[:], self._values[:]
        return made

    def lean(self) -> "Compact":
        """A copy without the dead."""
        made = Compact(len(self))
        for mark, value in zip(self._marks, self._values, strict=True):
            if value:
                made._add(made._free(mark), mark, value)
        return made

    def _add(self, at: int, mark: int, value: int) -> None:
        place = len(self._marks)
        self._marks.append(mark)
        self._values.append(0)
        self._set(place, value)
        self._index[at] = place
        if place * 5 > len(self._index) * 3:
            self._sized(place * 2)

    def _set(self, place: int, value: int) -> None:
        try:
            self._values[place] = value
        except OverflowError:
            self._values = array("Q", self._values)
            self._values[place] = value

    def _sized(self, expected: int) -> None:
        size = 8
        while size * 3 < expected * 5:
            size *= 2
        self._index = array("I", bytes(4)) * size
        self._mask = size - 1
        for place in range(1, len(self._marks)):
            self._index[self._free(self._marks[place])] = place

    def _free(self, mark: int) -> int:
        at = mark & self._mask
        while self._index[at]:
            at = (at + 1) & self._mask
        return at
