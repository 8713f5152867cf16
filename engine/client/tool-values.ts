/**
 * What stands for tool calls and their results in messages. Plain objects with the same fields are taken as well.
 *
 * @module
 */
import type {
  LanguageModelToolCallValue,
  LanguageModelToolErrorValue,
  LanguageModelToolSuccessValue,
} from './language-model-types.ts';

const { freeze } = Object;

export class LanguageModelToolCall implements LanguageModelToolCallValue {
  readonly callId: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;

  constructor(init: { callId: unknown; name: unknown; arguments?: Record<string, unknown> }) {
    this.callId = String(init.callId);
    this.name = String(init.name);
    this.arguments = freeze({ ...init.arguments });
    freeze(this);
  }
}

export class LanguageModelToolSuccess implements LanguageModelToolSuccessValue {
  readonly callId: string;
  readonly name: string;
  readonly result: LanguageModelToolSuccessValue['result'];

  constructor(init: { callId: unknown; name: unknown; result: Iterable<{ type: 'text' | 'object'; value: unknown }> }) {
    this.callId = String(init.callId);
    this.name = String(init.name);
    this.result = freeze([...init.result]);
    freeze(this);
  }
}

export class LanguageModelToolError implements LanguageModelToolErrorValue {
  readonly callId: string;
  readonly name: string;
  readonly errorMessage: string;

  constructor(init: { callId: unknown; name: unknown; errorMessage: unknown }) {
    this.callId = String(init.callId);
    this.name = String(init.name);
    this.errorMessage = String(init.errorMessage);
    freeze(this);
  }
}
