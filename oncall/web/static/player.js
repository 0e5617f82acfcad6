// A time or a quote of the transcript plays from its second; the turn being heard is marked.
const sound = document.querySelector("audio[data-player]");
const turns = [...document.querySelectorAll("[data-second].turn")];

if (sound) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-second]");
    if (!link) return;
    if (!link.hash || link.hash.startsWith("#t=")) event.preventDefault();
    sound.currentTime = Number(link.dataset.second);
    sound.play();
  });
  sound.addEventListener("timeupdate", () => {
    const here = turns.filter((turn) => Number(turn.dataset.second) <= sound.currentTime + 0.05).at(-1);
    for (const turn of turns) turn.classList.toggle("playing", turn === here && !sound.paused);
  });
}
