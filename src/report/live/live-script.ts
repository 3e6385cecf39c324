/** How often a visible page requests itself again. */
const pollEveryMs = 5_000

/**
 * Keeps the page up to date: it requests itself again, and replaces the parts that have changed. What a reader
 * has opened, chosen or selected stays. If no answer comes, the page says so. Without the script the page is
 * the same, but does not change.
 */
export const liveScript = `
'use strict';
(() => {
  const parts = () => [...document.querySelectorAll('body > header, main > *')];
  const keyOf = (part) => part.tagName + (part.getAttribute('aria-labelledby') ?? part.className);
  const shown = new Map(parts().map((part) => [keyOf(part), part.outerHTML]));
  const lost = document.getElementById('lost');
  const choosable = 'a[href], button, summary, input';
  let failures = 0;

  function replace(old, fresh) {
    const selection = getSelection();
    if (selection !== null && !selection.isCollapsed && selection.containsNode(old, true)) return false;
    const open = [...old.querySelectorAll('details')].map((each) => each.open);
    const focused = [...old.querySelectorAll(choosable)].indexOf(document.activeElement);
    const label = document.activeElement?.textContent;
    old.replaceWith(fresh);
    fresh.querySelectorAll('details').forEach((each, index) => { each.open = open[index] ?? false; });
    if (focused >= 0) {
      const choices = [...fresh.querySelectorAll(choosable)];
      (choices[focused]?.textContent === label ? choices[focused] : choices.find((each) => each.textContent === label))?.focus({ preventScroll: true });
    }
    return true;
  }

  function show(html) {
    const page = new DOMParser().parseFromString(html, 'text/html');
    const fresh = [...page.querySelectorAll('body > header, main > *')].map((part) => document.importNode(part, true));
    const old = parts();
    const isSame = fresh.length === old.length && fresh.every((part, index) => keyOf(part) === keyOf(old[index]));
    if (!isSame) {
      const main = document.importNode(page.querySelector('main'), true);
      if (replace(document.querySelector('main'), main)) {
        shown.clear();
        for (const part of parts()) shown.set(keyOf(part), part.outerHTML);
      }
      return;
    }
    fresh.forEach((part, index) => {
      const html = part.outerHTML;
      if (shown.get(keyOf(part)) === html) return;
      if (replace(old[index], part)) shown.set(keyOf(part), html);
    });
  }

  async function look() {
    if (document.visibilityState !== 'visible') return;
    try {
      const answer = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout(20_000) });
      if (answer.status === 401) { location.reload(); return; }
      if (!answer.ok && answer.status !== 503) throw new Error(String(answer.status));
      show(await answer.text());
      failures = 0;
    } catch {
      failures += 1;
    }
    lost.hidden = failures < 2;
  }

  async function keep() {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, ${pollEveryMs} * Math.min(failures + 1, 4)));
      await look();
    }
  }
  document.addEventListener('visibilitychange', look);
  document.documentElement.dataset.live = 'on';
  void keep();
})();
`
