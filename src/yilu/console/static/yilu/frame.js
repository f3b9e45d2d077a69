// What every page does: the theme (that of the address, else what was chosen, else the system's), the region switch, and on a wall going on to the next page.
const asked = new URLSearchParams(location.search).get("theme");
const kept = asked ?? localStorage.getItem("theme");
const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
const root = document.documentElement;
const show = (on) => {
  root.dataset.bsTheme = on ? "dark" : "light";
  for (const button of document.querySelectorAll("[data-theme-switch]")) button.setAttribute("aria-pressed", String(on));
};
show(dark);
for (const button of document.querySelectorAll("[data-theme-switch]"))
  button.addEventListener("click", () => {
    const on = root.dataset.bsTheme !== "dark";
    localStorage.setItem("theme", on ? "dark" : "light");
    show(on);
    document.dispatchEvent(new CustomEvent("theme"));
  });
for (const field of document.querySelectorAll("[data-submit]")) field.addEventListener("change", () => field.form.requestSubmit());

const { following, seconds } = document.body.dataset;
if (following) {
  // A wall never goes to a page that isn't there: while the server is away it stays, and tries again.
  const go = async () => {
    try {
      const answer = await fetch(following, { headers: { Accept: "text/html" } });
      if (answer.ok) return location.assign(following);
    } catch { /* the server is away */ }
    setTimeout(go, 1000 * seconds);
  };
  setTimeout(go, 1000 * seconds);
}
