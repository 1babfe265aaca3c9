"""Walks a page with the Tab key alone: everything that can be used is reached, is seen to be, and lets go."""

from typing import Any

WATCH = """() => {
  const seen = (element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && element.getClientRects().length > 0 && !element.closest("[inert]");
  const walk = window.walk = {reached: new Set(), faults: new Set()};
  const named = (element) => element.outerHTML.replace(/\\s+/g, " ").slice(0, 140);
  // Of a group of radio buttons one is a stop, and the arrows reach the others.
  const stop = (element) => element.type === "radio"
    ? [...document.querySelectorAll(`input[type=radio]`)].filter(
        (one) => one.name === element.name && one.form === element.form).some((one) => walk.reached.has(one))
    : walk.reached.has(element);
  walk.stops = () => [...document.querySelectorAll(
      "a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter((element) => element.tabIndex >= 0 && !element.disabled && element.type !== "hidden")
    .filter(seen);
  walk.missed = () => walk.stops().filter((element) => !stop(element)).map(named);
  document.addEventListener("focusin", (event) => walk.reached.add(event.target));
  // Before the focus moves on, when the page has scrolled to where it is.
  document.addEventListener("keydown", () => {
    const element = document.activeElement;
    if (element === document.body) return;
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    if (!outlined && style.boxShadow === "none")
      walk.faults.add("not seen to have the focus: " + named(element));
    const left = Math.max(0, box.left), right = Math.min(innerWidth, box.right);
    const top = Math.max(0, box.top), bottom = Math.min(innerHeight, box.bottom);
    if (left >= right || top >= bottom) return walk.faults.add("outside of the window: " + named(element));
    const above = document.elementFromPoint((left + right) / 2, top + Math.min(bottom - top, 40) / 2);
    if (above && !element.contains(above) && !above.contains(element) && !above.closest("label")?.control)
      walk.faults.add("covered by " + named(above).slice(0, 60) + ": " + named(element));
  }, true);
}"""
START = "() => { document.activeElement?.blur(); scrollTo(0, 0); return walk.stops().length; }"
END = """() => [...walk.missed().map((what) => "not reached: " + what), ...walk.faults]"""


def walked(page: Any) -> list[str]:
    """What is wrong for who has no pointer: what Tab does not reach, or does not show."""
    page.evaluate(WATCH)
    stops = page.evaluate(START)
    for _ in range(stops + 12):
        page.keyboard.press("Tab")
    found: list[str] = page.evaluate(END)
    return found
