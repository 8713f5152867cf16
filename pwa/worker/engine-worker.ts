/** The web app's engine: the same worker code that the extension runs. */
import '../../engine/host/worker.ts';
