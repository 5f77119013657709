// What a person would complain of, as a list of sentences. Run in the page by the tests; the page itself has no script.
(() => {
  const faults = [];
  const fault = (text, element) =>
    faults.push(`${text}: ${element.tagName}.${element.getAttribute('class') || ''} ${(element.textContent || '').slice(0, 60)}`);
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) faults.push(`the page is ${document.documentElement.scrollWidth} wide on ${wide}`);
  if (document.scripts.length) faults.push('there is a script');

  let depth = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    const level = Number(heading.tagName[1]);
    if (level > depth + 1) fault(`h${level} after h${depth}`, heading);
    depth = level;
  }
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  if (new Set(ids).size !== ids.length) faults.push('an id is there twice');
  for (const link of document.querySelectorAll('a')) {
    if (!document.getElementById(link.getAttribute('href').slice(1))) fault('leads nowhere', link);
  }

  const charts = [...document.querySelectorAll('svg')];
  for (const chart of charts) {
    const box = chart.getBoundingClientRect();
    if (!chart.checkVisibility() || box.width < Math.min(wide / 2, 400) || box.height < 30) fault('cannot be seen', chart);
    if (box.left < 0 || box.right > wide + 1) fault('is cut', chart);
    const [title, desc] = chart.getAttribute('aria-labelledby').split(' ').map((id) => document.getElementById(id));
    if (!title.textContent || desc.textContent.length < 10) fault('is not described', chart);
    const figure = chart.closest('figure');
    if (!figure.querySelector('details table tbody tr')) fault('has no table', chart);
    const painted = [...chart.querySelectorAll('rect, circle')].filter((shape) => {
      const size = shape.getBoundingClientRect();
      const style = getComputedStyle(shape);
      return size.width > 0.5 && size.height > 0.5 && style.fill !== 'none' && style.fill !== 'rgb(0, 0, 0)';
    });
    if (!painted.length) fault('is empty', chart);
    for (const text of chart.querySelectorAll('text')) {
      const size = text.getBoundingClientRect();
      if (size.width && (size.left < -1 || size.right > wide + 1)) fault('is beyond the page', text);
    }
  }

  const channels = (color) => (color.match(/[\d.]+/g) || []).map(Number);
  const light = (color) => {
    const [r, g, b] = channels(color).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const mark = element.closest('.mark');
    if (mark) return getComputedStyle(mark.querySelector('circle')).fill;
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const seen = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || ['TITLE', 'DESC', 'title', 'desc'].includes(element.tagName)) continue;
    const color = element instanceof SVGElement ? getComputedStyle(element).fill : getComputedStyle(element).color;
    const back = ground(element);
    const [a, b] = [light(color), light(back)].sort((x, y) => y - x);
    const key = `${color} on ${back}`;
    if ((a + 0.05) / (b + 0.05) < 4.5 && !seen.has(key)) {
      seen.add(key);
      fault(`${key} is ${((a + 0.05) / (b + 0.05)).toFixed(2)}`, element);
    }
  }
  return { faults, charts: charts.length, light: light(getComputedStyle(document.body).backgroundColor) };
})()
