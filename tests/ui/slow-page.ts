/**
 * A page whose frames, timers and news of dialogs and addresses come late, each by another while: as on a machine that is busy. Finds what
 * holds only where the page keeps up with who uses it. `LOCALLLM_SLOW_PAGE=200 npx playwright test tests/ui`.
 *
 * @module
 */

/** Runs in the page, before all else there, and knows nothing of this file. @param mostMs by which anything is late */
export function slowPage(mostMs: number): void {
  const lateNews = ['close', 'hashchange'];
  const late = () => (Math.random() < 0.5 ? 0 : Math.random() * mostMs);
  const { requestAnimationFrame: frame, cancelAnimationFrame: cancel, setTimeout: after } = globalThis;
  const cancelled = new Set<number>();
  globalThis.requestAnimationFrame = (draw) => {
    const id = frame((time) => after(() => cancelled.has(id) || draw(time), late()));
    return id;
  };
  globalThis.cancelAnimationFrame = (id) => {
    cancelled.add(id);
    cancel(id);
  };
  globalThis.setTimeout = Object.assign(
    (run: () => void, ms = 0, ...more: []) => after(run, ms + late(), ...more),
    after,
  );
  const { addEventListener: listen } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (this: EventTarget, type, listener, options) {
    if (typeof listener !== 'function' || !lateNews.includes(type)) return listen.call(this, type, listener, options);
    const heard = (event: Event) => {
      Object.defineProperty(event, 'currentTarget', { value: this });
      after(() => listener.call(this, event), late());
    };
    listen.call(this, type, heard, options);
  };
}
