// The fields: platforms with a search, a workload, sizes, and what of the layout is given.
import { h } from '../dom';
import type { Catalog, Entry } from './api';
import { type Fields, type TrainingKey, trainingKeys } from './scenario';

interface Choice {
  name: string;
  title: string;
  about: string;
}

// Platforms and their partitions that train.
function choices(catalog: Catalog): Choice[] {
  return catalog.platforms.flatMap(platform => {
    const about = (of: { gpu?: string; gpus_per_node?: number }) =>
      of.gpu ? `${of.gpus_per_node} × ${of.gpu} per node` : '';
    if (!platform.partitions)
      return platform.trains?.length ? [{ name: platform.name, title: platform.title, about: about(platform) }] : [];
    return platform.partitions
      .filter(part => part.trains?.length)
      .map(part => ({ name: `${platform.name}:${part.name}`, title: `${platform.title}: ${part.title}`, about: about(part) }));
  });
}

function labelled(label: string, control: HTMLElement, hint = ''): HTMLElement {
  return h('label', { class: 'field' }, h('span', {}, label), control, hint === '' ? null : h('small', {}, hint));
}

const text = (id: string, value: string, hint = '') => h('input', { id, type: 'text', value, placeholder: hint, autocomplete: 'off', spellcheck: 'false' });

function select(id: string, entries: Entry[], empty: string, chosen = ''): HTMLSelectElement {
  const options = entries.map(e => h('option', { value: e.name, selected: e.name === chosen }, e.title === e.name ? e.name : `${e.title} (${e.name})`));
  return h('select', { id }, ...(empty === '' ? [] : [h('option', { value: '' }, empty)]), ...options);
}

export interface Form {
  element: HTMLElement;
  fields: () => Fields;
  influence: () => boolean;
}

export function form(catalog: Catalog, changed: () => void): Form {
  const all = choices(catalog);
  const find = h('input', { id: 'find', type: 'search', placeholder: 'name, title or GPU', autocomplete: 'off' });
  const boxes = all.map(choice => h('input', { type: 'checkbox', value: choice.name }));
  const rows = all.map((choice, k) => h('label', { class: 'choice' }, boxes[k], h('span', {}, choice.title, h('small', {}, `${choice.name}  ${choice.about}`))));
  const chosen = h('p', { class: 'hint', 'aria-live': 'polite' });
  const count = () => {
    const names = boxes.filter(box => box.checked).map(box => box.value);
    chosen.textContent = names.length === 0 ? 'None chosen.' : `${names.length} chosen: ${names.join(', ')}`;
  };
  find.addEventListener('input', () => {
    const words = find.value.toLowerCase().split(/\s+/);
    all.forEach((choice, k) => {
      const about = `${choice.name} ${choice.title} ${choice.about}`.toLowerCase();
      rows[k].hidden = !boxes[k].checked && !words.every(word => about.includes(word));
    });
  });
  count();

  const title = text('title', '', 'Proposals side by side');
  const question = text('question', '');
  const workload = select('workload', catalog.workloads, 'choose one');
  const gpus = text('gpus', '64');
  const fidelity = select('fidelity', ['analytical', 'flow', 'message'].map(name => ({ name, title: name })), '', 'flow');
  const stack = select('stack', catalog.stacks, "the workload's");
  const recompute = select('recompute', ['none', 'selective', 'full'].map(name => ({ name, title: name })), 'searched');
  const training: Record<TrainingKey, HTMLInputElement | HTMLSelectElement> = {
    tokens: text('tokens', '1T'),
    global_batch: text('global_batch', '512'),
    sequence: text('sequence', '', "the workload's"),
    availability: text('availability', '', "the workload's"),
    stack,
    tensor_parallel: text('tensor_parallel', '', 'searched'),
    pipeline_parallel: text('pipeline_parallel', '', 'searched'),
    context_parallel: text('context_parallel', '', 'searched'),
    expert_parallel: text('expert_parallel', '', 'searched'),
    micro_batch: text('micro_batch', '', 'searched'),
    recompute,
  };
  const influence = h('input', { id: 'influence', type: 'checkbox', checked: true });

  const element = h(
    'form',
    { 'aria-label': 'Fields of the scenario' },
    h(
      'fieldset',
      {},
      h('legend', {}, 'Proposals'),
      labelled('Search', find),
      h('div', { class: 'choices', role: 'group', 'aria-label': 'Platforms', tabindex: 0 }, ...rows),
      chosen,
    ),
    h(
      'fieldset',
      { class: 'grid' },
      h('legend', {}, 'Work'),
      labelled('Workload', workload),
      labelled('GPUs', gpus, 'one count, or some: 64, 128'),
      labelled('Tokens', training.tokens, 'of the whole run: 300B, 2T'),
      labelled('Global batch', training.global_batch, 'sequences of a step'),
      labelled('Sequence', training.sequence),
      labelled('Stack', stack),
      labelled('Availability', training.availability, 'share of the days that count: 95%'),
      labelled('Fidelity', fidelity, 'analytical is quick, message slow'),
    ),
    h(
      'fieldset',
      { class: 'grid' },
      h('legend', {}, 'Layout'),
      labelled('Tensor parallel', training.tensor_parallel),
      labelled('Pipeline parallel', training.pipeline_parallel),
      labelled('Context parallel', training.context_parallel),
      labelled('Expert parallel', training.expert_parallel),
      labelled('Micro-batch', training.micro_batch),
      labelled('Recompute', recompute),
      h('p', { class: 'hint' }, 'What is empty is searched: each proposal gets its best layout.'),
    ),
    h(
      'fieldset',
      { class: 'grid' },
      h('legend', {}, 'Report'),
      labelled('Title', title),
      labelled('Question', question),
      h('label', { class: 'choice' }, influence, h('span', {}, 'Which guess decides', h('small', {}, 'moves each figure and runs again; takes longer'))),
    ),
  );
  element.addEventListener('submit', event => event.preventDefault());
  element.addEventListener('input', () => {
    count();
    changed();
  });
  return {
    element,
    influence: () => influence.checked,
    fields: () => ({
      title: title.value.trim(),
      question: question.value.trim(),
      platforms: boxes.filter(box => box.checked).map(box => box.value),
      workload: workload.value,
      gpus: gpus.value.trim(),
      fidelity: fidelity.value,
      training: Object.fromEntries(trainingKeys.map(key => [key, training[key].value.trim()])) as Record<TrainingKey, string>,
    }),
  };
}
