// SPDX-License-Identifier: Apache-2.0

import { broken } from './invariant.ts';
import { debugLevel, infoLevel, warnLevel } from './logger.ts';
import { newMessage } from './message.ts';
import { allVoters } from './quorum/joint.ts';
import { becomeCandidate, becomePreCandidate } from './roles.ts';
import { send } from './send.ts';
import { hex } from './state.ts';
import type { Raft } from './state.ts';
import { recordVote, tallyVotes } from './tracker/tracker.ts';
import type { Tally } from './tracker/tracker.ts';
import type { Message } from './types.ts';

/**
 * - `preElection`: would a quorum vote for us? (Raft thesis, section 9.6)
 * - `election`: the vote itself.
 * - `transfer`: the vote itself, on the leader's request, which votes must not ignore for its lease (section 3.10).
 */
export type CampaignType = 'preElection' | 'election' | 'transfer';

/** Context of a vote request that overrides the lease; the same text as etcd's. */
export const transferContext: Uint8Array = new TextEncoder().encode('CampaignTransfer');

export function isTransferContext(context: Uint8Array | undefined): boolean {
  if (context?.length !== transferContext.length) return false;
  return transferContext.every((byte, at) => byte === context[at]);
}

/** A voter of the current configuration that is not waiting for a snapshot to be applied. */
export function promotable(raft: Raft): boolean {
  const progress = raft.tracker.progress.get(raft.id);
  return progress !== undefined && !progress.isLearner && raft.log.unstable.snapshot === undefined;
}

/** Starts an election where that is allowed. */
export function hup(raft: Raft, campaignType: CampaignType): void {
  const { logger } = raft;
  if (raft.role === 'leader') {
    if (logger.level <= debugLevel) logger.log(debugLevel, `${hex(raft.id)} ignoring MsgHup because already leader`);
    return;
  }
  if (!promotable(raft)) {
    if (logger.level <= warnLevel) logger.log(warnLevel, `${hex(raft.id)} is unpromotable and can not campaign`);
    return;
  }
  if (hasUnappliedConfChanges(raft)) {
    if (logger.level <= warnLevel) {
      const why = 'since there are still pending configuration changes to apply';
      logger.log(warnLevel, `${hex(raft.id)} cannot campaign at term ${raft.term} ${why}`);
    }
    return;
  }
  if (logger.level <= infoLevel) {
    logger.log(infoLevel, `${hex(raft.id)} is starting a new election at term ${raft.term}`);
  }
  campaign(raft, campaignType);
}

/** A replica that has not applied a committed configuration change does not know who may vote. */
function hasUnappliedConfChanges(raft: Raft): boolean {
  const { log } = raft;
  let from = log.window.applied + 1;
  while (from <= log.committed) {
    // In pages: there may be a lot to apply.
    const page = log.slice(from, log.committed + 1, log.window.maxBytes);
    if (page === 'compacted' || page.length === 0) broken(`unapplied entries from ${from} are missing`);
    if (page.some((entry) => entry.type !== 'normal')) return true;
    from += page.length;
  }
  return false;
}

export function campaign(raft: Raft, campaignType: CampaignType): void {
  const preElection = campaignType === 'preElection';
  if (preElection) becomePreCandidate(raft);
  else becomeCandidate(raft);
  // A pre-vote is about the term that an election would have.
  const term = preElection ? raft.term + 1 : raft.term;
  const request = preElection ? 'MsgPreVote' : 'MsgVote';
  const lastTerm = raft.log.lastTerm();
  const lastIndex = raft.log.lastIndex();
  for (const id of allVoters(raft.tracker.config)) {
    if (id === raft.id) {
      // The own vote is handed in like all others, when it is durable.
      const ownVote = newMessage(preElection ? 'MsgPreVoteResp' : 'MsgVoteResp', id);
      ownVote.term = term;
      send(raft, ownVote);
      continue;
    }
    if (raft.logger.level <= infoLevel) {
      const last = `[logterm: ${lastTerm}, index: ${lastIndex}]`;
      raft.logger.log(infoLevel, `${hex(raft.id)} ${last} sent ${request} request to ${hex(id)} at term ${raft.term}`);
    }
    const message = newMessage(request, id);
    message.term = term;
    message.index = lastIndex;
    message.logTerm = lastTerm;
    if (campaignType === 'transfer') message.context = transferContext;
    send(raft, message);
  }
}

/** Counts one vote. */
export function poll(raft: Raft, response: Message): Tally {
  const { type, from, reject } = response;
  if (raft.logger.level <= infoLevel) {
    const what = reject ? `${type} rejection` : type;
    raft.logger.log(infoLevel, `${hex(raft.id)} received ${what} from ${hex(from)} at term ${raft.term}`);
  }
  recordVote(raft.tracker, from, !reject);
  return tallyVotes(raft.tracker);
}
