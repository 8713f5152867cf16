import type { ComponentChild } from 'preact';
import type { Picture } from './guides.ts';

/** Sketches on a grid of 96 × 64; the class `hot` marks what is to be touched. */
const SKETCHES: Record<Picture, ComponentChild> = {
  more: (
    <>
      <Screen />
      <rect x="22" y="40" width="36" height="12" rx="6" class="fill" />
      <circle cx="68" cy="46" r="8" class="hot" />
      <path d="M64 46h.01M68 46h.01M72 46h.01" class="on-hot dots" />
    </>
  ),
  share: (
    <>
      <Screen />
      <rect x="20" y="40" width="38" height="12" rx="6" class="fill" />
      <rect x="62" y="37" width="16" height="16" rx="4" class="hot" />
      <Share x={70} y={45} />
    </>
  ),
  'share-top': (
    <>
      <Screen />
      <rect x="20" y="11" width="38" height="12" rx="6" class="fill" />
      <rect x="62" y="9" width="16" height="16" rx="4" class="hot" />
      <Share x={70} y={17} />
      <path d="M22 36h46M22 46h34" class="line" />
    </>
  ),
  'add-row': (
    <>
      <Screen />
      <path d="M22 17h34M22 27h26" class="line" />
      <rect x="16" y="35" width="64" height="17" rx="5" class="hot" />
      <path d="M22 43.5h30" class="on-hot" />
      <path d="M66 39.5h8v8h-8zM70 41.5v4M68 43.5h4" class="on-hot thin" />
    </>
  ),
  confirm: (
    <>
      <Screen />
      <rect x="58" y="11" width="22" height="13" rx="6.5" class="hot" />
      <path d="M65 17.5l2.5 2.5 5-5" class="on-hot" />
      <rect x="18" y="30" width="14" height="14" rx="4" class="app" />
      <path d="M38 34h24M38 41h16" class="line" />
      <rect x="66" y="33" width="13" height="8" rx="4" class="fill" />
      <circle cx="75" cy="37" r="3" class="knob" />
    </>
  ),
  home: (
    <>
      <Screen />
      <Grid />
      <rect x="41" y="26" width="14" height="14" rx="4" class="app" />
    </>
  ),
  'file-menu': (
    <>
      <rect x="4" y="8" width="88" height="48" rx="6" class="frame" />
      <path d="M4 20h88" class="line" />
      <path d="M12 14h10M50 14h10M68 14h10" class="line" />
      <rect x="27" y="10" width="17" height="8" rx="2" class="hot" />
      <path d="M31 14h9" class="on-hot" />
      <path d="M30 28h28M30 36h22M30 44h30" class="line" />
    </>
  ),
  dock: (
    <>
      <rect x="4" y="6" width="88" height="52" rx="6" class="frame" />
      <rect x="20" y="36" width="56" height="17" rx="5" class="fill" />
      <rect x="25" y="39.5" width="10" height="10" rx="3" class="tile" />
      <rect x="61" y="39.5" width="10" height="10" rx="3" class="tile" />
      <rect x="41" y="37.5" width="14" height="14" rx="4" class="app" />
    </>
  ),
  safari: (
    <>
      <Screen />
      <circle cx="48" cy="32" r="15" class="hot" />
      <path d="M54.5 25.5l-4 9-9 4 4-9z" class="on-hot thin" />
    </>
  ),
};

/** One step, drawn; its words stand beside it. */
export function StepPicture({ name }: { name: Picture }) {
  return (
    <svg class="step-picture" viewBox="0 0 96 64" width="96" height="64" aria-hidden="true" focusable="false">
      {SKETCHES[name]}
    </svg>
  );
}

function Screen() {
  return <rect x="10" y="4" width="76" height="56" rx="9" class="frame" />;
}

function Share({ x, y }: { x: number; y: number }) {
  return (
    <path
      transform={`translate(${x} ${y})`}
      d="M0 1v-6M-2.5-3 0-5.5 2.5-3M-2.5-.5h-1.5v5h8v-5h-1.5"
      class="on-hot thin"
    />
  );
}

/** The apps around ours. */
function Grid() {
  const places = [21, 41, 61].flatMap((x) => [8, 26, 44].map((y) => [x, y] as const));
  return (
    <>
      {places
        .filter(([x, y]) => x !== 41 || y !== 26)
        .map(([x, y]) => (
          <rect key={`${x} ${y}`} x={x} y={y} width="14" height="14" rx="4" class="fill" />
        ))}
    </>
  );
}
