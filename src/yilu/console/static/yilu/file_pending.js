// A file that is being made: asks for it again until it is there, and fetches it then.
const EVERY_MS = 2000;
const NOT_YET = 503;
const again = async () => {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "application/octet-stream" }, credentials: "same-origin" });
    if (answer.status !== NOT_YET) {
      const says = document.querySelector("[data-says]");
      if (answer.ok) says.textContent = says.dataset.done;
      return location.replace(location.href); // a file is saved and the page stays; a refusal is shown
    }
  } catch {
    // the server is away for a moment: the next round tells
  }
  setTimeout(again, EVERY_MS);
};
setTimeout(again, EVERY_MS);
