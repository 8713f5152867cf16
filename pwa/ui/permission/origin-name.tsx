import { Fragment } from 'preact';
import { spellOrigin } from './origin.ts';
import type { SpelledOrigin } from './origin.ts';

/** So much fits on a line of the smallest window: it is not broken at its hyphens. */
const WHOLE_CHARS = 20;

/** An origin with its domain in bold; what stands in front of it breaks at its dots. */
export function OriginName({ spelled }: { spelled: SpelledOrigin }) {
  const { scheme, before, domain, port } = spelled;
  return (
    <span class="origin-name">
      <span class="scheme">{scheme}</span>
      <bdi dir="ltr">
        <span class="subdomain">{breakable(before)}</span>
        <strong class={domain.length <= WHOLE_CHARS ? 'whole' : ''}>{domain}</strong>
        {port && <span class="port">{port}</span>}
      </bdi>
    </span>
  );
}

/** The same for text that should be an origin; as it is where it is none. */
export function OriginText({ origin }: { origin: string }) {
  const spelled = spellOrigin(origin);
  return spelled ? <OriginName spelled={spelled} /> : <bdi>{origin}</bdi>;
}

function breakable(before: string) {
  return before.split(/(?<=[.])/).map((label) => (
    <Fragment key={label}>
      {label}
      <wbr />
    </Fragment>
  ));
}
