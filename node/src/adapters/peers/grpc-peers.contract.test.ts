// SPDX-License-Identifier: Apache-2.0
import { describePeersContract } from '../../ports/testing/peers-contract.ts';
import { GrpcFixture } from './testing/grpc-fixture.ts';

describePeersContract('GrpcPeers', async () => new GrpcFixture());
