/**
 * What draws the charts in the page, as JavaScript for browsers: it reads the charts from the element `report-charts`. Texts reach the page
 * as texts only.
 */
export const CLIENT = `
'use strict';
(() => {
  const charts = JSON.parse(document.getElementById('report-charts').textContent);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  const drawn = [];

  // No meaning hangs on colour alone: what was written is hatched, what was fresh is dotted.
  function fill(ink) {
    const paint = colour(ink);
    if (ink !== 'written' && ink !== 'fresh') return paint;
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8;
    const pen = tile.getContext('2d');
    pen.fillStyle = colour('ground');
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = pen.fillStyle = paint;
    pen.lineWidth = 2.5;
    if (ink === 'written') {
      pen.beginPath();
      for (const shift of [-8, 0, 8]) { pen.moveTo(shift - 1, 9); pen.lineTo(shift + 9, -1); }
      pen.stroke();
    } else {
      pen.fillRect(0, 0, 3, 3);
      pen.fillRect(4, 4, 3, 3);
    }
    return pen.createPattern(tile, 'repeat');
  }

  function styleOf({ look, ink, points }, unit) {
    const paint = colour(ink);
    if (look === 'stack') {
      const isCrowded = points.length > 100;
      const width = isCrowded ? { categoryPercentage: 1, barPercentage: 1 } : {};
      return { type: 'bar', backgroundColor: fill(ink), borderColor: paint, borderWidth: isCrowded ? 0 : 1, stack: 'prompt', order: 2, ...width };
    }
    if (look === 'mark') {
      return { type: 'scatter', pointStyle: 'triangle', pointRadius: 7, pointHoverRadius: 9, hitRadius: 6, backgroundColor: paint, borderColor: colour('ground'), clip: false, order: 0 };
    }
    const dash = ink === 'baseline' ? [6, 4] : [];
    return { type: 'line', borderColor: paint, backgroundColor: paint, borderDash: dash, borderWidth: 2, pointRadius: 2, hitRadius: 6, spanGaps: false, order: 1, showLine: unit !== 'ratio' };
  }

  const ticks = {
    usd: (value) => '$' + Number(value.toPrecision(6)),
    tokens: (value) => value.toLocaleString('en-US'),
    ratio: (value) => Math.round(value * 100) + ' %',
    // Called with the axis as 'this': a short one shows seconds.
    time(value) {
      const text = new Date(value).toISOString();
      return this.max - this.min < 600_000 ? text.slice(11, 19) : text.slice(5, 16).replace('T', ' ');
    },
    turn: (value) => (Number.isInteger(value) ? String(value) : ''),
  };

  function axesOf(chart) {
    const common = () => ({ ticks: { color: colour('soft'), maxRotation: 0 }, grid: { color: colour('rule') }, border: { color: colour('rule') } });
    const stacked = chart.series.some(({ look }) => look === 'stack');
    const x = { ...common(), type: 'linear', offset: stacked, stacked };
    const y = { ...common(), beginAtZero: true, stacked };
    x.ticks = { ...x.ticks, autoSkip: true, maxTicksLimit: 8, callback: ticks[chart.axis] };
    y.ticks = { ...y.ticks, callback: ticks[chart.unit] };
    x.grid = { display: false };
    x.title = { display: true, text: chart.axis === 'time' ? 'time, UTC' : 'turn', color: colour('soft') };
    if (chart.axis === 'time') {
      const places = chart.series.flatMap(({ points }) => points.map(({ at }) => at));
      const first = places.reduce((a, b) => Math.min(a, b), Infinity);
      const last = places.reduce((a, b) => Math.max(a, b), -Infinity);
      const margin = Math.max(1000, (last - first) * 0.02);
      Object.assign(x, { min: first - margin, max: last + margin });
    }
    if (chart.axis === 'turn') Object.assign(x, { min: 0.5, max: chart.series[0].points.length + 0.5, offset: false });
    if (chart.unit === 'ratio') Object.assign(y, { min: 0, max: 1.05, afterBuildTicks: (axis) => { axis.ticks = [0, 0.25, 0.5, 0.75, 1].map((value) => ({ value })); } });
    return { x, y };
  }

  // A mark's line down to the axis.
  const markLines = {
    id: 'mark-lines',
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      chart.data.datasets.forEach((dataset, index) => {
        if (dataset.type !== 'scatter' || !chart.isDatasetVisible(index) || dataset.data.length > 200) return;
        ctx.save();
        ctx.strokeStyle = colour('break');
        ctx.setLineDash([2, 4]);
        for (const { x, y } of chart.getDatasetMeta(index).data) {
          ctx.beginPath(); ctx.moveTo(x, y); ctx.lineTo(x, chartArea.bottom); ctx.stroke();
        }
        ctx.restore();
      });
    },
  };

  function showTip({ chart, tooltip }) {
    const tip = chart.canvas.parentElement.querySelector('.tip');
    const items = tooltip.opacity === 0 ? [] : tooltip.dataPoints ?? [];
    tip.hidden = items.length === 0;
    if (tip.hidden) return;
    // A mark has more to say than what it stands on.
    const marks = items.filter(({ dataset }) => dataset.type === 'scatter');
    const lines = (marks.length > 0 ? marks : items.slice(0, 1)).flatMap(({ raw }) => raw.tip);
    tip.replaceChildren(...lines.map((line) => Object.assign(document.createElement('p'), { textContent: line })));
    const room = chart.canvas.clientWidth - tip.offsetWidth;
    tip.style.left = Math.max(0, Math.min(tooltip.caretX + 12, room)) + 'px';
    tip.style.top = Math.max(0, Math.min(tooltip.caretY + 12, chart.canvas.clientHeight - tip.offsetHeight)) + 'px';
  }

  function legendLabels(chart) {
    return Chart.defaults.plugins.legend.labels.generateLabels(chart).map((label) => {
      const { type, showLine } = chart.data.datasets[label.datasetIndex];
      return type === 'line' && showLine ? { ...label, pointStyle: 'line', lineWidth: 2 } : label;
    });
  }

  function draw(chart) {
    const datasets = chart.series.map((series) => ({
      label: series.name,
      data: series.points.map(({ at, value, tip }) => ({ x: at, y: value, tip })),
      ...styleOf(series, chart.unit),
    }));
    const stacked = chart.series.some(({ look }) => look === 'stack');
    return new Chart(document.getElementById(chart.id), {
      data: { datasets },
      plugins: [markLines],
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, parsing: false, normalized: true,
        interaction: { mode: stacked ? 'x' : 'nearest', intersect: !stacked },
        scales: axesOf(chart),
        plugins: {
          legend: { position: 'top', align: 'start', labels: { color: colour('ink'), usePointStyle: !stacked, pointStyleWidth: 16, boxWidth: 24, generateLabels: legendLabels } },
          tooltip: { enabled: false, external: showTip },
        },
      },
    });
  }

  function drawAll() {
    for (const chart of drawn.splice(0)) chart.destroy();
    for (const chart of charts) drawn.push(draw(chart));
  }

  drawAll();
  for (const query of ['(prefers-color-scheme: dark)', 'print']) matchMedia(query).addEventListener('change', drawAll);
})();
`;
