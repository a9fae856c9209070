"""What an analyst has left open in a chart, as pages need it: legends to be read in whole, days, colours, room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from r57lib.charts.render import STATIC_WIDTH
from r57lib.charts.theme import BLENDS, COLOURS, TIME_LOCALES

_DISCRETE = ("threshold", "quantile", "quantize", "ordinal", "bin-ordinal")


def fitted(spec: dict[str, Any], language: str, *, one: bool) -> dict[str, Any]:
    """A Vega-Lite specification with what it leaves open; `one` chart is as wide as it says, several are not asked."""
    fit = _Fitted(language, _room(spec.get("width")) if one else "", {**spec.get("config", {})})
    made = fit.view(spec)
    return {**made, "config": fit.config} if fit.config else made


def _room(width: Any) -> str:
    """How wide a chart is without its axis, the same in every pass: or a legend would grow when its place is fixed."""
    if width == "container":
        seen = f"isFinite(containerSize()[0]) ? containerSize()[0] : {STATIC_WIDTH}"
        return f"(0 * width + ({seen}) - {_AXIS})"
    return str(width) if isinstance(width, int | float) else "width"


def _with_room(told: dict[str, Any]) -> dict[str, Any]:
    """A channel whose outermost marks stand off the edge, unless it says itself how far it goes."""
    scale = told.get("scale", {})
    if told.get("type") not in ("quantitative", "temporal") or scale is None or "bin" in told or "domain" in scale:
        return told
    return {**told, "scale": {"padding": 8, "nice": False} | scale}


@dataclass
class _Fitted:
    """See `channel`.

    `room` is how wide it is, without its axis, as an expression of Vega, and empty for several side by side; `config`
    is that of the chart.
    """

    language: str
    room: str
    config: dict[str, Any]

    def view(self, part: dict[str, Any]) -> dict[str, Any]:
        """A chart, or one of those that it is made of."""
        made = {**part}
        for name in {"layer", "concat", "hconcat", "vconcat"} & part.keys():
            made[name] = [self.view(each) for each in part[name]]
        if isinstance(part.get("spec"), dict):
            made["spec"] = self.view(part["spec"])
        if "encoding" in part:
            made["encoding"] = {name: self.channel(name, each) for name, each in part["encoding"].items()}
            self._join_legends(made["encoding"])
            if any(isinstance(each, dict) and each.get("bind") == "scales" for each in part.get("params", ())):
                for name in {"x", "y"} & made["encoding"].keys():  # cut at the edges: those at the very ends, too
                    made["encoding"][name] = _with_room(made["encoding"][name])
        return made

    def channel(self, name: str, told: Any) -> Any:
        """What a channel shows: in colours for light and dark, its days and legend to be read in whole."""
        if not isinstance(told, dict):
            return told
        made = {**told}
        if isinstance(told.get("condition"), dict):
            made["condition"] = self.channel(name, told["condition"])
        kind = told.get("type")
        if kind in ("quantitative", "temporal", "ordinal") and told.get("scale", {}) is not None:
            self._blend(name, kind, made)
        if self.language in TIME_LOCALES and (kind == "temporal" or "timeUnit" in told):
            self._name_days(name, made)
        if kind in ("nominal", "ordinal") and name in _LEGENDS and told.get("legend", {}) is not None:
            self._legend(name, made)
        return made

    def _blend(self, name: str, kind: str, made: dict[str, Any]) -> None:
        """Colours between two: of what is given, in a form that stays as it is; else a scheme that follows the ground.

        Nothing lies half-way between two variables.
        """
        scale: dict[str, Any] = made.get("scale", {})
        given = scale.get("range")
        if isinstance(given, list) and kind != "ordinal" and scale.get("type") not in _DISCRETE:
            fixed = [_RGB.get(each, each) if isinstance(each, str) else each for each in given]
            made["scale"] = {**scale, "range": fixed}
        elif name in ("color", "fill", "stroke") and not {"range", "scheme", "interpolate"} & scale.keys():
            schemes = {range_: {"scheme": [written for written, _ in pairs]} for range_, pairs in BLENDS.items()}
            self.config["range"] = schemes | self.config.get("range", {})
            made["scale"] = {**scale, "interpolate": "string"}

    def _name_days(self, name: str, made: dict[str, Any]) -> None:
        """Days by number, as this language has them; where they are named, in its words."""
        self.config["locale"] = {"time": TIME_LOCALES[self.language]} | self.config.get("locale", {})
        self.config.setdefault("timeFormat", "%d/%m/%Y")
        axis = made.get("axis", {})
        form = _DAYS if "timeUnit" not in made else _UNITS.get(str(made["timeUnit"]).removeprefix("utc"))
        if name in ("x", "y") and form and axis is not None and not {"format", "labelExpr"} & axis.keys():
            made["axis"] = {**axis, "format": form}
        if name in _LEGENDS and made.get("legend", {}) is not None:
            form = "%d/%m/%Y" if form is _DAYS else form
            made["legend"] = ({"format": form} if form else {}) | made.get("legend", {})

    def _legend(self, name: str, made: dict[str, Any]) -> None:
        """Its labels in whole, in lines that fit; side by side where there is room for all."""
        legend = {"labelLimit": 0, **made.get("legend", {})}
        orient = legend.get("orient", self.config.get("legend", {}).get("orient", "right"))
        letters = "28"
        if self.room and orient in ("top", "bottom") and "columns" not in legend:
            count = f"length(domain('{name}'))"
            needed = f"({_LETTER} * length(join(domain('{name}'), '')) + {_SYMBOL} * {count})"
            many = f"max(1, min({count}, floor(0.8 * {self.room} * {count} / {needed})))"
            legend["columns"] = {"expr": f"{needed} < {self.room} ? {count} : {many}"}
            letters = f"({needed} < {self.room} ? 99 : max(12, floor(({self.room} / {many} - {_SYMBOL}) / {_LETTER})))"
        lines = f"regexp('(.{{1,' + {letters} + '}})( |$)', 'g')"
        legend.setdefault("labelExpr", rf"split(trim(replace(datum.label, {lines}, '$1\n')), '\n')")
        made["legend"] = legend
        self.config["legend"] = {"layout": {"top": {"direction": "vertical"}}} | self.config.get("legend", {})

    def _join_legends(self, channels: dict[str, Any]) -> None:
        """What colour and shape say together has one legend, if both would write it in the same way."""
        first: dict[str, dict[str, Any]] = {}
        for name in _LEGENDS:
            told = channels.get(name)
            if isinstance(told, dict) and told.get("legend") and isinstance(told.get("field"), str):
                legend: dict[str, Any] = first.setdefault(told["field"], told["legend"])
                same = {key: legend[key] for key in ("columns", "labelExpr") if key in legend}
                channels[name] = {**told, "legend": {**told["legend"], **same}}


_LETTER, _SYMBOL, _AXIS = 7, 30, 80
"""The width of a letter of a legend, on average, of what stands around a label, and of an axis, in pixels."""
_LEGENDS = ("color", "fill", "stroke", "shape", "strokeDash", "size", "opacity")
_DAYS = {
    "year": "%Y", "quarter": "%m/%Y", "month": "%m/%Y", "week": "%d/%m", "date": "%d/%m", "day": "%d/%m",
    "hours": "%H:%M", "minutes": "%H:%M",
}  # fmt: skip
_UNITS = {"yearmonth": "%m/%Y", "yearmonthdate": "%d/%m/%Y", "monthdate": "%d/%m", "yearquarter": "Q%q/%Y"}
_RGB = {
    light: f"rgb({int(light[1:3], 16)},{int(light[3:5], 16)},{int(light[5:], 16)})" for light, _ in COLOURS.values()
}
