// The page for the board: question, answer, one chart, one table.
import { bandsChart } from './bands';
import type { Board, Measure, Proposal } from './data';
import { h, hint, section, table, type Column } from './dom';

const figure = (m: Measure | null | undefined) =>
  m ? (m.band ? h('span', {}, m.text, ' ', h('small', {}, m.band)) : m.text) : '-';

function proposalTable(board: Board): HTMLElement {
  const several = board.works.length > 1;
  const columns: Column<Proposal>[] = [
    { head: 'proposal', text: true, cell: p => `${p.number}  ${p.short}` },
    ...(several ? [{ head: 'model', text: true, cell: (p: Proposal) => board.works[p.work].title }] : []),
    { head: 'GPUs', cell: p => `${p.gpus}` },
    { head: 'whole run', cell: p => p.time.text },
    { head: 'against the soonest', cell: p => p.against_first },
    { head: 'energy', cell: p => figure(p.energy && { ...p.energy, band: '' }) },
    { head: 'CO2e', cell: p => figure(p.carbon && { ...p.carbon, band: '' }) },
    { head: 'cost', cell: p => figure(p.cost && { ...p.cost, band: '' }) },
  ];
  return table(
    'The proposals, the soonest first',
    columns,
    board.proposals,
    p => (p.problem === null ? null : `no answer: ${p.reason}`),
    p => p.standing,
  );
}

export function firstPage(board: Board): HTMLElement {
  return h(
    'div',
    { class: 'first-page' },
    h(
      'header',
      {},
      h('p', { class: 'brand' }, 'aifsim: proposals side by side'),
      h('h1', {}, board.title),
      h('p', { class: 'question' }, board.question),
    ),
    section('answer', 'The answer', h('div', { class: 'answer' }, ...board.answer.map(sentence => h('p', {}, sentence)))),
    h(
      'section',
      { 'aria-label': 'Chart and table' },
      bandsChart(board),
      h(
        'p',
        { class: 'key' },
        h('span', {}, h('span', { class: 'swatch first' }), 'soonest'),
        h('span', {}, h('span', { class: 'swatch alike' }), 'not told apart from it: the bands overlap'),
        h('span', {}, h('span', { class: 'swatch behind' }), 'later'),
      ),
      proposalTable(board),
      hint(board.works.map(work => work.line).join('. ') + '.'),
    ),
  );
}
