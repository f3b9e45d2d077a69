// Keeps the page up to date by server-sent events: as-of, figures, the list of alerts. Says so when the stream is broken, and comes back by itself.
const root = document.querySelector("[data-live]");
const says = root.querySelector("[data-live-says]");
const announce = root.querySelector("[data-live-announce]");
const QUIET_MS = 25_000, AGAIN_MS = 30_000, HIDDEN_MS = 20_000;

let source, last, watch;
const state = (name, text) => {
  root.dataset.state = name;
  says.textContent = text;
};
const heard = () => {
  clearTimeout(watch);
  if (root.dataset.state !== "on") state("on", says.dataset.on);
  watch = setTimeout(() => state("off", says.dataset.off), QUIET_MS);
};

const cell = (row, [form, text], i, address) => {
  const td = row.insertCell();
  td.className = form;
  if (i === 1 && address) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = text;
    td.append(link);
  } else td.textContent = text;
};

const list = ({ rows, more }, fresh) => {
  const section = document.querySelector("[data-live-list]");
  if (!section) return;
  const body = section.querySelector("tbody");
  const focused = document.activeElement?.closest?.("[data-live-list] tr")?.dataset.id;
  body.replaceChildren();
  for (const r of rows) {
    const row = body.insertRow();
    row.dataset.id = r.id;
    row.className = `severity-${r.severity}${fresh.has(r.id) ? " fresh" : ""}`;
    r.cells.forEach((c, i) => cell(row, c, i, r.address));
    if (r.id === focused) row.querySelector("a")?.focus();
  }
  section.querySelector(".table-responsive").hidden = !rows.length;
  section.querySelector("[data-empty]").hidden = rows.length > 0;
  const rest = section.querySelector("[data-more]");
  rest.hidden = !more;
  const says = rest.querySelector("[data-more-says]");
  says.textContent = says.textContent.replace(/[\d,]+/, more.toLocaleString("en"));
};

const shown = ({ as_of, figures, alerts, new: fresh = [], new_count: count = 0 }) => {
  for (const at of document.querySelectorAll("[data-as-of]")) at.textContent = as_of;
  for (const [name, text] of Object.entries(figures)) {
    for (const at of document.querySelectorAll(`[data-figure="${name}"]`)) at.textContent = text;
    if (name === "rate") document.querySelectorAll("[data-rate-card]").forEach((card) => { card.hidden = false; });
  }
  if (alerts) list(alerts, new Set(fresh.map((a) => a.id)));
  if (count === 1) announce.textContent = `${announce.dataset.one}: ${fresh[0].text}`;
  else if (count > 1) announce.textContent = `${count} ${announce.dataset.many}: ${fresh[0].text}`;
  document.dispatchEvent(new CustomEvent("live", { detail: { count } }));
};

const open = () => {
  source?.close();
  const at = new URL(root.dataset.live, location.href);
  if (last) at.searchParams.set("last", last);
  source = new EventSource(at);
  source.addEventListener("state", (e) => {
    heard();
    last = e.lastEventId;
    shown(JSON.parse(e.data));
  });
  source.addEventListener("beat", heard);
  source.addEventListener("ended", () => {
    clearTimeout(watch);
    source.close();
    state("ended", says.dataset.ended);
  });
  source.addEventListener("error", () => {
    state("off", source.readyState === EventSource.CLOSED && !last ? says.dataset.full : says.dataset.off);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => { if (!document.hidden) open(); }, AGAIN_MS); // refused: the browser does not come again by itself
  });
};
// A page that nobody sees gives its connection back: a browser opens only a few to one host, and other pages need them.
let hiding;
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(() => { clearTimeout(watch); source.close(); }, HIDDEN_MS);
  else if (source.readyState === EventSource.CLOSED && root.dataset.state !== "ended") open();
});
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (e) => { if (e.persisted) open(); });
open();
