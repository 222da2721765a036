// SPDX-License-Identifier: Apache-2.0
import { KubeDouble } from '../kube-double.ts';
import { ScriptedRuntime } from '../pod-runtime.ts';
import { describeConformance } from './suite.ts';

const brokenImage = 'nobody/has:this';

for (const { seed, growsVolumes } of [
  { seed: 1, growsVolumes: true },
  { seed: 2, growsVolumes: false },
  { seed: 3, growsVolumes: true },
]) {
  describeConformance(`the double (seed ${seed}, volumes ${growsVolumes ? 'grow' : 'do not grow'})`, async () => {
    const runtime = new ScriptedRuntime();
    runtime.badImages.add(brokenImage);
    const double = new KubeDouble({ seed, runtime, allowVolumeExpansion: growsVolumes });
    await double.settle();
    const target = {
      api: double.connect(),
      settle: () => double.run(1000),
      // Longer than an evicted pod counts as gone.
      maxSettles: 150,
      quietSettles: 3,
      image: 'pause:1',
      brokenImage,
      growsVolumes,
    };
    return { target, dispose: () => double.settle() };
  });
}
