// SPDX-License-Identifier: Apache-2.0
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import type { Clock } from '../ports/clock.ts';
import type { Digest } from '../ports/digest.ts';
import type { KubeApi } from '../ports/kube-api.ts';
import type { Pki } from '../ports/pki.ts';
import type { PodAccess } from '../ports/pod-access.ts';
import type { Random } from '../ports/random.ts';
import type { StoreApi } from '../ports/store-api.ts';
import type { PodObject } from '../reconcile/kube-views.ts';
import { cliErrorOf } from './failures.ts';

/** Which Kubernetes, as flags say it. */
export interface KubeTarget {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string | undefined;
}

/** What commands act through, with the rights of the user. */
export interface Session {
  readonly kube: KubeApi;
  readonly pods: PodAccess;
  /** Of the flag, else of the context. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly digest: Digest;
  readonly pki: Pki;
  /** The nodes of a cluster by the addresses of its pods, through the API server, until `signal` is aborted. */
  readonly storeOf: (cluster: ShortLinkCluster, pods: readonly PodObject[], signal: AbortSignal) => StoreApi;
  readonly close: () => void;
}

/** Nothing is sent before the first call. @throws CliError for a kubeconfig that cannot be used */
export type Connect = (target: KubeTarget) => Session;

interface SessionFlags extends KubeTarget {
  readonly timeout: number;
}

/** Runs with a session that ends with it. Failures of Kubernetes and of nodes become errors of the command line. */
export async function withSession<T>(
  connect: Connect,
  flags: SessionFlags,
  run: (session: Session, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const session = connect(flags);
  const stopping = new AbortController();
  const cancel = session.clock.after(flags.timeout, () => {
    stopping.abort(new CliError('unavailable', `no end in ${flags.timeout} ms; --timeout allows more`));
  });
  try {
    return await run(session, stopping.signal);
  } catch (error) {
    throw cliErrorOf(error);
  } finally {
    cancel();
    stopping.abort(new CliError('unavailable', 'the command has ended'));
    session.close();
  }
}
