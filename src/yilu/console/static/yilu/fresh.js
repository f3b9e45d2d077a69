// Keeps [data-fresh] fresh: fetched again when the stream of live updates tells of something new, or every few seconds while the page is seen; never while somebody types or reads with the keyboard in it.
// Keys j and k go to the next and the previous in the list.
const EVERY_MS = 5000;
const LATER_MS = 2500; // another of the server's processes may know of an alert up to two seconds later than the one that told of it
const fresh = document.querySelector("[data-fresh]");
let busy = false, missed = false;
const again = async () => {
  if (!fresh || document.hidden || fresh.contains(document.activeElement)) return;
  if (busy) {
    missed = true;
    return;
  }
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const place of ["[data-fresh]", "[data-as-of]"]) {
      const [now, then] = [page.querySelector(place), document.querySelector(place)];
      if (now && then && now.innerHTML !== then.innerHTML) then.replaceChildren(...now.childNodes);
    }
  } catch {
    return; // the server is away for a moment: the next round tells
  } finally {
    busy = false;
    if (missed) {
      missed = false;
      again();
    }
  }
};
if (fresh) {
  setInterval(again, EVERY_MS);
  document.addEventListener("live", ({ detail }) => {
    if (!detail.count) return;
    again();
    setTimeout(again, LATER_MS);
  });
}
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`)?.click();
});
