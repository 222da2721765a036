// SPDX-License-Identifier: Apache-2.0
import type { Endpoint, Network } from './network.ts';

export interface Question {
  readonly address: string;
  readonly question: Uint8Array;
  readonly timeoutMs: number;
}

/** A call of its own, beside the streams: needs nobody to know anybody. Rejects when no answer comes back in time. */
export async function askOverNetwork(
  network: Network,
  from: Endpoint,
  { address, question, timeoutMs }: Question,
): Promise<Uint8Array> {
  const { world } = network;
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  world.after(timeoutMs * 1000, () => reject(new Error(`${address} does not answer`)), from);
  const travel = (a: string, b: string, arrive: () => void): void => {
    world.after(network.delayUs(a, b), () => {
      if (!network.isBlocked(a, b)) arrive();
    });
  };
  travel(from.address, address, () => {
    const to = network.endpointAt(address);
    if (to === undefined) {
      if (from.isAlive) world.after(0, () => reject(new Error(`${address} refuses the connection`)), from);
      return;
    }
    const answered = (bytes: Uint8Array): void =>
      travel(address, from.address, () => world.after(0, () => resolve(bytes), from));
    const failed = (): void =>
      travel(address, from.address, () => world.after(0, () => reject(new Error(`${address} failed`)), from));
    world.note('ask', `${from.address}>${address}`);
    world.after(0, () => void to.handler.onQuestion(question.slice()).then(answered, failed), to);
  });
  return promise;
}
