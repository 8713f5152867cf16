import { useId, useState } from 'preact/hooks';
import type { ModelInfo } from '../../../engine/client/index.ts';
import { Dialog } from '../dialog.tsx';
import { formatBytes } from '../format.ts';
import { isCopied } from './filters.ts';
import { consequencesOf } from './settings.ts';

interface DeleteDialogProps {
  model: ModelInfo;
  models: readonly ModelInfo[];
  onCancel: () => void;
  onDelete: () => void;
}

/** What deleting a model means, before it is done. */
export function DeleteDialog({ model, models, onCancel, onDelete }: DeleteDialogProps) {
  const { name, storedBytes, state } = model;
  const whole = state === 'stored';
  const consequences = whole ? consequencesOf(model, models) : [];
  return (
    <Dialog title={whole ? `Delete ${name}?` : `Cancel ${name}?`} onClose={onCancel}>
      <p>
        {whole ? 'It is removed from this browser’s storage' : 'What has arrived is removed'}:{' '}
        <strong>{formatBytes(storedBytes)} become free</strong>. Chats stay. To use it{whole && ' again'},{' '}
        {isCopied(model) ? 'choose its file again; that one is not touched.' : 'it is downloaded again.'}
      </p>
      {consequences.length > 0 && (
        <ul class="consequences">
          {consequences.map((consequence) => (
            <li key={consequence}>{consequence}</li>
          ))}
        </ul>
      )}
      <div class="actions end">
        <button type="button" onClick={onCancel}>
          Keep
        </button>
        <button type="button" class="danger filled" onClick={onDelete}>
          {whole ? 'Delete' : 'Cancel and delete'}
        </button>
      </div>
    </Dialog>
  );
}

interface RenameDialogProps {
  model: ModelInfo;
  onCancel: () => void;
  onRename: (name: string) => void;
}

export function RenameDialog({ model, onCancel, onRename }: RenameDialogProps) {
  const [name, setName] = useState(model.name);
  const id = useId();
  return (
    <Dialog title="Rename the model" onClose={onCancel}>
      <form
        class="add-field"
        onSubmit={(event) => {
          event.preventDefault();
          onRename(name.trim());
        }}
      >
        <label for={id}>Name</label>
        <input
          id={id}
          type="text"
          autoComplete="off"
          maxLength={128}
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
        <div class="actions end">
          <button type="button" onClick={onCancel}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={name.trim() === ''}>
            Rename
          </button>
        </div>
      </form>
    </Dialog>
  );
}
