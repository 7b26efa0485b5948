// Elements that scroll sideways (tables, code, wide figures) get a tab stop, so that the keyboard can scroll them.
document$.subscribe(() => {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code, .formula")) box.tabIndex = 0;
  document.querySelectorAll(".md-code__nav").forEach((nav, at) => nav.setAttribute("aria-label", `Code ${at + 1}`));
  const search = document.querySelector('[data-md-component="search"][role="dialog"]');
  if (search) search.setAttribute("aria-label", "Search");
  for (const link of document.querySelectorAll("a.enlarge")) link.addEventListener("click", enlarge);
  if (document.querySelector("[data-explorer]")) import("./explorer/index.js");
  if (document.querySelector("[data-progress]")) import("./progress.js");
});

// Opens a figure as large as the window; without JavaScript its link leads to the picture itself.
function enlarge(click) {
  if (click.ctrlKey || click.metaKey || click.shiftKey || click.altKey) return;
  click.preventDefault();
  const shown = [...this.querySelectorAll("img")].find((image) => image.getClientRects().length);
  const caption = this.closest("figure").querySelector("figcaption");
  const dialog = document.createElement("dialog");
  dialog.className = "enlarged";
  const close = document.createElement("button");
  close.textContent = "Close";
  const picture = new Image();
  picture.src = shown.src;
  picture.alt = shown.alt;
  const words = document.createElement("p");
  words.textContent = caption.textContent;
  dialog.setAttribute("aria-label", caption.querySelector("strong").textContent);
  dialog.append(close, picture, words);
  dialog.addEventListener("click", (where) => [dialog, close].includes(where.target) && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
