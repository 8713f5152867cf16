import { useRef } from 'preact/hooks';
import { CopyButton } from '../copy-button.tsx';
import { Memo } from '../memo.ts';
import { renderBlocks } from './render.ts';
import type { Block } from './render.ts';

/** A model's markdown, drawn safely. Blocks that are complete keep their elements, and so their selection, while the text grows. */
export function Markdown({ text }: { text: string }) {
  const blocks = useRef<Block[]>([]);
  blocks.current = renderBlocks(text, blocks.current);
  return (
    <div class="markdown">
      {blocks.current.map((block, position) => (
        <BlockView key={position} block={block} />
      ))}
    </div>
  );
}

class BlockView extends Memo<{ block: Block }> {
  override render({ block }: { block: Block }) {
    // Sanitized by renderBlocks.
    if (block.kind === 'html') return <div class="block" dangerouslySetInnerHTML={{ __html: block.html }} />;
    return (
      <figure class="code">
        <figcaption>
          <span>{block.language || 'code'}</span>
          <CopyButton text={block.text} label="Copy code" />
        </figcaption>
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      </figure>
    );
  }
}
