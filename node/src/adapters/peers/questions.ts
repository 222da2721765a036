// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import type { Client } from '@grpc/grpc-js';
import { ServiceError } from '@shortlink/common/errors.ts';
import { serviceClient } from '@shortlink/proto/grpc-service.ts';
import { FormationRequestSchema, Peer } from '@shortlink/proto/peer.ts';
import type { CancelTimer, Timers } from '../../ports/clock.ts';
import type { Channels } from './channels.ts';

const maxChannels = 64;
/** Questions come in rounds of a second or two; between rounds the channel stays. */
const idleMs = 10_000;

interface Line {
  readonly client: Client;
  waiting: number;
  cancelIdle: CancelTimer;
}

/** Asks addresses that need not be peers yet. */
export class Questions {
  readonly #channels: Channels;
  readonly #timers: Timers;
  readonly #lineByAddress = new Map<string, Line>();
  #closed = false;

  constructor(channels: Channels, timers: Timers) {
    this.#channels = channels;
    this.#timers = timers;
  }

  /** @throws ServiceError `unavailable`: nobody answered in time, or it could not be asked. */
  async ask(address: string, question: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    const line = this.#lineTo(address);
    line.waiting++;
    line.cancelIdle();
    try {
      const deadline = Date.now() + timeoutMs;
      const request = create(FormationRequestSchema, { payload: question });
      const response = await serviceClient(Peer, line.client).formation(request, { deadline });
      return response.payload;
    } catch (error) {
      // A channel that failed waits before it tries again, and may keep an address that a name no longer has.
      this.#drop(address, line);
      throw new ServiceError('unavailable', `${address} did not answer: ${reasonOf(error)}`, { cause: error });
    } finally {
      line.waiting--;
      if (line.waiting === 0) line.cancelIdle = this.#timers.after(idleMs, () => this.#drop(address, line));
    }
  }

  close(): void {
    this.#closed = true;
    for (const [address, line] of this.#lineByAddress) this.#drop(address, line);
  }

  #lineTo(address: string): Line {
    if (this.#closed) throw new ServiceError('unavailable', 'the node is shutting down');
    const known = this.#lineByAddress.get(address);
    if (known !== undefined) return known;
    if (this.#lineByAddress.size >= maxChannels)
      throw new ServiceError('overloaded', `${maxChannels} addresses are being asked already`);
    const line = { client: this.#channels.open(address), waiting: 0, cancelIdle: () => {} };
    this.#lineByAddress.set(address, line);
    return line;
  }

  #drop(address: string, line: Line): void {
    line.cancelIdle();
    if (this.#lineByAddress.get(address) !== line) return;
    this.#lineByAddress.delete(address);
    line.client.close();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
