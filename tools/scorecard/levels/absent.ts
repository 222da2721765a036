// SPDX-License-Identifier: Apache-2.0
import type { Level } from '../question.ts';

export const absent: Level = {
  title: 'What there is not',
  questions: [
    { text: 'An OLM bundle?', tests: [], but: 'No.' },
    { text: 'Clusters over several Kubernetes?', tests: [], but: 'No.' },
    { text: 'Maintenance windows?', tests: [], but: 'No. `spec.paused` holds everything back.' },
  ],
};
