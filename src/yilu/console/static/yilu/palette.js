// Finding by typing (Ctrl-K), the list of keys (?), and going on within a list that was opened: j and k, in the list and on the pages that it leads to.
const palette = document.getElementById("palette");
const text = document.getElementById("palette-text");
const found = document.getElementById("palette-found");
const none = palette.querySelector("[data-none]");
let at = -1, asked = 0;

const choose = (n) => {
  const options = [...found.children];
  at = options.length ? (n + options.length) % options.length : -1;
  options.forEach((o, i) => o.setAttribute("aria-selected", String(i === at)));
  if (at >= 0) {
    text.setAttribute("aria-activedescendant", options[at].id);
    options[at].scrollIntoView({ block: "nearest" });
  } else text.removeAttribute("aria-activedescendant");
};
const option = ({ kind, name, beside, address }, i) => {
  const one = document.createElement("li");
  one.id = `found-${i}`;
  one.setAttribute("role", "option");
  one.dataset.address = address;
  for (const [tag, said] of [["small", kind], ["b", name], ["span", beside]]) {
    const part = document.createElement(tag);
    part.textContent = said ?? "";
    one.append(part);
  }
  one.addEventListener("click", () => location.assign(address));
  return one;
};
const look = async () => {
  const mine = ++asked;
  const answer = await fetch(`${palette.dataset.find}?${new URLSearchParams({ q: text.value })}`).catch(() => null);
  if (mine !== asked || !answer?.ok) return;
  const rows = (await answer.json()).tables.found;
  found.replaceChildren(...rows.map(option));
  none.hidden = rows.length > 0;
  choose(0);
};
let wait;
text.addEventListener("input", () => {
  clearTimeout(wait);
  wait = setTimeout(look, 120);
});
text.addEventListener("keydown", (e) => {
  if (e.key === "ArrowDown") choose(at + 1);
  else if (e.key === "ArrowUp") choose(at - 1);
  else if (e.key === "Enter" && at >= 0) location.assign(found.children[at].dataset.address);
  else return;
  e.preventDefault();
});
const open = () => {
  if (!palette.open) palette.showModal();
  text.select();
  look();
};
for (const button of document.querySelectorAll("[data-palette]")) button.addEventListener("click", open);
for (const dialog of [palette, document.getElementById("keys")]) dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });

// Single keys can be turned off: voice control and slips of the hand set them off too.
const keys = document.getElementById("keys");
const single = keys.querySelector("[data-single-keys]");
single.checked = localStorage.getItem("single-keys") !== "off";
single.addEventListener("change", () => localStorage.setItem("single-keys", single.checked ? "on" : "off"));

// A list that is left by one of its links is remembered, so that one can go on from page to page.
const KEPT = "list";
const linksOf = (table) => [...table.querySelectorAll("tbody tr")].map((row) => row.querySelector("a[href]")).filter(Boolean);
document.getElementById("main").addEventListener("click", (e) => {
  const link = e.target.closest("tbody a[href]");
  if (!link) return;
  const links = linksOf(link.closest("table")).map((a) => a.href);
  sessionStorage.setItem(KEPT, JSON.stringify({ from: location.href, links }));
});
const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
const here = kept ? kept.links.findIndex((href) => href === location.href) : -1;
const bar = document.getElementById("in-list");
if (here >= 0) {
  bar.hidden = false;
  bar.querySelector("[data-at]").textContent = `${here + 1} / ${kept.links.length}`;
  for (const [rel, n] of [["prev", here - 1], ["next", here + 1]]) {
    const link = bar.querySelector(`[rel=${rel}]`);
    if (kept.links[n]) link.href = kept.links[n];
    else link.setAttribute("aria-disabled", "true");
  }
  bar.querySelector("[data-list]").href = kept.from;
  document.querySelector(".heading")?.append(bar);
}
const step = (by) => {
  if (here >= 0) {
    const to = kept.links[here + by];
    if (to) location.assign(to);
    return;
  }
  const links = [...document.querySelectorAll("main table")].flatMap(linksOf).filter((a) => a.checkVisibility());
  const now = links.indexOf(document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, now + by))]?.focus();
};

const typing = (e) => e.target.closest?.("input, textarea, select, [contenteditable]");
document.addEventListener("keydown", (e) => {
  if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") {
    e.preventDefault();
    open();
    return;
  }
  if (e.ctrlKey || e.metaKey || e.altKey || typing(e) || document.querySelector("dialog[open]")) return;
  if (e.key === "?") keys.showModal();
  else if (!single.checked) return;
  else if (e.key === "j") step(1);
  else if (e.key === "k") step(-1);
  else if (e.key === "u" && here >= 0) location.assign(kept.from);
  else if (e.key === "d") document.querySelector("[data-theme-switch]")?.click();
});
