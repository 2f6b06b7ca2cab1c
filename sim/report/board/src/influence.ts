// Which guess decides: the lead of the best proposal at both ends of each figure's range, from runs again.
import * as Plot from '@observablehq/plot';
import type { Bar, Board, Influence, Tornado } from './data';
import { h, hint, section, table } from './dom';
import { drawing, narrow, paper } from './drawing';

const metrics = { time: 'time of the whole run', carbon: 'carbon', cost: 'cost' };
const least = { time: 'is soonest', carbon: 'has the least carbon', cost: 'costs least' };

export function influenceSection(board: Board): HTMLElement {
  const id = 'influence', title = 'Which guess decides';
  const study = board.influence;
  if (!study)
    return section(id, title, hint('Not asked: this page was made with --no-influence. Without it aifsim compare moves each guess and runs again.'));
  const intro = hint(
    `${study.moved} figures that the proposals rest on were each moved up and down and the proposals run again with the layout found (${study.runs} runs, level analytical; ` +
      'the effect is put on the figures of this page). By how much depends on where a figure comes from: measured 3 %, published 5 %, announced, derived or fitted 10 %, ' +
      'low 20 %, assumed 30 %. Moved are all guesses, and of surer figures the main ones.',
  );
  if (study.tornados.length === 0) return section(id, title, intro);
  // Of more than two models paper has the times alone.
  const kind = (t: Tornado) => (board.works.length > 2 && t.metric !== 'time' ? 'panel screen-only' : 'panel');
  const panels = study.tornados.map(t => ({ t, panel: h('div', { class: kind(t) }, ...panel(board, study, t)) }));
  const choose = h('select', { id: 'tornado' });
  panels.forEach(({ t }, k) =>
    choose.append(h('option', { value: k }, board.works.length > 1 ? `${metrics[t.metric]}, ${board.works[t.work].title}` : metrics[t.metric])),
  );
  const show = () => panels.forEach(({ panel }, k) => panel.classList.toggle('off', `${k}` !== choose.value));
  choose.addEventListener('change', () => {
    show();
    dispatchEvent(new Event('shown'));
  });
  show();
  const picker = panels.length > 1 ? h('p', { class: 'screen' }, h('label', { for: 'tornado' }, 'The answer on '), choose) : null;
  return section(id, title, intro, picker, ...panels.map(({ panel }) => panel));
}

function panel(board: Board, study: Influence, t: Tornado): (HTMLElement | string)[] {
  const of = board.works.length > 1 ? ` (${board.works[t.work].title})` : '';
  const alone = t.next === null;
  const turning = t.turning === 0 ? 'none of them' : `${t.turning} of them`;
  const sentence = alone
    ? `How far its ${metrics[t.metric]} moves with each figure${of}: ${t.best} alone has an answer.`
    : `${t.best} ${least[t.metric]}${of}, ${t.lead_text} ahead of ${t.next}. ${t.moving} figures move this lead; ${turning} alone would put another first.`;
  if (t.bars.length === 0) return [h('p', {}, sentence)];
  return [h('p', {}, sentence), chart(study, t, alone), h('details', {}, h('summary', {}, 'The same as a table'), bars(study, t, alone))];
}

function bars(study: Influence, t: Tornado, alone: boolean): HTMLElement {
  const row = (bar: Bar) => study.rows[bar.row];
  return table(
    `What moves the ${metrics[t.metric]}, the most influential first`,
    [
      { head: 'figure', text: true, cell: (bar: Bar) => `${row(bar).path} of ${row(bar).objects.join(', ')}` },
      { head: 'as it is', cell: bar => row(bar).value },
      { head: 'moved to', cell: bar => [row(bar).low, row(bar).high].map(end => end || 'not possible').join(' / ') },
      { head: 'confidence', text: true, cell: bar => row(bar).confidence },
      { head: alone ? 'change' : 'lead', cell: bar => bar.text },
      { head: 'then first', text: true, cell: bar => bar.turns_to },
    ],
    t.bars,
  );
}

function chart(study: Influence, t: Tornado, alone: boolean): HTMLElement {
  const row = (bar: Bar) => study.rows[bar.row];
  const key = (bar: Bar) => `${bar.row}`;
  const middle = alone ? 0 : t.lead;
  const end = (value: number | null) => 100 * (value ?? middle);
  const all = t.bars.flatMap(bar => [end(bar.low), end(bar.high)]).concat([100 * middle, 0]);
  const [from, to] = [Math.min(...all), Math.max(...all)];
  const pad = (to - from) * 0.06 || 1;
  return drawing(
    alone ? `Change of the ${metrics[t.metric]}, percent. Light: the figure at its lower end; dark: at its upper` : `Lead of ${t.best} in ${metrics[t.metric]} over the next, percent; left of zero another is first. Light: the figure at its lower end; dark: at its upper`,
    width => {
      const wide = !narrow(width);
      const shown = t.bars.slice(0, width === paper ? 8 : t.bars.length);
      const left = wide ? Math.min(430, Math.round(width * 0.43)) : 4;
      const bar = (which: 'low' | 'high', colour: string) =>
        Plot.barX(shown, {
          x1: () => 100 * middle, x2: b => end(b[which]), y: key, fill: colour, insetTop: wide ? 6 : 26, insetBottom: 6,
          title: b => `${row(b).path} ${row(b)[which] || row(b).value}: ${b.text}`,
        });
      return {
        height: shown.length * (wide ? 31 : 52) + 50,
        marginLeft: left,
        marginRight: 20,
        marginTop: 4,
        marginBottom: 42,
        style: { fontSize: '12px' },
        x: { domain: [from - pad, to + pad], label: alone ? 'change, %' : 'lead, %', labelArrow: 'none', labelAnchor: 'center', grid: true, ticks: wide ? 8 : 4 },
        y: { domain: shown.map(key), axis: null, padding: 0 },
        marks: [
          bar('low', 'url(#alike)'),
          bar('high', 'var(--first)'),
          alone ? null : Plot.ruleX([0], { stroke: 'var(--ink)', strokeWidth: 2.5 }),
          Plot.ruleX([100 * middle], { stroke: 'var(--ink)', strokeDasharray: '3 3' }),
          Plot.text(shown, {
            y: key, frameAnchor: 'left', textAnchor: wide ? 'end' : 'start', dx: wide ? -10 : 0, dy: wide ? 0 : -14, fill: 'currentColor',
            lineWidth: wide ? left / 14.5 : 30,
            text: b => `${b.turns && !alone ? '\u25c4 ' : ''}${row(b).words} ${row(b).value} \u00b1${row(b).range}, ${subject(row(b).objects)}${b.low === null || b.high === null ? '; at one end no answer' : ''}`,
          }),
        ],
      };
    },
    null,
  );
}

// "platform it4lia" -> "it4lia"
const subject = (objects: string[]) => (objects.length > 2 ? `${objects.length} machines` : objects.map(object => object.slice(object.indexOf(' ') + 1)).join(', '));
