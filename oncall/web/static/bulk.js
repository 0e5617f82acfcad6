// The head's tick ticks every row; the bar says how many are ticked.
const all = document.getElementById("tick-all"), count = document.getElementById("tick-count");
const boxes = () => [...document.querySelectorAll("[data-row] [type=checkbox]")];

function tell() {
  const ticked = boxes().filter((box) => box.checked).length;
  if (count) count.textContent = ticked ? count.dataset.words.replace("{n}", ticked) : "";
  if (all) { all.checked = ticked > 0 && ticked === boxes().length; all.indeterminate = ticked > 0 && !all.checked; }
}

if (all) {
  all.closest("[hidden]")?.removeAttribute("hidden");
  all.addEventListener("change", () => { boxes().forEach((box) => (box.checked = all.checked)); tell(); });
  document.addEventListener("change", tell);
}
