// oxlint-disable-next-line import/default -- `?worker` makes one
import EngineWorker from '../../../engine/host/worker.ts?worker';
import { EngineRelay } from './engine-relay.ts';

new EngineRelay(() => new EngineWorker()).start();
