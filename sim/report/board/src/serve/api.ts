// What the page asks its server. The token came with the address that `aifsim serve` printed, behind a '#' that no request carries;
// it stays in this tab.

export interface Problem {
  file: string | null;
  line: number | null;
  column: number | null;
  message: string;
}

export interface Run {
  id: number;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  title: string;
  ahead: number;
  done: number;
  of: number;
  what: string;
  seconds: number;
  left: number | null;
  exit: number;
  messages?: string;
  errors?: Problem[];
}

interface Trains {
  gpu?: string;
  gpus_per_node?: number;
  trains?: string[];
}
export interface Platform extends Trains {
  name: string;
  title: string;
  site?: string;
  country?: string;
  partitions?: (Trains & { name: string; title: string })[];
}
export interface Entry {
  name: string;
  title: string;
}
export interface Catalog {
  version: string;
  files: boolean;
  platforms: Platform[];
  workloads: Entry[];
  stacks: Entry[];
}

// What the server told instead of an answer; `status` 0: it did not answer.
export class Refused extends Error {
  constructor(readonly status: number, readonly problems: Problem[]) {
    super(problems.map(p => p.message).join('\n'));
  }
}

const key = 'aifsim token';
const given = /^#token=([0-9a-f]+)$/.exec(location.hash);
if (given) {
  sessionStorage.setItem(key, given[1]);
  history.replaceState(null, '', location.pathname);
}
export const hasToken = () => sessionStorage.getItem(key) !== null;

async function asked(path: string, body?: object): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${sessionStorage.getItem(key)}` };
  if (body) headers['Content-Type'] = 'application/json';
  let answer: Response;
  try {
    answer = await fetch(path, { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body), cache: 'no-store' });
  } catch {
    throw new Refused(0, [{ file: null, line: null, column: null, message: 'the server does not answer; has `aifsim serve` ended?' }]);
  }
  if (answer.ok) return answer;
  const told = (await answer.json().catch(() => null)) as { errors?: Problem[] } | null;
  throw new Refused(answer.status, told?.errors ?? [{ file: null, line: null, column: null, message: `the server answered ${answer.status}` }]);
}

const json = async <T>(path: string, body?: object) => (await asked(path, body)).json() as Promise<T>;

export const catalog = () => json<Catalog>('/api/catalog');
export const check = (scenario: string) => json<{ errors: Problem[]; warnings?: Problem[] }>('/api/check', { scenario });
export const start = (scenario: string, influence: boolean) => json<{ id: number }>('/api/runs', { scenario, influence });
export const runs = () => json<Run[]>('/api/runs');
export const run = (id: number) => json<Run>(`/api/runs/${id}`);
export const cancel = (id: number) => json(`/api/runs/${id}/cancel`, {});
export const file = async (id: number, name: string) => (await asked(`/api/runs/${id}/${name}`)).text();
