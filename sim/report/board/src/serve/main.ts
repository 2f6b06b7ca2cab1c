import './serve.css';
import { h, section } from '../dom';
import * as api from './api';
import { editor } from './editor';
import { form } from './form';
import { result, save } from './result';
import { active, nameOf, runList } from './runs';
import { scenarioOf } from './scenario';

const app = document.getElementById('app')!;
const every = 700; // ms between looks at runs

function lost(message: string) {
  app.replaceChildren(h('main', {}, h('p', { class: 'brand' }, 'aifsim'), h('section', { role: 'alert' }, h('p', {}, message))));
  document.documentElement.dataset.drawn = 'lost';
}

const problemsOf = (error: unknown): api.Problem[] =>
  error instanceof api.Refused ? error.problems : [{ file: null, line: null, column: null, message: String(error) }];

async function begin() {
  if (!api.hasToken()) return lost('Open the whole address that `aifsim serve` printed: it ends with the token of this start.');
  let catalog: api.Catalog;
  try {
    catalog = await api.catalog();
  } catch (error) {
    return lost(problemsOf(error).map(p => p.message).join(' '));
  }

  const byHand = h('p', { class: 'hint', hidden: true }, 'Edited by hand: the fields no longer change this text. ');
  const text = editor(() => (byHand.hidden = text.text() === scenarioOf(fields.fields())));
  const take = () => {
    text.put(scenarioOf(fields.fields()));
    text.tell([], [], '');
    byHand.hidden = true;
  };
  const fields = form(catalog, () => {
    if (byHand.hidden) take();
  });
  const again = h('button', { type: 'button' }, 'Take the fields again');
  again.addEventListener('click', take);
  byHand.append(again);
  take();

  const said = h('p', { class: 'said', role: 'status', 'aria-live': 'polite' });
  const shownResult = h('div', {});
  const list = h('div', {});
  let runs: api.Run[] = [], shown: number | null = null, looking = false, wanted = false;

  const draw = () => {
    const focused = list.contains(document.activeElement) ? document.activeElement!.id : '';
    list.replaceChildren(runList(runs, shown, run => void show(run.id), run => void act(() => api.cancel(run.id))));
    if (focused !== '') (document.getElementById(focused) ?? document.getElementById(focused.replace('cancel', 'show')))?.focus();
  };
  const show = async (id: number) => {
    shown = id;
    draw();
    const run = await api.run(id);
    if (run.state === 'failed') {
      shownResult.replaceChildren();
      text.put(await api.file(id, 'scenario.yaml'));
      byHand.hidden = text.text() === scenarioOf(fields.fields());
      text.tell(run.errors ?? [], [], '');
      said.textContent = `${nameOf(run)} failed: see what is wrong beside the text.`;
    } else if (run.state === 'done') {
      shownResult.replaceChildren(await result(run));
      said.textContent = `${nameOf(run)} is done${run.exit === 1 ? '; some proposals have no answer' : ''}.`;
    } else {
      shownResult.replaceChildren();
      said.textContent = `${nameOf(run)} was cancelled.`;
    }
  };
  const look = async () => {
    wanted = true;  // once more, where a look is under way that may have missed what was just asked
    if (looking) return;
    looking = true;
    try {
      do {
        wanted = false;
        runs = await api.runs();
        draw();
        const one = runs.find(run => run.id === shown);
        if (one && !active(one) && document.documentElement.dataset.awaited === String(one.id)) {
          delete document.documentElement.dataset.awaited;
          await show(one.id);
        }
        if (runs.some(active)) await new Promise(resolve => setTimeout(resolve, every));
      } while (wanted || runs.some(active));
    } catch (error) {
      said.textContent = problemsOf(error).map(p => p.message).join(' ');
    } finally {
      looking = false;
    }
  };
  const act = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      text.tell(problemsOf(error), [], '');
    }
    void look();
  };

  const checks = h('button', { type: 'button', id: 'check' }, 'Check');
  checks.addEventListener('click', () =>
    void act(async () => {
      said.textContent = 'Checking.';
      const told = await api.check(text.text());
      text.tell(told.errors, told.warnings ?? [], 'Nothing wrong.');
      said.textContent = told.errors.length === 0 ? 'Checked: nothing wrong.' : `Checked: ${told.errors.length} wrong.`;
    }),
  );
  const starts = h('button', { type: 'button', id: 'run', class: 'main' }, 'Run');
  starts.addEventListener('click', () =>
    void act(async () => {
      const { id } = await api.start(text.text(), fields.influence());
      shown = id;
      document.documentElement.dataset.awaited = String(id);
      text.tell([], [], '');
      shownResult.replaceChildren();
      said.textContent = `Run ${id} is asked for.`;
    }),
  );
  const saves = h('button', { type: 'button' }, 'Download YAML');
  saves.addEventListener('click', () => save('scenario.yaml', text.text(), 'application/yaml'));
  const chosen = h('input', { type: 'file', accept: '.yaml,.yml', id: 'open' });
  chosen.addEventListener('change', async () => {
    const file = chosen.files?.[0];
    if (!file) return;
    text.put(await file.text());
    text.tell([], [], '');
    byHand.hidden = text.text() === scenarioOf(fields.fields());
    chosen.value = '';
  });

  app.replaceChildren(
    h(
      'main',
      {},
      h('p', { class: 'brand' }, 'aifsim'),
      h('h1', {}, 'Proposals side by side'),
      h(
        'div',
        { class: 'sides' },
        section('fields', 'What to compare', fields.element),
        h(
          'div',
          {},
          section(
            'scenario',
            'The scenario that is run',
            h('label', { for: 'yaml', class: 'hint' }, catalog.files ? 'Change it as you like. Names and paths are those of the folder that --files named.' : 'Change it as you like. It names what the catalogue holds.'),
            byHand,
            text.element,
            h('p', { class: 'buttons' }, checks, starts, saves, h('label', { class: 'open' }, 'Open YAML ', chosen)),
            said,
          ),
          list,
        ),
      ),
      shownResult,
    ),
    h('footer', {}, `aifsim ${catalog.version}, on this machine alone unless it was started with --host.`),
  );
  await look();
  draw();
  document.documentElement.dataset.drawn = 'yes';
}

void begin();
