// All there is to say about one cluster; without one, about the run.
import { useState } from 'preact/hooks';

import { Asked } from './asked';
import { css } from './colour';
import type { Page } from './context';
import { copyText } from './copy';
import { EditForm, type Kind } from './editform';
import { SURE, type Tree } from './model';
import { cut, percent, plural, thousands } from './text';

const SHOWN = 12;
const ITEMS = 50;

export function Panel({ page }: { page: Page }) {
  const { state } = page;
  const node = state.selected;
  return (
    <aside class={`panel${node < 0 ? ' idle' : ''}`} aria-label="Details" tabIndex={0}>
      {node < 0 ? <Run page={page} /> : <Cluster key={node} page={page} node={node} />}
    </aside>
  );
}

function Cluster({ page, node }: { page: Page; node: number }) {
  const { tree, later } = page;
  const leaf = tree.isLeaf(node);
  const path = tree.path(node).slice(0, -1);
  const description = later.descriptions?.[node];
  return (
    <>
      <button type="button" class="close" aria-label="Close details" onClick={() => page.select(-1, 'push')}>
        ✕
      </button>
      <nav class="crumbs" aria-label="Path">
        {path.length ? null : <span>{leaf ? 'A root without children' : 'A root'}</span>}
        {path.map((above) => (
          <span key={above}>
            <NodeLink page={page} node={above} letters={34} /> ›
          </span>
        ))}
      </nav>
      <h2 class="name" dir="auto">{cut(page.nameOf(node), 400)}</h2>
      {page.nameOf(node) !== tree.names[node] && <p class="soft">was: <s>{cut(tree.names[node], 200)}</s></p>}
      {description && <p class="name" dir="auto">{description}</p>}
      {tree.says[node] && <p class="note">{tree.says[node]}</p>}
      <div class="facts">
        <div><b>{thousands(tree.size[node])}</b><span>{tree.size[node] === 1 ? 'item' : 'items'}</span></div>
        <div><b>{percent(tree.size[node] / Math.max(1, tree.total))}</b><span>of all</span></div>
        {path.length > 0 && <div><b>{percent(tree.share(node))}</b><span>of its parent</span></div>}
        {!leaf && <div><b>{thousands(tree.leaves[node])}</b><span>base clusters</span></div>}
      </div>
      <Actions page={page} node={node} />
      <Placement page={page} node={node} />
      <Children page={page} node={node} />
      <Members page={page} node={node} />
      {later.ids && <p class="soft" style={{ marginTop: '18px', overflowWrap: 'anywhere' }}>id {later.ids[node]} · level {tree.level[node]}</p>}
    </>
  );
}

export function NodeLink({ page, node, letters = 80 }: { page: Page; node: number; letters?: number }) {
  return (
    <button type="button" class="link name" dir="auto" onClick={() => page.select(node, 'push')}>
      {cut(page.nameOf(node), letters)}
    </button>
  );
}

const VERDICTS: Record<number, [string, string]> = {
  [SURE.only]: ['○', 'Nothing else was offered'],
  [SURE.clear]: ['●', 'Clear'],
  [SURE.close]: ['◎', 'Close'],
  [SURE.doubt]: ['◔', 'In doubt'],
  [SURE.people]: ['✎', 'People put it so'],
};

const MATCHED: Record<string, string> = {
  exact: 'as one of the names that were offered',
  normalised: 'as one of the names, but for case, blanks or punctuation',
  fuzzy: 'nearly as one of the names',
};

/** How sure its place is, and why. */
function Placement({ page, node }: { page: Page; node: number }) {
  const { tree, later } = page;
  const verdict = VERDICTS[tree.sure[node]];
  if (tree.parent[node] < 0 || !verdict) return null;
  const why = later.why?.of(node);
  return (
    <section>
      <h3>How sure its place is</h3>
      <p class="verdict">
        <span style={{ color: css(page.look.name === 'sure' ? page.look.colours[tree.sure[node]] : [128, 134, 142]), fontSize: '16px' }} aria-hidden="true">
          {verdict[0]}
        </span>
        {verdict[1]}
      </p>
      {why && why.margin !== null && <Margin tree={tree} margin={why.margin} />}
      {why && (
        <dl class="why">
          {why.given && (
            <>
              <dt>put under</dt>
              <dd>
                <NodeLink page={page} node={tree.parent[node]} />
                {why.given.name !== tree.names[tree.parent[node]] && <span class="soft"> (candidate “{why.given.name}”)</span>}
                {why.given.scope && <div class="soft">{why.given.scope}</div>}
              </dd>
            </>
          )}
          {why.second && (
            <>
              <dt>could be</dt>
              <dd>
                {why.second.node >= 0 ? <NodeLink page={page} node={why.second.node} /> : <span class="name">{why.second.name}</span>}
                {why.second.node >= 0 && why.second.name !== tree.names[why.second.node] && (
                  <span class="soft"> (candidate “{why.second.name}”)</span>
                )}
              </dd>
            </>
          )}
          <dt>decided by</dt>
          <dd>{decided(why.match, why.answer, page.tree.asked)}</dd>
          {why.answer && (
            <>
              <dt>answered</dt>
              <dd class="name">“{why.answer}”</dd>
            </>
          )}
        </dl>
      )}
      {why?.remark && <p class="note">{why.remark}</p>}
      {why?.answer && <Asked page={page} node={node} />}
    </section>
  );
}

function decided(match: string, answer: string, asked: boolean): string {
  if (match === 'only') return 'nothing else was offered';
  if (match === 'nearest') {
    return asked ? 'nearness in meaning: the model gave no valid answer' : 'nearness in meaning; no model was asked';
  }
  return answer ? `a model, ${MATCHED[match] ?? match}` : 'a model';
}

function Margin({ tree, margin }: { tree: Tree; margin: number }) {
  const [low, middle, most] = tree.margins;
  const top = Math.max(0.0001, most ?? 1);
  // The bar has three parts as high as the run has margins in them: a tenth, a quarter, the rest.
  const place =
    low === null || middle === null
      ? 0.5
      : margin < low
        ? 0.05
        : margin < middle
          ? 0.1 + (0.25 * (margin - low)) / Math.max(1e-6, middle - low)
          : 0.35 + (0.65 * (margin - middle)) / Math.max(1e-6, top - middle);
  const nearer = margin < 0 ? 'further away than' : 'nearer than';
  return (
    <>
      <div class="meter" aria-hidden="true">
        <i style={{ left: `${100 * Math.max(0.005, Math.min(0.995, place))}%` }} />
      </div>
      <p class="soft">
        {Math.abs(margin).toFixed(3)} {nearer} the runner-up (cosine)
      </p>
    </>
  );
}

function Children({ page, node }: { page: Page; node: number }) {
  const { tree, look } = page;
  const [all, setAll] = useState(false);
  const children = tree.childrenOf(node);
  if (!children.length) return null;
  const shown = all ? children.slice(0, 500) : children.slice(0, SHOWN);
  const longest = Math.max(1, tree.size[children[0]]);
  return (
    <section>
      <h3>{plural(children.length, 'child').replace('childs', 'children')}</h3>
      <ul class="kids">
        {shown.map((child) => (
          <li key={child}>
            <button type="button" onClick={() => page.select(child, 'push')}>
              <span class="name" dir="auto" title={page.nameOf(child)}>{cut(page.nameOf(child), 120)}</span>
              <span class="bar">
                <i style={{ width: `${(100 * tree.size[child]) / longest}%`, background: css(look.colours[look.kind[child]] ?? look.colours[0]) }} />
              </span>
              <span class="size">{thousands(tree.size[child])}</span>
            </button>
          </li>
        ))}
      </ul>
      {children.length > shown.length && !all && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          … {thousands(children.length - shown.length)} more
        </button>
      )}
    </section>
  );
}

function Members({ page, node }: { page: Page; node: number }) {
  const { tree, later } = page;
  if (!later.why) return null;
  const leaves = tree.isLeaf(node) ? [node] : tree.leavesBelow(node);
  const { shown, all } = later.why.items(leaves, ITEMS);
  if (!all) return null;
  return (
    <section>
      <h3>
        {plural(all, 'item')}
        {shown.length > 0 && (
          <button
            type="button"
            class="link"
            onClick={async () => {
              await copyText(shown.join('\n'));
              page.say(`${shown.length} ids copied`);
            }}
          >
            Copy
          </button>
        )}
      </h3>
      <ul class="items">
        {shown.slice(0, tree.isLeaf(node) ? ITEMS : 12).map((item, at) => (
          <li key={at}>{cut(item, 200)}</li>
        ))}
      </ul>
      {all > shown.length && <p class="soft">The first {thousands(shown.length)}; `cladus show` prints all.</p>}
    </section>
  );
}

/** Where it is on the map, and what people may say otherwise. */
function Actions({ page, node }: { page: Page; node: number }) {
  const { tree, later } = page;
  const [kind, setKind] = useState<Kind | null>(null);
  const kinds: [Kind, string][] = tree.isLeaf(node)
    ? [['move', 'Move…']]
    : [['rename', 'Rename…'], ['merge', 'Merge…'], ['move', 'Move…']];
  kinds.push(['pin', 'Pin…']);
  const corrects = later.ids !== null && tree.since === null;
  const isRoot = tree.parent[node] < 0;
  const offered = corrects ? kinds.filter(([kind]) => !isRoot || (kind !== 'move' && kind !== 'pin')) : [];
  return (
    <>
      <div class="actions">
        {tree.hasPlace(node) && (
          <button type="button" class="button" onClick={() => page.fit(node)}>Show on the map</button>
        )}
        {offered.map(([which, text]) => (
          <button key={which} type="button" class="button" aria-expanded={kind === which} onClick={() => setKind(kind === which ? null : which)}>
            {text}
          </button>
        ))}
      </div>
      {kind && <EditForm key={kind} page={page} node={node} kind={kind} done={() => setKind(null)} />}
    </>
  );
}

function Run({ page }: { page: Page }) {
  const { tree } = page;
  const classes = [0, 0, 0, 0, 0, 0];
  for (let node = 0; node < tree.n; node++) classes[tree.sure[node]]++;
  const known = classes[2] + classes[3] + classes[4];
  return (
    <>
      <h2 class="name">{tree.title}</h2>
      <div class="facts">
        <div><b>{thousands(tree.baseCount())}</b><span>base clusters</span></div>
        <div><b>{thousands(tree.total)}</b><span>items</span></div>
        <div><b>{thousands(tree.roots)}</b><span>roots</span></div>
        <div><b>{tree.deepest + 1}</b><span>levels</span></div>
      </div>
      {tree.noise > 0 && <p class="soft">{plural(tree.noise, 'more item')} of noise {tree.noise === 1 ? 'is' : 'are'} in no cluster.</p>}
      {tree.since !== null && <Since page={page} />}
      {known > 0 && (
        <>
          <h3>How sure placements are</h3>
          <dl class="why">
            <dt>● clear</dt><dd>{thousands(classes[2])}</dd>
            <dt>◎ close</dt><dd>{thousands(classes[3])}</dd>
            <dt>◔ in doubt</dt><dd>{thousands(classes[4])}</dd>
            {classes[5] > 0 && <><dt>✎ by people</dt><dd>{thousands(classes[5])}</dd></>}
          </dl>
          <p class="soft">
            By this run’s own margins: the lowest tenth, and what a model did not settle, is in doubt; the quarter above it is close.{' '}
            <button type="button" class="link" onClick={() => page.set({ view: 'list' })}>Look through the doubtful ones</button>
          </p>
        </>
      )}
      <h3>Roots</h3>
      <Roots page={page} />
      {tree.map && tree.note && <p class="soft" style={{ marginTop: '16px' }}>{tree.note}</p>}
    </>
  );
}

function Roots({ page }: { page: Page }) {
  const { tree, look } = page;
  const roots = tree.childrenOf(-1).slice(0, 20);
  return (
    <ul class="kids">
      {roots.map((root) => (
        <li key={root}>
          <button type="button" onClick={() => page.select(root, 'push')}>
            <span class="chip" style={{ background: css(look.colours[look.kind[root]] ?? look.colours[0]) }} />
            <span class="name" dir="auto">{cut(page.nameOf(root), 120)}</span>
            <span class="size">{percent(tree.share(root))}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Since({ page }: { page: Page }) {
  const { tree } = page;
  return (
    <>
      <h3>Since {tree.since}</h3>
      {tree.summary.map((line, at) => <p key={at}>{line}</p>)}
      {tree.gone.length > 0 && (
        <>
          <h3>No longer there</h3>
          <ul class="kids">
            {tree.gone.slice(0, 200).map(([name, size, says], at) => (
              <li key={at} style={{ padding: '3px 0' }}>
                <b>− {cut(name, 120)}</b> <span class="soft">{thousands(size)} · {says}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
