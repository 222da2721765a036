// SPDX-License-Identifier: Apache-2.0
import type { Intent, TlsIntent } from './intent.ts';
import type { AuthorityState, CertificateState, Observed, SecretState } from './observed.ts';
import type { Part, Step } from './step.ts';

/**
 * After a change of a Secret, until every node has it for certain: kubelets take up to two minutes, nodes a second. So long is a
 * new CA believed before it signs anything, and an old one after its last certificate has gone (K-I11).
 */
export const spreadMs = 10 * 60_000;
/** So long before a certificate ends, nobody waits for anything any more. */
const lastCallMs = 60_000;

/** The CA of the cluster and the certificate of its nodes, where the operator makes them: first of all, since pods mount it. */
export function planCertificates(
  { certificates, nowMs }: Pick<Observed, 'certificates' | 'nowMs'>,
  { tls }: Pick<Intent, 'tls'>,
): Part {
  if (certificates === undefined || tls === undefined) return { steps: [] };
  const { authority, nodes, isRequested, makerProblem } = certificates;
  if (tls.mode === 'CertManager' && makerProblem !== undefined) return { steps: [], waitingFor: makerProblem };
  // Two who write one Secret would never end.
  if (tls.mode !== 'Managed' || isRequested) return { steps: [] };
  const foreign = foreignProblem(authority, tls.authoritySecret) ?? foreignProblem(nodes, tls.nodesSecret);
  if (foreign !== undefined) return { steps: [], waitingFor: foreign };
  const reason = authorityReason(authority, tls, nowMs);
  const renewal: Step[] =
    reason === undefined ? [] : [{ action: { kind: 'renewAuthority', secret: tls.authoritySecret }, reason }];
  if (nodes.kind !== 'whole') return { steps: [...renewal, renewCertificate(tls, incomplete(nodes), { issue: true })] };
  if (renewal.length > 0 || authority.kind !== 'whole') return { steps: renewal };
  return certificatePart(authority.content, nodes.content, tls, nowMs);
}

/** Why pods must not be started, which could not do without; undefined when they may. */
export function certificatesProblem({ certificates }: Observed, { tls }: Intent): string | undefined {
  if (certificates === undefined || tls === undefined) return undefined;
  const { authority, nodes, makerProblem } = certificates;
  const { mode, nodesSecret } = tls;
  if (mode === 'CertManager' && makerProblem !== undefined) return makerProblem;
  // What is missing or damaged is made before anything else happens.
  if (mode === 'Managed') return foreignProblem(authority, tls.authoritySecret) ?? foreignProblem(nodes, nodesSecret);
  const maker = mode === 'CertManager' ? 'cert-manager makes' : 'spec.tls.secretRef names';
  if (nodes.kind === 'missing') return `Secret ${nodesSecret}, which ${maker}`;
  return nodes.kind === 'damaged' ? `Secret ${nodesSecret}, which ${maker}, to be whole: ${nodes.problem}` : undefined;
}

/** What a user has to do about a Secret of somebody else. */
export function foreignProblem(state: SecretState<unknown>, secret: string): string | undefined {
  if (state.kind !== 'foreign') return undefined;
  const { owner } = state;
  return owner === undefined
    ? `Secret ${secret} to go: it does not belong to this cluster and is left alone; delete it, or use spec.tls.mode Secret`
    : `Secret ${secret} to go: it belongs to ${owner}`;
}

function authorityReason(state: SecretState<AuthorityState>, tls: TlsIntent, nowMs: number): string | undefined {
  if (state.kind !== 'whole') return incomplete(state);
  const { notBeforeMs, notAfterMs } = state.content;
  // A certificate must not end because its CA does.
  const enoughMs = Math.max((notAfterMs - notBeforeMs) / 3, tls.durationMs);
  return notAfterMs - nowMs < enoughMs ? `the CA ends on ${dateText(notAfterMs)}` : undefined;
}

function certificatePart(authority: AuthorityState, now: CertificateState, tls: TlsIntent, nowMs: number): Part {
  const { trusted, issuer, notAfterMs, trustedSinceMs, issuedAtMs } = now;
  if (notAfterMs <= nowMs) return only(renewCertificate(tls, 'the certificate has ended', { issue: true }));
  const isTrusted = trusted.includes(authority.fingerprint);
  const areTimesKnown = trustedSinceMs !== undefined && issuedAtMs !== undefined;
  if (!isTrusted || (trusted.length > 1 && !areTimesKnown))
    return only(renewCertificate(tls, 'a new CA is believed by all nodes before it signs anything', { issue: false }));
  if (issuer !== authority.fingerprint) {
    const isSpread = nowMs - (trustedSinceMs ?? nowMs) >= spreadMs;
    if (!isSpread && notAfterMs - nowMs > lastCallMs)
      return { steps: [], waitingFor: `all nodes to have read their new CA, ${spreadMs / 60_000} minutes long` };
    return only(renewCertificate(tls, 'there is a new CA, which all nodes believe by now', { issue: true }));
  }
  const reason = renewalReason(now, tls, nowMs);
  if (reason !== undefined) return only(renewCertificate(tls, reason, { issue: true }));
  const drop = trusted.filter((fingerprint) => fingerprint !== authority.fingerprint);
  if (drop.length === 0) return { steps: [] };
  if (nowMs - (issuedAtMs ?? nowMs) < spreadMs)
    return {
      steps: [],
      waitingFor: `all nodes to show a certificate of their new CA, ${spreadMs / 60_000} minutes long`,
    };
  return only(renewCertificate(tls, 'no node shows a certificate of the old CA any more', { issue: false, drop }));
}

function renewalReason({ notAfterMs, dnsNames }: CertificateState, tls: TlsIntent, nowMs: number): string | undefined {
  const absent = tls.dnsNames.find((name) => !dnsNames.includes(name));
  if (absent !== undefined) return `the certificate does not name ${absent}`;
  return notAfterMs - nowMs <= tls.renewBeforeMs ? `the certificate ends on ${dateText(notAfterMs)}` : undefined;
}

function renewCertificate(
  { nodesSecret }: TlsIntent,
  reason: string,
  { issue, drop = [] }: { readonly issue: boolean; readonly drop?: readonly string[] },
): Step {
  return { action: { kind: 'renewCertificate', secret: nodesSecret, issue, drop }, reason };
}

function incomplete(state: SecretState<unknown>): string {
  return state.kind === 'damaged' ? `it cannot be used: ${state.problem}` : 'there is none yet';
}

function only(step: Step): Part {
  return { steps: [step] };
}

function dateText(ms: number): string {
  return new Date(ms).toISOString();
}
