import { Mark } from './icons.tsx';

export function AboutView({ version }: { version: string }) {
  return (
    <div class="about">
      <Mark size={44} />
      <div>
        <p>
          <strong>localLLM {version}</strong> · MIT licence
        </p>
        <p class="faint">
          Language models that run on this device, in the browser, through WebGPU. Questions and answers are never sent
          anywhere; the only downloads are model files, each checked against its pinned checksum.
        </p>
      </div>
    </div>
  );
}
