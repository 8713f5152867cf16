import { Mark } from '../icons.tsx';

/** What the embedded model does well. */
const SUGGESTIONS = [
  'What is the capital of France?',
  'What can you do?',
  'Extract JSON with name and age: Maria is 34 years old.',
  'Tell me a little story about a fox.',
];

export function EmptyChat({ disabled, onAsk }: { disabled: boolean; onAsk: (question: string) => void }) {
  return (
    <div class="empty">
      <Mark size={56} />
      <h2>Ask the model on this device</h2>
      <p>Nothing you write leaves it, and it works without a network.</p>
      <ul class="suggestions">
        {SUGGESTIONS.map((question) => (
          <li key={question}>
            <button type="button" disabled={disabled} onClick={() => onAsk(question)}>
              {question}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
