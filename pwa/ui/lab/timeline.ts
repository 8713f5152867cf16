/**
 * A forward's dispatches laid end to end, in lanes by what they are for.
 *
 * @module
 */
import {
  leastMicroseconds,
  type ForwardProfile,
  type KernelTime,
  type Roofline,
} from '../../../engine/protocol/profile.ts';
import { formatBytes } from '../format.ts';

export type LaneId = 'matmul' | 'attention' | 'norm' | 'rest';

interface Lane {
  id: LaneId;
  name: string;
  labels: RegExp;
}

/** In the order in which they are drawn; what fits none is in the last. */
const LANES: readonly Lane[] = [
  { id: 'matmul', name: 'Matrix products', labels: /^matmul/ },
  { id: 'attention', name: 'Attention and memory', labels: /attention|rope|conv|delta|gate/ },
  { id: 'norm', name: 'Norms', labels: /norm/ },
  { id: 'rest', name: 'Embedding and sampling', labels: /^/ },
];

/** One dispatch as it is drawn. */
export interface Span {
  dispatch: KernelTime;
  lane: LaneId;
  /** Share of the whole: where it begins, how long it is. 0…1 */
  start: number;
  length: number;
}

export interface TimelineLayout {
  lanes: { id: LaneId; name: string }[];
  spans: Span[];
  /** Of all dispatches, each alone. */
  microseconds: number;
  /** Where the axis has marks. */
  ticks: { at: number; microseconds: number }[];
}

export function laneOf({ label }: KernelTime): LaneId {
  // A norm in front of something else is a norm.
  if (/norm/.test(label)) return 'norm';
  return LANES.find(({ labels }) => labels.test(label))!.id;
}

export function layOut({ dispatches }: ForwardProfile): TimelineLayout {
  const whole = dispatches.reduce((sum, { microseconds }) => sum + microseconds, 0) || 1;
  let at = 0;
  const spans = dispatches.map((dispatch): Span => {
    const start = at / whole;
    at += dispatch.microseconds;
    return { dispatch, lane: laneOf(dispatch), start, length: dispatch.microseconds / whole };
  });
  const used = new Set(spans.map(({ lane }) => lane));
  return {
    lanes: LANES.filter(({ id }) => used.has(id)).map(({ id, name }) => ({ id, name })),
    spans,
    microseconds: whole,
    ticks: ticksOf(whole),
  };
}

/** Round times, three to six of them. */
function ticksOf(whole: number): TimelineLayout['ticks'] {
  const rough = whole / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [5, 2, 1].map((digit) => digit * power).find((size) => size <= rough) ?? power;
  const count = Math.floor(whole / step);
  return Array.from({ length: count + 1 }, (_, i) => ({ at: (i * step) / whole, microseconds: i * step }));
}

/** The dispatch that is drawn at a share of the whole, 0…1. */
export function spanAt(spans: readonly Span[], share: number): number {
  const index = spans.findIndex(({ start, length }) => share < start + length);
  return index < 0 ? spans.length - 1 : index;
}

/** How near the work came to what the GPU can do: 1 is there. Undefined where nobody counted it. */
export function ofRoofline(time: KernelTime, roofline: Roofline): number | undefined {
  const least = leastMicroseconds(time, roofline);
  return least > 0 && time.microseconds > 0 ? least / time.microseconds : undefined;
}

/** 25.12 → '25.1 µs', 1523 → '1.52 ms' */
export function formatTime(microseconds: number): string {
  if (microseconds === 0) return '0 µs';
  if (microseconds < 999.5) return `${microseconds.toFixed(microseconds < 99.95 ? 1 : 0)} µs`;
  const ms = microseconds / 1000;
  return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

/** Bytes in a time → '753 GB/s' */
export function formatRate(bytesPerSecond: number): string {
  const gigabytes = bytesPerSecond / 1e9;
  return `${gigabytes >= 10 ? Math.round(gigabytes).toLocaleString('en') : gigabytes.toFixed(1)} GB/s`;
}

/** Multiplications and additions → '35.6 TFLOP/s' */
export function formatFlops(flopsPerSecond: number): string {
  const [value, unit] = flopsPerSecond >= 1e12 ? [flopsPerSecond / 1e12, 'TFLOP/s'] : [flopsPerSecond / 1e9, 'GFLOP/s'];
  return `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`;
}

/** How fast the work went in the unit of the roof that is lower for it; undefined where nobody counted it. */
export function speedOf({ bytes, flops, microseconds }: KernelTime, roofline: Roofline): string | undefined {
  if (microseconds === 0 || (bytes === 0 && flops === 0)) return undefined;
  const seconds = microseconds / 1e6;
  const byArithmetic = flops / roofline.flopsPerSecond > bytes / roofline.bytesPerSecond;
  return byArithmetic ? formatFlops(flops / seconds) : formatRate(bytes / seconds);
}

/** What there is to say of one dispatch: '25.1 µs', '18.9 MB', '753 GB/s', '17 % of the roofline'. */
export function factsOf(time: KernelTime, roofline: Roofline): string[] {
  const reached = ofRoofline(time, roofline);
  return [
    formatTime(time.microseconds),
    time.bytes > 0 ? formatBytes(time.bytes) : undefined,
    speedOf(time, roofline),
    reached === undefined ? undefined : `${Math.round(reached * 100)} % of the roofline`,
  ].filter((fact) => fact !== undefined);
}
