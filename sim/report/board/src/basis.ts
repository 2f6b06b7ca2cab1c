// What the answer stands on: validation, machines, assumptions, and how to make it again.
import type { Board, Evidence, Inputs, Moved, Proposal } from './data';
import { h, hint, section, table } from './dom';

export function evidenceSection(board: Board): HTMLElement {
  return section(
    'evidence',
    'What the models were validated on',
    hint(
      'For the very hardware compared. The band holds 80 % of measured over predicted, on rows that no fit has seen where rows were kept out. ' +
        'Where nothing was measured, the band of whole steps is a wide guess, and it is the band of the answer.',
    ),
    table(
      'Models by machine and GPU',
      [
        { head: 'hardware', text: true, cell: (row: Evidence) => row.machine },
        { head: 'model of', text: true, cell: row => row.what },
        { head: '80 % band', cell: row => row.band || '-' },
        { head: 'validated, and source', text: true, cell: row => h('span', {}, row.how, h('small', { class: board.evidence.length > 24 ? 'screen' : 'clamp' }, row.source)) },
      ],
      board.evidence,
    ),
  );
}

export function machinesSection(board: Board): HTMLElement | null {
  if (board.machines.length === 0) return null;
  return section(
    'machines',
    'The machines',
    h(
      'div',
      { class: board.machines.length > 4 ? 'machines many' : 'machines' },
      ...board.machines.map(machine =>
        h(
        'figure',
        { class: 'machine' },
        h('figcaption', {}, `${machine.title}: proposal${machine.proposals.length > 1 ? 's' : ''} ${machine.proposals.join(', ')}`),
        h('img', {
          src: `data:image/svg+xml,${encodeURIComponent(machine.svg)}`,
          alt: `Drawing of ${machine.title}: its fabric, a leaf switch with its nodes, and the wiring of a node with bandwidths`,
        }),
        ),
      ),
    ),
  );
}

export function assumptionsSection(board: Board): HTMLElement {
  const moved = (board.influence?.rows ?? []).filter(row => row.effect).sort((a, b) => b.span - a.span);
  return section(
    'assumptions',
    'Assumptions',
    ...(moved.length > 0
      ? [
          h('h3', {}, 'Those that move an answer'),
          hint('The widest first. Effect: the lead of the best proposal with the figure at the lower and the upper end of its range. A mark says that another would be best at one end.'),
          movedTable(moved),
        ]
      : []),
    h('h3', { class: 'screen' }, 'All inputs'),
    h('div', { class: 'screen' }, ...allInputs(board)),
    h('p', { class: 'hint paper' }, 'All inputs, those without influence as well, stand in the page on a screen; `aifsim show` has them, too.'),
  );
}

const onPaper = 24; // rows

function movedTable(moved: Moved[]): HTMLElement {
  return table(
    'Assumptions by their influence',
    [
      { head: 'figure', text: true, cell: (row: Moved) => `${row.turns ? '\u25c4 ' : ''}${row.path} of ${row.objects.join(', ')}` },
      { head: 'value', cell: row => `${row.value} \u00b1 ${row.range}` },
      { head: 'confidence', text: true, cell: row => row.confidence },
      { head: 'effect on the lead', text: true, cell: row => row.effect },
      { head: 'source', text: true, cell: row => h('span', { class: 'clamp' }, row.source) },
    ],
    moved,
    () => null,
    row => (moved.indexOf(row) < onPaper ? '' : 'screen'),
  );
}

function allInputs(board: Board): HTMLElement[] {
  const effects = new Map<string, Moved>();
  for (const row of board.influence?.rows ?? []) for (const object of row.objects) effects.set(`${object} ${row.path}`, row);
  const find = h('input', { id: 'find', type: 'search' });
  const guesses = h('input', { id: 'guesses', type: 'checkbox' });
  const sure = ['measured', 'published', 'fitted', ''];
  const rows: { element: HTMLElement; text: string; guess: boolean }[] = [];
  const tables = board.inputs.map(group => {
    const made = inputsTable(group, effects);
    made.querySelectorAll<HTMLElement>('tbody tr').forEach((element, k) => {
      rows.push({ element, text: element.textContent!.toLowerCase(), guess: !sure.includes(group.rows[k].confidence) });
    });
    return h('details', { class: 'screen' }, h('summary', {}, `${group.title}: ${group.rows.length} sources`), made);
  });
  const filter = () => {
    for (const row of rows) row.element.hidden = !row.text.includes(find.value.toLowerCase()) || (guesses.checked && !row.guess);
    for (const group of tables) group.open = find.value !== '' || guesses.checked;
  };
  find.addEventListener('input', filter);
  guesses.addEventListener('change', filter);
  return [
    h('p', {}, h('label', { for: 'find' }, 'Show only rows with '), find, ' ', guesses, h('label', { for: 'guesses' }, ' guesses only')),
    ...tables,
  ];
}

function inputsTable(group: Inputs, effects: Map<string, Moved>): HTMLElement {
  const more = group.fitted > 0 ? ` (and ${group.fitted} constants of fitted models: aifsim show ${group.object})` : '';
  return table(
    `${group.title}${group.title === group.object ? '' : `, ${group.object}`}${more}`,
    [
      {
        head: 'figures',
        text: true,
        cell: (row: Inputs['rows'][number]) =>
          h('span', {}, ...row.figures.flatMap(([path, value], k) => [k > 0 ? ', ' : '', `${path} `, h('b', {}, value)])),
      },
      { head: 'confidence', text: true, cell: row => row.confidence || 'setting' },
      { head: 'source', text: true, cell: row => row.source },
      {
        head: 'effect on the lead',
        text: true,
        cell: row =>
          row.figures
            .map(([path]) => effects.get(`${group.object} ${path}`))
            .filter(found => found?.effect)
            .map(found => (row.figures.length > 1 ? `${found!.words}: ${found!.effect}` : found!.effect))
            .join('; '),
      },
    ],
    group.rows,
  );
}

export function againSection(board: Board): HTMLElement {
  return section(
    'again',
    'How to make it again',
    h('pre', {}, board.command || `aifsim compare ${board.scenario}`),
    hint(
      `aifsim ${board.version}, level ${board.fidelity}, seed ${board.seed}: equal inputs give an equal page. The same as data: result.json; each best layout as a scenario of its own: best-N.yaml.`,
    ),
    table(
      'Best layouts, of those that divide the job',
      [
        { head: 'proposal', text: true, cell: (p: Proposal) => `${p.number}  ${p.short}` },
        { head: 'layout', text: true, cell: p => p.layout },
        { head: 'step', cell: p => p.step },
        { head: 'MFU', cell: p => p.mfu },
        { head: 'searched', cell: p => `${p.layouts}` },
        { head: 'fit in memory', cell: p => `${p.fitting}` },
        { head: 'remarks', text: true, cell: p => h('span', { class: 'clamp' }, p.note) },
      ],
      board.proposals,
      p => (p.problem === null ? null : `no answer: ${p.problem}`),
    ),
  );
}
