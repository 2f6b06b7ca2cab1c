// The fields of the page as a scenario. Nothing is judged here: what a field holds stands in the text, and the check tells what is
// wrong with it, with its line.

// Of `training`, in the order of the text. An empty one is searched, or the workload's.
export const trainingKeys = [
  'tokens', 'global_batch', 'sequence', 'stack', 'availability',
  'tensor_parallel', 'pipeline_parallel', 'context_parallel', 'expert_parallel', 'micro_batch', 'recompute',
] as const;
export type TrainingKey = (typeof trainingKeys)[number];

export interface Fields {
  title: string;
  question: string;
  platforms: string[];
  workload: string;
  gpus: string;
  fidelity: string;
  training: Record<TrainingKey, string>;
}

// A word of the file's own, or in quotes where YAML would read something else.
const word = (text: string) => (/^[A-Za-z0-9_][A-Za-z0-9_.+%/-]*(:[A-Za-z0-9_+-]+)?$/.test(text) ? text : JSON.stringify(text));

export function scenarioOf(fields: Fields): string {
  const line = (key: string, value: string) => (value === '' ? '' : `${key}: ${value}\n`);
  const training = trainingKeys
    .filter(key => fields.training[key] !== '')
    .map(key => `      ${key}: ${word(fields.training[key])}\n`)
    .join('');
  return (
    'kind: scenario\n' +
    line('title', JSON.stringify(fields.title || 'Proposals side by side')) +
    line('question', JSON.stringify(fields.question || 'Which of them has the model trained soonest, and at what cost?')) +
    `platforms: [${fields.platforms.map(word).join(', ')}]\n` +
    line('workload', fields.workload && word(fields.workload)) +
    line('gpus', fields.gpus && `[${fields.gpus}]`) +
    line('fidelity', fields.fidelity) +
    (training === '' ? '' : `variants:\n  - label: as asked\n    training:\n${training}`) +
    'seed: 1\n'
  );
}
