// Live parts: <… data-live="queue" id="…"> fetches its own page again when its topic has news. One stream a browser: the tab
// that holds the lock listens and tells the others; without locks (plain http) every visible tab listens for itself.
const parts = [...document.querySelectorAll("[data-live]")];
const state = document.getElementById("live-state"), pause = document.getElementById("live-pause");
const announcer = document.getElementById("announcer"), channel = "BroadcastChannel" in window ? new BroadcastChannel("oncall") : null;
const alarms = document.getElementById("alarms");
let warned = "", paused = false, held = false, waiting = 0;

function show(connected) {
  state.classList.toggle("off", !connected);
  state.textContent = connected ? state.dataset.on : state.dataset.off;
}
function hear({ topic, connected }) {
  if (connected !== undefined) return show(connected);
  if (topic === "queue" && alarms) warn();
  document.dispatchEvent(new CustomEvent("oncall-news", { detail: topic }));
  if (!parts.some((part) => part.dataset.live === topic)) return;
  if (paused) return (held = true);
  // Not restarted by further news: a busy hour must not keep the page from ever being fetched.
  waiting ||= setTimeout(() => refresh().finally(() => (waiting = 0)), 300);
}
function spread(news) { hear(news); channel?.postMessage(news); }

async function warn() {
  const answer = await fetch(alarms.dataset.src, { headers: { "x-live": "1" } });
  const text = answer.ok ? await answer.text() : "";
  // Said aloud once, not at every refresh.
  if (answer.ok && text !== warned) alarms.innerHTML = warned = text;
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { "x-live": "1" } });
  if (!answer.ok) return show(false);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const other = fresh.getElementById(part.id);
    if (!other) continue;
    // The row under somebody's hands stays as it is, ticks stay, and only rows that were not there are announced.
    const before = new Set([...part.querySelectorAll("[data-row]")].map((row) => row.id));
    const touched = part.contains(document.activeElement) ? document.activeElement.closest("[data-row]") ?? document.activeElement : null;
    for (const box of part.querySelectorAll("[data-row] [type=checkbox]:checked"))
      other.querySelector(`#${box.closest("[data-row]").id} [type=checkbox]`)?.setAttribute("checked", "");
    const added = [...other.querySelectorAll("[data-row]")].filter((row) => !before.has(row.id));
    added.forEach((row) => row.classList.add("fresh"));
    if (touched && !touched.id) continue;
    const place = touched && other.querySelector(`#${touched.id}`);
    if (touched && !place) continue;
    const focused = document.activeElement;
    place?.replaceWith(touched);
    part.replaceChildren(...other.childNodes);
    if (touched) focused.focus({ preventScroll: true });
    if (added.length && part.dataset.added) announcer.textContent = part.dataset.added.replace("{n}", added.length);
  }
}

function listen() {
  const stream = new EventSource("/live?topics=queue,calls,alarms");
  stream.addEventListener("ready", () => spread({ connected: true }));
  stream.addEventListener("message", (event) => spread({ topic: event.data }));
  stream.addEventListener("ended", () => { stream.close(); location.reload(); });
  stream.addEventListener("error", () => spread({ connected: false }));
  return stream;
}

if (parts.length || alarms) {
  if (alarms) warn();
  state.hidden = pause.hidden = !parts.length;
  show(true);
  channel?.addEventListener("message", (event) => hear(event.data));
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", paused);
    pause.textContent = paused ? pause.dataset.resume : pause.dataset.pause;
    if (!paused && held) { held = false; refresh(); }
  });
  if (navigator.locks) navigator.locks.request("oncall-live", () => { listen(); return new Promise(() => {}); });
  else {
    let stream = listen();
    document.addEventListener("visibilitychange", () => {
      stream?.close();
      stream = document.hidden ? null : listen();
      if (stream) for (const topic of ["queue", "calls", "alarms"]) hear({ topic });
    });
  }
}
