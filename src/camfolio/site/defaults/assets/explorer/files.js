// The files of the explorer: every one is read here.

// The answer to a request for a file; an error with its address and status if there is none. A page that carries its files
// holds each, in Base64, in an element with its name.
export async function fetched(address) {
  const name = new URL(address, location).pathname.split("/").pop();
  const inside = document.querySelector(`[data-file="${CSS.escape(name)}"]`);
  if (inside) return new Response(Uint8Array.from(atob(inside.textContent), (sign) => sign.charCodeAt(0)));
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}
