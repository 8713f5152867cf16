import type { EngineStatus } from '../../../engine/client/index.ts';
import { adviceFor } from '../engine/advice.ts';
import { ProgressBar } from '../engine/progress.tsx';
import { Icon } from '../icons.tsx';
import { useObservable } from '../observable.ts';
import type { ModelChoice } from './model-choice.ts';

interface ModelSwitchProps {
  choice: ModelChoice;
  status: EngineStatus | undefined;
  onOpenModels: () => void;
}

/** How the change to another model goes, until it is made; why it was not, until that is dismissed. */
export function ModelSwitch({ choice, status, onOpenModels }: ModelSwitchProps) {
  const { switchingTo, failed } = useObservable(choice);
  if (switchingTo) {
    // Downloads and loads have a bar of their own.
    if (status?.state === 'downloading' || status?.state === 'loading') return null;
    const waits = (status?.running ?? 0) > 0 ? 'Answers that are being written finish first.' : undefined;
    const words = status?.notice ?? waits;
    return (
      <div class="model-switch">
        <ProgressBar label={`Changing to ${switchingTo.name}`} />
        {words && <p class="faint small">{words}</p>}
      </div>
    );
  }
  if (!failed) return null;
  const { model, error } = failed;
  const { remedy } = adviceFor(error);
  return (
    <section class="notice" role="alert">
      <Icon name="warning" />
      <div class="notice-text">
        <h2>{model.name} cannot be used now</h2>
        <p>
          {error.message} {choice.model && `${choice.model.name} stays chosen.`}
        </p>
        <div class="actions">
          <button type="button" class="small primary" onClick={() => void choice.choose(model)}>
            Try again
          </button>
          {remedy?.kind === 'models' && (
            <button type="button" class="small" onClick={onOpenModels}>
              {remedy.label}
            </button>
          )}
          <button type="button" class="small quiet" onClick={() => choice.dismiss()}>
            Dismiss
          </button>
        </div>
      </div>
    </section>
  );
}
