import { useMemo, useRef, useState } from 'preact/hooks';
import type { ForwardProfile, Roofline } from '../../../engine/protocol/profile.ts';
import { factsOf, formatTime, layOut, type Span, spanAt, type TimelineLayout } from './timeline.ts';

const LANE = 30; // px
const BAR = 22;
const AXIS = 22;
/** Room that a dispatch gets on the average, so that each can be pointed at: beyond the window's width the lanes scroll. */
const LEAST_PX = 5;
const MARGIN = 20;

interface TimelineProps {
  forward: ForwardProfile;
  roofline: Roofline;
}

/**
 * Every dispatch of a forward. Pointing at one, or moving to it with the arrow keys, tells what it is: for assistive technology the
 * whole is one slider, whose value is the dispatch.
 */
export function TimelineView({ forward, roofline }: TimelineProps) {
  const layout = useMemo(() => layOut(forward), [forward]);
  const { spans, lanes } = layout;
  const [chosen, setChosen] = useState<number>();
  const scroller = useRef<HTMLDivElement>(null);
  const dispatch = chosen === undefined ? undefined : spans[chosen]?.dispatch;
  const place = `${(chosen ?? 0) + 1} of ${spans.length}`;
  const facts = dispatch ? factsOf(dispatch, roofline) : [];
  const onKeyDown = (event: KeyboardEvent) => {
    const step = stepOf(event.key, spans.length);
    if (step === undefined) return;
    event.preventDefault();
    // Keys may come faster than frames: each goes on from where the last one led.
    setChosen((from) => {
      const next = Math.max(0, Math.min(spans.length - 1, (from ?? -1) + step));
      reveal(scroller.current, spans[next]!);
      return next;
    });
  };
  const onPoint = (event: PointerEvent) => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    setChosen(spanAt(spans, (event.clientX - left) / width));
  };
  return (
    <figure class="timeline">
      <div class="timeline-frame">
        <LaneNames lanes={lanes} />
        <div class="timeline-scroller" ref={scroller}>
          <div
            role="slider"
            tabIndex={0}
            aria-label="Dispatches"
            aria-orientation="horizontal"
            aria-valuemin={1}
            aria-valuemax={spans.length}
            aria-valuenow={(chosen ?? 0) + 1}
            aria-valuetext={dispatch ? `${place}: ${dispatch.label}, ${facts.join(', ')}` : `none of ${spans.length}`}
            style={{ minWidth: `${spans.length * LEAST_PX}px` }}
            onKeyDown={onKeyDown}
            onPointerMove={onPoint}
            onPointerDown={onPoint}
          >
            <Drawing layout={layout} chosen={chosen === undefined ? undefined : spans[chosen]} />
          </div>
        </div>
      </div>
      <figcaption>
        {dispatch ? (
          <>
            <span class="figures">{place}</span>
            <strong>{dispatch.label}</strong>
            <code>{dispatch.kernel}</code>
            <span class="figures">{facts.join(' · ')}</span>
          </>
        ) : (
          <span class="figures">Point at a dispatch, or move through them with the arrow keys.</span>
        )}
      </figcaption>
    </figure>
  );
}

function LaneNames({ lanes }: Pick<TimelineLayout, 'lanes'>) {
  return (
    <ul class="timeline-lanes" style={{ paddingTop: `${AXIS}px` }}>
      {lanes.map(({ id, name }) => (
        <li key={id} style={{ height: `${LANE}px` }}>
          <span class={`swatch lane-${id}`} aria-hidden="true" />
          {name}
        </li>
      ))}
    </ul>
  );
}

const percent = (share: number) => `${share * 100}%`;

/** The axis, the dispatches in their lanes, and a line through the chosen one. */
function Drawing({ layout: { spans, lanes, ticks }, chosen }: { layout: TimelineLayout; chosen: Span | undefined }) {
  const height = AXIS + lanes.length * LANE;
  const middle = chosen && percent(chosen.start + chosen.length / 2);
  return (
    <svg height={height} aria-hidden="true" focusable="false">
      {ticks.map(({ at, microseconds }) => (
        <g key={at} class="tick">
          <line x1={percent(at)} x2={percent(at)} y1={AXIS - 6} y2={height} />
          <text x={percent(at)} y={12} text-anchor={at === 0 ? 'start' : at > 0.97 ? 'end' : 'middle'}>
            {formatTime(microseconds)}
          </text>
        </g>
      ))}
      {spans.map(({ lane, start, length, dispatch: { kernel } }, i) => (
        <rect
          key={i}
          class={`lane-${lane}${chosen && kernel !== chosen.dispatch.kernel ? ' other' : ''}`}
          x={percent(start)}
          y={AXIS + lanes.findIndex(({ id }) => id === lane) * LANE + (LANE - BAR) / 2}
          width={percent(length)}
          height={BAR}
        />
      ))}
      {middle && <line class="caret" x1={middle} x2={middle} y1={AXIS - 6} y2={height} />}
    </svg>
  );
}

/** How far a key leads. */
function stepOf(key: string, count: number): number | undefined {
  const page = Math.max(1, Math.round(count / 10));
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowUp: 1,
    ArrowLeft: -1,
    ArrowDown: -1,
    PageUp: page,
    PageDown: -page,
    Home: -count,
    End: count,
  };
  return steps[key];
}

/** Scrolls as far as it takes to show a dispatch. */
function reveal(scroller: HTMLElement | null, { start, length }: Span): void {
  if (!scroller) return;
  const { scrollWidth, clientWidth, scrollLeft } = scroller;
  const [left, right] = [start * scrollWidth, (start + length) * scrollWidth];
  if (left < scrollLeft) scroller.scrollLeft = left - MARGIN;
  else if (right > scrollLeft + clientWidth) scroller.scrollLeft = right - clientWidth + MARGIN;
}
