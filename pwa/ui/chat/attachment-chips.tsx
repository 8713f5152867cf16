import { useMemo, useState } from 'preact/hooks';
import { CopyButton } from '../copy-button.tsx';
import { Dialog } from '../dialog.tsx';
import { formatBytes } from '../format.ts';
import type { Attachment } from '../history/records.ts';
import { Icon } from '../icons.tsx';

interface ChipsProps {
  attachments: readonly Attachment[];
  onRemove?: (attachment: Attachment) => void;
}

/** What is attached: each opens to be read and, where that is still possible, can be taken away. */
export function AttachmentChips({ attachments, onRemove }: ChipsProps) {
  const [shown, setShown] = useState<Attachment>();
  return (
    <>
      <ul class="attachments" aria-label="Attached">
        {attachments.map((attachment, position) => (
          <Chip key={position} attachment={attachment} onShow={setShown} onRemove={onRemove} />
        ))}
      </ul>
      {shown && (
        <Dialog title={shown.name} onClose={() => setShown(undefined)}>
          <pre class="attachment-text" tabIndex={0}>
            {shown.text}
          </pre>
          <p>
            <CopyButton text={shown.text} label="Copy" />
          </p>
        </Dialog>
      )}
    </>
  );
}

interface ChipProps {
  attachment: Attachment;
  onShow: (attachment: Attachment) => void;
  onRemove: ((attachment: Attachment) => void) | undefined;
}

function Chip({ attachment, onShow, onRemove }: ChipProps) {
  const { name, text } = attachment;
  const bytes = useMemo(() => new Blob([text]).size, [text]);
  return (
    <li>
      <button type="button" class="attachment" title={`Show ${name}`} onClick={() => onShow(attachment)}>
        <Icon name="file" />
        <span class="attachment-name">{name}</span>
        <span class="figures">{formatBytes(bytes)}</span>
      </button>
      {onRemove && (
        <button
          type="button"
          class="quiet small icon-only"
          aria-label={`Remove ${name}`}
          title="Remove"
          onClick={() => onRemove(attachment)}
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  );
}
