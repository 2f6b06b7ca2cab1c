// The scenario's text with its line numbers, and what is wrong with it beside it.
import { h } from '../dom';
import type { Problem } from './api';

export interface Editor {
  element: HTMLElement;
  text: () => string;
  put: (text: string) => void;
  tell: (problems: Problem[], warnings: Problem[], fine: string) => void;
}

// Of the text itself, not of a file that it names.
const here = (problem: Problem) => problem.line !== null && problem.file === 'scenario.yaml';

export function editor(edited: () => void): Editor {
  const area = h('textarea', { id: 'yaml', rows: 18, wrap: 'off', spellcheck: 'false', autocapitalize: 'off', 'aria-describedby': 'problems' });
  const numbers = h('div', { class: 'numbers', 'aria-hidden': 'true' });
  const problems = h('div', { id: 'problems', class: 'problems', role: 'status' });
  let marked = new Set<number>();

  const number = () => {
    const count = area.value.split('\n').length;
    numbers.replaceChildren(...Array.from({ length: count }, (_, k) => h('div', { class: marked.has(k + 1) ? 'wrong' : '' }, `${marked.has(k + 1) ? '!' : ''}${k + 1}`)));
    numbers.scrollTop = area.scrollTop;
  };
  const show = (line: number, column: number) => {
    const lines = area.value.split('\n');
    const begin = lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0) + Math.max(0, column - 1);
    area.focus();
    area.setSelectionRange(begin, begin + Math.max(1, (lines[line - 1] ?? '').length - column + 1));
    area.scrollTop = (line - 4) * (area.scrollHeight / lines.length);
  };
  const row = (problem: Problem, kind: string) => {
    const place = problem.line === null ? problem.file : `${problem.file}:${problem.line}:${problem.column ?? 1}`;
    const words = [h('b', {}, kind), ' ', place ? h('code', {}, place) : null, ' ', problem.message];
    if (!here(problem)) return h('li', {}, ...words);
    const button = h('button', { type: 'button', class: 'place' }, ...words);
    button.addEventListener('click', () => show(problem.line!, problem.column ?? 1));
    return h('li', {}, button);
  };
  area.addEventListener('input', () => {
    marked = new Set();
    number();
    edited();
  });
  area.addEventListener('scroll', () => (numbers.scrollTop = area.scrollTop));
  number();
  return {
    element: h(
      'div',
      { class: 'editor' },
      h('div', { class: 'code' }, numbers, area),
      problems,
    ),
    text: () => area.value,
    put: text => {
      area.value = text;
      marked = new Set();
      number();
    },
    tell: (wrong, warnings, fine) => {
      marked = new Set(wrong.filter(here).map(problem => problem.line!));
      number();
      problems.classList.toggle('wrong', wrong.length > 0);
      problems.replaceChildren(
        ...(wrong.length + warnings.length > 0
          ? [h('ul', {}, ...wrong.map(p => row(p, 'Error')), ...warnings.map(p => row(p, 'Warning')))]
          : [h('p', {}, fine)]),
      );
    },
  };
}
