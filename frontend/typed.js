// What was typed survives an ended session: a form that is sent is kept in this tab until the next page. If that page
// asks to sign in, it says so, and afterwards the form is filled again. Passwords and files are never kept.

const KEPT = "pinback-typed";
const QUIET = ["hidden", "password", "file", "submit", "button"];

function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && !QUIET.includes(field.type));
}

function alikeOf(action) {
  return [...document.forms].filter((form) => form.method === "post" && form.action === action);
}

// Before anybody else hears of it: htmx sends forms by itself.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method !== "post" || form.querySelector("[type=password]")) return;
    const typed = fieldsOf(form)
      .filter((field) => !["checkbox", "radio"].includes(field.type) || field.checked)
      .map((field) => [field.name, field.value]);
    const which = alikeOf(form.action).indexOf(form);
    const kept = { page: location.pathname, action: form.action, which, typed };
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  },
  true,
);

function fill(form, typed) {
  for (const field of fieldsOf(form)) {
    if (field.type === "checkbox" || field.type === "radio") {
      field.checked = typed.some(([name, value]) => name === field.name && value === field.value);
    } else {
      const at = typed.findIndex(([name]) => name === field.name);
      if (at >= 0) field.value = typed.splice(at, 1)[0][1];
    }
  }
  // What is worked out from it is worked out again.
  form.querySelector("input, select, textarea")?.dispatchEvent(new Event("change", { bubbles: true }));
}

function giveBack(kept) {
  const form = alikeOf(kept.action)[kept.which];
  if (!form) return;
  fill(form, kept.typed);
  const part = form.closest("details");
  if (part) part.open = true;
  const said = Object.assign(document.createElement("p"), { className: "notice", textContent: kept.says });
  said.setAttribute("role", "status");
  form.prepend(said);
  said.scrollIntoView({ block: "center" });
}

const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
const waiting = document.querySelector("[data-typed]");
if (kept && waiting) {
  waiting.hidden = false;
  sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, says: waiting.dataset.typed }));
} else if (kept) {
  sessionStorage.removeItem(KEPT);
  if (kept.says && kept.page === location.pathname) giveBack(kept);
}
