// The map in its place: canvases, buttons, key, and what a pointer is over.
import { useEffect, useRef, useState } from 'preact/hooks';

import { cividis, css } from './colour';
import type { Page } from './context';
import { copyText } from './copy';
import { MapView } from './map';
import type { Link } from './state';
import { cut, plural, thousands } from './text';
import { Tip, type Over } from './tip';

interface Props {
  page: Page;
  at: Link['at'];
  view: { current: MapView | null };
  moved(at: [number, number, number]): void;
}

export function MapPane({ page, at, view, moved }: Props) {
  const { tree, state, look, hits } = page;
  const place = useRef<HTMLDivElement>(null);
  const below = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const [over, setOver] = useState<Over | null>(null);
  const [where, setWhere] = useState(-1);
  const [caught, setCaught] = useState<number[] | null>(null);
  const latest = useRef(page);
  latest.current = page;

  useEffect(() => {
    if (!tree.map) return;
    const map = new MapView(below.current!, above.current!, tree, {
      select: (node) => latest.current.select(node, 'push'),
      hover: (node, x, y) => setOver(node >= 0 ? { node, x, y } : null),
      moved: (at) => {
        moved(at);
        setWhere(map.whereabouts());
      },
      lasso: setCaught,
    });
    view.current = map;
    if (at) map.show(at);
    const observer = new ResizeObserver(() => {
      map.resize(place.current!.clientWidth, place.current!.clientHeight);
    });
    observer.observe(place.current!);
    map.resize(place.current!.clientWidth, place.current!.clientHeight);
    return () => {
      observer.disconnect();
      map.destroy();
      view.current = null;
    };
  }, [tree]);
  useEffect(() => view.current?.setLook(look), [look]);
  useEffect(() => view.current?.setHits(hits), [hits]);
  useEffect(() => view.current?.setSelected(state.selected), [state.selected]);

  if (!tree.map) return <NoMap note={tree.note} />;
  const map = () => view.current!;
  return (
    <div ref={place} class="mappane">
      <canvas ref={below} aria-hidden="true" />
      <canvas
        ref={above}
        tabIndex={0}
        role="application"
        aria-label="Map of the base clusters: arrows go to the nearest point that way, plus and minus zoom. Everything on it is in the tree, too."
      />
      <div class="tools">
        <button type="button" class="button icon" aria-label="Zoom in" title="Zoom in (+)" onClick={() => map().scaleBy(1.8)}>
          +
        </button>
        <button type="button" class="button icon" aria-label="Zoom out" title="Zoom out (−)" onClick={() => map().scaleBy(1 / 1.8)}>
          −
        </button>
        <button type="button" class="button icon" aria-label="See all of it" title="See all of it (0)" onClick={() => map().fit(-1)}>
          <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5">
            <path d="M1 5V1h4M9 1h4v4M13 9v4H9M5 13H1V9" />
          </svg>
        </button>
      </div>
      <Key page={page} />
      {where >= 0 && !caught && (
        <nav class="where" aria-label="What is in the middle">
          {tree.path(where).slice(0, -1).map((node, at) => (
            <span key={node}>
              {at > 0 && ' › '}
              <button type="button" onClick={() => page.select(node, 'push')}>{cut(page.nameOf(node), 36)}</button>
            </span>
          ))}
        </nav>
      )}
      {caught && <Caught page={page} nodes={caught} close={() => setCaught(null)} />}
      {over && <Tip page={page} over={over} />}
    </div>
  );
}

function NoMap({ note }: { note: string }) {
  return (
    <div class="empty">
      <b>No map here</b>
      <span>{note}</span>
    </div>
  );
}

/** What colours and shapes mean. */
export function Key({ page }: { page: Page }) {
  const { tree, look, state } = page;
  if (look.name === 'sure') {
    const said: [number, string, string][] = [
      [2, '●', 'clear'],
      [3, '◎', 'close'],
      [4, '◔', 'in doubt'],
    ];
    return (
      <div class="key">
        {said.map(([kind, sign, text]) => (
          <span key={text}>
            <span style={{ color: css(look.colours[kind]), fontSize: '15px' }}>{sign}</span>
            {text}
          </span>
        ))}
      </div>
    );
  }
  if (look.name === 'change') {
    const said: [number, string][] = [[1, 'new'], [2, 'moved, merged or split'], [3, 'renamed'], [0, 'as it was']];
    return (
      <div class="key">
        {said.map(([kind, text]) => (
          <span key={text}>
            <i class="chip" style={{ background: css(look.colours[kind]) }} />
            {text}
          </span>
        ))}
      </div>
    );
  }
  if (look.scale) {
    const steps = [0, 0.25, 0.5, 0.75, 1].map((at) => css(cividis(at, look.theme))).join(',');
    return (
      <div class="key">
        <span>
          {look.scale[0]}
          <i class="scale" style={{ background: `linear-gradient(90deg,${steps})` }} />
          {look.scale[1]}
        </span>
      </div>
    );
  }
  if (look.name.startsWith('input')) {
    const input = tree.inputs[Number(look.name.slice(5))];
    return (
      <div class="key">
        {input.values.slice(0, 20).map((value, at) => (
          <span key={value}>
            <i class="chip" style={{ background: css(look.colours[at + 1]) }} />
            {value}
          </span>
        ))}
        {input.values.length > 20 && <span>and {thousands(input.values.length - 20)} more</span>}
      </div>
    );
  }
  if (state.view !== 'map') return null;
  return (
    <div class="key">
      <span>● a base cluster, as large as it has items; near means alike</span>
    </div>
  );
}

function Caught({ page, nodes, close }: { page: Page; nodes: number[]; close(): void }) {
  const { tree, later } = page;
  const items = nodes.reduce((sum, node) => sum + tree.size[node], 0);
  const copy = async () => {
    await copyText(nodes.map((node) => later.ids?.[node] ?? '').join('\n'));
    page.say(`${nodes.length} ids copied`);
    close();
  };
  return (
    <div class="where" role="status">
      {plural(nodes.length, 'base cluster')}, {plural(items, 'item')}{' '}
      {nodes.length > 0 && (
        <button type="button" onClick={copy}>
          Copy their ids
        </button>
      )}{' '}
      <button type="button" aria-label="Close" onClick={close}>
        ✕
      </button>
    </div>
  );
}
