// The banner of whoever was asked about an emergency, and its sound: two tones until somebody has it or it is silenced.
const banner = document.getElementById("duty-alarm");
const silenced = new Set(JSON.parse(sessionStorage.getItem("oncall-silenced") ?? "[]"));
let audio = null, ringing = null, shown = "", asked = 0;

// A browser lets a page sound only after somebody touched it.
function wake() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume().then(tell, () => {});
  tell();
}

function tone(at, pitch) {
  const voice = audio.createOscillator(), loudness = audio.createGain();
  voice.type = "square";
  voice.frequency.value = pitch;
  loudness.gain.setValueAtTime(0.0001, at);
  loudness.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
  loudness.gain.setValueAtTime(0.25, at + 0.2);
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.26);
  voice.connect(loudness).connect(audio.destination);
  voice.start(at);
  voice.stop(at + 0.28);
}

function beep() {
  if (audio?.state !== "running") return;
  [880, 660, 880].forEach((pitch, place) => tone(audio.currentTime + place * 0.3, pitch));
}

const loud = () => [...banner.querySelectorAll("[data-sounding]")].filter((box) => !silenced.has(box.dataset.alarm));

function tell() {
  const sounding = loud().length > 0;
  banner.dataset.loud = sounding;
  for (const hint of banner.querySelectorAll("[data-no-sound]")) hint.hidden = !sounding || audio?.state === "running";
  if (sounding && !ringing) { beep(); ringing = setInterval(beep, 1600); }
  if (!sounding && ringing) { clearInterval(ringing); ringing = null; }
  document.title = document.title.replace(/^(\u26a0 )?/, sounding ? "\u26a0 " : "");
}

async function look() {
  const turn = ++asked;
  const answer = await fetch(banner.dataset.src, { headers: { "x-live": "1" } }).catch(() => null);
  if (!answer?.ok || turn !== asked) return;
  const text = (await answer.text()).trim();
  // Said aloud once, not at every refresh.
  if (text !== shown) banner.innerHTML = shown = text;
  tell();
}

if (banner) {
  look();
  document.addEventListener("oncall-news", (event) => event.detail === "alarms" && look());
  setInterval(look, 15000);
  // Not at pointerdown: the hint that then goes would move the page under the finger, and the press would be lost.
  for (const touch of ["click", "keydown"]) addEventListener(touch, wake, { passive: true });
  banner.addEventListener("click", (event) => {
    const box = event.target.closest("[data-silence]")?.closest("[data-alarm]");
    if (!box) return;
    silenced.add(box.dataset.alarm);
    sessionStorage.setItem("oncall-silenced", JSON.stringify([...silenced]));
    tell();
  });
}
