// [data-queue]: a list of cases that is worked with the keyboard. j and k open the next and the one before; a letter
// opens the part of the page that has it as its data-key and goes to what is decided first in it; a digit chooses a
// reason. Enter is the browser's own: it presses the button that has the focus, or sends the form.

function goTo(step) {
  const links = [...document.querySelectorAll("[data-queue-rows] a")];
  const at = links.findIndex((link) => link.matches("[aria-current]"));
  const next = links[Math.min(links.length - 1, Math.max(0, at + step))];
  if (!next || next === links[at]) return;
  next.scrollIntoView({ block: "nearest" });
  next.click();
}

function open(part) {
  for (const other of part.parentElement.querySelectorAll("details[data-key]")) other.open = other === part;
  part.querySelector("[data-first]")?.focus();
}

document.addEventListener("keydown", (event) => {
  if (!document.querySelector("[data-queue]") || event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.matches("textarea, select, input:not([type=radio])");
  if (event.key === "Escape") {
    const part = event.target.closest("details[data-key][open]");
    if (part) {
      part.open = false;
      part.querySelector("summary").focus();
    }
    return;
  }
  if (isTyping) return;
  const step = { j: 1, k: -1 }[event.key];
  const part = document.querySelector(`details[data-key="${CSS.escape(event.key)}"]`);
  const reason = document.querySelector(`details[open] [data-number="${CSS.escape(event.key)}"]`);
  if (step) goTo(step);
  else if (reason) {
    reason.checked = true;
    reason.focus();
  } else if (part) open(part);
  else return;
  event.preventDefault();
});
