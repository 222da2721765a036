// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { ServiceError } from '@shortlink/common/errors.ts';
import { LinkSchema } from '@shortlink/proto/links.ts';
import type { Link as LinkMessage, NewLink as NewLinkMessage, UpdateLinkRequest } from '@shortlink/proto/links.ts';
import type { Link } from '../../core/statemachine/commands.ts';
import type { NewLink } from '../../services/link-input.ts';
import type { LinkChanges } from '../../services/links.ts';
import { millisecondsOf, numberOf, textOf, timestampOf } from './values.ts';

/** @throws ServiceError invalid */
export function newLinkOf(message: NewLinkMessage | undefined, field: string): NewLink {
  if (message === undefined) throw new ServiceError('invalid', `${field} is missing`, { field });
  return {
    url: message.url,
    code: textOf(message.code),
    codeLength: message.codeLength === 0 ? undefined : message.codeLength,
    expiresAtMs: millisecondsOf(message.expireTime, `${field}.expire_time`),
    creatorId: textOf(message.creatorId),
  };
}

/** @throws ServiceError invalid */
export function changesOf(request: UpdateLinkRequest): LinkChanges {
  const { url, expireTime, clearExpireTime, disabled, ifRevision } = request;
  const expiresAtMs = millisecondsOf(expireTime, 'expire_time');
  if (clearExpireTime && expiresAtMs !== undefined) {
    throw new ServiceError('invalid', 'expire_time and clear_expire_time exclude each other', {
      field: 'clear_expire_time',
    });
  }
  return {
    url,
    expiresAtMs: clearExpireTime ? null : expiresAtMs,
    disabled,
    ifRevision: numberOf(ifRevision, 'if_revision'),
  };
}

export function linkMessage(link: Link): LinkMessage {
  return create(LinkSchema, {
    code: link.code,
    url: link.url,
    creatorId: link.creatorId,
    createTime: timestampOf(link.createdAtMs),
    updateTime: timestampOf(link.updatedAtMs),
    ...(link.expiresAtMs === undefined ? {} : { expireTime: timestampOf(link.expiresAtMs) }),
    disabled: link.disabled,
    revision: BigInt(link.revision),
  });
}
