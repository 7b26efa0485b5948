// Keeps a page that waits for results up to date; the server reloads it once they are there.
const address = new URL("progress.json", import.meta.url);

function say(element, words) {
  if (element.textContent !== words) element.textContent = words; // equal words are not announced again
}

function setShare(bar, share) {
  if (share === null) bar.removeAttribute("value");
  else bar.value = share;
}

function makeRow(stage) {
  const row = document.createElement("li");
  const name = document.createElement("code");
  const state = document.createElement("span");
  name.textContent = stage;
  state.className = "state";
  row.append(name, " ", state);
  return row;
}

function makeBar(row, stage) {
  const bar = document.createElement("progress");
  const time = document.createElement("span");
  bar.setAttribute("aria-label", stage);
  time.className = "time";
  row.append(" ", bar, " ", time);
  return bar;
}

function show(box, { words, left, share, rows }) {
  const part = (name) => box.querySelector(`[data-part="${name}"]`);
  say(part("words"), words);
  say(part("left"), left);
  setShare(box.querySelector(":scope > progress"), share);
  const list = box.querySelector("ul");
  const before = new Map([...list.children].map((row) => [row.querySelector("code").textContent, row]));
  list.replaceChildren(...rows.map((now) => {
    const row = before.get(now.stage) ?? makeRow(now.stage);
    row.classList.toggle("running", now.running);
    say(row.querySelector(".state"), now.state);
    if (now.running) {
      setShare(row.querySelector("progress") ?? makeBar(row, now.stage), now.share);
      say(row.querySelector(".time"), now.left);
    }
    return row;
  }));
}

// Keeps the rows in this element up to date while it is in the page.
export async function start(box) {
  if (!box.isConnected) return;
  try {
    const answer = document.hidden ? null : await fetch(address, { cache: "no-store" });
    const studies = answer?.ok ? await answer.json() : {};
    if (box.dataset.progress in studies) show(box, studies[box.dataset.progress]);
  } catch {
    // The server was stopped; the page stays as it is.
  }
  setTimeout(start, 1000, box);
}
