import { defineBackground } from 'wxt/utils/define-background';
import { startBackground } from '../bridge/background.ts';
import { offerAsking } from '../bridge/context-menu.ts';

export default defineBackground({ type: 'module', main: start });

function start(): void {
  startBackground();
  offerAsking();
}
