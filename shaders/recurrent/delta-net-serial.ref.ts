export { deltaNetRef } from './delta-net.ref.ts';
