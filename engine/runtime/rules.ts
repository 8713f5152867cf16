/**
 * What a request's answer is held to, and the grammar that holds it.
 *
 * @module
 */
import { type ToolMarks, toolMarks } from '../chat/tool-call-format.ts';
import type { AnswerGrammar } from '../grammar/answer-grammar.ts';
import type { GenerateRequest } from './engine.ts';
import type { LoadedModel } from './load-model.ts';

export interface Held {
  grammar?: AnswerGrammar;
  marks?: ToolMarks;
}

/**
 * Opens the grammar of a request that has a constraint or tools: calls always fit their tools' schemas. A request without is not held.
 * @throws LocalLLMError bad-argument, not-supported, aborted
 */
export async function holdAnswer(
  { tokenizer, template, grammars }: Pick<LoadedModel, 'tokenizer' | 'template' | 'grammars'>,
  { options, owner, signal }: Pick<GenerateRequest, 'options' | 'owner' | 'signal'>,
): Promise<Held> {
  const { responseConstraint: constraint, tools = [], raw = false } = options;
  const marks = raw || tools.length === 0 ? undefined : marksOf(tokenizer, template);
  if (!constraint && !marks) return {};
  const rules = {
    ...(constraint ? { constraint } : {}),
    ...(marks
      ? { tools: { tools, marks: { format: marks.format, begin: marks.begin, arguments: marks.arguments } } }
      : {}),
  };
  const grammar = await grammars.open(owner, rules, signal, marks?.tokens);
  return { grammar, ...(marks ? { marks } : {}) };
}

function marksOf(tokenizer: LoadedModel['tokenizer'], { toolCallFormat }: LoadedModel['template']): ToolMarks {
  return toolMarks(toolCallFormat, (text) => {
    const [id, ...more] = tokenizer.encode(text, { special: true, addBos: false, addEos: false });
    return id !== undefined && more.length === 0 && tokenizer.bytes(id).length === 0 ? id : undefined;
  });
}
