// Placements, the most doubtful first: what a person should look at.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { css } from './colour';
import type { Page } from './context';
import { SURE } from './model';
import { cut, plural, thousands } from './text';

const HEIGHT = 40;
const HEAD = 34;
const SIGNS = ['', '○', '●', '◎', '◔', '✎'];
const WORDS = ['', 'nothing else offered', 'clear', 'close', 'in doubt', 'by people'];

/** Doubtful ones, then close ones, each by how near the runner-up is. */
export function doubtful(page: Page): number[] {
  const { tree, later, hits } = page;
  const found: number[] = [];
  for (let node = 0; node < tree.n; node++) {
    const sure = tree.sure[node];
    if ((sure === SURE.doubt || sure === SURE.close) && (!hits || hits.self[node])) found.push(node);
  }
  const margin = (node: number) => later.why?.margin(node) ?? -1;
  const rank = (node: number) => (tree.sure[node] === SURE.doubt ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b) || margin(a) - margin(b) || a - b);
}

export function Worklist({ page, list }: { page: Page; list: number[] }) {
  const { tree, later, state } = page;
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const sureColours = useMemo(() => page.look, [page.look]);
  useLayoutEffect(() => {
    const element = place.current!;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    measure();
    element.addEventListener('scroll', measure, { passive: true });
    return () => element.removeEventListener('scroll', measure);
  }, []);
  useEffect(() => {
    const at = list.indexOf(state.selected);
    const element = place.current!;
    const top = at * HEIGHT;
    if (at < 0) return;
    if (top < element.scrollTop || top + HEIGHT + HEAD > element.scrollTop + element.clientHeight) {
      element.scrollTop = Math.max(0, top - element.clientHeight / 3);
    }
  }, [state.selected]);
  const from = Math.max(0, Math.floor(view.top / HEIGHT) - 6);
  const to = Math.min(list.length, Math.ceil((view.top + view.height) / HEIGHT) + 6);
  return (
    <div ref={place} class="work" tabIndex={0} aria-label="Doubtful placements" role="region">
      <div class="cols" aria-hidden="true">
        <span />
        <span>{plural(list.length, 'placement')} to look at</span>
        <span>put under</span>
        <span class="mid">could be</span>
        <span>margin</span>
        <span class="size">items</span>
      </div>
      {list.length === 0 && (
        <div class="empty">
          <b>Nothing is in doubt</b>
          <span>{page.hits ? 'None of the hits is.' : 'No placement came close to another.'}</span>
        </div>
      )}
      <div style={{ position: 'relative', height: `${list.length * HEIGHT}px` }}>
        {list.slice(from, to).map((node, at) => {
          const why = later.why?.of(node);
          const second = why?.second;
          const colour = css(sureColours.colours[sureColours.kind[node]] ?? sureColours.colours[0]);
          return (
            <button
              key={node}
              type="button"
              class={`line${state.selected === node ? ' chosen' : ''}`}
              style={{ top: `${(from + at) * HEIGHT}px` }}
              aria-current={state.selected === node ? 'true' : undefined}
              onClick={() => page.select(node, 'push')}
            >
              <span title={WORDS[tree.sure[node]]} style={{ color: colour, fontSize: '15px' }}>
                {SIGNS[tree.sure[node]]}
                <span class="hidden">{WORDS[tree.sure[node]]}</span>
              </span>
              <span class="name" dir="auto" style={{ fontWeight: 550 }}>{cut(page.nameOf(node), 200)}</span>
              <span class="name soft" dir="auto">{tree.parent[node] < 0 ? 'a root' : cut(page.nameOf(tree.parent[node]), 120)}</span>
              <span class="name soft mid" dir="auto">
                {second ? cut(second.node >= 0 ? page.nameOf(second.node) : second.name, 120) : ''}
              </span>
              <span class="soft">{why && why.margin !== null ? why.margin.toFixed(3) : why?.remark ? 'no valid answer' : ''}</span>
              <span class="size">{thousands(tree.size[node])}</span>
            </button>
          );
        })}
      </div>
    </div>
  );
}
