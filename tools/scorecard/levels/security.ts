// SPDX-License-Identifier: Apache-2.0
import { charts, operator, type Level } from '../question.ts';

export const security: Level = {
  title: 'Security',
  questions: [
    {
      text: 'Is traffic between nodes encrypted by default, with certificates that are renewed without restarts?',
      requirement: 'O8',
      tests: [
        operator('reconcile/certificates/certificates', 'are renewed before they end, by the same CA'),
        operator(
          'reconcile/certificates/certificates',
          'is replaced so that nodes with older and newer certificates believe each other at every step (K-I11)',
        ),
      ],
    },
    {
      text: 'Can cert-manager, or one’s own certificates, be used instead?',
      requirement: 'O8',
      tests: [
        operator(
          'reconcile/certificates/given-certificates',
          'are asked for, waited for, and judged; the operator writes neither a CA nor the Secret',
        ),
        operator('reconcile/certificates/given-certificates', 'are waited for, judged, and never written'),
      ],
    },
    {
      text: 'Are Secrets neither listed nor watched?',
      requirement: 'O8',
      tests: [
        operator(
          'reconcile/certificates/certificates',
          'are looked at one by one and seldom: Secrets are neither listed nor watched',
        ),
      ],
    },
    {
      text: 'Do pods meet the Pod Security Standard "restricted"?',
      requirement: 'O3',
      tests: [charts('operator-chart', 'has pods that the standard "restricted" admits')],
    },
  ],
};
