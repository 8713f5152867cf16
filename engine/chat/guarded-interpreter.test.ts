// Templates that fail, run away or do harm, and the values of Jinja.
import { expect, test } from 'vitest';
import { LocalLLMError } from '../protocol/errors.ts';
import { runTemplate } from './guarded-interpreter.ts';
import { MAX_TEMPLATE_CHARS } from './template-limits.ts';
import { parseTemplate } from './template-source.ts';

const run = (source: string, variables: Record<string, unknown> = {}) =>
  runTemplate(parseTemplate(source), variables, source.length);

function messageOf(source: string): string {
  try {
    run(source);
  } catch (error) {
    if (error instanceof LocalLLMError && error.code === 'template') return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test.each([
  ['{% if x %}\n{{ x }}\n{% endfor %}', 3],
  ['a\n\n{{ "x }}', 3],
  ["a\n{% set x = 'y %}\n{{ x }}", 2],
  ['a\n{{ 1 +* }}\nb {{ c }}', 2],
  ['{# c\n#}\n{% if a %}\n{% elif b %}\n{{ "}}" }}\n{% nonsense %}{% endif %}', 6],
  ['a\n{% for x in y %}\n{{ x }}\n', 3],
  ['a\n{{ x\n\nb', 2],
  [`\n${'{{ x }}\n'.repeat(99)}{{ ? }}\n{{ y }}`, 101],
])('a template that cannot be read is refused with its line: %j', (source, line) => {
  expect(messageOf(source)).toMatch(new RegExp(`cannot be read, line ${line}: .*\\. Use ChatML instead`));
});

test.each([
  ['a\nb {{ nothing() }}', 2, 'nothing is not a function'],
  ['{% if false %}\na\n{% elif 1 + "a" %}\nb{% endif %}', 3, 'int \\+ str is not possible'],
  ['{% if false %}{% else %}\n{{ 1 | nonsense }}{% endif %}', 2, 'there is no filter "nonsense"'],
  [
    "{#- a\n #}{% generation %}\n{% set x %}\n{% for i in [1] %}\n{{ '%}' }}{{ {'a': {'}': 1}}.a.b() }}{% endfor %}{% endset %}{% endgeneration %}",
    5,
    'b is not a function',
  ],
  ['{% macro f(x) %}\n\n{{ x.y.z() }}{% endmacro %}\n\n\n{{ f({}) }}', 3, 'z is not a function'],
  ['{% for a, b in [[1, 2],\n [3]] %}{{ a }}\n{% endfor %}', 1, 'a loop over 2 names at once met 1 values'],
  ['{{ 1 }}\n{% filter upper %}\n{{ raise_exception("no") }}{% endfilter %}', 3, 'no'],
])('a template that fails names the line: %j', (source, line, problem) => {
  expect(messageOf(source)).toMatch(new RegExp(`, line ${line}: ${problem}\\. .*Use ChatML instead`));
});

const DOUBLED = (start: string, next: string) =>
  `{% set ns = namespace(a=${start}) %}{% for i in range(64) %}{% set ns.a = ${next} %}{% endfor %}`;

test.each([
  ['{% for i in range(10000) %}{% for j in range(10000) %}{{ i }}{% endfor %}{% endfor %}', /more than 500000 steps/],
  ['{% for i in range(10 ** 9) %}{% endfor %}', /list of more than/],
  ['{% for i in range(1, 5, 0) %}{% endfor %}', /list of more than/],
  [DOUBLED("'ab'", 'ns.a + ns.a'), /text of more than/],
  [DOUBLED("'ab'", 'ns.a ~ ns.a'), /text of more than/],
  [DOUBLED('[1]', 'ns.a + ns.a'), /list of more than/],
  // Small, but endless once written.
  [`${DOUBLED('[1]', '[ns.a, ns.a]')}{{ ns.a | tojson }}`, /more than 500000 steps/],
  [`${DOUBLED('[1]', '[ns.a, ns.a]')}{{ ns.a }}`, /more than 500000 steps/],
  [`${DOUBLED('[1]', '[ns.a, ns.a]')}{{ ns.a == (ns.a + []) }}`, /more than 500000 steps/],
  ['{% set l = [1] %}{% set _ = l.append(l) %}{{ l }}', /nests too deep|more than 500000 steps/],
  ["{{ 'ab' * 10 ** 9 }}", /text of more than/],
  ["{% set s = 'a' * 100000 %}{{ s.replace('', s) }}", /text of more than/],
  ["{% set s = 'a' * 100000 %}{{ s | list | join(s) }}", /text of more than/],
  ["{% set s = '{}' * 1000 %}{% set t = 'a' * 100000 %}{{ s.format(" + 't, '.repeat(40) + 't) }}', /text of more than/],
  ['{{ [1] | tojson(indent=10 ** 9) }}', /indentation is 1000000000/],
  ["{{ 'a' | indent(10 ** 9) }}", /indentation is 1000000000/],
  ['{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', /nests (?:too deep|more than 400 deep)/],
  ['{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}', /nests (?:too deep|more than 400 deep)/],
  [`{{ ${'('.repeat(100_000)}1${')'.repeat(100_000)} }}`, /cannot be read.*nests too deep/],
  [`{{ ${'not '.repeat(3_000)}1 }}`, /nests (?:too deep|more than 400 deep)/],
  ['{% if 1 %}'.repeat(20_000), /cannot be read.*nests too deep/],
  [`a${' '.repeat(200_000)}b`, /line 1: it has more than 1024 white-space characters in a row/],
  ['x'.repeat(MAX_TEMPLATE_CHARS + 1), /262145 characters/],
])('a template that runs away is stopped (%#)', (source, message) => {
  expect(messageOf(source)).toMatch(message);
});

// What Jinja writes for the same template.
test.each([
  [
    "{{ true }}{{ none }}{{ nothing }}{{ [1, 2.5, 'a', none] }}{{ {'a': \"it's\"} }}",
    "TrueNone[1, 2.5, 'a', None]{'a': \"it's\"}",
  ],
  ["{{ {1: 'a', 'b': 2}[1] }}{{ {2: 'b', 1: 'a'} | dictsort }}", "a[(1, 'a'), (2, 'b')]"],
  ["{{ '  ab\n' | trim }}|{{ 'xxaxx'.strip('x') }}|{{ 'a\n\n'.rstrip('\n') }}|{{ ' a '.lstrip() }}", 'ab|a|a|a '],
  [
    "{{ 'a,b,c'.split(',', 1) }}{{ 'a,b,c'.rsplit(',', 1) }}{{ ' a  b '.split() }}",
    "['a', 'b,c']['a,b', 'c']['a', 'b']",
  ],
  [
    "{{ 'a-b-c'.replace('-', '+', 1) }}{{ 'ab'.replace('', '-') }}{{ '{}{}{x}{{}}'.format(1, 2, x=3) }}{{ '{1}{0}'.format(1, 2) }}",
    'a+b-c-a-b-123{}21',
  ],
  ["{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 'ab' * 2 }}", '3 -4 2 3.5 1024 abab'],
  [
    "{{ [1, [2]] == [1, [2]] }}{{ 'b' in {'b': 1} }}{{ 2 in [1, 2] }}{{ 1 == 1.0 }}{{ '1' == 1 }}",
    'TrueTrueTrueTrueFalse',
  ],
  ['{% for i in [1, 2, 3] %}{% if i == 2 %}{{ i }}!{% continue %}{% endif %}{{ i }}{% endfor %}', '12!3'],
  ['{% for i in [1, 2, 3] %}{{ i }}{% if i == 2 %}{% break %}{% endif %},{% endfor %}', '1,2'],
  ['{% for i in [1, 2] %}{{ x }}{% set x = i %}{{ x }}{% endfor %}{{ x }}', '12'],
  ['{% for i in [1, 2, 3] if i is odd %}{{ loop.index }}{{ loop.last }}{% else %}none{% endfor %}', '1False2True'],
  ["{% for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{% endfor %}{% for c in 'hé' %}{{ c }}.{% endfor %}", 'a1h.é.'],
  [
    "{{ [{'a': 1}, {'a': 2}] | selectattr('a', 'equalto', 2) | map(attribute='a') | list }}{{ [1, 2] | map('string') | join }}",
    '[2]12',
  ],
  ['{% set l = [] %}{% set _ = l.append(1) %}{% set _ = l.append(2) %}{{ l.pop(0) }}{{ l }}', '1[2]'],
  [
    "{{ [3, 1] | min }}{{ ['b', 'A'] | sort }}{{ [1, 1, 2] | unique | list }}{{ '3x' | int }}{{ ' 3.7 ' | int }}{{ 2.7 | int }}",
    "1['A', 'b'][1, 2]032",
  ],
  [
    "{{ {'a': [1, {}], 'b': 'é<'} | tojson }}{{ {'b': 1, 'a': [2]} | tojson(indent=1, sort_keys=true) }}",
    '{"a": [1, {}], "b": "é<"}{\n "a": [\n  2\n ],\n "b": 1\n}',
  ],
  ["{% set d = {'items': 1} %}{{ d['items'] }}{{ d.items() | list }}", "1[('items', 1)]"],
  ["{{ 'ab'[-1] }}{{ [1, 2, 3][1:] }}{{ 'abc'[::-1] }}{{ (1, 'a') }}", "b[2, 3]cba(1, 'a')"],
  ["{{ nothing | default('d') }}{{ '' | default('d', true) }}{{ none | default('d') }}", 'ddNone'],
])('%j', (source, expected) => {
  expect(run(source)).toBe(expected);
});
