import { useEffect, useRef, useState } from 'preact/hooks';
import { type Client, LocalLLMError, type ModelInfo, type ModelOffer } from '../../../engine/client/index.ts';
import { Dialog } from '../dialog.tsx';
import { ProgressBar } from '../engine/progress.tsx';
import { isHere } from './filters.ts';
import { nameOf, repositoryOf } from './hub.ts';
import { OfferFacts } from './offer-facts.tsx';
import { Refusal } from './refusal.tsx';
import type { TokenState } from './use-token.ts';

interface InspectDialogProps {
  client: Client;
  models: readonly ModelInfo[];
  token: TokenState;
  /** As a person named it. */
  source: string;
  /** What is known of it already. */
  found?: ModelOffer | LocalLLMError;
  onAdded: (id: string) => void;
  onClose: () => void;
}

/** What a link or a hit would bring, before it is downloaded: what it is, in which sizes, and whether it fits. */
export function InspectDialog({ client, models, token, source, found, onAdded, onClose }: InspectDialogProps) {
  const { offer, error, busy, asked, look } = useInspection(client, source, found);
  const [adding, setAdding] = useState<{ busy: boolean; problem?: string }>({ busy: false });
  const add = async ({ quantization, quantizations }: ModelOffer) => {
    setAdding({ busy: true });
    try {
      onAdded((await client.addModel(asked, quantizations.length > 0 ? quantization : undefined)).id);
    } catch (thrown) {
      setAdding({ busy: false, problem: LocalLLMError.from(thrown).message });
    }
  };
  const here = offer && models.find((model) => model.id === offer.id && isHere(model));
  return (
    <Dialog title={offer?.name ?? nameOf(source).name} onClose={onClose}>
      {!offer && busy && <ProgressBar label="Reading its list of files and its header" />}
      {error && <Refusal error={error} source={source} token={token} onRetry={() => void look()} />}
      {offer && <OfferFacts offer={offer} source={source} busy={busy} onSize={(size) => void look(size)} />}
      {here && <p class="hint">It is on this device already{here.state !== 'stored' && ', in part'}.</p>}
      {adding.problem !== undefined && (
        <p class="model-problem" role="alert">
          {adding.problem}
        </p>
      )}
      <div class="actions end">
        <button type="button" onClick={onClose}>
          {error ? 'Close' : 'Cancel'}
        </button>
        {here ? (
          <button type="button" class="primary" onClick={() => onAdded(here.id)}>
            Show it
          </button>
        ) : (
          offer && (
            <button type="button" class="primary" disabled={adding.busy || busy} onClick={() => void add(offer)}>
              {offer.fit?.verdict === 'wont-fit' ? 'Download anyway' : 'Download'}
            </button>
          )
        )}
      </div>
    </Dialog>
  );
}

/** Asks what there is; with another size, what was known stays until there is an answer. */
function useInspection(client: Client, source: string, found: ModelOffer | LocalLLMError | undefined) {
  const failed = found instanceof LocalLLMError ? found : undefined;
  const [offer, setOffer] = useState(failed ? undefined : (found as ModelOffer | undefined));
  const [error, setError] = useState(failed);
  const [busy, setBusy] = useState(found === undefined);
  const [asked, setAsked] = useState(source);
  const asking = useRef<AbortController>(undefined);
  const look = async (size?: string) => {
    asking.current?.abort();
    const own = new AbortController();
    asking.current = own;
    setBusy(true);
    setError(undefined);
    // A link to one file names no other size.
    const from = size === undefined ? source : (repositoryOf(source) ?? source);
    setAsked(from);
    if (size !== undefined) setOffer((known) => known && atSize(known, size));
    try {
      const answer = await client.inspectModel(from, size, own.signal);
      if (!own.signal.aborted) setOffer(answer);
    } catch (thrown) {
      if (!own.signal.aborted) setError(LocalLLMError.from(thrown));
    }
    if (!own.signal.aborted) setBusy(false);
  };
  useEffect(() => {
    if (found === undefined) void look();
    return () => asking.current?.abort();
  }, []);
  return { offer, error, busy, asked, look };
}

/** What is known of another size before its header was read. */
function atSize({ fit: _, bytes: __, ...offer }: ModelOffer, quantization: string): ModelOffer {
  const bytes = offer.quantizations.find(({ name }) => name === quantization)?.bytes;
  return { ...offer, quantization, ...(bytes !== undefined && { bytes }) };
}
