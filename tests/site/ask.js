// An ordinary page: it knows `window.localLLM` and nothing else of the extension.
const form = document.querySelector('#form');
const status = document.querySelector('#status');
const answer = document.querySelector('#answer');
let controller = new AbortController();

form.addEventListener('submit', (event) => {
  event.preventDefault();
  controller = new AbortController();
  window.outcome = undefined;
  answer.textContent = '';
  status.textContent = 'asking';
  ask(document.querySelector('#question').value, JSON.parse(document.querySelector('#options').value)).then(
    () => {
      status.textContent = 'done';
    },
    (error) => {
      window.outcome = { error: { name: error.name, message: error.message } };
      status.textContent = `${error.name}: ${error.message}`;
    },
  );
});

document.querySelector('#stop').addEventListener('click', () => controller.abort());

async function ask(question, options) {
  const start = performance.now();
  let first;
  const stream = window.localLLM.generateStreaming(question, { ...options, signal: controller.signal });
  for await (const text of stream) {
    first ??= performance.now();
    status.textContent = 'answering';
    answer.append(text);
    window.onDelta?.(text);
  }
  const result = await stream.result;
  const end = performance.now();
  window.outcome = { result, ttftMs: (first ?? end) - start, decodeMs: end - (first ?? end) };
}
