// SPDX-License-Identifier: Apache-2.0
import type { Provider } from '../provider.ts';
import { installed } from './installed.ts';

/** By the variable E2E_PROVIDER, `kind` without it. The module of no other one is loaded. */
export async function chosenProvider(): Promise<Provider> {
  const name = process.env['E2E_PROVIDER'] ?? 'kind';
  switch (name) {
    case 'process':
      return (await import('./process/process-provider.ts')).ProcessProvider.open();
    case 'kind':
      return (await import('./kind/kind-provider.ts')).openKind(installed());
    case 'existing':
      return (await import('./existing/existing-provider.ts')).openExisting(installed());
    default:
      throw new Error(`E2E_PROVIDER is ${name}, which is none of kind, existing, process`);
  }
}
