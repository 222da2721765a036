// SPDX-License-Identifier: Apache-2.0
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ThreadName } from './metrics.ts';
import type { MetricsSink } from './sink.ts';

const resolutionMs = 10;
const nanosecondsPerSecond = 1e9;

export interface EventLoopWatch {
  /** Publishes the delays since the last call. */
  publish(): void;
  stop(): void;
}

/** Watches the event loop of the thread that calls it. */
export function watchEventLoop(thread: ThreadName, metrics: MetricsSink): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return {
    publish: () => {
      // The timer itself takes `resolutionMs`; what is beyond is delay.
      const delay = (nanoseconds: number) => Math.max(0, nanoseconds / nanosecondsPerSecond - resolutionMs / 1000);
      const set = (quantile: '0.5' | '0.99' | '1', nanoseconds: number) =>
        metrics.set('shortlink_node_event_loop_delay_seconds', delay(nanoseconds), { thread, quantile });
      set('0.5', histogram.percentile(50));
      set('0.99', histogram.percentile(99));
      set('1', histogram.max);
      histogram.reset();
    },
    stop: () => void histogram.disable(),
  };
}
