import { useEffect, useState } from 'preact/hooks';

/** Clicks and keys meant for what stood here before must not land on Allow. */
const ARM_MS = 500;
/** After each of these the window may stand elsewhere, or before something else, than a moment ago. */
const STIRS = ['focus', 'blur', 'resize'] as const;

/** True when the window has been seen, in front and at rest, for a moment. */
export function useArmed(): boolean {
  const [armed, setArmed] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const arm = (event?: Event) => {
      clearTimeout(timer);
      setArmed(false);
      if (document.visibilityState !== 'visible' || event?.type === 'blur') return;
      timer = setTimeout(() => setArmed(true), ARM_MS);
    };
    arm();
    for (const stir of STIRS) addEventListener(stir, arm);
    document.addEventListener('visibilitychange', arm);
    return () => {
      clearTimeout(timer);
      for (const stir of STIRS) removeEventListener(stir, arm);
      document.removeEventListener('visibilitychange', arm);
    };
  }, []);
  return armed;
}
