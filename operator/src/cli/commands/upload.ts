// SPDX-License-Identifier: Apache-2.0
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { clearProgress, type Io } from '@shortlink/common/cli/io.ts';
import type { ShortLinkCluster, UploadStatus } from '../../crd/shortlink-cluster.gen.ts';
import { timeText } from '../../reconcile/time-text.ts';
import { uploadAnnotation } from '../../reconcile/uploads.ts';
import { annotated, changeCluster } from '../change-cluster.ts';
import { findCluster } from '../find-cluster.ts';
import { clusterArgument, kubeFlags, outputFlags } from '../flags.ts';
import { sleep } from '../../runtime/waiting.ts';
import { printResult } from '../print.ts';
import { withSession, type Connect, type Session } from '../session.ts';

const pollMs = 1000;

export const uploadCommand = (connect: Connect) =>
  command({
    path: ['upload'],
    summary: 'Have everything that is only on the nodes uploaded to the object store',
    details: [
      `It sets the annotation ${uploadAnnotation}; the operator gives the order. --wait ends when all of it is in the object store.`,
    ],
    args: [clusterArgument],
    flags: {
      wait: { kind: 'bool', default: false, help: 'Wait for the end of the upload.' },
      ...kubeFlags,
      timeout: { ...kubeFlags.timeout, default: 600_000 },
      ...outputFlags,
    },
    run: async ({ flags, args, io }) => {
      const upload = await withSession(connect, flags, async (session, signal): Promise<UploadStatus> => {
        const { cluster, at } = await request(session, args.cluster, signal);
        if (!flags.wait) return { requestedAt: at };
        return waitForUpload({ session, name: cluster.metadata.name, at, io }, signal);
      });
      printResult(io, flags.output, upload, () =>
        flags.wait ? `uploaded at ${upload.completedAt ?? ''}` : 'the upload is asked for; status shows how far it is',
      );
    },
  });

async function request(
  session: Session,
  name: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly cluster: ShortLinkCluster; readonly at: string }> {
  // Times are whole seconds: one that was asked for in this second already would not be seen as another one.
  let at = '';
  const { cluster } = await changeCluster(
    session,
    name,
    (one) => {
      refuseWithoutStore(one);
      const last = Date.parse(one.status?.upload?.requestedAt ?? '');
      at = timeText(Math.max(session.clock.nowMs(), Number.isNaN(last) ? 0 : last + 1000));
      return annotated(one, uploadAnnotation, at);
    },
    signal,
  );
  return { cluster, at };
}

function refuseWithoutStore({ metadata, spec }: ShortLinkCluster): void {
  if (spec.objectStore === undefined)
    throw new CliError('conflict', `${metadata.name} has no spec.objectStore: there is nowhere to upload to`);
  if (spec.suspend) throw new CliError('conflict', `${metadata.name} is suspended: its nodes do not run`);
  if (spec.paused)
    throw new CliError(
      'conflict',
      `${metadata.name} is paused: the operator gives no orders until spec.paused is false`,
    );
}

interface Waiting {
  readonly session: Session;
  readonly name: string;
  readonly at: string;
  readonly io: Io;
}

async function waitForUpload({ session, name, at, io }: Waiting, signal: AbortSignal): Promise<UploadStatus> {
  for (;;) {
    const { status } = await findCluster(session, name, signal);
    const upload = status?.upload ?? {};
    const isOurs = Date.parse(upload.requestedAt ?? '') >= Date.parse(at);
    if (isOurs && upload.completedAt !== undefined) {
      clearProgress(io);
      return upload;
    }
    const waits = isOurs ? `${upload.pendingShards ?? '?'} shards left` : 'the operator has not taken it up yet';
    io.rewrite?.(`uploading: ${waits}`);
    await sleep(session.clock, pollMs, signal);
  }
}
