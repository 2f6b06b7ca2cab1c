// The runs of this start of the server, the one that is shown, and its progress.
import { h, section } from '../dom';
import * as api from './api';
import { duration } from './result';

const words: Record<api.Run['state'], string> = { waiting: 'waits', running: 'runs', done: 'done', failed: 'failed', cancelled: 'cancelled' };
export const active = (run: api.Run) => run.state === 'waiting' || run.state === 'running';
export const nameOf = (run: api.Run) => `Run ${run.id}${run.title === '' ? '' : `: ${run.title}`}`;

function status(run: api.Run): string {
  if (run.state === 'waiting') return `waits for ${run.ahead} other${run.ahead === 1 ? '' : 's'}`;
  if (run.state !== 'running') return `${words[run.state]} after ${duration(run.seconds)}`;
  const left = run.left === null ? '' : `, about ${duration(Math.max(1, run.left))} left of this part`;
  return `${run.what === '' ? 'begins' : run.what}; ${duration(Math.max(1, run.seconds))} so far${left}`;
}

function button(text: string, label: string, id: string, work: () => void): HTMLButtonElement {
  const element = h('button', { type: 'button', 'aria-label': label, id }, text);
  element.addEventListener('click', work);
  return element;
}

export function runList(runs: api.Run[], shown: number | null, show: (run: api.Run) => void, cancel: (run: api.Run) => void): HTMLElement {
  return section(
    'runs',
    'Runs of this session',
    runs.length === 0 ? h('p', { class: 'hint' }, 'None yet. They go when the server ends: download what you want to keep.') : null,
    h(
      'ul',
      { class: 'runs' },
      ...runs.map(run => {
        const bar = h('progress', { max: 1, 'aria-label': `Progress of run ${run.id}` });
        if (run.of > 0) bar.value = run.done / run.of;
        return h(
          'li',
          { class: run.id === shown ? 'shown' : '', 'aria-current': run.id === shown ? 'true' : 'false' },
          h('b', {}, nameOf(run)),
          h('span', { class: 'status' }, status(run)),
          run.state === 'running' ? bar : null,
          h(
            'span',
            { class: 'buttons' },
            active(run) ? button('Cancel', `Cancel run ${run.id}`, `cancel-${run.id}`, () => cancel(run)) : button('Show', `Show run ${run.id}`, `show-${run.id}`, () => show(run)),
          ),
        );
      }),
    ),
  );
}
