// What every page loads: htmx, which works under our content security policy as it is, and small behaviours that a
// page can do without. Each looks for its own attribute, also in what htmx brings in later.

import "htmx.org";

import "./menu.js";
import "./queue.js";
import "./typed.js";

const days = new Intl.NumberFormat(document.documentElement.lang || "en", {
  style: "unit",
  unit: "day",
  unitDisplay: "long",
});

// <time data-until="ISO instant">: counts down to the second, and reloads its part of the page at the end.
function countDown(now) {
  for (const element of document.querySelectorAll("[data-until]")) {
    const left = Math.max(0, Math.floor((new Date(element.dataset.until) - now - skew) / 1000));
    const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
    const clock = [hours, minutes, seconds].map((part) => String(part).padStart(2, "0")).join(":");
    // What is days away needs no seconds.
    const text = hours < 48 ? clock : days.format(Math.floor(hours / 24));
    if (element.textContent !== text) element.textContent = text;
    if (left === 0 && !element.dataset.over) {
      element.dataset.over = "yes";
      element.dispatchEvent(new CustomEvent("over", { bubbles: true }));
    }
  }
}

// The server's clock is the one that counts; in a sandbox it may be days ahead of this machine's.
const said = document.querySelector('meta[name="pinback-now"]')?.content;
const skew = said ? new Date(said) - Date.now() : 0;
setInterval(() => countDown(Date.now()), 1000);
countDown(Date.now());

// On a phone the menu of a console is a row to be pushed: the page one is on is brought into sight.
document.querySelector(".console-side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Where nothing can be shared, the buttons for it are not shown: the link can be copied.
if (!navigator.share) document.documentElement.dataset.noShare = "";

document.addEventListener("click", async (event) => {
  const copying = event.target.closest("[data-copy]");
  if (copying) {
    await navigator.clipboard?.writeText(copying.dataset.copy);
    const before = copying.textContent;
    copying.textContent = copying.dataset.copied;
    setTimeout(() => (copying.textContent = before), 1500);
  }
  const sharing = event.target.closest("[data-share]");
  if (sharing) {
    event.preventDefault();
    await navigator.share({ url: sharing.dataset.share, title: sharing.dataset.title }).catch(() => {});
  }
  const opening = event.target.closest("[data-open]");
  if (opening) document.getElementById(opening.dataset.open)?.showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
});

// <dialog data-modal>: opens over the page as soon as htmx brings it in.
document.addEventListener("htmx:after:swap", () => {
  document.querySelector("dialog[data-modal]:not([open])")?.showModal();
});
document.addEventListener("close", (event) => event.target.matches("dialog[data-modal]") && event.target.remove(), true);

// <template data-place="id">: what htmx brings for a place elsewhere on the page, such as the sum on a button.
document.addEventListener("htmx:after:swap", () => {
  for (const part of document.querySelectorAll("template[data-place]")) {
    const place = document.getElementById(part.dataset.place);
    place?.replaceChildren(part.content.cloneNode(true));
    const button = place?.closest("button");
    if (button) button.disabled = !place.textContent.trim();
  }
});

// <div data-brings> around <img data-later="srcset">: pictures beyond the edge of a row that is pushed sideways, which most
// people never see. They come when somebody reaches for the row.
for (const kind of ["pointerover", "pointerdown", "touchstart", "focusin", "scroll"]) {
  const options = { capture: true, passive: true };
  document.addEventListener(kind, (event) => {
    const place = event.target.closest?.("[data-brings]");
    for (const picture of place?.querySelectorAll("img[data-later]") ?? []) {
      picture.srcset = picture.dataset.later;
      delete picture.dataset.later;
    }
  }, options);
}

// <button data-step="1" data-for="id">: one more or one less in a number's field.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  const input = button && document.getElementById(button.dataset.for);
  if (!input) return;
  if (Number(button.dataset.step) > 0) input.stepUp();
  else input.stepDown();
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

// A form that is on its way is not sent twice; what was typed stays.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 4000);
});

// <input data-sends>: its form is sent when it changes, for filters.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-sends]")) event.target.form.requestSubmit();
});

// <table data-keys>: j and k, or the arrows, step through its rows; a row's [data-key="x"] is pressed by its key.
document.addEventListener("keydown", (event) => {
  const table = document.querySelector("[data-keys]");
  if (!table || event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey) return;
  const rows = [...table.querySelectorAll("tbody tr")];
  const at = rows.findIndex((row) => row.matches("[aria-current]"));
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    rows[at]?.removeAttribute("aria-current");
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
    next?.setAttribute("aria-current", "true");
    next?.scrollIntoView({ block: "nearest" });
  } else if (at >= 0) {
    const pressed = rows[at].querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (pressed) {
      event.preventDefault();
      pressed.click();
    }
  }
});

// <details class="drop">: what it shows lies over the page, so a click beside it, or Escape, closes it.
function closeDrops(but) {
  for (const drop of document.querySelectorAll("details.drop[open]")) if (!drop.contains(but)) drop.open = false;
}
document.addEventListener("click", (event) => closeDrops(event.target));
document.addEventListener("keydown", (event) => {
  const drop = event.key === "Escape" && event.target.closest("details.drop[open]");
  if (!drop) return;
  drop.open = false;
  drop.querySelector("summary").focus();
});
