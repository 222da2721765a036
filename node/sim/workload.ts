// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import type { Link } from '../src/core/statemachine/commands.ts';
import { Batch } from './batches.ts';
import type { Violations } from './checkers/violations.ts';
import type { Gateway } from './gateway.ts';
import type { History, HistoryKind, OperationInput, OperationOutput, RecordedOperation } from './history.ts';
import type { SimNode } from './sim-node.ts';
import type { SimRandom } from './sim-random.ts';
import type { World } from './world.ts';

export interface WorkloadOptions {
  readonly world: World;
  readonly nodes: readonly SimNode[];
  readonly gatewayOf: (node: SimNode) => Gateway | undefined;
  readonly history: History;
  readonly violations: Violations;
  readonly clients: number;
  /** Mean time that a client waits between two operations. */
  readonly thinkMs: number;
}

/** Tries of one operation under one idempotency key, through any node. */
const maxTries = 4;
/** Tries of a read after everything was repaired. */
const finalTries = 8;
/** Operations after which clients turn to new keys, so that the history of each stays short enough to be judged. */
const operationsPerKeySet = 150;
const keysPerSet = 6;
const oldKeysChance = 0.2;
/** A node answers everything by the deadline that it was given, or so much later. */
const patienceUs = 2_000_000;
const batchMaxLinks = 3;
const unanswered = Symbol('unanswered');
/** Values that clients have seen, for compare-and-swap. */
interface Seen {
  readonly value: string;
  readonly revision: number;
}

/** Clients that create, change, delete and read the same few links and keys through the production services. */
export class Workload {
  /** Links whose code was drawn by the cluster, with what they must lead to for ever. */
  readonly generated = new Map<string, string>();
  readonly #options: WorkloadOptions;
  readonly #batches: Batch[] = [];
  readonly #seen = new Map<string, Seen>();
  #values = 0;
  #started = 0;
  #isStopped = false;
  #running = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  /** Operations that were begun. */
  get startedCount(): number {
    return this.#started;
  }

  get isIdle(): boolean {
    return this.#running === 0;
  }

  start(): void {
    for (let client = 0; client < this.#options.clients; client++) {
      this.#running++;
      void this.#runClient(client, this.#options.world.random(`client ${client}`)).finally(() => {
        this.#running--;
      });
    }
  }

  /** Clients end with the operation that they have begun. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Reads a key of the history through one node: part of the history like any other operation. False: it cannot. */
  async readThrough(node: SimNode, kind: HistoryKind, key: string): Promise<boolean> {
    const { history, world } = this.#options;
    const operation = history.call(kind, this.#options.clients, { f: 'get', key });
    for (let attempt = 0; attempt < finalTries; attempt++) {
      const output = await this.#attempt(node, operation, undefined);
      if (output !== undefined) {
        history.answer(operation, output);
        return true;
      }
      await world.sleep(500_000);
    }
    history.giveUp(operation);
    return false;
  }

  /** What a generated code leads to, as one node says it. */
  async resolveThrough(node: SimNode, code: string): Promise<string> {
    for (let attempt = 0; attempt < finalTries; attempt++) {
      const url = await this.#ask(node, (gateway) => gateway.destinationOf(code).catch(refusalText));
      if (url !== undefined) return url;
      await this.#options.world.sleep(500_000);
    }
    return 'nothing';
  }

  async #runClient(client: number, random: SimRandom): Promise<void> {
    const { world, thinkMs } = this.#options;
    let node = this.#pickNode(random);
    while (!this.#isStopped) {
      await world.sleep(random.int(2 * thinkMs * 1_000));
      if (this.#isStopped) return;
      this.#started++;
      if (random.chance(0.2)) node = this.#pickNode(random);
      const isFine = await this.#runNext(client, node, random);
      if (!isFine) node = this.#pickNode(random);
    }
  }

  async #runNext(client: number, node: SimNode, random: SimRandom): Promise<boolean> {
    const choice = random.int(100);
    if (choice < 6) return this.#createBatch(node, random);
    if (choice < 15) return this.#createGenerated(node, random);
    if (choice < 22) return this.#revisit(node, random);
    return this.#runOne(client, node, random);
  }

  /** Clients know the nodes that were ever started. */
  #pickNode(random: SimRandom): SimNode {
    return random.pick(this.#options.nodes.filter(({ lastNodeId }) => lastNodeId !== undefined));
  }

  async #runOne(client: number, first: SimNode, random: SimRandom): Promise<boolean> {
    const { history, world } = this.#options;
    const operation = random.chance(0.5) ? this.#nextLink(client, random) : this.#nextKv(client, random);
    const idempotencyKey = `${client}-${this.#started}`;
    let node = first;
    for (let attempt = 0; attempt < maxTries; attempt++) {
      const output = await this.#attempt(node, operation, idempotencyKey);
      if (output !== undefined) {
        history.answer(operation, output);
        return attempt === 0;
      }
      await world.sleep(random.between(10_000, 400_000));
      node = this.#pickNode(random);
    }
    history.giveUp(operation);
    return false;
  }

  /** Mostly the newest keys; now and then old ones, whose rows have left the hot tier long since. */
  #pickSet(random: SimRandom): number {
    const newest = Math.floor(this.#started / operationsPerKeySet);
    return random.chance(oldKeysChance) ? random.int(newest + 1) : newest;
  }

  #nextLink(client: number, random: SimRandom): RecordedOperation {
    const set = this.#pickSet(random);
    const key = `${random.pick(['a', 'h', 'r', 'z'])}x${set}-${random.int(keysPerSet / 2)}`;
    const value = `https://example.com/${this.#values++}`;
    const choice = random.int(100);
    const input: OperationInput =
      choice < 30
        ? { f: 'create', key, value }
        : choice < 65
          ? { f: 'get', key }
          : choice < 92
            ? { f: 'update', key, value }
            : { f: 'delete', key };
    return this.#options.history.call('link', client, input);
  }

  #nextKv(client: number, random: SimRandom): RecordedOperation {
    const set = this.#pickSet(random);
    const key = `${random.pick(['b', 'k', 's'])}k${set}-${random.int(keysPerSet / 3)}`;
    const value = `v${this.#values++}`;
    const choice = random.int(100);
    const seen = this.#seen.get(key);
    const input: OperationInput =
      choice < 35
        ? { f: 'put', key, value }
        : choice < 70
          ? { f: 'get', key }
          : choice < 92
            ? { f: 'cas', key, from: seen?.value ?? null, to: value }
            : { f: 'delete', key };
    return this.#options.history.call('kv', client, input);
  }

  async #createGenerated(first: SimNode, random: SimRandom): Promise<boolean> {
    const { world, violations } = this.#options;
    const url = `https://example.com/generated/${this.#values++}`;
    const idempotencyKey = `generated-${this.#started}`;
    let node = first;
    for (let attempt = 0; attempt < maxTries; attempt++) {
      const code = await this.#ask(node, (gateway) => gateway.create({ url }, idempotencyKey));
      if (code !== undefined) {
        const other = this.generated.get(code);
        if (other !== undefined) violations.add('unique codes', `code ${code} was given to ${other} and to ${url}`);
        this.generated.set(code, url);
        return attempt === 0;
      }
      await world.sleep(random.between(10_000, 400_000));
      node = this.#pickNode(random);
    }
    return false;
  }

  /** A link that nobody changes leads where it always did, and its code is given to nobody else, in whatever tier it is. */
  async #revisit(node: SimNode, random: SimRandom): Promise<boolean> {
    const { violations } = this.#options;
    const known = [...this.generated];
    if (known.length === 0) return true;
    const [code, url] = random.pick(known);
    if (random.chance(0.6)) {
      const found = await this.#ask(node, async (gateway) => gateway.destinationOf(code).catch(refusalText));
      if (found !== undefined && found !== url)
        violations.add('durability', `link ${code} was acknowledged to lead to ${url}; ${node.name} finds ${found}`);
      return found !== undefined;
    }
    const link = { url: `https://example.com/${this.#values++}`, code };
    const outcome = await this.#ask(node, async (gateway) => gateway.create(link, undefined).catch(refusalText));
    if (outcome !== undefined && outcome !== 'conflict')
      violations.add(
        'unique codes',
        `code ${code} leads to ${url}; asked to create it again, ${node.name} says ${outcome}`,
      );
    return outcome !== undefined;
  }

  /** Without a key of its own a client cannot ask again: what became of an unanswered batch shows in the end. */
  async #createBatch(node: SimNode, random: SimRandom): Promise<boolean> {
    const batch = new Batch(this.#batches.length, 1 + random.int(batchMaxLinks));
    this.#batches.push(batch);
    const outcomes = await this.#ask(node, (gateway) => gateway.createBatch(batch.links));
    if (outcomes === undefined) return false;
    batch.answered(outcomes);
    return outcomes.every(({ ok }) => ok);
  }

  /** Judges what one node finds of every batch. */
  async checkBatches(node: SimNode): Promise<void> {
    const { violations, world } = this.#options;
    for (const batch of this.#batches) {
      let links: readonly Link[] | undefined;
      for (let attempt = 0; links === undefined && attempt < finalTries; attempt++) {
        links = await this.#ask(node, (gateway) => gateway.listLinks(batch.creatorId));
        if (links === undefined) await world.sleep(500_000);
      }
      const fault =
        links === undefined
          ? `${node.name} cannot list ${batch.creatorId} after all was repaired`
          : batch.faultOf(links);
      if (fault !== undefined) violations.add('batches', fault);
    }
  }

  /** Undefined: nobody knows what became of it. */
  async #attempt(
    node: SimNode,
    operation: RecordedOperation,
    idempotencyKey: string | undefined,
  ): Promise<OperationOutput | undefined> {
    return this.#ask(node, async (gateway) => {
      try {
        return await this.#perform(gateway, operation, idempotencyKey);
      } catch (error) {
        const output = refusalOf(error);
        if (output === undefined) throw error;
        return output;
      }
    });
  }

  async #perform(
    gateway: Gateway,
    { kind, input }: RecordedOperation,
    idempotencyKey: string | undefined,
  ): Promise<OperationOutput> {
    const { key } = input;
    switch (input.f) {
      case 'get': {
        if (kind === 'link') return { result: 'ok', value: await gateway.destinationOf(key) };
        const row = await gateway.getKey(utf8(key));
        if (row === undefined) return { result: 'absent' };
        const value = fromUtf8(row.value);
        this.#sawValue(key, { value, revision: row.revision });
        return { result: 'ok', value };
      }
      case 'create':
        await gateway.create({ url: input.value, code: key }, idempotencyKey);
        return { result: 'ok' };
      case 'update':
        await gateway.updateLink(key, input.value, idempotencyKey);
        return { result: 'ok' };
      case 'delete': {
        if (kind === 'kv') return { result: (await gateway.deleteKey(utf8(key), idempotencyKey)) ? 'ok' : 'absent' };
        await gateway.deleteLink(key, idempotencyKey);
        return { result: 'ok' };
      }
      case 'put':
        await gateway.putKey(utf8(key), utf8(input.value), { idempotencyKey, ifRevision: undefined });
        return { result: 'ok' };
      case 'cas': {
        const ifRevision = input.from === null ? 0 : this.#revisionOf(key, input.from);
        await gateway.putKey(utf8(key), utf8(input.to), { idempotencyKey, ifRevision });
        return { result: 'ok' };
      }
    }
  }

  /** A value and its revision belong together for ever. */
  #sawValue(key: string, seen: Seen): void {
    this.#seen.set(key, seen);
    const name = `${key} ${seen.value}`;
    const known = this.#revisions.get(name) ?? seen.revision;
    this.#revisions.set(name, known);
    if (known === seen.revision) return;
    this.#options.violations.add(
      'revisions',
      `${key} has the value ${seen.value} at revisions ${known} and ${seen.revision}`,
    );
  }

  readonly #revisions = new Map<string, number>();

  #revisionOf(key: string, value: string): number {
    return this.#revisions.get(`${key} ${value}`) ?? 0;
  }

  /** Through a node that may die, hang or be unable meanwhile: undefined then. Other failures are defects. */
  async #ask<T>(node: SimNode, work: (gateway: Gateway) => Promise<T>): Promise<T | undefined> {
    const { gatewayOf, violations, world } = this.#options;
    const gateway = gatewayOf(node);
    if (gateway === undefined) return undefined;
    const calledUs = world.nowUs;
    const patience = world.sleep(gateway.timeoutMs * 1_000 + patienceUs).then(() => {
      if (gatewayOf(node) === gateway && !gateway.wasPausedSince(calledUs)) return unanswered;
      return undefined;
    });
    try {
      const outcome = await Promise.race([work(gateway), gateway.death, patience]);
      if (outcome !== unanswered) return outcome;
      violations.add('deadlines', `${node.name} has not answered within ${gateway.timeoutMs} ms and ${patienceUs} µs`);
      return undefined;
    } catch (error) {
      if (error instanceof ServiceError && error.kind !== 'internal' && retryableKinds.has(error.kind))
        return undefined;
      if (gatewayOf(node) === gateway)
        violations.add('answers', `a client got an unexpected failure: ${String(error)}`);
      return undefined;
    }
  }
}

/** A refusal is an answer; whatever else went wrong is thrown on. */
function refusalText(error: unknown): string {
  const output = refusalOf(error);
  if (output === undefined) throw error;
  return output.result;
}

const retryableKinds: ReadonlySet<string> = new Set(['unavailable', 'overloaded', 'timeout']);

function refusalOf(error: unknown): OperationOutput | undefined {
  if (!(error instanceof ServiceError)) return undefined;
  if (error.kind === 'conflict' || error.kind === 'preconditionFailed') return { result: 'conflict' };
  if (error.kind === 'notFound') return { result: 'absent' };
  return error.kind === 'gone' ? { result: 'gone' } : undefined;
}
