// Single-key shortcuts by the key's place (event.code), so they work with Hangul input on; `?` explains, and can switch them off.
const dialog = document.getElementById("keys"), button = document.getElementById("keys-open"), on = document.getElementById("keys-on");

function step(direction) {
  const next = document.querySelector(direction > 0 ? "a[rel=next]" : "a[rel=prev]");
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return next?.click();
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  rows[Math.min(Math.max(here + direction, 0), rows.length - 1)].querySelector("a")?.focus();
}

function press(event) {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || !on.checked || dialog.open) return;
  if (event.code === "Slash" && event.shiftKey) dialog.showModal();
  else if (event.code === "KeyJ") step(1);
  else if (event.code === "KeyK") step(-1);
  else if (event.code === "KeyX") document.activeElement.closest("[data-row]")?.querySelector("[type=checkbox]")?.click();
  else {
    const target = document.querySelector(`[data-key="${event.code}"]`);
    if (!target) return;
    target.closest("details")?.setAttribute("open", "");
    if (target.matches("input, textarea, select")) target.focus();
    else target.click();
  }
  event.preventDefault();
}

if (dialog) {
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
  on.checked = localStorage.getItem("oncall-keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("oncall-keys", on.checked ? "on" : "off"));
  document.addEventListener("keydown", press);
}
