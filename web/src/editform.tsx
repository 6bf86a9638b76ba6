// The forms of the four corrections.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import type { Page } from './context';
import { mayMergeWith, mayMoveTo, problem, type Edit } from './edits';
import { lower } from './search';
import { cut, thousands } from './text';

export type Kind = Edit['kind'];

const CHOICES = 200;

export function EditForm({ page, node, kind, done }: { page: Page; node: number; kind: Kind; done(): void }) {
  const { tree, later } = page;
  const [name, setName] = useState(kind === 'rename' ? page.nameOf(node) : '');
  const [description, setDescription] = useState('');
  const [to, setTo] = useState<number[]>([]);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.select(), []);
  const second = later.why?.of(node).second?.node ?? -1;
  const choices = useMemo(() => {
    if (kind === 'merge') return nearFirst(page, node, mayMergeWith(tree, node));
    if (kind === 'move') return likely(mayMoveTo(tree, node), second);
    return [];
  }, [kind, node]);
  const edit: Edit =
    kind === 'rename'
      ? { kind, node, name: name.trim(), description: description.trim() }
      : kind === 'merge'
        ? { kind, node, others: to, name: name.trim() }
        : kind === 'move'
          ? { kind, node, to: to[0] ?? -1 }
          : { kind, node, to: tree.parent[node] };
  const wrong = problem(tree, edit);
  const submit = (event: Event) => {
    event.preventDefault();
    if (wrong) return;
    page.addEdit(edit);
    done();
  };
  return (
    <form class="edit" onSubmit={submit} onKeyDown={(event) => event.key === 'Escape' && done()}>
      {kind === 'rename' && (
        <>
          <label>
            New name
            <input ref={first} value={name} maxLength={500} onInput={(event) => setName(event.currentTarget.value)} />
          </label>
          <label>
            New description (if it should change)
            <textarea rows={2} value={description} onInput={(event) => setDescription(event.currentTarget.value)} />
          </label>
        </>
      )}
      {kind === 'merge' && (
        <>
          <Choice page={page} label="Merge it with" choices={choices} to={to} setTo={setTo} multiple />
          <label>
            Name of both (if it should change)
            <input value={name} maxLength={500} onInput={(event) => setName(event.currentTarget.value)} />
          </label>
        </>
      )}
      {kind === 'move' &&
        (choices.length ? (
          <Choice page={page} label="Move it under" choices={choices} to={to} setTo={setTo} mark={second} />
        ) : (
          <p>There is no other parent one level above it.</p>
        ))}
      {kind === 'pin' && (
        <p>
          Keep it under “{cut(page.nameOf(tree.parent[node]), 100)}”, wherever a rebuild would put it.
        </p>
      )}
      {wrong && (to.length > 0 || kind === 'rename') && <p class="bad" role="alert">{wrong}</p>}
      <div class="foot" style={{ marginTop: 0 }}>
        <button type="button" class="button" onClick={done}>Cancel</button>
        <button type="submit" class="button primary" disabled={wrong !== null}>Note it</button>
      </div>
    </form>
  );
}

interface ChoiceProps {
  page: Page;
  label: string;
  choices: number[];
  to: number[];
  setTo(to: number[]): void;
  multiple?: boolean;
  mark?: number;
}

function Choice({ page, label, choices, to, setTo, multiple, mark }: ChoiceProps) {
  const { tree } = page;
  const [wanted, setWanted] = useState('');
  const fit = choices.filter((node) => lower(page.nameOf(node)).includes(lower(wanted.trim())));
  const shown = fit.slice(0, CHOICES);
  return (
    <>
      <label>
        Search
        <input value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
      </label>
      <label>
        {label}
        <select
          size={7}
          multiple={multiple}
          style={{ height: '150px' }}
          onChange={(event) => {
            setTo([...event.currentTarget.selectedOptions].map((option) => Number(option.value)));
          }}
        >
          {shown.map((node) => (
            <option key={node} value={node} selected={to.includes(node)}>
              {cut(page.nameOf(node), 70)} ({thousands(tree.size[node])}){node === mark ? ' – the runner-up' : ''}
            </option>
          ))}
        </select>
      </label>
      {fit.length > shown.length && <p class="soft">… {thousands(fit.length - shown.length)} more: search for them</p>}
    </>
  );
}

function likely(choices: number[], second: number): number[] {
  return choices.includes(second) ? [second, ...choices.filter((node) => node !== second)] : choices;
}

/** Those near it on the map first. */
function nearFirst({ tree }: Page, node: number, choices: number[]): number[] {
  if (!tree.hasPlace(node)) return choices;
  const far = (other: number) => (tree.x[other] - tree.x[node]) ** 2 + (tree.y[other] - tree.y[node]) ** 2;
  return choices.sort((a, b) => far(a) - far(b));
}
