// Answers from the page's own server.

/** What the networks answer to a request: an image or a picture, and whether a map of where they look is wanted. */
export async function predict({ type, body, withMap }) {
  const response = await fetch(withMap ? 'v1/predict?occlusion=1' : 'v1/predict', {
    method: 'POST', body, headers: { 'Content-Type': type },
  });
  const result = await response.json();
  if (!response.ok) throw new Error(result.error);
  return result;
}

/** What answers: sources, members, when an answer is unsure, and the pictures that are taken. */
export async function describe() {
  return (await fetch('v1/model')).json();
}
