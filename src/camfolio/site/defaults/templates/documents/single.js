// One file to send: light or dark, tab stops where something scrolls sideways, and the explorer.
import { fetched } from "../assets/explorer/files.js";
import { start } from "../assets/explorer/index.js";

const page = document.documentElement, button = document.querySelector('[data-part="scheme"]');
const dark = () => page.dataset.mdColorScheme === "slate";

function scheme(isDark) {
  page.dataset.mdColorScheme = isDark ? "slate" : "default";
  button.textContent = isDark ? "Light" : "Dark";
}

const preferred = matchMedia("(prefers-color-scheme: dark)");
preferred.addEventListener("change", () => scheme(preferred.matches));
button.addEventListener("click", () => scheme(!dark()));
button.hidden = false;
scheme(preferred.matches);

// Boxes that scroll sideways get a tab stop, so that the keyboard can scroll them.
const boxes = [...document.querySelectorAll(".scrolls, .md-typeset__scrollwrap, .formula, .md-typeset pre > code")];
const stops = () => boxes.forEach((box) => { if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; else box.removeAttribute("tabindex"); });
addEventListener("resize", stops);
stops();

// The values of the explorer are in this file; the link saves them as one of their own.
document.querySelector("a.explorer-data")?.addEventListener("click", async (click) => {
  click.preventDefault();
  const saved = document.createElement("a");
  saved.href = URL.createObjectURL(await (await fetched(click.target.href)).blob());
  saved.download = "explorer.json";
  saved.click();
  URL.revokeObjectURL(saved.href);
});

for (const root of document.querySelectorAll("[data-explorer]")) {
  start(root).catch((error) => { root.querySelector('[data-part="status"]').textContent = `The slices could not be shown (${error.message}).`; });
}
