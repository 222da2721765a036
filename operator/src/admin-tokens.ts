// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster } from './crd/shortlink-cluster.gen.ts';
import { objectNames } from './desired/names.ts';
import { resources } from './desired/resources.ts';
import type { Clock } from './ports/clock.ts';
import type { KubeApi } from './ports/kube-api.ts';
import type { SecretObject } from './reconcile/kube-views.ts';

const freshMs = 30_000;

/** Tokens of scope admin, by the clusters whose Secrets hold them. A token that changes is known half a minute later. */
export class AdminTokens {
  readonly #api: KubeApi;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly token: string; readonly atMs: number }>();

  constructor(api: KubeApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** Empty while there is none, which the nodes refuse. */
  async of({ metadata, spec }: ShortLinkCluster, signal: AbortSignal): Promise<string> {
    const name = spec.apiTokens.secretRef?.name ?? objectNames(metadata.name).adminToken;
    const key = { namespace: metadata.namespace, name };
    const id = `${metadata.namespace ?? ''}/${name}`;
    const known = this.#known.get(id);
    if (known !== undefined && this.#clock.monotonicMs() - known.atMs < freshMs) return known.token;
    const secret: SecretObject | undefined = await this.#api.get(resources.secret, key, signal);
    const token = atob(secret?.data?.['token'] ?? '').trim();
    if (token !== '') this.#known.set(id, { token, atMs: this.#clock.monotonicMs() });
    return token;
  }
}
