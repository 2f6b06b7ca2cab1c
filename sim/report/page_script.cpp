#include "report/page_assets.hpp"

namespace aifsim {

// The page is whole without it; it adds hover labels, tabs, the choice of a point, zooming and the filter.
const char* const page_script = R"js(
'use strict';
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const tooltip = document.getElementById('tooltip');
function showTip(text, event) {
  tooltip.textContent = text;
  tooltip.hidden = false;
  const box = tooltip.getBoundingClientRect();
  const left = Math.min(event.clientX + 14, innerWidth - box.width - 8);
  const below = event.clientY + 18;
  tooltip.style.left = Math.max(8, left) + 'px';
  tooltip.style.top = (below + box.height > innerHeight ? event.clientY - box.height - 12 : below) + 'px';
}
const hideTip = () => { tooltip.hidden = true; };
for (const element of all('.tip')) {
  const title = element.querySelector('title');
  element.setAttribute('aria-label', title.textContent);
  title.remove();
  element.addEventListener('mousemove', event => showTip(element.getAttribute('aria-label'), event));
  element.addEventListener('mouseleave', hideTip);
}

for (const bar of all('.tabs')) {
  const buttons = all('button', bar);
  const choose = chosen => {
    for (const button of buttons) {
      button.setAttribute('aria-pressed', String(button === chosen));
      document.getElementById(button.dataset.tab).hidden = button !== chosen;
    }
  };
  for (const button of buttons) button.addEventListener('click', () => choose(button));
  choose(buttons[0]);
  bar.hidden = false;
}

const data = JSON.parse(document.getElementById('timelines').textContent);
const grid = 100000;

function humanTime(seconds, step) {
  const [size, unit] = step >= 0.5 ? [1, 's'] : step >= 5e-4 ? [1e-3, 'ms'] : [1e-6, 'µs'];
  return (seconds / size).toFixed(Math.max(0, 2 - Math.floor(Math.log10(step / size)))) + ' ' + unit;
}

class Timeline {
  constructor(root) {
    this.root = root;
    const own = data.points[root.dataset.point];
    this.duration = own.duration;
    this.plots = all('.track-plot', root);
    this.tracks = own.tracks.map(flat => {
      const spans = [];
      for (let i = 0, at = 0; i < flat.length; i += 3) {
        const start = at + flat[i], end = start + flat[i + 1];
        const [css, label] = data.labels[flat[i + 2]];
        spans.push({start, end, css, label});
        at = end;
      }
      return spans;
    });
    this.view = [0, grid];
    this.plots.forEach((plot, i) => this.listen(plot, this.tracks[i]));
    this.draw();
  }
  show(from, to) {
    const span = Math.min(grid, Math.max(40, to - from));
    from = Math.min(Math.max(0, from), grid - span);
    this.view = [from, from + span];
    this.draw();
  }
  zoom(factor, middle = (this.view[0] + this.view[1]) / 2) {
    const [a, b] = this.view;
    this.show(middle - (middle - a) * factor, middle + (b - middle) * factor);
  }
  shift(part) {
    const [a, b] = this.view, by = (b - a) * part;
    this.show(a + by, b + by);
  }
  command(name) {
    const [a, b] = this.view;
    if (name === 'all') this.show(0, grid);
    if (name === 'first') this.show(0, grid / 12);
    if (name === 'last') this.show(grid - grid / 12, grid);
    if (name === 'in') this.zoom(0.5);
    if (name === 'out') this.zoom(2);
    if (name === 'earlier') this.shift(-0.5);
    if (name === 'later') this.shift(0.5);
  }
  draw() {
    const [a, b] = this.view;
    this.plots.forEach((plot, i) => {
      plot.querySelector('svg').setAttribute('viewBox', `${a} 0 ${b - a} 1`);
      const width = plot.clientWidth, labels = plot.querySelector('.track-labels');
      labels.textContent = '';
      const shown = this.tracks[i].filter(s => s.end > a && s.start < b);
      plot.classList.toggle('apart', shown.length * 6 < width);
      for (const s of shown) {
        const left = Math.max(0, (s.start - a) / (b - a) * width);
        const right = Math.min(width, (s.end - a) / (b - a) * width);
        if (right - left < 46) continue;
        const text = document.createElement('span');
        text.textContent = s.label;
        text.className = s.css;
        text.style.left = left + 'px';
        text.style.width = right - left + 'px';
        labels.append(text);
      }
    });
    const unit = this.duration / grid;
    all('.ticks span', this.root).forEach((tick, i) => {
      tick.textContent = humanTime((a + (b - a) * i / 4) * unit, (b - a) / 4 * unit);
    });
  }
  listen(plot, spans) {
    const at = event => {
      const box = plot.getBoundingClientRect();
      return this.view[0] + (event.clientX - box.left) / box.width * (this.view[1] - this.view[0]);
    };
    let dragged = null;
    plot.addEventListener('pointerdown', event => {
      dragged = {x: event.clientX, view: [...this.view]};
      plot.setPointerCapture(event.pointerId);
    });
    plot.addEventListener('pointerup', () => { dragged = null; });
    plot.addEventListener('pointermove', event => {
      if (dragged) {
        const by = (dragged.x - event.clientX) / plot.clientWidth * (dragged.view[1] - dragged.view[0]);
        this.show(dragged.view[0] + by, dragged.view[1] + by);
        return;
      }
      const t = at(event);
      let low = 0, high = spans.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        spans[middle].end < t ? low = middle + 1 : high = middle;
      }
      const span = spans[low];
      if (!span || span.start > t) return hideTip();
      const unit = this.duration / grid;
      showTip(`${span.label}: ${humanTime((span.end - span.start) * unit, (span.end - span.start) * unit || 1e-6)}, ` +
              `from ${humanTime(span.start * unit, this.duration / 1000)}`, event);
    });
    plot.addEventListener('pointerleave', hideTip);
    plot.addEventListener('dblclick', event => this.zoom(0.4, at(event)));
    plot.addEventListener('wheel', event => {
      if (!event.ctrlKey && !event.shiftKey) return;
      event.preventDefault();
      this.zoom((event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8, at(event));
    }, {passive: false});
  }
}

const picker = document.getElementById('point');
if (picker) {
  const timelines = new Map();
  const current = () => {
    for (const panel of all('.point-panel')) panel.hidden = panel.id !== 'point-' + picker.value;
    const root = document.querySelector(`#point-${picker.value} .timeline`);
    if (!root) return null;
    if (!timelines.has(root)) timelines.set(root, new Timeline(root));
    return timelines.get(root);
  };
  picker.addEventListener('change', () => { const t = current(); if (t) t.draw(); });
  for (const button of all('[data-zoom]')) {
    button.addEventListener('click', () => { const t = current(); if (t) t.command(button.dataset.zoom); });
  }
  addEventListener('resize', () => { const t = current(); if (t) t.draw(); });
  current();
}

const filter = document.getElementById('filter');
if (filter) {
  filter.addEventListener('input', () => {
    const wanted = filter.value.toLowerCase();
    for (const row of all('.inputs tbody tr')) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}
)js";

}  // namespace aifsim
