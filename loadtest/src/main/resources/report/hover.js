// Values under the pointer; without it the page shows the same plots.
const points = JSON.parse(document.getElementById('points').textContent);
const hint = document.getElementById('hint');
const shown = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
for (const [id, chart] of Object.entries(points)) {
  const plot = document.getElementById(id);
  const cursor = Object.assign(document.createElement('div'), { className: 'cursor', hidden: true });
  plot.append(cursor);
  plot.addEventListener('pointerleave', () => { hint.hidden = cursor.hidden = true; });
  plot.addEventListener('pointermove', event => {
    const box = plot.getBoundingClientRect();
    const part = ((event.clientX - box.left) / box.width - chart.left) / (chart.right - chart.left);
    const at = Math.min(1, Math.max(0, part)) * chart.seconds;
    const lines = chart.curves.map((curve, i) => {
      const near = curve.reduce((best, point) => Math.abs(point[0] - at) < Math.abs(best[0] - at) ? point : best);
      return `${chart.names[i]}  ${shown.format(near[1])} ${chart.unit}`;
    });
    hint.replaceChildren(...[`${shown.format(at)} s`, ...lines].map(text => {
      const line = document.createElement('div');
      line.textContent = text;
      return line;
    }));
    cursor.style.left = `${(chart.left + Math.min(1, Math.max(0, part)) * (chart.right - chart.left)) * 100}%`;
    hint.hidden = cursor.hidden = false;
    const right = Math.min(event.clientX + 14, innerWidth - hint.offsetWidth - 8);
    hint.style.left = `${Math.max(8, right)}px`;
    hint.style.top = `${Math.min(event.clientY + 14, innerHeight - hint.offsetHeight - 8)}px`;
  });
}
