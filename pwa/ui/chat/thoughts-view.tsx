import { useState } from 'preact/hooks';
import { Markdown } from '../markdown/markdown.tsx';

/** What a model thought before it answered, folded. Drawn when it is looked at: there may be much of it. */
export function ThoughtsView({ text, thinking }: { text: string; thinking: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="thoughts" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{thinking ? 'Thinking …' : 'Thoughts'}</summary>
      {open && (
        <div class="thoughts-text">
          <Markdown text={text} />
        </div>
      )}
    </details>
  );
}
