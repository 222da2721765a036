// SPDX-License-Identifier: Apache-2.0
import type { SeededLink } from '../shortlink/seed-links.ts';

const samples = 500;

/** Follows a sample of the links: a server that answers fast with something else must not be measured. */
export async function checkRedirects(url: string, links: readonly SeededLink[]): Promise<void> {
  const step = Math.max(1, Math.floor(links.length / samples));
  for (let i = 0; i < links.length; i += step) {
    const link = links[i];
    if (link === undefined) continue;
    const response = await fetch(`${url}/${link.code}`, { redirect: 'manual' });
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (response.status !== 302 || location !== link.url) {
      throw new Error(`${url}/${link.code} answered ${response.status} ${location}, expected 302 ${link.url}`);
    }
  }
}
