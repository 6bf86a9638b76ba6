// What a model was asked about clusters when they were placed. Of large runs that is not in the page:
// whoever serves it is asked, about one cluster at a time.
import type { Block } from './data';

export interface Question {
  model: string;
  /** Clusters in the question. */
  items: number;
  /** The names to choose from, in the order in which they were shown. */
  offered: string[];
  answer: string;
}

export class Questions {
  /** Are there questions that are not in the page? */
  readonly left: boolean;
  private readonly models: string[];
  private readonly names: string[];
  private readonly model: Float64Array;
  private readonly items: Float64Array;
  private readonly offered: Float64Array;
  private readonly offers: Float64Array;
  private readonly about: Float64Array;
  private readonly question: Float64Array;
  private readonly replies: string[];

  constructor(block: Block, n: number) {
    const questions = block.head.questions as number;
    const replies = block.head.replies as number;
    this.left = block.head.left as boolean;
    this.models = block.head.models as string[];
    this.names = block.texts('offer');
    this.model = block.numbers('model', questions);
    this.items = block.numbers('items', questions);
    this.offers = starts(block.numbers('count', questions));
    this.offered = block.numbers('offered', block.head.offers as number);
    this.about = starts(block.numbers('about', n));
    this.question = block.numbers('question', replies);
    this.replies = block.texts('reply');
  }

  /** Those about one cluster, in the order in which they were asked. */
  of(node: number): Question[] {
    const found = [];
    for (let at = this.about[node]; at < this.about[node + 1]; at++) {
      const question = this.question[at];
      const offered = this.offered.subarray(this.offers[question], this.offers[question + 1]);
      found.push({
        model: this.models[this.model[question]],
        items: this.items[question],
        offered: Array.from(offered, (name) => this.names[name]),
        answer: this.replies[at],
      });
    }
    return found;
  }
}

/** Where each begins, and where the last ends. */
function starts(counts: Float64Array): Float64Array {
  const found = new Float64Array(counts.length + 1);
  for (let at = 0; at < counts.length; at++) found[at + 1] = found[at] + counts[at];
  return found;
}

/** Those about the cluster `id`, from whoever serves the page. */
export async function fetched(id: string): Promise<Question[]> {
  const token = new URLSearchParams(location.search).get('token') ?? '';
  const answer = await fetch(`/why?token=${encodeURIComponent(token)}&id=${encodeURIComponent(id)}`);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json() as Promise<Question[]>;
}
