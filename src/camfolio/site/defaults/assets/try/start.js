// The page "Try it" before the reader starts it: a button; engine, network and everything else are loaded by it.
export function prepare(root) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const button = part("start"), bar = part("loading"), say = (words) => { part("status").textContent = words; };
  const address = new URL(document.querySelector("a.try-data").href), runtime = new URL("../runtime/", import.meta.url);
  button.addEventListener("click", async () => {
    button.disabled = true;
    bar.hidden = false;
    say("Loading the network.");
    let engine;
    try {
      const [{ Engine }, { Page }] = await Promise.all([import("./engine.js"), import("./page.js")]);
      engine = await Engine.open(address, { runtime, progress: (words, share) => { say(words); fill(bar, share); } });
      if (!root.isConnected) { engine.close(); return; }
      const page = await Page.open(root, engine, address, runtime);
      document$.subscribe(() => root.isConnected || page.live.close()); // the theme has swapped in another page
      part("before").hidden = true;
      root.dataset.ready = "yes";
    } catch (error) {
      engine?.close();
      say(error.message);
      button.disabled = false;
      bar.hidden = true;
    }
  });
  button.disabled = false;
}

// A bar at a share of 0 to 1, or, for null, one whose end is not known.
function fill(bar, share) {
  if (share === null) bar.removeAttribute("value");
  else bar.value = share;
}
