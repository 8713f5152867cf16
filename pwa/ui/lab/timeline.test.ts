import { expect, it } from 'vitest';
import type { ForwardProfile, KernelTime } from '../../../engine/protocol/profile.ts';
import { factsOf, formatFlops, formatRate, formatTime, laneOf, layOut, ofRoofline, spanAt } from './timeline.ts';

const time = (label: string, microseconds: number, bytes = 0, flops = 0): KernelTime => ({
  label,
  kernel: `${label}-kernel`,
  microseconds,
  bytes,
  flops,
});
const forward = (dispatches: KernelTime[]): ForwardProfile => ({
  past: 0,
  tokens: 1,
  runs: 1,
  microseconds: 1,
  dispatches,
  kernels: [],
});
const ROOFLINE = { bytesPerSecond: 1e12, flopsPerSecond: 1e13 };

it('puts every operation into a lane', () => {
  const lanes = [
    'matmul',
    'matmul-glu',
    'attention',
    'rope-append',
    'add-rms-norm',
    'norm-qk',
    'embed',
    'argmax',
    'new',
  ];
  expect(lanes.map((label) => laneOf(time(label, 1)))).toEqual([
    'matmul',
    'matmul',
    'attention',
    'attention',
    'norm',
    'norm',
    'rest',
    'rest',
    'rest',
  ]);
});

it('lays dispatches end to end, in the lanes that there are', () => {
  const { spans, lanes, microseconds, ticks } = layOut(
    forward([time('embed', 10), time('matmul', 30), time('matmul', 60)]),
  );
  expect(microseconds).toBe(100);
  expect(lanes.map(({ id }) => id)).toEqual(['matmul', 'rest']);
  expect(spans.map(({ start, length }) => [start, length])).toEqual([
    [0, 0.1],
    [0.1, 0.3],
    [0.4, 0.6],
  ]);
  expect(ticks.map((tick) => tick.microseconds)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(spanAt(spans, 0.05)).toBe(0);
  expect(spanAt(spans, 0.1)).toBe(1);
  expect(spanAt(spans, 1)).toBe(2);
});

it('has an axis even where nothing took any time', () => {
  const { spans, ticks } = layOut(forward([time('embed', 0)]));
  expect(spans[0]).toMatchObject({ start: 0, length: 0 });
  expect(ticks.length).toBeGreaterThan(1);
});

it('holds each against the roof that is lower for it', () => {
  expect(ofRoofline(time('matmul', 10, 5e6, 1), ROOFLINE)).toBeCloseTo(0.5);
  expect(ofRoofline(time('matmul', 10, 1, 2e7), ROOFLINE)).toBeCloseTo(0.2);
  expect(ofRoofline(time('attention', 10), ROOFLINE)).toBeUndefined();
});

it('writes figures as people read them', () => {
  expect([0, 0.04, 25.12, 99.96, 999.6, 12_340, 250_000].map(formatTime)).toEqual([
    '0 µs',
    '0.0 µs',
    '25.1 µs',
    '100 µs',
    '1.00 ms',
    '12.3 ms',
    '250 ms',
  ]);
  expect([4.38e12, 2.31e9].map(formatRate)).toEqual(['4,380 GB/s', '2.3 GB/s']);
  expect([35.56e12, 20e9].map(formatFlops)).toEqual(['35.6 TFLOP/s', '20.0 GFLOP/s']);
  expect(factsOf(time('matmul', 10, 5e6), ROOFLINE)).toEqual(['10.0 µs', '5.0 MB', '500 GB/s', '50 % of the roofline']);
  expect(factsOf(time('matmul', 10, 5e6, 8e7), ROOFLINE)).toEqual([
    '10.0 µs',
    '5.0 MB',
    '8.0 TFLOP/s',
    '80 % of the roofline',
  ]);
  expect(factsOf(time('attention', 10), ROOFLINE)).toEqual(['10.0 µs']);
});
