// The files of the explorer: every one is read here.

// The answer to a request for a file; an error with its address and status if there is none.
export async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}
