// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { boundAddress, listen, ListenError } from './listen.ts';

it('says that somebody listens there already, and what to do', async () => {
  const first = createServer();
  await listen(first, { host: '127.0.0.1', port: 0 });
  const address = boundAddress(first);
  const second = listen(createServer(), address);
  await expect(second).rejects.toThrow(ListenError);
  await expect(second).rejects.toThrow(`cannot listen on 127.0.0.1:${address.port}: somebody listens there already`);
  first.close();
});

it('says that an address is not of this machine', async () => {
  const far = listen(createServer(), { host: '192.0.2.1', port: 80 });
  await expect(far).rejects.toThrow(/^cannot listen on 192\.0\.2\.1:80: .*choose an address of this machine/);
});
