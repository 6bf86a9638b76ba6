// What a pointer is over.
import { useLayoutEffect, useRef } from 'preact/hooks';

import type { Page } from './context';
import { cut, plural, thousands } from './text';

export interface Over {
  node: number;
  x: number;
  y: number;
  /** How many, where it stands for several. */
  several?: number;
}

export function Tip({ page, over }: { page: Page; over: Over }) {
  const { tree } = page;
  const tip = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = tip.current!;
    const room = element.parentElement!;
    const right = over.x + 16 + element.offsetWidth < room.clientWidth;
    const down = over.y + 16 + element.offsetHeight < room.clientHeight;
    element.style.left = `${right ? over.x + 14 : Math.max(4, over.x - element.offsetWidth - 12)}px`;
    element.style.top = `${down ? over.y + 14 : Math.max(4, over.y - element.offsetHeight - 12)}px`;
  });
  const path = tree.path(over.node).slice(0, -1).map((node) => cut(page.nameOf(node), 60));
  return (
    <div ref={tip} class="tip" aria-hidden="true">
      <b class="name" dir="auto">
        {over.several ? `… ${thousands(over.several)} more` : cut(page.nameOf(over.node), 160)}
      </b>
      {path.length > 0 && <span class="name">{path.join(' › ')}</span>}
      {!over.several && (
        <span>
          {plural(tree.size[over.node], 'item')}
          {tree.isLeaf(over.node) ? '' : `, ${plural(tree.leaves[over.node], 'base cluster')}`}
          {tree.says[over.node] ? ` · ${tree.says[over.node]}` : ''}
        </span>
      )}
    </div>
  );
}
