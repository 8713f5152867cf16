import type { ComponentChildren } from 'preact';
import type { ForwardProfile, Roofline } from '../../../engine/protocol/profile.ts';
import { formatBytes } from '../format.ts';
import { formatTime, laneOf, ofRoofline, speedOf } from './timeline.ts';

interface KernelTableProps {
  forward: ForwardProfile;
  roofline: Roofline;
}

/** Each kernel: how long, how much, and how near to what this GPU can do. */
export function KernelTable({ forward, roofline }: KernelTableProps) {
  const whole = forward.dispatches.reduce((sum, { microseconds }) => sum + microseconds, 0) || 1;
  return (
    <table class="kernels">
      <thead>
        <tr>
          <th scope="col">Kernel</th>
          <th scope="col">Dispatches</th>
          <th scope="col">Time</th>
          <th scope="col">Share</th>
          <th scope="col">Speed</th>
          <th scope="col">Of the roofline</th>
        </tr>
      </thead>
      <tbody>
        {forward.kernels.map((kernel) => {
          const { label, kernel: name, dispatches, microseconds, bytes } = kernel;
          const each = bytes > 0 ? `${label}, ${formatBytes(bytes / dispatches)} each` : label;
          return (
            <tr key={`${name} ${bytes / dispatches}`}>
              <th scope="row">
                <span class={`swatch lane-${laneOf(kernel)}`} aria-hidden="true" />
                <code>{name}</code>
                <span class="faint small">{each}</span>
              </th>
              <td data-unit="×">{dispatches}</td>
              <td>{formatTime(microseconds)}</td>
              <td>{`${((microseconds / whole) * 100).toFixed(1)} %`}</td>
              <Figure>{speedOf(kernel, roofline)}</Figure>
              <Figure>{reachedBar(ofRoofline(kernel, roofline))}</Figure>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Nobody counted it: a dash, which phones leave out. */
function Figure({ children }: { children: ComponentChildren }) {
  return children === undefined ? <td class="none faint">–</td> : <td>{children}</td>;
}

/** A bar that is full at the roofline. */
function reachedBar(share: number | undefined) {
  if (share === undefined) return undefined;
  return (
    <span class="reached">
      <span class="reached-track" aria-hidden="true">
        <span style={{ width: `${Math.min(100, share * 100)}%` }} />
      </span>
      {Math.round(share * 100)} %
    </span>
  );
}
