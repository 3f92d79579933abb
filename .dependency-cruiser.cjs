/**
 * Who may import whom. Read it by room: each room lists the only places its source may reach.
 * Tests may also use `libs/testing`, and the starters of real servers that it builds on.
 */
const TEST = '[.]test[.]ts$|[.]contract[.]ts$|/src/testing/';
const PACKAGE =
  '^(libs/(?:protocols|services|adapters|compositions)/[^/]+|libs/(?:core|contracts|platform|testing)|apps/[^/]+)/';
const THIRD_PARTY = 'node_modules/(?!@staffetta/)';

/** One room's source may import itself, node's own modules and what `to` names; nothing else. */
function room(name, from, to, comment) {
  return {
    name,
    severity: 'error',
    comment,
    from: { path: from, pathNot: TEST },
    to: { pathNot: to, dependencyTypesNot: ['core'] },
  };
}

module.exports = {
  forbidden: [
    room('core', '^libs/core/', ['^libs/core/'], 'The words of the field import nothing.'),
    room(
      'protocols',
      '^libs/protocols/([^/]+)/',
      [
        '^libs/protocols/$1/',
        '^libs/protocols/mime/',
        '^libs/core/',
        'node_modules/(mailauth|iconv-lite)/',
      ],
      'Bytes in, values out: core, and a pure library they wrap; what a message is made of is in mime.',
    ),
    room(
      'services',
      '^libs/services/([^/]+)/',
      ['^libs/services/$1/', '^libs/core/', '^libs/protocols/'],
      'Behaviour is written against ports: no third party, no other service.',
    ),
    room(
      'contracts',
      '^libs/contracts/',
      ['^libs/contracts/', 'node_modules/(@bufbuild/protobuf|@grpc/grpc-js)/'],
      'Generated code knows the protobuf and gRPC runtimes only.',
    ),
    room(
      'adapters',
      '^libs/adapters/([^/]+)/',
      [
        '^libs/adapters/$1/',
        '^libs/adapters/grpc/',
        '^libs/core/',
        '^libs/protocols/',
        '^libs/contracts/',
        THIRD_PARTY,
      ],
      'An adapter never imports another, but for grpc, where all of gRPC has its deadlines, retries, health and TLS; its library is the one its package.json names.',
    ),
    room(
      'platform',
      '^libs/platform/',
      [
        '^libs/platform/',
        '^libs/core/',
        'node_modules/(zod|yaml|pino|prom-client|@opentelemetry)/',
      ],
      'Configuration, telemetry and lifecycle.',
    ),
    room(
      'compositions',
      '^libs/compositions/(?!api/|dashboard/)([^/]+)/',
      [
        '^libs/compositions/$1/',
        '^libs/compositions/context/',
        '^libs/(core|services|adapters|platform)/',
      ],
      'Wiring; `context` is what the others are given.',
    ),
    room(
      'compositions-with-nest',
      '^libs/compositions/(api|dashboard)/',
      [
        '^libs/compositions/$1/',
        '^libs/compositions/context/',
        '^libs/(core|services|adapters|platform)/',
        'node_modules/(@nestjs|@fastify|fastify|reflect-metadata|rxjs|zod)/',
      ],
      'Only api and dashboard know NestJS.',
    ),
    room(
      'apps',
      '^apps/([^/]+)/',
      ['^apps/$1/', '^libs/(compositions|platform)/'],
      'Composition roots: read the configuration, start, stop.',
    ),
    {
      name: 'by-name-between-packages',
      severity: 'error',
      comment: 'Between packages, import by name, never by a relative path.',
      from: { path: PACKAGE },
      to: { dependencyTypes: ['local'], pathNot: ['^$1/'] },
    },
    {
      name: 'only-the-index-is-public',
      severity: 'error',
      comment: "Never reach into another package's files; its index.ts lists what is public.",
      from: { path: PACKAGE },
      to: { path: '^(libs|apps)/', pathNot: ['^$1/', '/src/index[.]ts$'] },
    },
    {
      name: 'declared',
      severity: 'error',
      comment: 'A third-party package is named by the package.json that stands nearest.',
      from: { path: '^(libs|apps)/' },
      to: { path: THIRD_PARTY, dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'production-does-not-test',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: ['^libs/testing/', TEST] },
      to: { path: '^libs/testing/' },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/|^apps/dashboard/web/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      conditionNames: ['@staffetta/source', 'import', 'require', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
