/**
 * Takes files into the draft, and says what came of it.
 *
 * @module
 */
import { useCallback, useState } from 'preact/hooks';
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import type { Attachment } from '../history/records.ts';
import { readTextFile } from './attachments.ts';
import type { ChatSession } from './session.ts';

export function useAttaching(session: ChatSession) {
  const [problem, setProblem] = useState<string>();
  /** For assistive technology. */
  const [news, setNews] = useState('');
  const take = useCallback(
    (files: File[]) => {
      setProblem(undefined);
      void takeFiles(session, files).then(({ taken, problems }) => {
        if (taken.length > 0) setNews(`Attached ${taken.join(', ')}.`);
        if (problems.length > 0) setProblem(problems.join(' '));
      });
    },
    [session],
  );
  const remove = (attachment: Attachment) => {
    session.detach(attachment);
    setNews(`Removed ${attachment.name}.`);
  };
  return { problem, news, take, remove, forget: () => setProblem(undefined) };
}

/** One after the other: they stay in the order in which they were chosen. */
async function takeFiles(session: ChatSession, files: readonly File[]) {
  const taken: string[] = [];
  const problems: string[] = [];
  for (const file of files) {
    try {
      const attachment = await readTextFile(file);
      session.attach(attachment);
      taken.push(attachment.name);
    } catch (thrown) {
      problems.push(LocalLLMError.from(thrown).message);
    }
  }
  return { taken, problems };
}
