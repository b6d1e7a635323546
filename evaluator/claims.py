"""Who is meant where several may be (SPEC §2): of a mask the nicks that fit, of a chat the buyers of the orders that it
names, of an order those whose chats name it, of an open id the buyers of its orders.

Whether that is nobody, one or several needs only the least and the greatest of their numbers. These can be found of
some claims at a time, in any order, and the same claim may come again: nothing but two numbers is held for each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

NOBODY, SEVERAL = -1, -2
_FAR = np.iinfo(np.int32).max

Numbers = npt.NDArray[np.int32]


class Claims:
    """``least``, ``greatest``: number of those who claim each of ``count`` things; NOBODY is below all."""

    def __init__(self, count: int) -> None:
        self._least = np.full(count, _FAR, dtype=np.int32)
        self.greatest = np.full(count, NOBODY, dtype=np.int32)

    def add(self, what: npt.NDArray[np.integer], who: Numbers) -> None:
        """What each claims; NOBODY claims nothing."""
        known = who >= 0
        if not known.all():
            what, who = what[known], who[known]
        np.minimum.at(self._least, what, who)
        np.maximum.at(self.greatest, what, who)

    @property
    def least(self) -> Numbers:
        return np.where(self.greatest < 0, np.int32(NOBODY), self._least)

    @property
    def only(self) -> Numbers:
        """Who alone claims each; NOBODY or SEVERAL where that is no one."""
        alone = (self._least == self.greatest) | (self.greatest < 0)
        return np.where(alone, self.greatest, np.int32(SEVERAL))
