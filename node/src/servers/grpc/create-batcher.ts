// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { Link } from '../../core/statemachine/commands.ts';
import type { CreateMany, SingleCreate } from '../../services/create-many.ts';
import type { Exchange } from './pipeline.ts';

interface Waiting<Outcome> extends SingleCreate {
  readonly exchange: Exchange<Outcome>;
}

/** Collects the creates of all streams until the end of the event loop's turn and hands them on together. */
export class CreateBatcher<Outcome> {
  readonly #createMany: CreateMany;
  readonly #outcomeOf: (link: Link) => Outcome;
  #waiting: Waiting<Outcome>[] = [];

  constructor(createMany: CreateMany, outcomeOf: (link: Link) => Outcome) {
    this.#createMany = createMany;
    this.#outcomeOf = outcomeOf;
  }

  add({ link, idempotencyKey }: SingleCreate, exchange: Exchange<Outcome>): void {
    if (this.#waiting.push({ link, idempotencyKey, exchange }) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const rows = this.#waiting.filter(({ exchange }) => !exchange.isCancelled);
    this.#waiting = [];
    if (rows.length === 0) return;
    // A client with a shorter deadline is answered by gRPC when it passes; nobody else should fail because of it.
    let timeoutMs = 0;
    for (const { exchange } of rows) timeoutMs = Math.max(timeoutMs, exchange.timeoutMs);
    const work = this.#createMany(rows, { timeoutMs }, (index, outcome) => {
      const { exchange } = defined(rows[index], `row ${index} of a group`);
      if (outcome.ok) exchange.succeed(this.#outcomeOf(outcome.link));
      else exchange.fail(outcome.error);
    });
    work.catch((error: unknown) => {
      for (const { exchange } of rows) exchange.fail(error);
    });
  }
}
