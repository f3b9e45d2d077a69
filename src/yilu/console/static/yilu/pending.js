// A page whose figures are being worked out: asks for them again until they are there, or more of them are, and shows them then.
const EVERY_MS = 2000;
const BEING_MADE = 202;
const shown = document.querySelector("[data-being-made]").dataset.beingMade;
const again = async () => {
  try {
    const data = location.pathname.replace(/\/$/, ".json") + location.search;
    const answer = await fetch(data, { credentials: "same-origin" });
    if (answer.status !== BEING_MADE) return location.reload();
    const { made } = await answer.json();
    if (made !== undefined && String(made) !== shown) return location.reload();
  } catch {
    // the server is away for a moment: the next round tells
  }
  setTimeout(again, EVERY_MS);
};
setTimeout(again, EVERY_MS);
