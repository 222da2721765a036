// SPDX-License-Identifier: Apache-2.0

/** Bounds of the chunk format: a writer refuses more, and a reader refuses more before it allocates anything. */
export const chunkLimits = {
  /** Namespace byte and suffix: the longest key of a pair is half of it. */
  keyMaxBytes: 8192,
  valueMaxBytes: 4 * 1024 * 1024,
  /** What blockMaxBytes may be: fewer bytes than five for each of blockMaxRows. */
  blockMaxTargetBytes: 256 * 1024,
  sampleMaxBytes: 256 * 1024 * 1024,
  /** Keys and values of one block: what blockMaxBytes may be, or a single larger row. */
  blockMaxRawBytes: 5 * 1024 * 1024,
  blockMaxStoredBytes: 6 * 1024 * 1024,
  blockMaxRows: 65_536,
  blocksMax: 4_000_000,
  filterSegmentMaxKeys: 1_000_000,
  urlPrefixesMax: 30,
  urlPrefixMaxBytes: 128,
  creatorsMax: 65_536,
  creatorMaxBytes: 255,
  creatorsMaxBytes: 1024 * 1024,
  timelineMaxKnots: 65_536,
  dictionaryMaxBytes: 1024 * 1024,
  /** Names in the lineage, generations in the lineage, namespaces: each. */
  listMaxItems: 65_536,
  propertiesMaxBytes: 16 * 1024 * 1024,
  modelMaxBytes: 8 * 1024 * 1024,
  indexMaxBytes: 128 * 1024 * 1024,
  /** Of all blocks, prefixes included: what is stored of them may be far shorter. */
  separatorsMaxBytes: 64 * 1024 * 1024,
} as const;
