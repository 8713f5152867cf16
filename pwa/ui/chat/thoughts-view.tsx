import { Markdown } from '../markdown/markdown.tsx';

/** What a model thought before it answered, folded. */
export function ThoughtsView({ text, thinking }: { text: string; thinking: boolean }) {
  return (
    <details class="thoughts">
      <summary>{thinking ? 'Thinking …' : 'Thoughts'}</summary>
      <div class="thoughts-text">
        <Markdown text={text} />
      </div>
    </details>
  );
}
