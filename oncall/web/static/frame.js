// What every page does beyond its HTML; without this file the pages still work.
import "./drafts.js";
import "./keys.js";
import "./live.js";
import "./alarm.js";
import "./bulk.js";
import "./player.js";

// Times drift while a page is open; a number that was shown is hidden again.
for (const box of document.querySelectorAll("[data-hide-after]"))
  setTimeout(() => box.replaceChildren(box.dataset.hidden), box.dataset.hideAfter * 1000);
document.querySelector(".summary[tabindex]")?.focus();
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
