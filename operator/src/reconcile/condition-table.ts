// SPDX-License-Identifier: Apache-2.0

interface ReasonText {
  /** Statuses that the condition has for this reason. */
  readonly status: 'True' | 'False' | 'Unknown';
  readonly meaning: string;
  /** What a person should do; empty: nothing. */
  readonly todo: string;
}

interface ConditionText {
  /** What `True` says. */
  readonly meaning: string;
  readonly reasons: Readonly<Record<string, ReasonText>>;
}

const progressTexts = {
  Creating: on('The cluster is new: its objects, pods and volumes are made, and it forms.', ''),
  Scaling: on(
    'Nodes join, or are drained and leave.',
    'Nothing, as long as `status.plan.waitingFor` changes: see [scaling](../operations/scaling.md).',
  ),
  Upgrading: on(
    'Pods are replaced one by one, since what was asked of them has changed.',
    'Nothing, unless `Degraded` names a pod: see [a bad image](../operations/changes.md#a-bad-image-or-a-bad-option).',
  ),
  Resizing: on('Volumes grow.', 'Nothing, unless it lasts: see [growth](../operations/volumes.md#growth).'),
  Replacing: on(
    'A node that is lost, or that leaves, is replaced or drained.',
    'See [lost pods, volumes and machines](../operations/replacing.md), if `status.plan.waitingFor` asks for something.',
  ),
  Suspending: on('The pods end; the volumes stay.', ''),
  Resuming: on('The pods of a suspended cluster come back, all of them.', ''),
  Updating: on('Objects such as Services are brought to what the spec asks for.', ''),
} as const;

/**
 * Every condition of a ShortLinkCluster with every reason that it can have: nothing else can be written, and the reference page is
 * made of it.
 */
export const conditionTable = {
  Ready: {
    meaning: 'Redirects and writes are served.',
    reasons: {
      Serving: on('A pod is ready, and every shard has a leader.', ''),
      Suspended: off('The cluster is suspended, and has no pods.', 'Take `spec.suspend` back.'),
      NoPodReady: off(
        'There is no pod that serves.',
        'While the cluster is made: wait. Otherwise look at `Degraded`, and at the events and logs of the pods.',
      ),
      NoAnswer: off(
        'Pods are ready, but none tells the operator how the cluster is; or it has not formed yet.',
        'Does a NetworkPolicy or a changed token keep the operator from port 8082? Has the meta group [a quorum](../operations/nodes.md#when-a-quorum-is-lost)?',
      ),
      ShardsWithoutLeader: off(
        'Links of these shards are neither redirected nor written at the moment.',
        'Seconds of it are an election. Longer: [a quorum is missing](../operations/nodes.md#when-a-quorum-is-lost); start the pods that are named in `Degraded`.',
      ),
    },
  },
  Progressing: {
    meaning: 'The operator has something to do, or waits for something; its message says what.',
    reasons: { AsWanted: off('Everything is as the spec wants it.', ''), ...progressTexts },
  },
  Degraded: {
    meaning:
      'Something is wrong, or is not done, and may need a person. Redirects may well be served: that says `Ready`.',
    reasons: {
      Whole: off('Every node is alive.', ''),
      Suspended: off('The cluster is suspended.', ''),
      StepFailed: on(
        'The API server or the cluster refused the last step, with these words. It is tried again, ever less often.',
        'Missing rights, a quota, an admission webhook: as the message says. "Another operator is in charge" ends by itself unless two operators look after one namespace.',
      ),
      Refused: on(
        'The spec asks for something that is not begun, since it could not end well. Everything else goes on.',
        'The message says what would make it possible: see [scaling](../operations/scaling.md#what-refuses-and-why) and [growth](../operations/volumes.md#growth). Or set the old value again.',
      ),
      NodesFenced: on(
        'Nodes stand still because `spec.fencedNodes` names them.',
        'Take them out of the list when you have seen what you wanted: [fencing](../operations/fencing.md).',
      ),
      PodNotReady: on(
        'A pod does not start or run; the message has the words of the scheduler or the kubelet.',
        '`kubectl describe pod`, `kubectl logs --previous`; then [troubleshooting](../operations/troubleshooting.md#a-node-does-not-start), or [a bad image](../operations/changes.md#a-bad-image-or-a-bad-option).',
      ),
      NodeNotAlive: on(
        'The other nodes do not hear one of them: it is suspect, down or out.',
        'A restart ends by itself. Otherwise: [lost pods, volumes and machines](../operations/replacing.md).',
      ),
    },
  },
  Scaling: {
    meaning: 'The number of nodes is being changed.',
    reasons: {
      Scaling: progressTexts.Scaling,
      NumberOfNodesAsWanted: off('There are as many nodes as the spec wants, or something else comes first.', ''),
    },
  },
  Upgrading: {
    meaning: 'Pods are being replaced by ones that the spec asks for.',
    reasons: {
      Upgrading: progressTexts.Upgrading,
      PodsAsWanted: off('Every pod is as the spec wants it, or something else comes first.', ''),
    },
  },
  StorageResizing: {
    meaning: 'Volumes are being enlarged.',
    reasons: {
      Resizing: progressTexts.Resizing,
      VolumesAsWanted: off('No volume grows. One that cannot is in `Degraded`.', ''),
    },
  },
  UploadsHealthy: {
    meaning: 'What is to leave the nodes reaches the object store.',
    reasons: {
      Uploading: on(
        'The object store takes what it is given, and fewer than four generations of each shard wait for it.',
        '',
      ),
      Failing: off(
        'A node could not write to the object store or read from it, in all its attempts; the message has the words of the store. Links are served, and writes are taken, until too much waits (`Behind`).',
        'Read the message: an address, a name that is not found, credentials, rights, a full bucket. Then [the object store is away](../operations/chunks.md#the-object-store-is-away).',
      ),
      NoObjectStore: unknown(
        'The spec names no object store.',
        'Nothing, if that is meant. It can be [added](../operations/object-store.md) later; without one the loss of all volumes is the loss of all links.',
      ),
      WrongSchedule: off(
        '`spec.chunks.uploadSchedule` or its time zone cannot be understood. Sizes and ages still make nodes upload.',
        'Correct it, as the message says.',
      ),
      NoAnswer: unknown('No node says what it uploads.', 'See `Ready`.'),
      Behind: off(
        'Four or more generations of a shard wait for the object store. At 16, and beyond `spec.chunks.maxHotSize`, writes are refused.',
        '[The object store is away](../operations/chunks.md#the-object-store-is-away), or too slow.',
      ),
      Late: off(
        'An upload that was asked for more than an hour ago is not complete.',
        '`kubectl shortlink status` names the shards; then as above.',
      ),
    },
  },
  RingBalanced: {
    meaning: 'Every chunk has its copies on the nodes that the ring names.',
    reasons: {
      Balanced: on('Every chunk is where it should be.', ''),
      NoAnswer: unknown('No node says how the ring is.', 'See `Ready`.'),
      UnderReplicated: off(
        'Chunks have fewer copies on nodes than `spec.chunks.redundancy`. They are in the object store all the same.',
        'It mends itself while there are enough nodes with room: [a holder is missing](../operations/chunks.md#a-holder-is-missing).',
      ),
      Moving: off('Copies are on their way, after nodes came or went.', ''),
    },
  },
  CertificatesValid: {
    meaning: 'Nodes can show certificates to each other; the message says until when, and who renews them.',
    reasons: {
      Issued: on('Valid, and renewed by the operator or by cert-manager.', ''),
      Given: on(
        'Valid, and yours to renew (mode `Secret`).',
        'Renew the Secret before the time that the message names.',
      ),
      RotatingAuthority: on('An old CA and a new one are both believed, while nodes go over to the new one.', ''),
      ExpiresSoon: on(
        'Less than half of `spec.tls.renewBefore` is left, and nobody has renewed it.',
        'Mode `Secret`: renew it. Otherwise find out why nobody did: is the operator there, is `spec.paused` set, what does cert-manager say? See [security](../operations/security.md#tls-between-nodes).',
      ),
      Disabled: off(
        '`spec.tls.mode` is `Disabled`: traffic between nodes is plain text.',
        'Nothing, if that is meant.',
      ),
      Expired: off('Nodes cannot connect to each other anew.', 'As for `ExpiresSoon`, at once.'),
      SecretMissing: off(
        'The Secret with the certificate is not there yet. New clusters wait for it.',
        'Mode `Secret`: make it. Mode `CertManager`: look at the Certificate. Otherwise wait.',
      ),
      SecretDamaged: off(
        'Key and certificate do not belong together, or no CA of `ca.crt` has signed it.',
        'The operator mends its own; others are yours.',
      ),
      SecretNotOurs: off(
        'A Secret of that name belongs to something else, and is left alone.',
        'Delete it, or take another name for the cluster, or use mode `Secret`.',
      ),
      NamesMissing: off(
        'The certificate does not name the pods, so nodes refuse it.',
        'Issue it for `*.NAME-nodes.NAMESPACE.svc`.',
      ),
      CertManagerMissing: off(
        'The API server does not know `cert-manager.io/v1`, or the operator may not use it.',
        'Install cert-manager, or take another mode.',
      ),
    },
  },
  ZonesKnown: {
    meaning: 'Each pod knows the zone of its machine, so that replicas and copies are spread over zones.',
    reasons: {
      Known: on('Each pod knows its zone.', ''),
      NodesNotReadable: off(
        'The operator may not read the Nodes of Kubernetes (`watchMachines: false`), or does not see this one.',
        'Nothing, where zones do not matter. Otherwise grant it the right: [its rights](../operations/install.md#its-rights).',
      ),
      NoLabel: off(
        'The machine has no label `spec.scheduling.zoneLabel`.',
        'Label it, if there are zones; nothing otherwise.',
      ),
    },
  },
  Monitored: {
    meaning: 'The Prometheus operator is told of the pods. Only where `spec.monitoring.podMonitor` asks for it.',
    reasons: {
      PodMonitor: on('There is a PodMonitor.', ''),
      NoPodMonitors: off(
        'Kubernetes knows no PodMonitors, or the operator may not look.',
        'Install the Prometheus operator, or scrape the pods otherwise: [monitoring](../operations/monitoring.md).',
      ),
    },
  },
  SizeAdvised: {
    meaning: 'The number of nodes is a good one.',
    reasons: {
      Odd: on('An odd number, and at least three.', ''),
      TooFew: off('The loss of one node stops writes.', 'Three nodes, for anything that matters.'),
      Even: off(
        'An even number survives the loss of no more nodes than the odd one below it.',
        'One more, or one less.',
      ),
    },
  },
  Paused: {
    meaning: 'The operator only reports.',
    reasons: {
      SpecPaused: on(
        '`spec.paused` is true.',
        'Take it back when you are done: [pause](../operations/changes.md#pause).',
      ),
      NotPaused: off('The operator acts.', ''),
    },
  },
  Suspended: {
    meaning: 'There are no pods, and the volumes are kept.',
    reasons: {
      SpecSuspend: on('`spec.suspend` is true.', '[Suspend](../operations/changes.md#suspend) says how it ends.'),
      NotSuspended: off('The pods run.', ''),
    },
  },
} as const satisfies Readonly<Record<string, ConditionText>>;

export type ConditionType = keyof typeof conditionTable;

/** What a condition of this type can be for. */
export type ReasonOf<T extends ConditionType> = T extends ConditionType
  ? keyof (typeof conditionTable)[T]['reasons'] & string
  : never;

function on(meaning: string, todo: string) {
  return { status: 'True', meaning, todo } as const;
}

function off(meaning: string, todo: string) {
  return { status: 'False', meaning, todo } as const;
}

function unknown(meaning: string, todo: string) {
  return { status: 'Unknown', meaning, todo } as const;
}
