// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { forwardPort, type OpenTunnel, type Tunnel } from './port-forward.ts';

const stopping: AbortController[] = [];
afterEach(() => {
  for (const one of stopping.splice(0)) one.abort();
});

async function listen(open: OpenTunnel): Promise<{ readonly connect: () => net.Socket; readonly stop: () => void }> {
  const controller = new AbortController();
  stopping.push(controller);
  const [host = '', port = ''] = (await forwardPort(open, controller.signal)).split(':');
  return { connect: () => net.connect(Number(port), host), stop: () => controller.abort() };
}

class FakeTunnel extends EventTarget implements Tunnel {
  closed = 0;

  close(): void {
    this.closed++;
  }
}

/** A pod that gives back what it is sent, as client-node's tunnels do: first a frame for each channel that names the port. */
function echo(tunnels: FakeTunnel[]): OpenTunnel {
  return async (socket, complaints) => {
    await Promise.resolve();
    const tunnel = new FakeTunnel();
    tunnels.push(tunnel);
    socket.write('');
    complaints.write('');
    socket.on('data', (data: Buffer) => {
      if (data.toString() === 'complain') complaints.write('connection refused');
      else socket.write(data);
    });
    return tunnel;
  };
}

async function answerOf(socket: net.Socket, text: string): Promise<string> {
  socket.write(text);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString();
}

describe('a forwarded port', () => {
  it('gives each connection a tunnel of its own, which ends with it', async () => {
    const tunnels: FakeTunnel[] = [];
    const { connect } = await listen(echo(tunnels));
    const [one, two] = [connect(), connect()];
    expect(await answerOf(one, 'first')).toBe('first');
    expect(await answerOf(two, 'second')).toBe('second');
    expect(tunnels).toHaveLength(2);
    one.end();
    await once(one, 'close');
    expect(await answerOf(two, 'still')).toBe('still');
    expect(tunnels.map(({ closed }) => closed).toSorted()).toEqual([0, 1]);
  });

  it('ends a connection whose tunnel ends, or whose pod refuses', async () => {
    const tunnels: FakeTunnel[] = [];
    const { connect } = await listen(echo(tunnels));
    const refused = connect();
    refused.write('complain');
    await once(refused, 'close');
    const dropped = connect();
    await answerOf(dropped, 'x');
    tunnels.at(-1)?.dispatchEvent(new Event('close'));
    await once(dropped, 'close');
  });

  it('ends a connection that no tunnel could be made for', async () => {
    const { connect } = await listen(() => Promise.reject(new Error('403')));
    const socket = connect();
    await once(socket, 'close');
    expect(socket.bytesRead).toBe(0);
  });

  it('is gone when it is not needed any more', async () => {
    const { connect, stop } = await listen(echo([]));
    const open = connect();
    await answerOf(open, 'x');
    stop();
    await once(open, 'close');
    const late = connect();
    const [error] = (await once(late, 'error')) as [Error];
    expect(error.message).toContain('ECONNREFUSED');
    await expect(forwardPort(echo([]), AbortSignal.abort())).rejects.toThrow();
  });
});
