// SPDX-License-Identifier: Apache-2.0
import { CliError, type ExitName } from '@shortlink/common/cli/exit-codes.ts';
import { KubeError } from '../ports/kube-api.ts';
import { StoreError } from '../ports/store-api.ts';

/** What a failure means to who typed the command; bugs stay what they are. */
export function cliErrorOf(error: unknown): unknown {
  if (error instanceof KubeError) return new CliError(kubeExit(error), kubeText(error), { cause: error });
  if (error instanceof StoreError)
    return new CliError(error.isRefusal ? 'conflict' : 'unavailable', error.message, { cause: error });
  return error;
}

export function isForbidden(error: unknown): error is KubeError {
  return error instanceof KubeError && error.status === 403;
}

function kubeExit({ status }: KubeError): ExitName {
  if (status === 404) return 'notFound';
  if (status === 409) return 'conflict';
  if (status === 400 || status === 422) return 'usage';
  return status === 0 || status === 429 || status >= 500 ? 'unavailable' : 'failed';
}

function kubeText({ status, message }: KubeError): string {
  switch (status) {
    case 0:
      return `${message}; see whether kubectl cluster-info answers, and choose another cluster by --context`;
    case 401:
      return `the API server does not know you (${message}): log in again, and see kubectl auth whoami`;
    case 403:
      return `you may not do that: ${message}; docs/operations/kubectl-plugin.md lists the rights that each command needs`;
    case 404:
      return `${message}; where it is the kind ShortLinkCluster that is unknown, install the operator and its CRD first`;
    default:
      return message;
  }
}
