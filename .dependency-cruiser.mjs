/**
 * The room rules of docs/ARCHITECTURE.md. A room that is listed here may import itself, packages, and the rooms beside it; nothing else.
 * Tests and kernels' oracles stand beside the code and may also use what `tests/` and `shaders/testing/` offer.
 */
const errors = '^engine/protocol/errors[.]ts$';
const test = '[.](test|ref)[.]tsx?$';

/** What each room of the engine may import, as patterns. */
const engineRooms = {
  protocol: [],
  gguf: [errors],
  tokenizer: [errors],
  chat: [errors, '^engine/protocol/messages[.]ts$'],
  store: [errors, '^models/catalog[.]json$'],
  gpu: [errors, '^shaders/kernel[.]ts$'],
  ops: [errors, '^engine/gpu/', '^shaders/'],
  arch: [errors, '^engine/(ops|gguf)/'],
  grammar: [
    '^engine/protocol/(errors|messages)[.]ts$',
    '^engine/tokenizer/tokenizer[.]ts$',
    '^engine/chat/tool-call-format[.]ts$',
  ],
  runtime: ['^engine/(protocol|arch|ops|gpu|gguf|tokenizer|chat|store|grammar)/', '^shaders/'],
  host: ['^engine/(runtime|protocol|store|gguf)/'],
  client: ['^engine/protocol/'],
};

const engineRules = Object.entries(engineRooms).map(([room, allowed]) => ({
  name: `engine-${room}`,
  severity: 'error',
  comment: `engine/${room} imports only: ${allowed.join(', ') || 'itself'}`,
  from: { path: `^engine/${room}/`, pathNot: test },
  to: { pathNot: [`^engine/${room}/`, 'node_modules', ...allowed], dependencyTypesNot: ['core', 'npm'] },
}));

export default {
  forbidden: [
    ...engineRules,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^(virtual:|node:)' } },
    {
      name: 'shaders-stand-alone',
      severity: 'error',
      from: { path: '^shaders/', pathNot: [test, '^shaders/testing/'] },
      to: { path: '^(engine|extension|pwa|tests)/', pathNot: errors },
    },
    {
      name: 'testing-only-from-tests',
      severity: 'error',
      comment: 'What only tests may use stays out of what ships.',
      from: { pathNot: [test, '^shaders/testing/', '^tests/'] },
      to: { path: '^(tests/|shaders/testing/)' },
    },
    {
      name: 'host-only-in-workers',
      severity: 'error',
      comment: "The offscreen document's worker and the PWA's worker are the only importers of the host.",
      from: {
        path: '^(engine|extension|pwa)/',
        pathNot: ['^engine/host/', '^extension/(offscreen|entrypoints/offscreen)/', '^pwa/worker/', test],
      },
      to: { path: '^engine/host/' },
    },
    {
      name: 'light-extension-scripts',
      severity: 'error',
      comment:
        'Provider, content script and background see protocol, client, bridge and permissions, nothing of the engine.',
      from: { path: '^extension/(entrypoints/(provider|content|background)|bridge/|permissions/)', pathNot: test },
      to: { path: '^(engine|pwa|shaders)/', pathNot: '^(engine/(protocol|client)|pwa/icons)/' },
    },
    {
      name: 'ui-uses-the-client-only',
      severity: 'error',
      from: { path: '^pwa/ui/', pathNot: test },
      to: { path: '^(engine|shaders|extension)/', pathNot: '^engine/(client|protocol)/' },
    },
    {
      name: 'extension-pages-use-the-client-only',
      severity: 'error',
      from: { path: '^extension/', pathNot: ['^extension/(offscreen|entrypoints/offscreen)/', test] },
      to: { path: '^(engine|shaders)/', pathNot: '^engine/(client|protocol)/' },
    },
    { name: 'pwa-knows-no-extension', severity: 'error', from: { path: '^pwa/' }, to: { path: '^extension/' } },
    {
      name: 'extension-mounts-only-the-ui',
      severity: 'error',
      from: { path: '^extension/' },
      to: { path: '^pwa/', pathNot: '^pwa/(ui|icons)/' },
    },
    {
      name: 'dawn-in-one-place',
      severity: 'error',
      comment: 'The native WebGPU binding has one door in the engine, and the tests.',
      from: {
        path: '^(engine|shaders|extension|pwa)/',
        pathNot: [test, '^engine/gpu/dawn[.]ts$', '^shaders/testing/'],
      },
      to: { path: 'node_modules/webgpu/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|[.]output|[.]wxt)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'default', 'types'],
    },
  },
};
