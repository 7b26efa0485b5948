"""A number of several networks that were trained, or drawn, alike, with its uncertainty over networks and patients."""

from __future__ import annotations

from camfolio.results.interval import Interval
from camfolio.results.result import Number


class NetworksInterval(Interval):
    """A mean over networks with its 95 % interval over networks and patients; no interval for fewer than two networks."""

    by_network: tuple[Interval, ...]
    """The value of each network, with an interval over patients alone."""

    @property
    def values(self) -> tuple[Number | None, ...]:
        """The value of each network; None where it is not defined."""
        return tuple(each.value for each in self.by_network)

    @property
    def defined(self) -> tuple[Interval, ...]:
        """The values of the networks for which there is one."""
        return tuple(each for each in self.by_network if each.value is not None)

    @property
    def lowest(self) -> Interval | None:
        """The lowest value of a network; None if there is none."""
        return min(self.defined, key=lambda each: each.value or 0.0, default=None)

    @property
    def highest(self) -> Interval | None:
        """The highest value of a network; None if there is none."""
        return max(self.defined, key=lambda each: each.value or 0.0, default=None)

    @property
    def networks_differ(self) -> bool:
        """Whether the patients' intervals of two networks do not overlap, so that the value depends on the network."""
        ends = [(each.low, each.high) for each in self.by_network if each.low is not None and each.high is not None]
        return bool(ends) and max(low for low, _ in ends) > min(high for _, high in ends)
