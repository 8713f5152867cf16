/**
 * Tells the style sheet how much of the window an on-screen keyboard leaves.
 *
 * @module
 */

/** Below this share of the window, what is missing is a keyboard. */
const KEYBOARD_SHARE = 0.75;

export function followViewport(): void {
  const { visualViewport } = globalThis;
  if (!visualViewport) return;
  const root = document.documentElement;
  let tallest = 0;
  const update = () => {
    // A pinch zoom shrinks the visual viewport too, and must not move anything.
    if (visualViewport.scale > 1.01) return;
    tallest = Math.max(tallest, innerHeight);
    const keyboard = visualViewport.height < tallest * KEYBOARD_SHARE && matchMedia('(pointer: coarse)').matches;
    root.classList.toggle('keyboard', keyboard);
    if (keyboard) root.style.setProperty('--app-height', `${visualViewport.height}px`);
    else root.style.removeProperty('--app-height');
    if (keyboard) scrollTo(0, 0);
  };
  visualViewport.addEventListener('resize', update);
  matchMedia('(orientation: portrait)').addEventListener('change', () => (tallest = 0));
  update();
}
