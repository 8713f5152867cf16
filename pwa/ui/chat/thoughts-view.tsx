import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Markdown } from '../markdown/markdown.tsx';

interface ThoughtsProps {
  text: string;
  thinking: boolean;
  /** Another object unfolds them. */
  unfold: object | undefined;
}

/** What a model thought before it answered, folded. Drawn when it is looked at: there may be much of it. */
export function ThoughtsView({ text, thinking, unfold }: ThoughtsProps) {
  const [open, setOpen] = useState(false);
  const details = useRef<HTMLDetailsElement>(null);
  useLayoutEffect(() => {
    if (unfold && details.current) details.current.open = true;
  }, [unfold]);
  return (
    <details class="thoughts" ref={details} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{thinking ? 'Thinking …' : 'Thoughts'}</summary>
      {(open || unfold) && (
        <div class="thoughts-text">
          <Markdown text={text} />
        </div>
      )}
    </details>
  );
}
