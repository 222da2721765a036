// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { certificatesProblem, planCertificates, spreadMs } from './certificates.ts';
import type { Intent, TlsIntent } from './intent.ts';
import { makePlan } from './make-plan.ts';
import type { AuthorityState, CertificatesState, CertificateState, Observed } from './observed.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nowMs = 1000 * dayMs;

const tls: TlsIntent = {
  mode: 'Managed',
  authoritySecret: 'links-ca',
  nodesSecret: 'links-nodes-tls',
  dnsNames: ['*.links-nodes.web.svc'],
  durationMs: 90 * dayMs,
  renewBeforeMs: 30 * dayMs,
};
const intent: Intent = {
  name: 'links',
  replicas: 3,
  templateHash: 'a',
  volumeBytes: 1000,
  isPaused: false,
  isSuspended: false,
  uploadReason: undefined,
  deletesVolumes: false,
  fencedPods: [],
  drainedPods: [],
  tls,
};
const authority: AuthorityState = { fingerprint: 'A', notBeforeMs: 0, notAfterMs: 3650 * dayMs };
const leaf: CertificateState = {
  trusted: ['A'],
  issuer: 'A',
  notAfterMs: nowMs + 60 * dayMs,
  dnsNames: tls.dnsNames,
  trustedSinceMs: 0,
  issuedAtMs: 0,
};

function seen(certificates: Partial<CertificatesState>): Observed {
  return {
    nowMs,
    outdatedObjects: [],
    strayObjects: [],
    statefulSet: undefined,
    pods: [],
    claims: [],
    kubeNodes: [],
    certificates: {
      authority: whole(authority),
      nodes: whole(leaf),
      isRequested: false,
      makerProblem: undefined,
      ...certificates,
    },
    store: undefined,
  };
}

function whole<T>(content: T) {
  return { kind: 'whole', content } as const;
}

/** `authority`, `issue`, `trust`, or what is waited for. */
function plan(certificates: Partial<CertificatesState>, change: Partial<TlsIntent> = {}): readonly string[] {
  const { steps, waitingFor } = planCertificates(seen(certificates), { ...intent, tls: { ...tls, ...change } });
  const words = steps.map(({ action }) => {
    if (action.kind !== 'renewCertificate') return action.kind;
    return [action.issue ? 'issue' : 'trust', ...action.drop.map((one) => `-${one}`)].join(' ');
  });
  return waitingFor === undefined ? words : [...words, `wait: ${waitingFor}`];
}

const missing = { kind: 'missing' } as const;
const damaged = { kind: 'damaged', problem: 'tls.crt is no certificate' } as const;

describe('the CA and the certificate of a cluster', () => {
  it('are made before there are pods', () => {
    expect(plan({ authority: missing, nodes: missing })).toEqual(['renewAuthority', 'issue']);
    expect(plan({ nodes: missing })).toEqual(['issue']);
    const { steps } = makePlan(seen({ nodes: missing }), intent);
    expect(steps.map(({ action }) => action.kind)).toEqual(['renewCertificate', 'setReplicas']);
  });

  it('are left alone while they are good', () => {
    expect(plan({})).toEqual([]);
    expect(plan({ nodes: whole({ ...leaf, notAfterMs: nowMs + 30 * dayMs + 1 }) })).toEqual([]);
  });

  it.each<readonly [string, Partial<CertificatesState>, Partial<TlsIntent>, readonly string[]]>([
    [
      'the certificate ends in less than renewBefore',
      { nodes: whole({ ...leaf, notAfterMs: nowMs + 30 * dayMs }) },
      {},
      ['issue'],
    ],
    ['the certificate has ended', { nodes: whole({ ...leaf, notAfterMs: nowMs - 1 }) }, {}, ['issue']],
    ['the certificate lacks a name', {}, { dnsNames: ['links-api.web.svc'] }, ['issue']],
    ['the certificate cannot be read', { nodes: damaged }, {}, ['issue']],
    [
      'a third of the life of the CA is left',
      { authority: whole({ ...authority, notAfterMs: 1499 * dayMs }) },
      {},
      ['renewAuthority'],
    ],
    [
      'the CA would end before a certificate',
      { authority: whole({ ...authority, notAfterMs: nowMs + 2000 * dayMs }) },
      { durationMs: 2001 * dayMs },
      ['renewAuthority'],
    ],
    ['the CA cannot be read', { authority: damaged }, {}, ['renewAuthority']],
  ])('are renewed when %s', (_when, certificates, change, expected) => {
    expect(plan(certificates, change)).toEqual(expected);
  });

  it.each([
    ['authority', 'links-ca'],
    ['nodes', 'links-nodes-tls'],
  ])('are not touched, and no pod is started, when the Secret of the %s is somebody else’s', (which, secret) => {
    const observed = seen({ [which]: { kind: 'foreign', owner: undefined } });
    const { steps, waitingFor } = makePlan(observed, intent);
    expect(steps).toEqual([]);
    expect(waitingFor).toContain(`Secret ${secret} to go: it does not belong to this cluster`);
    const earlier = seen({ [which]: { kind: 'foreign', owner: 'ShortLinkCluster links (old)' } });
    expect(makePlan(earlier, intent).waitingFor).toBe(
      `Secret ${secret} to go: it belongs to ShortLinkCluster links (old)`,
    );
  });
});

describe('a new CA (K-I11)', () => {
  const next = whole({ ...authority, fingerprint: 'B', notBeforeMs: nowMs });
  const trusting = { ...leaf, trusted: ['B', 'A'], trustedSinceMs: nowMs };
  const shown = { ...trusting, issuer: 'B', issuedAtMs: nowMs };

  it('is believed before it signs', () => {
    expect(plan({ authority: next })).toEqual(['trust']);
    // Also where the certificate is due: its own CA has no key any more.
    expect(plan({ authority: next, nodes: whole({ ...leaf, notAfterMs: nowMs + dayMs }) })).toEqual(['trust']);
  });

  it('signs once all nodes have read it', () => {
    const early = { ...trusting, trustedSinceMs: nowMs - spreadMs + 1 };
    expect(plan({ authority: next, nodes: whole(early) })).toEqual([
      'wait: all nodes to have read their new CA, 10 minutes long',
    ]);
    expect(plan({ authority: next, nodes: whole({ ...trusting, trustedSinceMs: nowMs - spreadMs }) })).toEqual([
      'issue',
    ]);
  });

  it('signs at once where nobody could be connected any more otherwise', () => {
    expect(plan({ authority: next, nodes: whole({ ...trusting, notAfterMs: nowMs + 1000 }) })).toEqual(['issue']);
    expect(plan({ authority: next, nodes: missing })).toEqual(['issue']);
  });

  it('drives out the old one once all nodes show a certificate of the new one', () => {
    expect(plan({ authority: next, nodes: whole({ ...shown, issuedAtMs: nowMs - spreadMs + 1 }) })).toEqual([
      'wait: all nodes to show a certificate of their new CA, 10 minutes long',
    ]);
    expect(plan({ authority: next, nodes: whole({ ...shown, issuedAtMs: nowMs - spreadMs }) })).toEqual(['trust -A']);
    expect(plan({ authority: next, nodes: whole({ ...shown, trusted: ['B'] }) })).toEqual([]);
  });

  it('waits anew where nobody knows since when it is believed', () => {
    expect(plan({ authority: next, nodes: whole({ ...trusting, trustedSinceMs: undefined }) })).toEqual(['trust']);
    expect(plan({ authority: next, nodes: whole({ ...shown, issuedAtMs: undefined }) })).toEqual(['trust']);
  });
});

describe('certificates that others make', () => {
  it.each([
    ['CertManager', 'Secret links-nodes-tls, which cert-manager makes'],
    ['Secret', 'Secret links-nodes-tls, which spec.tls.secretRef names'],
  ] as const)('mode %s: pods wait for them, and nobody writes them', (mode, what) => {
    const wanted = { ...intent, tls: { ...tls, mode } };
    expect(certificatesProblem(seen({ nodes: whole(leaf) }), wanted)).toBeUndefined();
    expect(certificatesProblem(seen({ nodes: damaged }), wanted)).toContain('to be whole: tls.crt is no certificate');
    const { steps, waitingFor } = makePlan(seen({ authority: missing, nodes: missing }), wanted);
    expect([steps, waitingFor]).toEqual([[], what]);
  });

  it('are waited for, and no pod is started, where cert-manager is not there', () => {
    const makerProblem = 'cert-manager, which is not installed';
    const wanted = { ...intent, tls: { ...tls, mode: 'CertManager' } } as const;
    const observed = seen({ authority: missing, nodes: missing, makerProblem });
    expect(makePlan(observed, wanted)).toMatchObject({ steps: [], waitingFor: makerProblem });
  });

  it('are not written over while cert-manager still makes them', () => {
    expect(plan({ authority: missing, isRequested: true })).toEqual([]);
  });

  it('are none where nodes talk in plain text', () => {
    const { steps } = makePlan({ ...seen({}), certificates: undefined }, { ...intent, tls: undefined });
    expect(steps.map(({ action }) => action.kind)).toEqual(['setReplicas']);
  });
});
