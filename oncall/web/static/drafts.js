// Half-written text outlives a time-out: kept in this tab alone until it is handed in or the person signs out.
const kept = (box) => `draft:${location.pathname}:${box.name}`;

for (const box of document.querySelectorAll("textarea[data-keep]")) {
  if (document.querySelector(".done-note")) sessionStorage.removeItem(kept(box));
  box.value ||= sessionStorage.getItem(kept(box)) ?? "";
  box.addEventListener("input", () => sessionStorage.setItem(kept(box), box.value));
}
document.querySelector("form[action='/sign-out']")?.addEventListener("submit", () => sessionStorage.clear());
