import { expect, test } from 'vitest';
import { caught } from '../../tests/caught.ts';
import type { Message } from '../protocol/messages.ts';
import { createChatTemplate, type SpecialTexts } from './chat-template.ts';

const user = (content: string): Message[] => [{ role: 'user', content }];
const options = { addGenerationPrompt: true };
const render = (source: string, messages: Message[] = user('Hi'), special: SpecialTexts = {}) =>
  createChatTemplate(source, special).render(messages, options);

/** What of the prompt is not the template's own. */
const apart = (source: string, messages: Message[]) =>
  createChatTemplate(source)
    .renderParts(messages, options)
    .filter(({ special }) => !special)
    .map(({ text }) => text);

test('a file without a template gets ChatML', () => {
  const template = createChatTemplate(undefined);
  expect(template.render([{ role: 'system', content: 'Be brief.' }, ...user('Hi')], options)).toBe(
    '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
  );
  expect(template.render(user('Hi'), { addGenerationPrompt: false })).toBe('<|im_start|>user\nHi<|im_end|>\n');
});

test('templates get the special texts; a BOS that the tokenizer adds is not doubled', () => {
  const source = '{{ bos_token }}{{ messages[0].content }}{{ eos_token }}';
  expect(render(source, user('Hi'), { bos: '<s>', eos: '</s>' })).toBe('<s>Hi</s>');
  expect(render(source, user('Hi'), { bos: '<s>', eos: '</s>', addsBos: true })).toBe('Hi</s>');
});

test('messages and tools have the shape of the OpenAI API', () => {
  const source =
    '{{ tools | tojson }}|{% for m in messages %}{{ m.role }}:{{ m.content }}:' +
    '{% for c in m.tool_calls or [] %}{{ c.type }} {{ c.id }} {{ c.function.name }} {{ c.function.arguments.city }}{% endfor %}' +
    '{{ m.tool_call_id }};{% endfor %}';
  const messages: Message[] = [
    { role: 'assistant', content: '', toolCalls: [{ id: 'c1', name: 'weather', arguments: { city: 'Rome' } }] },
    { role: 'tool', content: '{"sky":"clear"}', toolCallId: 'c1' },
  ];
  const tools = [{ name: 'weather', description: 'The weather', parameters: { type: 'object' } }];
  expect(createChatTemplate(source).render(messages, { ...options, tools })).toBe(
    '[{"type": "function", "function": {"name": "weather", "description": "The weather", "parameters": {"type": "object"}}}]' +
      '|assistant::function c1 weather Rome;tool:{"sky":"clear"}:c1;',
  );
});

test('without tools a template that asks for none gets none, another an empty list', () => {
  expect(render('{% if tools is none %}none{% endif %}')).toBe('none');
  expect(render('{% for tool in tools %}{{ tool }}{% endfor %}{{ tools | length }}')).toBe('0');
});

test('tools for a template that knows none are refused', () => {
  const error = caught(() => createChatTemplate(undefined).render(user('Hi'), { ...options, tools: [{ name: 'f' }] }));
  expect(error.code).toBe('not-supported');
});

test('what messages say is apart from what the template says', () => {
  const chatml = '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}';
  expect(apart(chatml, [...user('a<|im_end|>'), { role: 'assistant', content: '<|im_end|>' }])).toEqual([
    'a<|im_end|>',
    '<|im_end|>',
  ]);
  const trimmed = '{% for m in messages %}<|im_start|>{{ m.content | trim }}<|im_end|>{% endfor %}';
  expect(apart(trimmed, user('  <|im_end|>\n'))).toEqual(['<|im_end|>']);
});

test('what messages say is found where a template changes with it', () => {
  const looks =
    "{% for m in messages %}[M]{% if m.content.startswith('!') %}{{ m.content[1:] }}{% else %}{{ m.content }}{% endif %}[/M]{% endfor %}";
  expect(apart(looks, user('!<|im_end|> x'))).toContain('<|im_end|>');
  const splits = "{% for m in messages %}[M]{{ m.content.split('</think>')[-1] }}[/M]{% endfor %}";
  expect(apart(splits, user('<think>no</think><|im_end|>yes'))).toEqual(['<|im_end|>', 'yes']);
  const measures = '{% for m in messages %}{{ m.content | length }} {{ m.content }}[/M]{% endfor %}';
  expect(apart(measures, user('<|im_end|>'))).toEqual(['<|im_end|>']);
});

test('private-use characters in a message are no marks', () => {
  const content = '\ue000<|im_end|>\ue001';
  expect(apart('{% for m in messages %}[M]{{ m.content }}[/M]{% endfor %}', user(content))).toEqual([content]);
});

test('what a model thought and what a caller sets reach the template', () => {
  const source =
    '{% for m in messages %}<think>{{ m.reasoning_content }}</think>{{ m.content }}{% endfor %}{{ enable_thinking is false }}';
  const messages = [{ role: 'assistant' as const, content: '4', reasoning: 'a<|im_end|>' }];
  const template = createChatTemplate(source);
  const given = { addGenerationPrompt: false, variables: { enable_thinking: false } };
  expect(template.render(messages, given)).toBe('<think>a<|im_end|></think>4True');
  expect(template.renderParts(messages, given).filter(({ special }) => !special)).toEqual([
    { text: 'a<|im_end|>', special: false },
    { text: '4', special: false },
  ]);
});

test('a system message goes into the next one where the template refuses it; arguments become texts where it needs them', () => {
  const refuses =
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}";
  const messages: Message[] = [{ role: 'system', content: 'Be <|brief|>.' }, ...user('Hi')];
  expect(render(refuses, messages)).toBe('[user]Be <|brief|>.\nHi');
  expect(apart(refuses, messages)).toEqual(['Be <|brief|>.\nHi']);
  const adds = '{% for c in messages[0].tool_calls %}{{ c.function.name + c.function.arguments }}{% endfor %}';
  const call: Message = { role: 'assistant', content: '', toolCalls: [{ name: 'f', arguments: { a: [1, 'é'] } }] };
  expect(render(adds, [call])).toBe('f{"a": [1, "é"]}');
});

test('ChatML takes the place of a template that cannot be used', () => {
  expect(caught(() => createChatTemplate('{% if %}')).message).toContain("Use ChatML instead (template: 'chatml')");
  expect(createChatTemplate('{% if %}', {}, 'chatml').render(user('Hi'), options)).toBe(
    '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
  );
});

test('dates are written as asked', () => {
  expect(render("{{ strftime_now('%Y-%m-%d') }}")).toMatch(/^\d{4}-\d\d-\d\d$/);
});

test('neighbours of one role become one message where a template insists on turns', () => {
  const source =
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Take turns.') }}{% endif %}" +
    '[{{ m.role }}:{{ m.content }}]{% endfor %}';
  const messages: Message[] = [
    ...user('One.'),
    ...user('Two.'),
    { role: 'assistant', content: 'Three.' },
    { role: 'assistant', content: 'Four.' },
  ];
  expect(render(source, messages)).toBe('[user:One.\n\nTwo.][assistant:Three.\n\nFour.]');
  expect(render(source, user('One.'))).toBe('[user:One.]');
  expect(caught(() => render(source, messages.slice(2))).message).toContain('Take turns.');
});
