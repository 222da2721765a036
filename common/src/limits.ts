// SPDX-License-Identifier: Apache-2.0

/** Every numeric bound of the product that is not an option. */
export const limits = {
  /** Bytes of a link code that a user chooses. */
  codeMaxBytes: 255,
  generatedCodeMinLength: 4,
  generatedCodeMaxLength: 64,
  urlMaxBytes: 8192,
  creatorIdMaxBytes: 128,
  /** Rows of one batch create. */
  batchMaxLinks: 1000,
  listMaxLinks: 1000,
  kvKeyMaxBytes: 4096,
  kvValueMaxBytes: 1024 * 1024,
  kvBatchMaxOperations: 1000,
  /** Bytes of one proposal, all its commands together. */
  proposalMaxBytes: 4 * 1024 * 1024,
  rangePageMaxBytes: 1024 * 1024,
  rangePageMaxRows: 10_000,
  idempotencyKeyMaxBytes: 255,
  httpBodyMaxBytes: 4 * 1024 * 1024,
  /** Times that a request may be handed from node to node before it fails as unavailable. */
  forwardMaxHops: 3,
  /** Frames between nodes: far below grpc's own default of 4 MiB only for control traffic, above a whole proposal for data. */
  peerFrameMaxBytes: 8 * 1024 * 1024,
  /** Of a copy of a chunk that one node asks another for at once: Raft's messages wait behind it on the stream. */
  copyReadMaxBytes: 256 * 1024,
  /** A whole row at least: one of the meta group holds all of its state. */
  snapshotChunkMaxBytes: 6 * 1024 * 1024,
  /** Name and prefix, with the `/` between them, are a key of at most 1024 bytes, which every object store takes. */
  objectNameMaxBytes: 768,
  objectPrefixMaxBytes: 255,
  /** Between two `/`: a file system, and stores on one, take no longer name. */
  objectSegmentMaxBytes: 255,
  /** Parts of one upload; what S3 allows. */
  objectMaxParts: 10_000,
  objectListMaxNames: 1000,
  /** Capacity of a node in percent of a usual one. */
  nodeMaxWeight: 1000,
  /** A planned absence that takes longer is none: the node should be removed. */
  holdMaxMs: 24 * 60 * 60_000,
} as const;
