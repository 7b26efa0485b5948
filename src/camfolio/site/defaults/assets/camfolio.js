// Why pages that were opened from a folder lack what reads files, and what helps; empty for pages of a server.
const FROM_FOLDER = location.protocol === "file:" && "needs a server, since browsers read no files for pages opened from a folder. Run “python3 -m http.server” in the folder of the site, and open http://localhost:8000.";

// Runs for every page, also for one that the theme swaps in without a full load (navigation.instant).
// Elements that scroll sideways (tables, code, formulas) get a tab stop, so that the keyboard can scroll them.
document$.subscribe(() => {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code, .formula")) box.tabIndex = 0;
  document.querySelectorAll(".md-code__nav").forEach((nav, at) => nav.setAttribute("aria-label", `Code ${at + 1}`));
  const search = document.querySelector('[data-md-component="search"][role="dialog"]');
  if (search) search.setAttribute("aria-label", "Search");
  for (const link of document.querySelectorAll("a.enlarge")) link.addEventListener("click", enlarge);
  const found = document.querySelector(".md-search-result__meta");
  if (FROM_FOLDER && found) found.textContent = `Search ${FROM_FOLDER}`;
  for (const root of document.querySelectorAll("[data-explorer]")) explore(root);
  reveal();
  for (const root of document.querySelectorAll("[data-try]")) prepare(root);
  for (const box of document.querySelectorAll("[data-progress]")) import("./progress.js").then((module) => module.start(box));
});

// Opens what is folded around the target of the address; some browsers do so themselves.
function reveal() {
  const target = document.querySelector(":target");
  let box = target && target.closest("details:not([open])");
  if (!box) return;
  for (; box; box = box.closest("details:not([open])")) box.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);

// Starts the explorer, or says why it cannot start.
async function explore(root) {
  const say = (words) => { root.querySelector('[data-part="status"]').textContent = words; };
  if (FROM_FOLDER) {
    say(`The explorer ${FROM_FOLDER}`);
    return;
  }
  try {
    await (await import("./explorer/index.js")).start(root);
  } catch (error) {
    say(`The slices could not be loaded (${error.message}). Reload the page.`);
  }
}

// Prepares the page on which networks run in the browser, or says why they cannot.
async function prepare(root) {
  const say = (words) => { root.querySelector('[data-part="status"]').textContent = words; };
  if (FROM_FOLDER) say(`This page ${FROM_FOLDER}`);
  else (await import("./try/start.js")).prepare(root);
}

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
