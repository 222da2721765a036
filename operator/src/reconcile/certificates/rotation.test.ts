// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { assert } from '@shortlink/common/assert.ts';
import { allCrashPoints, CrashedError, CrashPoints, type CrashPoint } from '../../../testing/gateway/crash-points.ts';
import { Gateway } from '../../../testing/gateway/gateway.ts';
import { KubeDouble } from '../../../testing/kube-double.ts';
import { nodePki } from '../../adapters/node-pki.ts';
import { minimalCluster } from '../../desired/testing/inputs.ts';
import { resources } from '../../desired/resources.ts';
import { planCertificates } from '../../plan/certificates.ts';
import type { TlsIntent } from '../../plan/intent.ts';
import type { CertificateState } from '../../plan/observed.ts';
import type { SecretObject } from '../kube-views.ts';
import { Lookups } from '../lookups.ts';
import { CertificateWriter } from './certificate-writer.ts';
import { SecretStates } from './secret-states.ts';

const never = new AbortController().signal;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const namespace = 'default';
const cluster = { ...minimalCluster, namespace };
/** Kubelets take up to two minutes, and some take their time. */
const maxLagMs = 5 * minuteMs;
const tls: TlsIntent = {
  mode: 'Managed',
  authoritySecret: 'links-ca',
  nodesSecret: 'links-nodes-tls',
  dnsNames: ['*.links-nodes.default.svc'],
  durationMs: 3 * hourMs,
  renewBeforeMs: hourMs,
};

/** Operators that see to the certificates of one cluster and may end at any moment, and nodes that hear of it late. */
class Rotation {
  readonly #double = new KubeDouble({ seed: 1 });
  readonly #history: { readonly atMs: number; readonly state: CertificateState }[] = [];
  readonly #states = new SecretStates(nodePki);
  points: CrashPoints;
  #api: Gateway;
  #lookups: Lookups;

  constructor() {
    this.points = new CrashPoints();
    this.#api = new Gateway(this.#double.connect(), this.points);
    this.#lookups = new Lookups(this.#api, this.#double.clock);
  }

  replaceOperator(crash?: CrashPoint): void {
    this.points = new CrashPoints(crash);
    this.#api = new Gateway(this.#double.connect(), this.points);
    this.#lookups = new Lookups(this.#api, this.#double.clock);
  }

  async loseAuthority(): Promise<void> {
    await this.#double.connect().delete(resources.secret, { namespace, name: tls.authoritySecret }, {}, never);
  }

  /** One look, one step, one minute. @returns whether there is nothing to do and nothing to wait for. */
  async round(): Promise<boolean> {
    if (this.points.isCrashed) this.replaceOperator();
    let isQuiet = false;
    try {
      isQuiet = await this.#reconcile();
    } catch (error) {
      if (!(error instanceof CrashedError)) throw error;
    }
    await this.#look();
    await this.#double.run(minuteMs, minuteMs);
    return isQuiet;
  }

  async settle(): Promise<CertificateState> {
    for (let i = 0, quiet = 0; i < 200; i++) {
      quiet = (await this.round()) ? quiet + 1 : 0;
      const last = this.#history.at(-1);
      if (quiet > 6 && last !== undefined) return last.state;
    }
    throw new Error('no end');
  }

  async #reconcile(): Promise<boolean> {
    const secret = async (name: string): Promise<SecretObject | undefined> =>
      this.#lookups.get(resources.secret, { namespace, name }, never);
    const authority = await secret(tls.authoritySecret);
    const nodes = await secret(tls.nodesSecret);
    const nowMs = this.#double.clock.nowMs();
    const seen = {
      isRequested: false,
      makerProblem: undefined,
      authority: this.#states.authority(authority, cluster),
      nodes: this.#states.certificate(nodes, cluster),
    };
    const { steps, waitingFor } = planCertificates({ certificates: seen, nowMs }, { tls });
    const action = steps[0]?.action;
    if (action === undefined) return waitingFor === undefined;
    const writer = new CertificateWriter({
      api: this.#api,
      fieldManager: 'operator',
      lookups: this.#lookups,
      pki: nodePki,
    });
    const stage = { cluster, tls, authority, nodes, nowMs };
    if (action.kind === 'renewAuthority') await writer.renewAuthority(stage, never);
    else if (action.kind === 'renewCertificate') await writer.renewCertificate(stage, action, never);
    return false;
  }

  /** Nodes have any of the states of the last minutes, and each of them must believe each other one. */
  async #look(): Promise<void> {
    const secret = await this.#double.connect().get(resources.secret, { namespace, name: tls.nodesSecret }, never);
    const state = this.#states.certificate(secret, undefined);
    if (state.kind !== 'whole') return;
    const atMs = this.#double.clock.nowMs();
    if (state.content.notAfterMs <= atMs) throw new Error('a certificate has ended');
    this.#history.push({ atMs, state: state.content });
    const held = this.#history.filter((one) => atMs - one.atMs <= maxLagMs).map((one) => one.state);
    for (const a of held)
      for (const b of held)
        assert(
          a.trusted.includes(b.issuer),
          `K-I11: a node that believes ${a.trusted.join()} meets one of ${b.issuer}`,
        );
  }
}

async function play(crash?: CrashPoint): Promise<Rotation> {
  const rotation = new Rotation();
  const before = await rotation.settle();
  await rotation.loseAuthority();
  rotation.replaceOperator(crash);
  const after = await rotation.settle();
  expect(after.issuer).not.toBe(before.issuer);
  expect(after.trusted).toEqual([after.issuer]);
  return rotation;
}

describe('a change of the CA (K-I11)', () => {
  it('ends, and parts no nodes from each other, whichever write is the last one of an operator', async () => {
    const { points } = await play();
    expect(points.passed).toEqual([
      'create secrets links-ca',
      'apply secrets links-nodes-tls',
      'apply secrets links-nodes-tls',
      'apply secrets links-nodes-tls',
    ]);
    for (const crash of allCrashPoints(points.passed.length)) await expect(play(crash)).resolves.toBeDefined();
  });

  it.each([1, 2, 3])('may begin anew at any moment, and meet with operators that end: seed %i', async (seed) => {
    let state = seed;
    const chance = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const rotation = new Rotation();
    await rotation.settle();
    for (let i = 0; i < 240; i++) {
      if (chance() < 0.05) await rotation.loseAuthority();
      if (chance() < 0.1)
        rotation.replaceOperator({ index: Math.floor(chance() * 3), when: chance() < 0.5 ? 'before' : 'after' });
      await rotation.round();
    }
    const { trusted, issuer } = await rotation.settle();
    expect(trusted).toEqual([issuer]);
  });
});
