// SPDX-License-Identifier: Apache-2.0
import type { TlsIntent } from '../../plan/intent.ts';
import type { CertificateState, Observed } from '../../plan/observed.ts';
import { foreignProblem } from '../../plan/certificates.ts';
import { timeText } from '../time-text.ts';
import { verdict, type Verdict } from '../verdict.ts';

const type = 'CertificatesValid';

/** Whether nodes can show certificates to each other, until when, and who sees to it. */
export function certificatesVerdict({ certificates, nowMs }: Observed, tls: TlsIntent | undefined): Verdict {
  if (certificates === undefined || tls === undefined)
    return verdict(type, 'Disabled', 'spec.tls.mode is Disabled: nodes talk in plain text, to whoever reaches them.');
  const { authority, nodes, makerProblem } = certificates;
  const { mode, authoritySecret, nodesSecret } = tls;
  const foreign = foreignProblem(authority, authoritySecret) ?? foreignProblem(nodes, nodesSecret);
  if (foreign !== undefined) return verdict(type, 'SecretNotOurs', `Waiting for ${foreign}.`);
  if (mode === 'CertManager' && makerProblem !== undefined)
    return verdict(type, 'CertManagerMissing', `Waiting for ${makerProblem}.`);
  if (mode === 'Managed' && authority.kind === 'damaged')
    return verdict(type, 'SecretDamaged', `Secret ${authoritySecret} cannot be used: ${authority.problem}.`);
  if (nodes.kind === 'damaged')
    return verdict(type, 'SecretDamaged', `Secret ${nodesSecret} cannot be used: ${nodes.problem}.`);
  if (nodes.kind !== 'whole') return verdict(type, 'SecretMissing', `There is no Secret ${nodesSecret} yet.`);
  return ofCertificate(nodes.content, tls, nowMs);
}

function ofCertificate(
  { notAfterMs, dnsNames, trusted }: CertificateState,
  { mode, dnsNames: wanted, nodesSecret, renewBeforeMs }: TlsIntent,
  nowMs: number,
): Verdict {
  const end = timeText(notAfterMs);
  if (notAfterMs <= nowMs) return verdict(type, 'Expired', `The certificate of Secret ${nodesSecret} ended on ${end}.`);
  const [pods = ''] = wanted;
  if (!dnsNames.includes(pods))
    return verdict(type, 'NamesMissing', `The certificate of Secret ${nodesSecret} must name ${pods}.`);
  // The renewal is overdue, or nobody but the user can see to it.
  if (notAfterMs - nowMs <= renewBeforeMs / 2)
    return verdict(
      type,
      'ExpiresSoon',
      `The certificate of Secret ${nodesSecret} ends on ${end}, and was not renewed in time.`,
    );
  if (mode === 'Secret') return verdict(type, 'Given', `Valid until ${end}; you renew Secret ${nodesSecret}.`);
  if (trusted.length > 1)
    return verdict(type, 'RotatingAuthority', `Valid until ${end}; an old CA and a new one are both believed.`);
  const renewal = timeText(notAfterMs - renewBeforeMs);
  const maker = mode === 'Managed' ? 'the operator' : 'cert-manager';
  return verdict(type, 'Issued', `Valid until ${end}; ${maker} renews it from ${renewal} on.`);
}
