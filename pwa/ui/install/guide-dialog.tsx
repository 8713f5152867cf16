import { Dialog } from '../dialog.tsx';
import type { Guide } from './guides.ts';
import { lossWithout } from './keeping.ts';
import { StepPicture } from './pictures.tsx';

/** How to install the app in this browser, step by step, and why. */
export function GuideDialog({ guide, onClose }: { guide: Guide; onClose: () => void }) {
  return (
    <Dialog title={guide.title} onClose={onClose}>
      <p>Installed, localLLM opens full screen and keeps its model and chats. {lossWithout(guide.system)}</p>
      <ol class="install-steps">
        {guide.steps.map(({ picture, text }) => (
          <li key={picture}>
            <StepPicture name={picture} />
            <span>{withStrong(text)}</span>
          </li>
        ))}
      </ol>
    </Dialog>
  );
}

/** `**Share**` is what stands on the screen. */
function withStrong(text: string) {
  return text.split('**').map((part, index) => (index % 2 === 1 ? <strong key={index}>{part}</strong> : part));
}
