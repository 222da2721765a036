// SPDX-License-Identifier: Apache-2.0
import type { InputLink } from '../input/url-stream.ts';
import { createBatch } from './batch-client.ts';
import type { CreatedLink, LinkFileWriter } from './link-file.ts';

export interface LoadPlan {
  readonly apis: readonly string[];
  /** Links that are created at most. */
  readonly limit: number;
  readonly onProgress: (created: number) => void;
  /** Links of a batch, 1,000 by default. */
  readonly batchLinks?: number;
}

export interface LoadResult {
  readonly created: number;
  readonly urlBytes: number;
  readonly seconds: number;
  /** Rows that the API does not take as links, by its reason. */
  readonly refused: ReadonlyMap<string, number>;
  /** Links whose URL in the answer is not what a browser makes of the input, some of them. */
  readonly altered: readonly string[];
}

const batchesInFlightPerApi = 2;
const maxExamples = 10;

/** Creates the links in batches through all APIs in turn. */
export async function loadLinks(
  links: AsyncIterator<InputLink>,
  file: LinkFileWriter,
  plan: LoadPlan,
): Promise<LoadResult> {
  const refused = new Map<string, number>();
  const altered: string[] = [];
  const progress = { taken: 0, created: 0, urlBytes: 0 };
  const { batchLinks = 1000 } = plan;
  const reading = serialized(async (): Promise<InputLink[]> => {
    const batch: InputLink[] = [];
    while (batch.length < batchLinks && progress.taken < plan.limit) {
      const next = await links.next();
      if (next.done === true) break;
      batch.push(next.value);
      progress.taken++;
    }
    return batch;
  });
  const worker = async (api: number): Promise<void> => {
    for (;;) {
      const batch = await reading();
      if (batch.length === 0) return;
      const results = await createBatch(plan.apis[api] ?? '', batch);
      const created: CreatedLink[] = [];
      for (const [i, result] of results.entries()) {
        if (result.kind === 'refused') {
          const reason = withoutDetail(result.reason);
          refused.set(reason, (refused.get(reason) ?? 0) + 1);
          continue;
        }
        const url = URL.parse(batch[i]?.url ?? '')?.href ?? '';
        if (result.url !== url && altered.length < maxExamples) altered.push(`${batch[i]?.url}: ${result.url}`);
        created.push({ api, code: result.code, url });
        progress.urlBytes += url.length;
      }
      await file.write(created);
      progress.created += created.length;
      plan.onProgress(progress.created);
    }
  };
  const startMs = performance.now();
  const length = batchesInFlightPerApi;
  const workers = plan.apis.flatMap((_, api) => Array.from({ length }, async () => worker(api)));
  await Promise.all(workers);
  const seconds = (performance.now() - startMs) / 1000;
  return { created: progress.created, urlBytes: progress.urlBytes, seconds, refused, altered };
}

/** One caller at a time: two of them must not take from one iterator at once. */
function serialized<T>(task: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const next = last.then(task);
    last = next.catch(() => undefined);
    return next;
  };
}

/** Reasons quote what they refuse; they are counted by what they have in common. */
export function withoutDetail(reason: string): string {
  return reason.replaceAll(/\([^)]*\)|"[^"]*"/g, '…').slice(0, 120);
}
