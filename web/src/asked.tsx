// What a model was asked about a cluster, and what it answered.
import { useEffect, useState } from 'preact/hooks';

import type { Page } from './context';
import { type Question, fetched } from './questions';
import { cut, plural } from './text';

export function Asked({ page, node }: { page: Page; node: number }) {
  const { tree, later } = page;
  const [got, setGot] = useState<Question[] | string | null>(null);
  const id = later.ids?.[node];
  const ask = page.served && later.asked?.left === true && id !== undefined;
  useEffect(() => {
    if (!ask) return;
    let here = true;
    fetched(id).then(
      (questions) => here && setGot(questions),
      (error: unknown) => here && setGot(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      here = false;
    };
  }, [ask, id]);
  if (typeof got === 'string') return <p class="note">What was asked could not be read: {got}</p>;
  const questions = got ?? later.asked?.of(node) ?? [];
  if (!questions.length) {
    return later.asked?.left && !page.served ? (
      <p class="soft">What the model was asked is not in a page of so many clusters: `cladus explore --serve` and `cladus show --why` tell it.</p>
    ) : null;
  }
  return (
    <>
      {questions.map((question, at) => (
        <details key={at} class="asked">
          <summary>
            {at ? 'Asked again' : 'Asked'}: which of {plural(question.offered.length, 'name')} fits “{cut(tree.names[node], 80)}”?
          </summary>
          <p class="soft">
            by {question.model}, among {plural(question.items, 'cluster')}
          </p>
          <ul>
            {question.offered.map((name) => (
              <li key={name} dir="auto" class={name === question.answer ? 'chosen' : undefined}>
                {name}
                {name === question.answer && <span class="soft"> (answered)</span>}
              </li>
            ))}
          </ul>
          {!question.offered.includes(question.answer) && <p>answered “{question.answer}”</p>}
        </details>
      ))}
    </>
  );
}
