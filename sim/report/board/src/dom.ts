// Elements in one line. Text is text: nothing is read as HTML.

type Child = Node | string | null;
type Attributes = Record<string, string | number | boolean>;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== false) element.setAttribute(name, value === true ? '' : String(value));
  element.append(...children.filter(child => child !== null));
  return element;
}

export interface Column<Row> {
  head: string;
  cell: (row: Row) => Child;
  text?: boolean; // left-aligned, may wrap
}

// A table that scrolls by keyboard, too. A row of which `only` gives a text has that in place of its other cells.
export function table<Row>(
  caption: string,
  columns: Column<Row>[],
  rows: Row[],
  only: (row: Row) => string | null = () => null,
  marks: (row: Row) => string = () => '',
): HTMLElement {
  const kind = (column: Column<Row>) => (column.text ? 'text' : 'number');
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', {}, caption),
      h('thead', {}, h('tr', {}, ...columns.map(c => h('th', { scope: 'col', class: kind(c) }, c.head)))),
      h(
        'tbody',
        {},
        ...rows.map(row => {
          const instead = only(row);
          const [first, ...others] = columns;
          const head = h('th', { scope: 'row', class: kind(first) }, first.cell(row));
          return instead === null
            ? h('tr', { class: marks(row) }, head, ...others.map(c => h('td', { class: kind(c) }, c.cell(row))))
            : h('tr', { class: marks(row) }, head, h('td', { class: 'text', colspan: others.length }, instead));
        }),
      ),
    ),
  );
}

export function section(id: string, title: string, ...children: Child[]): HTMLElement {
  return h('section', { id, 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title), ...children);
}

export const hint = (text: string) => h('p', { class: 'hint' }, text);
